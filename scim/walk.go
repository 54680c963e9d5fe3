package scim

import (
	"context"
	"errors"
	"fmt"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

// cursorTimeout is how long a client may take between two pages.
const cursorTimeout = time.Hour

// Keywords of RFC 9865 §2.1.
const (
	scimTypeInvalidCursor scimerrors.ScimType = "invalidCursor"
	scimTypeExpiredCursor scimerrors.ScimType = "expiredCursor"
	scimTypeInvalidCount  scimerrors.ScimType = "invalidCount"
)

var (
	errInvalidCursor = badRequest(scimTypeInvalidCursor, "The cursor is none of this server's for this request: send an empty one for the "+
		"first page, then nextCursor or previousCursor of the page before, with the same credential and every other parameter as it was.")
	errExpiredCursor = badRequest(scimTypeExpiredCursor, "What the cursor goes on from is no longer there, or more than %d seconds went by since "+
		"the page before: begin anew with an empty cursor.", int(cursorTimeout.Seconds()))
	errInvalidCount = badRequest(scimTypeInvalidCount, "With a cursor, count is between 0 and %d and the same for every page.", maxPageSize)
)

// listing is a request for a page of a list that stays at one generation: by
// cursor, as of a time, or what became of resources since another generation.
type listing struct {
	query      *listQuery
	name       string // of the resource type; empty: all
	base       string
	credential string
	now        time.Time
	asOf       time.Time // zero: the newest generation
	since      *point    // of a delta: where it begins
	deltaToken string    // as it was sent
}

func (c *content) binding(l *listing) binding {
	q := l.query
	return binding{
		Purpose: "cursor", Credential: l.credential, Account: c.opt.AccountID, Type: l.name, Filter: q.Filter, SortBy: q.SortBy,
		Descending: q.Descending, Attributes: q.Attributes, Excluded: q.Excluded, AsOf: l.asOf, DeltaToken: l.deltaToken,
	}
}

// walk renders one page. A walk by cursor sees the generation of its first page
// to its end, whatever is written meanwhile; when that cannot be, it says so.
func (c *content) walk(ctx context.Context, l *listing) (*document, error) {
	from, err := c.resume(l)
	if err != nil {
		return nil, err
	}
	var doc *document
	err = c.viewFor(ctx, l, from, func(tx *store.SnapshotTx) error {
		g := tx.Generation()
		if from != nil && !from.At.Equal(g.At) {
			return errExpiredCursor
		}
		list, print, err := c.stretches(ctx, tx, l, from)
		if err != nil {
			return err
		}
		here := point{Epoch: g.Epoch, Generation: g.ID, At: g.At, Made: l.now.Unix(), List: print, Count: l.query.Count}
		doc, err = c.walkPage(ctx, tx, l, from, list, here)
		return err
	})
	switch {
	case from != nil && errors.Is(err, store.ErrNoGeneration):
		return nil, errExpiredCursor
	case l.since != nil && errors.Is(err, store.ErrNoGeneration):
		return nil, errExpiredDeltaToken
	}
	if err != nil {
		return nil, fmt.Errorf("walk %s: %w", l.name, refusal(err))
	}
	return doc, nil
}

// resume opens the cursor; a first page has none.
func (c *content) resume(l *listing) (*point, error) {
	if l.query.Cursor == "" {
		return nil, nil
	}
	p, ok := c.sealer.open(l.query.Cursor, c.binding(l))
	switch {
	case !ok:
		return nil, errInvalidCursor
	case p.Count != l.query.Count:
		return nil, errInvalidCount
	case p.Epoch != c.snapshot.Generation().Epoch, l.now.Unix()-p.Made > int64(cursorTimeout.Seconds()):
		return nil, errExpiredCursor
	}
	return &p, nil
}

// viewFor opens the view that a page is from. Around that of a delta is one of
// where it begins, which must still be there when all was read.
func (c *content) viewFor(ctx context.Context, l *listing, from *point, fn func(*store.SnapshotTx) error) error {
	switch {
	case l.since != nil:
		ordinary := *l
		ordinary.since = nil
		return c.viewSince(ctx, l.since, func() error { return c.viewFor(ctx, &ordinary, from, fn) })
	case from != nil:
		return c.snapshot.ViewGeneration(ctx, from.Generation, fn)
	case !l.asOf.IsZero():
		return c.viewAt(ctx, l.asOf, fn)
	}
	return c.snapshot.View(ctx, fn)
}

// stretches returns the whole list, and how to recognise it if there will be
// another page.
func (c *content) stretches(ctx context.Context, tx *store.SnapshotTx, l *listing, from *point) (stretches, uint64, error) {
	q := l.query
	key := stretchesKey{generation: tx.Generation().ID, name: l.name, filter: q.Filter, sortBy: q.SortBy, descending: q.Descending}
	if l.since != nil {
		key.since = l.since.Generation
	}
	if from != nil {
		key.print = from.List
		if list, ok := c.walks.get(key); ok {
			return list, key.print, nil
		}
	}
	list, err := c.compute(ctx, tx, l)
	another := q.ByCursor && (from != nil || q.Count > 0 && list.total() > q.Count)
	if err != nil || !another {
		return list, 0, err
	}
	print := list.fingerprint()
	if from != nil && print != from.List {
		return nil, 0, errExpiredCursor
	}
	key.print = print
	c.walks.put(key, list)
	return list, print, nil
}

// compute asks the snapshot for the list.
func (c *content) compute(ctx context.Context, tx *store.SnapshotTx, l *listing) (stretches, error) {
	types, queries, err := c.asked(l)
	if err != nil {
		return nil, err
	}
	var list stretches
	for i, res := range types {
		if l.since != nil {
			changed, err := c.became(ctx, tx, l, res, queries[i])
			if err != nil {
				return nil, err
			}
			list = append(list, changed...)
			continue
		}
		result, err := tx.Select(ctx, res.kind, queries[i])
		if err != nil {
			return nil, err
		}
		list = append(list, stretch{res: res, ids: result.IDs})
	}
	return list, nil
}

// asked returns the types that a request is about, each with its query.
func (c *content) asked(l *listing) ([]*resourceType, []store.Query, error) {
	if l.name == "" {
		queries, err := c.queries(l.query)
		return c.types, queries, err
	}
	res := c.resourceType(l.name)
	query, err := res.query(l.query)
	return []*resourceType{res}, []store.Query{query}, err
}

// walkPage renders the page of the list that begins where from says, or else
// the request.
func (c *content) walkPage(ctx context.Context, tx *store.SnapshotTx, l *listing, from *point, list stretches, here point) (*document, error) {
	q := l.query
	h := head{total: list.total()}
	offset := q.StartIndex - 1
	if from != nil {
		offset = from.Offset
	}
	if q.ByCursor {
		c.neighbours(&h, l, here, offset)
	} else {
		h.start = q.StartIndex
	}
	var portions []*portion
	passed, left := 0, q.Count
	for _, part := range list {
		ids := window(part.ids, offset-passed, left)
		passed += len(part.ids)
		left -= len(ids)
		s := &portion{content: c, res: part.res, projection: part.res.project(q.selection, c.opt.MemberDisplay), base: l.base, change: part.change}
		if part.change == deltaDelete {
			s.gone(ids)
		} else if err := s.load(ctx, tx, ids); err != nil {
			return nil, err
		}
		portions = append(portions, s)
	}
	doc := page(h, portions...)
	doc.Generation, doc.private = here.At, true
	return doc, nil
}

// neighbours puts the cursors of the pages around one into its head, and after
// the last page of a delta the token for the next.
func (c *content) neighbours(h *head, l *listing, here point, offset int) {
	count := l.query.Count
	to := func(offset int) string {
		here.Offset = offset
		return c.sealer.seal(here, c.binding(l))
	}
	more := offset+count < h.total
	if more && count > 0 {
		h.next = to(offset + count)
	}
	if offset > 0 {
		h.previous = to(max(offset-count, 0))
	}
	if l.since != nil && !more {
		h.delta = c.deltaToken(here, l)
	}
}
