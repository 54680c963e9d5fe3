package scim

import (
	"bytes"
	"container/list"
	"slices"
	"sync"
	"time"

	"iamscim/store"
)

// Bounds of the cache of rendered resources.
const (
	defaultCacheBytes = 16 << 20
	maxBases          = 4    // base URLs; without a public URL a client chooses its own
	maxGroups         = 5000 // an account has a few hundred
	entryOverhead     = 400  // bytes beside the body, about
)

// fragment is one rendered resource in the default projection.
type fragment struct {
	id       string
	body     []byte
	etag     string
	modified time.Time
	observed time.Time    // the observedAt that a user's rendering shows
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

// rendered is a bounded cache of fragments. What it holds is exact: exactly one
// process writes, and every commit names what it changed, or what aged, before
// the write that caused it returns. A fragment made before the last commit is
// refused, so a slow reader cannot bring back what a commit dropped.
//
// A user's rendering also shows their groups. Instead of dropping all members
// when a group changes, the cache forgets the group; the next member asked for
// is rendered anew and brings the group back, and those who agree with it are
// good again. So a membership change costs one rendering. Likewise an
// observation moves observedAt of every user; it is put into the rendering of
// each when they are next asked for.
type rendered struct {
	lasts func(store.Moment) bool
	max   int

	mu       sync.Mutex
	gen      int64
	observed time.Time
	size     int
	bases    []string
	entries  map[entryKey]*list.Element // of *entry
	recent   *list.List                 // most recently used first
	groups   map[string]*store.Group    // as far as known, without their policies' text
}

type entryKey struct {
	ref     store.Ref
	base    int8
	members bool
}

type entry struct {
	fragment
	key entryKey
}

// newRendered caches what is read from a snapshot; lasts is its method.
func newRendered(maxBytes int64, lasts func(store.Moment) bool) *rendered {
	if maxBytes == 0 {
		maxBytes = defaultCacheBytes
	}
	r := &rendered{lasts: lasts, max: int(maxBytes)}
	r.clear()
	return r
}

// clear empties the cache; the caller holds the lock or is the only one.
func (r *rendered) clear() {
	r.entries = map[entryKey]*list.Element{}
	r.recent = list.New()
	r.groups = map[string]*store.Group{}
	r.size = 0
}

// commit moves to a new generation and drops what it changed.
func (r *rendered) commit(c store.Commit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gen = c.Generation.ID
	r.dropAll(c.Changed, c.All)
}

// age drops what shows something that merely ages and moved.
func (r *rendered) age(a store.Aged) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Before the first one observedAt was left out, and time only goes forward.
	odd := r.observed.IsZero() || a.Observed.Before(r.observed)
	r.observed = a.Observed
	r.dropAll(a.Changed, a.All || odd)
}

func (r *rendered) dropAll(refs []store.Ref, all bool) {
	if all {
		r.clear()
		return
	}
	for _, ref := range refs {
		if ref.Kind == store.KindGroup {
			delete(r.groups, ref.ID)
		}
		for base := range r.bases {
			r.drop(entryKey{ref, int8(base), false})
			r.drop(entryKey{ref, int8(base), true})
		}
	}
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
	return r.get(entryKey{store.Ref{Kind: kind, ID: id}, r.base(v), v.members})
}

// all fills into with the fragments of ids as they are in generation gen and
// returns how many it had; what it does not have has no body.
func (r *rendered) all(gen int64, kind store.Kind, ids []string, v variant, into []fragment) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if gen != r.gen {
		return 0
	}
	found, base := 0, r.base(v)
	for i, id := range ids {
		if f, ok := r.get(entryKey{store.Ref{Kind: kind, ID: id}, base, v.members}); ok {
			into[i] = f
			found++
		}
	}
	return found
}

// base is the number of a base URL, negative if it has none.
func (r *rendered) base(v variant) int8 { return int8(slices.Index(r.bases, v.base)) }

func (r *rendered) get(key entryKey) (fragment, bool) {
	e := r.entries[key]
	if e == nil {
		return fragment{}, false
	}
	x := e.Value.(*entry)
	for _, g := range x.groups {
		if known := r.groups[g.id]; known == nil || known.Shape != g.shape {
			return fragment{}, false
		}
	}
	if !x.observed.IsZero() && x.observed.Before(r.observed) {
		r.size -= x.cost()
		x.body, x.observed = observedAt(x.body, r.observed), r.observed
		r.size += x.cost()
	}
	r.recent.MoveToFront(e)
	return x.fragment, true
}

// observedAt returns a copy of a rendered user with another time of
// observation. What is searched for cannot be part of a value, in which the
// quotes would be escaped.
func observedAt(body []byte, at time.Time) []byte {
	const member = `"observedAt":"`
	i := bytes.LastIndex(body, []byte(member))
	if i < 0 {
		return body
	}
	before, after := body[:i+len(member)], body[i+len(member):]
	b := append(make([]byte, 0, len(body)+len(time.RFC3339Nano)), before...)
	b = appendTime(b, at)
	return append(b, after[bytes.IndexByte(after, '"'):]...)
}

// put keeps fragments that were made from what was read since m.
func (r *rendered) put(m store.Moment, kind store.Kind, v variant, fragments []fragment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lasts(m) {
		return
	}
	base := r.base(v)
	if base < 0 {
		if len(r.bases) == maxBases {
			return
		}
		base = int8(len(r.bases))
		r.bases = append(r.bases, v.base)
	}
	for _, f := range fragments {
		x := &entry{fragment: f, key: entryKey{store.Ref{Kind: kind, ID: f.id}, base, v.members}}
		if f.body == nil || x.cost() > r.max/32 {
			continue // one huge group must not push everybody out
		}
		r.drop(x.key)
		r.entries[x.key] = r.recent.PushFront(x)
		r.size += x.cost()
	}
	for r.size > r.max {
		r.remove(r.recent.Back())
	}
}

// known returns the groups of generation gen that it has, and the ids of the
// others. The groups must not be changed.
func (r *rendered) known(gen int64, ids []string) (groups map[string]*store.Group, missing []string) {
	groups = make(map[string]*store.Group, len(ids))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if g := r.groups[id]; g != nil && gen == r.gen {
			groups[id] = g
		} else {
			missing = append(missing, id)
		}
	}
	return groups, missing
}

// know keeps groups that were read since m. The text of their policies is not
// kept: no user's rendering shows it.
func (r *rendered) know(m store.Moment, groups []*store.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lasts(m) {
		return
	}
	if len(r.groups)+len(groups) > maxGroups {
		clear(r.groups)
	}
	for _, g := range groups {
		lean := *g
		lean.Inline = slices.Clone(g.Inline)
		for i := range lean.Inline {
			lean.Inline[i].Document = ""
		}
		r.groups[g.ID] = &lean
	}
}
