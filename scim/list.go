package scim

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

const listHeader = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":`

// list renders one page of a ListResponse (RFC 7644 §3.4.2). A page is from
// one generation. If the snapshot still has the result and the cache all of
// its resources, no SQL is run.
func (c *content) list(ctx context.Context, res *resourceType, q *listQuery, base string) (*document, error) {
	query, err := res.query(q)
	if err != nil {
		return nil, err
	}
	s := &portion{content: c, res: res, projection: res.project(q.selection, c.opt.MemberDisplay), base: base}
	if result, ok := c.snapshot.Cached(res.kind, query); ok {
		ids := window(result.IDs, q.StartIndex-1, q.Count)
		if s.cached(result.Generation.ID, ids) {
			return page(head{total: len(result.IDs), start: q.StartIndex}, s), nil
		}
	}
	total := 0
	err = c.snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		result, err := tx.Select(ctx, res.kind, query)
		if err != nil {
			return err
		}
		total = len(result.IDs)
		return s.load(ctx, tx, window(result.IDs, q.StartIndex-1, q.Count))
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", res.Name, refusal(err))
	}
	return page(head{total: total, start: q.StartIndex}, s), nil
}

// listAll renders one page of a ListResponse over all types, one type after
// the other (RFC 7644 §3.4.3). A filter or sort attribute that a type does not
// have is one without a value there; one that no type has is an error.
func (c *content) listAll(ctx context.Context, q *listQuery, base string) (*document, error) {
	queries, err := c.queries(q)
	if err != nil {
		return nil, err
	}
	var portions []*portion
	total := 0
	err = c.snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		left := q.Count
		for i, res := range c.types {
			result, err := tx.Select(ctx, res.kind, queries[i])
			if err != nil {
				return err
			}
			ids := window(result.IDs, q.StartIndex-1-total, left)
			total += len(result.IDs)
			left -= len(ids)
			s := &portion{content: c, res: res, projection: res.project(q.selection, c.opt.MemberDisplay), base: base}
			if err := s.load(ctx, tx, ids); err != nil {
				return err
			}
			portions = append(portions, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list all: %w", refusal(err))
	}
	return page(head{total: total, start: q.StartIndex}, portions...), nil
}

// refusal turns what the store refuses to compute into the client's error. The
// schema and the store agree on every attribute, so this is for limits.
func refusal(err error) error {
	if q := (*store.QueryError)(nil); errors.As(err, &q) {
		return badRequest(scimerrors.ScimTypeInvalidFilter, "%s.", q.Error())
	}
	return err
}

// window returns the ids of one page, wherever it lies.
func window(ids []string, skip, count int) []string {
	skip = min(max(skip, 0), len(ids))
	return ids[skip:min(skip+count, len(ids))]
}

// portion is the resources of one type on a page.
type portion struct {
	content    *content
	res        *resourceType
	projection *projection
	base       string
	change     string // see stretch
	fragments  []fragment
}

// cached takes the whole portion from the cache, or says that it cannot.
func (s *portion) cached(gen int64, ids []string) bool {
	v, cacheable := s.content.variant(s.res, s.base, s.content.parts(s.projection))
	s.fragments = make([]fragment, len(ids))
	return cacheable && s.content.cache.all(gen, s.res.kind, ids, v, s.fragments) == len(ids)
}

// load takes what it can from the cache and renders the rest in the view tx.
func (s *portion) load(ctx context.Context, tx *store.SnapshotTx, ids []string) error {
	gen := tx.Generation().ID
	parts := s.content.parts(s.projection)
	v, cacheable := s.content.variant(s.res, s.base, parts)
	s.fragments = make([]fragment, len(ids))
	if cacheable && s.content.cache.all(gen, s.res.kind, ids, v, s.fragments) == len(ids) {
		return nil
	}
	var missing []string
	for i := range ids {
		if s.fragments[i].body == nil {
			missing = append(missing, ids[i])
		}
	}
	made, err := s.content.loader(tx, s.base, parts).fragments(ctx, s.res, missing)
	if err != nil {
		return err
	}
	if cacheable {
		s.content.cache.put(tx.Moment(), s.res.kind, v, made)
	}
	for i, next := 0, 0; i < len(ids) && next < len(made); i++ {
		if s.fragments[i].body == nil && ids[i] == made[next].id {
			s.fragments[i] = made[next]
			next++
		}
	}
	return nil
}

// pages keeps the memory of answers for the next ones.
var pages = sync.Pool{New: func() any { return new([]byte) }}

const maxPooled = 4 << 20

func (d *document) release() {
	if d.pooled != nil && cap(*d.pooled) <= maxPooled {
		pages.Put(d.pooled)
		d.pooled, d.Body = nil, nil
	}
}

// head is what a ListResponse says beside the resources.
type head struct {
	total          int
	start          int    // startIndex; 0: the page is one of a walk by cursor
	next, previous string // cursors; empty: none
	delta          *deltaToken
}

func (h *head) append(b []byte, count int) []byte {
	b = strconv.AppendInt(b, int64(h.total), 10)
	if h.start > 0 {
		b = append(b, `,"startIndex":`...)
		b = strconv.AppendInt(b, int64(h.start), 10)
	}
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(count), 10)
	if h.next != "" {
		b = appendString(append(b, `,"nextCursor":`...), h.next)
	}
	if h.previous != "" {
		b = appendString(append(b, `,"previousCursor":`...), h.previous)
	}
	if h.delta != nil {
		b = h.delta.append(append(b, `,"nextDeltaToken":`...))
	}
	return b
}

// page writes the ListResponse. itemsPerPage is the number returned, because
// clients page by it; Resources is always there.
func page(h head, portions ...*portion) *document {
	count, size := 0, 256
	for _, s := range portions {
		for i := range s.fragments {
			if n := len(s.fragments[i].body); n > 0 {
				count, size = count+1, size+n+1
			}
		}
	}
	pooled := pages.Get().(*[]byte)
	b := *pooled
	if cap(b) < size {
		b = make([]byte, 0, size+size/8)
	}
	b = append(b[:0], listHeader...)
	b = h.append(b, count)
	b = append(b, `,"Resources":[`...)
	for _, s := range portions {
		b = s.append(b)
	}
	b = append(b, ']', '}')
	*pooled = b
	return &document{Body: b, pooled: pooled}
}

// append writes the portion's resources. A listed id without a resource is
// left out: one bad record must not fail the list.
func (s *portion) append(b []byte) []byte {
	for i := range s.fragments {
		body := s.fragments[i].body
		if len(body) == 0 {
			continue
		}
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		if s.change != "" {
			b = s.appendChange(b, &s.fragments[i])
			continue
		}
		b = s.projection.apply(b, body)
	}
	return b
}
