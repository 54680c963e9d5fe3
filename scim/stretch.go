package scim

import (
	"container/list"
	"encoding/binary"
	"hash/fnv"
	"sync"
)

// walkBytes bounds the lists that are kept for walks: two of 100,000 resources,
// or any number of usual ones.
const walkBytes = 8 << 20

// stretch is a part of a list: resources of one type, and in a delta what
// became of them.
type stretch struct {
	res    *resourceType
	change string // "Create", "Update", "Delete"; empty in an ordinary list
	ids    []string
}

// stretches is a whole list, of one generation.
type stretches []stretch

func (l stretches) total() (n int) {
	for i := range l {
		n += len(l[i].ids)
	}
	return n
}

// fingerprint tells lists apart. A cursor carries it, so that a list that has
// to be computed again is known to be the same: what merely ages can be asked
// for, too, and moves without a generation.
func (l stretches) fingerprint() uint64 {
	h := fnv.New64a()
	var size [4]byte
	write := func(text string) { // a hash never fails to write
		binary.LittleEndian.PutUint32(size[:], uint32(len(text)))
		_, _ = h.Write(size[:])
		_, _ = h.Write([]byte(text))
	}
	for i := range l {
		write(l[i].res.Name + l[i].change)
		for _, id := range l[i].ids {
			write(id)
		}
	}
	return h.Sum64()
}

// stretchesKey names a list for all time.
type stretchesKey struct {
	generation int64
	name       string // of the resource type
	filter     string
	sortBy     string
	descending bool
	since      int64 // of a delta, the generation it begins after
	print      uint64
}

// walks keeps the lists of walks under way, so that a page of one costs no more
// than the page. It is bounded; a list that fell out is computed again.
type walks struct {
	mu     sync.Mutex
	kept   map[stretchesKey]*list.Element // of *keptStretches
	recent *list.List                     // most recently used first
	size   int
}

type keptStretches struct {
	key  stretchesKey
	list stretches
}

func (k *keptStretches) cost() int {
	const overhead, id = 400, 40
	return overhead + len(k.key.filter) + id*k.list.total()
}

func newWalks() *walks { return &walks{kept: map[stretchesKey]*list.Element{}, recent: list.New()} }

func (w *walks) get(key stretchesKey) (stretches, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.kept[key]
	if e == nil {
		return nil, false
	}
	w.recent.MoveToFront(e)
	return e.Value.(*keptStretches).list, true
}

func (w *walks) put(key stretchesKey, l stretches) {
	k := &keptStretches{key, l}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kept[key] != nil || k.cost() > walkBytes {
		return
	}
	w.kept[key] = w.recent.PushFront(k)
	w.size += k.cost()
	for w.size > walkBytes {
		last := w.recent.Remove(w.recent.Back()).(*keptStretches)
		delete(w.kept, last.key)
		w.size -= last.cost()
	}
}
