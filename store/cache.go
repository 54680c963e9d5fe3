package store

import (
	"context"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"
)

// Bound of the result cache, and about what it costs to keep a result and each
// id in it.
const (
	maxResultBytes = 8 << 20
	resultOverhead = 320
	idBytes        = 40
)

// resultCache holds the results of the newest generation. Identical queries
// that miss at the same time are computed once.
type resultCache struct {
	mu      sync.RWMutex
	gen     int64
	results map[cacheKey]*Result
	oldest  []cacheKey // in the order in which they came
	size    int        // bytes
	flights singleflight.Group
}

// cacheKey identifies a query.
type cacheKey struct {
	kind    Kind
	where   string
	orderBy Path
	desc    bool
}

func resultKey(kind Kind, q Query) cacheKey {
	key := cacheKey{kind: kind, orderBy: q.OrderBy, desc: q.Desc}
	if q.Where != nil {
		key.where = q.Where.String()
	}
	return key
}

func (k cacheKey) cost(r *Result) int { return resultOverhead + len(k.where) + idBytes*len(r.IDs) }

// flight names the computation of a query at a generation.
func (k cacheKey) flight(gen int64) string {
	return strconv.FormatInt(gen, 10) + " " + string(k.kind) + " " + string(k.orderBy) + " " + strconv.FormatBool(k.desc) + " " + k.where
}

// plain: all resources in an order that never changes while they exist.
func (k cacheKey) plain() bool { return k.where == "" && k.orderBy == "" }

func newResultCache() *resultCache { return &resultCache{results: map[cacheKey]*Result{}} }

func (c *resultCache) get(key cacheKey, gen int64) (*Result, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.gen != gen {
		return nil, false
	}
	r, ok := c.results[key]
	return r, ok
}

// compute runs fn once for all who ask at the same time, as the first of them.
// It goes on when that one leaves, because the others still wait.
func (c *resultCache) compute(ctx context.Context, key cacheKey, gen int64, fn func(context.Context) (*Result, bool, error)) (*Result, error) {
	result, err, _ := c.flights.Do(key.flight(gen), func() (any, error) {
		r, keep, err := fn(context.WithoutCancel(ctx))
		if err == nil && keep {
			c.put(key, gen, r)
		}
		return r, err
	})
	if err != nil {
		return nil, err
	}
	return result.(*Result), nil
}

// put keeps a result of the newest generation, and makes room for it.
func (c *resultCache) put(key cacheKey, gen int64, r *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen > c.gen && len(c.results) == 0 {
		c.gen = gen // the file was opened with a generation in it
	}
	if _, kept := c.results[key]; kept || c.gen != gen || key.cost(r) > maxResultBytes {
		return
	}
	for c.size+key.cost(r) > maxResultBytes {
		c.dropOldest()
	}
	c.keep(key, r)
}

func (c *resultCache) keep(key cacheKey, r *Result) {
	c.results[key] = r
	c.oldest = append(c.oldest, key)
	c.size += key.cost(r)
}

func (c *resultCache) dropOldest() {
	key := c.oldest[0]
	c.oldest = c.oldest[1:]
	c.size -= key.cost(c.results[key])
	delete(c.results, key)
}

// advance moves to a new generation and keeps what it cannot have changed: any
// list of a kind that was not touched, and the plain list of a kind of which
// nothing came or went. Users and groups are filtered by each other.
func (c *resultCache) advance(touched map[Ref]touch, g Generation) {
	changed, moved := map[Kind]bool{}, map[Kind]bool{}
	for ref, how := range touched {
		changed[ref.Kind] = true
		moved[ref.Kind] = moved[ref.Kind] || how&(touchCreated|touchDeleted) != 0
	}
	people := changed[KindUser] || changed[KindGroup]
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.oldest
	results := c.results
	c.gen, c.size, c.oldest, c.results = g.ID, 0, nil, map[cacheKey]*Result{}
	for _, key := range old {
		affected := changed[key.kind] || people && (key.kind == KindUser || key.kind == KindGroup)
		if affected && (!key.plain() || moved[key.kind]) {
			continue
		}
		c.keep(key, &Result{Generation: g, IDs: results[key].IDs})
	}
}
