package scim

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"iamscim/store"
)

// Bounds of the cache of rendered resources.
const (
	defaultCacheBytes = 32 << 20
	maxBases          = 4                // base URLs; without a public URL a client chooses its own
	entryOverhead     = 400              // bytes beside the body, about
	agedAfter         = 15 * time.Second // what merely ages makes no generation, so nothing else tells of it
)

// fragment is one rendered resource in the default projection.
type fragment struct {
	id       string
	body     []byte
	etag     string
	modified time.Time
	groups   []groupShape // the groups that a user's rendering shows
}

// groupShape is the state of a group that a rendering was made from.
type groupShape struct {
	id    string
	shape int64
}

// variant tells renderings of one resource apart.
type variant struct {
	base    string
	members bool // a group with its members
}

// rendered is a bounded cache of fragments. What it holds is exact at its
// generation: exactly one process writes, and every commit names what it
// changed before the write that caused it returns. A fragment made at another
// generation is refused, so a slow reader cannot bring back what a commit
// dropped.
//
// A user's rendering also shows their groups. Instead of dropping all members
// when a group changes, the cache forgets the group's shape; the next member
// asked for is rendered anew and brings the shape back, and those who agree
// with it are good again. So a membership change costs one rendering.
type rendered struct {
	now func() time.Time
	max int

	mu      sync.Mutex
	gen     int64
	size    int
	bases   []string
	entries map[entryKey]*list.Element // of *entry
	recent  *list.List                 // most recently used first
	shapes  map[string]int64           // by group id, as far as known
}

type entryKey struct {
	ref     store.Ref
	base    int8
	members bool
}

type entry struct {
	fragment
	key entryKey
	at  time.Time
}

func newRendered(maxBytes int64, now func() time.Time) *rendered {
	if maxBytes == 0 {
		maxBytes = defaultCacheBytes
	}
	r := &rendered{now: now, max: int(maxBytes)}
	r.clear()
	return r
}

// clear empties the cache; the caller holds the lock or is the only one.
func (r *rendered) clear() {
	r.entries = map[entryKey]*list.Element{}
	r.recent = list.New()
	r.shapes = map[string]int64{}
	r.size = 0
}

// commit moves to a new generation and drops what it changed.
func (r *rendered) commit(c store.Commit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gen = c.Generation.ID
	if c.All {
		r.clear()
		return
	}
	for _, ref := range c.Changed {
		if ref.Kind == store.KindGroup {
			delete(r.shapes, ref.ID)
		}
		for base := range r.bases {
			r.drop(entryKey{ref, int8(base), true})
			r.drop(entryKey{ref, int8(base), false})
		}
	}
}

// forget drops everything.
func (r *rendered) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
}

func (r *rendered) drop(key entryKey) {
	if e := r.entries[key]; e != nil {
		r.remove(e)
	}
}

func (r *rendered) remove(e *list.Element) {
	x := e.Value.(*entry)
	delete(r.entries, x.key)
	r.recent.Remove(e)
	r.size -= x.cost()
}

func (x *entry) cost() int { return len(x.body) + entryOverhead + 32*len(x.groups) }

// one returns a fragment of the newest generation.
func (r *rendered) one(kind store.Kind, id string, v variant) (fragment, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(store.Ref{Kind: kind, ID: id}, v, r.now())
}

// all fills into with the fragments of ids as they are in generation gen and
// returns how many it had; what it does not have has no body.
func (r *rendered) all(gen int64, kind store.Kind, ids []string, v variant, into []fragment) int {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if gen != r.gen {
		return 0
	}
	found := 0
	for i, id := range ids {
		if f, ok := r.get(store.Ref{Kind: kind, ID: id}, v, now); ok {
			into[i] = f
			found++
		}
	}
	return found
}

func (r *rendered) get(ref store.Ref, v variant, now time.Time) (fragment, bool) {
	e := r.entries[entryKey{ref, int8(slices.Index(r.bases, v.base)), v.members}]
	if e == nil {
		return fragment{}, false
	}
	x := e.Value.(*entry)
	if now.Sub(x.at) > agedAfter {
		r.remove(e)
		return fragment{}, false
	}
	for _, g := range x.groups {
		if shape, known := r.shapes[g.id]; !known || shape != g.shape {
			return fragment{}, false
		}
	}
	r.recent.MoveToFront(e)
	return x.fragment, true
}

// put keeps fragments that were made at generation gen.
func (r *rendered) put(gen int64, kind store.Kind, v variant, fragments []fragment) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if gen != r.gen {
		return
	}
	base := slices.Index(r.bases, v.base)
	if base < 0 {
		if len(r.bases) == maxBases {
			return
		}
		base = len(r.bases)
		r.bases = append(r.bases, v.base)
	}
	for _, f := range fragments {
		x := &entry{fragment: f, at: now, key: entryKey{store.Ref{Kind: kind, ID: f.id}, int8(base), v.members}}
		if f.body == nil || x.cost() > r.max/32 {
			continue // one huge group must not push everybody out
		}
		for _, g := range f.groups {
			r.shapes[g.id] = g.shape
		}
		r.drop(x.key)
		r.entries[x.key] = r.recent.PushFront(x)
		r.size += x.cost()
	}
	for r.size > r.max {
		r.remove(r.recent.Back())
	}
}
