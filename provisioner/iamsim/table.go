package iamsim

import (
	"slices"
	"strings"
	"time"
)

// table holds the objects of one kind. Objects are immutable once put: a change
// puts a modified clone. That gives every reader a consistent object, and lets
// the table keep showing an earlier state until a propagation delay has passed.
type table[T any] struct {
	key     func(*T) (id, name string)
	cells   map[string]*cell[T]
	names   map[string]string // lower-case current name to id
	pending map[string]*cell[T]
	sorted  []*T // cache of current objects by name; nil when stale
}

// cell is one object through time. What readers still see of the past comes
// first to last; now is nil once the object is deleted.
type cell[T any] struct {
	now  *T
	past []stale[T]
}

type stale[T any] struct {
	until time.Time
	value *T // nil: readers see nothing yet
}

func newTable[T any](key func(*T) (id, name string)) *table[T] {
	return &table[T]{key: key, cells: map[string]*cell[T]{}, names: map[string]string{}, pending: map[string]*cell[T]{}}
}

// put stores v under its id. Readers see it from until on; the zero time means at once.
func (t *table[T]) put(v *T, until time.Time) {
	id, name := t.key(v)
	c := t.cells[id]
	if c == nil {
		c = &cell[T]{}
		t.cells[id] = c
	}
	t.replace(id, c, v, until)
	t.names[strings.ToLower(name)] = id
}

func (t *table[T]) remove(id string, until time.Time) {
	c := t.cells[id]
	if c == nil {
		return
	}
	t.replace(id, c, nil, until)
	if len(c.past) == 0 {
		delete(t.cells, id)
	}
}

func (t *table[T]) replace(id string, c *cell[T], v *T, until time.Time) {
	if c.now != nil {
		_, old := t.key(c.now)
		delete(t.names, strings.ToLower(old))
	}
	if !until.IsZero() {
		c.past = append(c.past, stale[T]{until, c.now})
		t.pending[id] = c
	}
	c.now = v
	t.sorted = nil
}

// settle forgets every past that no reader may see any more.
func (t *table[T]) settle(now time.Time) {
	for id, c := range t.pending {
		c.past = slices.DeleteFunc(c.past, func(s stale[T]) bool { return !now.Before(s.until) })
		if len(c.past) > 0 {
			continue
		}
		delete(t.pending, id)
		if c.now == nil {
			delete(t.cells, id)
		}
	}
}

func (c *cell[T]) visible(now time.Time) *T {
	for _, s := range c.past {
		if now.Before(s.until) {
			return s.value
		}
	}
	return c.now
}

// current returns the object as it really is, by id, or nil.
func (t *table[T]) current(id string) *T {
	if c := t.cells[id]; c != nil {
		return c.now
	}
	return nil
}

// taken returns the object that really owns the name, in any case, or nil.
func (t *table[T]) taken(name string) *T {
	return t.current(t.names[strings.ToLower(name)])
}

// get returns the object by id as a reader sees it.
func (t *table[T]) get(id string, now time.Time) *T {
	if c := t.cells[id]; c != nil {
		return c.visible(now)
	}
	return nil
}

// find returns the object a reader sees under the name, in any case.
func (t *table[T]) find(name string, now time.Time) *T {
	// Of two that are seen under the name, say one whose deletion is not visible
	// yet and its successor, it is always the same.
	var seen *T
	var first string
	for id, c := range t.pending {
		if v := c.visible(now); v != nil && t.named(v, name) && (seen == nil || id < first) {
			seen, first = v, id
		}
	}
	if seen != nil {
		return seen
	}
	v := t.get(t.names[strings.ToLower(name)], now)
	if v == nil || !t.named(v, name) {
		return nil
	}
	return v
}

func (t *table[T]) named(v *T, name string) bool {
	_, own := t.key(v)
	return strings.EqualFold(own, name)
}

// all returns what a reader sees, sorted by lower-case name. The slice is shared.
func (t *table[T]) all(now time.Time) []*T {
	t.settle(now)
	if len(t.pending) > 0 {
		return t.collect(func(c *cell[T]) *T { return c.visible(now) })
	}
	if t.sorted == nil {
		t.sorted = t.collect(func(c *cell[T]) *T { return c.now })
	}
	return t.sorted
}

func (t *table[T]) collect(pick func(*cell[T]) *T) []*T {
	type entry struct {
		key string // the lower-case name, then the id
		v   *T
	}
	entries := make([]entry, 0, len(t.cells))
	for _, c := range t.cells {
		if v := pick(c); v != nil {
			id, name := t.key(v)
			entries = append(entries, entry{strings.ToLower(name) + "\x00" + id, v})
		}
	}
	slices.SortFunc(entries, func(x, y entry) int { return strings.Compare(x.key, y.key) })
	out := make([]*T, len(entries))
	for i, e := range entries {
		out[i] = e.v
	}
	return out
}

// size counts what really exists.
func (t *table[T]) size() int { return len(t.names) }
