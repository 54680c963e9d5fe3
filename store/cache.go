package store

import (
	"context"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"
)

// Bounds of the result cache: an id costs about forty bytes.
const (
	maxCachedIDs     = 400_000
	maxCachedResults = 1024
)

// resultCache holds the results of the newest generation. Identical queries
// that miss at the same time are computed once.
type resultCache struct {
	mu      sync.RWMutex
	gen     int64
	results map[cacheKey]*Result
	oldest  []cacheKey // in the order in which they came
	ids     int
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

// compute runs fn once for all who ask at the same time. It goes on when one of
// them leaves, because the others still wait.
func (c *resultCache) compute(ctx context.Context, key cacheKey, gen int64, fn func(context.Context) (*Result, bool, error)) (*Result, error) {
	flight := strconv.FormatInt(gen, 10) + " " + string(key.kind) + " " + string(key.orderBy) + " " + strconv.FormatBool(key.desc) + " " + key.where
	done := c.flights.DoChan(flight, func() (any, error) {
		r, keep, err := fn(context.WithoutCancel(ctx))
		if err == nil && keep {
			c.put(key, gen, r)
		}
		return r, err
	})
	select {
	case result := <-done:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*Result), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put keeps a result of the newest generation, and makes room for it.
func (c *resultCache) put(key cacheKey, gen int64, r *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen > c.gen && len(c.results) == 0 {
		c.gen = gen // the file was opened with a generation in it
	}
	if c.gen != gen || len(r.IDs) > maxCachedIDs {
		return
	}
	c.drop(key)
	for len(c.oldest) > 0 && (c.ids+len(r.IDs) > maxCachedIDs || len(c.results) >= maxCachedResults) {
		c.drop(c.oldest[0])
	}
	c.results[key] = r
	c.oldest = append(c.oldest, key)
	c.ids += len(r.IDs)
}

func (c *resultCache) drop(key cacheKey) {
	r, ok := c.results[key]
	if !ok {
		return
	}
	delete(c.results, key)
	c.ids -= len(r.IDs)
	for i, k := range c.oldest {
		if k == key {
			c.oldest = append(c.oldest[:i], c.oldest[i+1:]...)
			return
		}
	}
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
	c.gen, c.ids, c.oldest, c.results = g.ID, 0, nil, map[cacheKey]*Result{}
	for _, key := range old {
		affected := changed[key.kind] || people && (key.kind == KindUser || key.kind == KindGroup)
		if affected && (!key.plain() || moved[key.kind]) {
			continue
		}
		r := &Result{Generation: g, IDs: results[key].IDs}
		c.results[key] = r
		c.oldest = append(c.oldest, key)
		c.ids += len(r.IDs)
	}
}
