package scim

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

// Bounds of one answer of the change feed.
const (
	defaultChanges = 1000
	maxChanges     = 10_000
)

// changeRecord is one entry of GET /admin/changes.
type changeRecord struct {
	Generation int64      `json:"generation"`
	At         time.Time  `json:"at"`
	Actor      string     `json:"actor"` // "observed", or the credential that wrote
	Kind       store.Kind `json:"kind"`
	ID         string     `json:"id"`
	Name       string     `json:"name,omitempty"`
	What       string     `json:"what"` // created, updated, member or deleted
}

// changes answers GET /admin/changes: what happened after ?since=, in order of
// generation, kind and id. next is the since of the next question, whether there
// is more already or not; the end is where nothing is listed.
func (s *Server) changes(w http.ResponseWriter, r *request) error {
	if r.Header.Get(asOfHeader) != "" {
		return badRequest(scimerrors.ScimTypeInvalidValue, "%s is for resources; the feed begins where since says.", asOfHeader)
	}
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	values, err := parseQuery(r)
	if err != nil {
		return err
	}
	limit, err := parseInt("limit", parameter(values, "limit"), defaultChanges)
	if err != nil {
		return err
	}
	limit = min(max(limit, 1), maxChanges)
	var list []store.Change
	var from store.Position
	ctx, epoch := r.Context(), ""
	err = h.Store.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		epoch = tx.Generation().Epoch
		if from, err = feedPosition(ctx, tx, parameter(values, "since")); err != nil {
			return err
		}
		if list, err = tx.Changes(ctx, from, tx.Generation().ID, limit); err != nil {
			return err
		}
		return stillThere(ctx, tx, from) // nothing was pruned while we read
	})
	if err != nil {
		return fmt.Errorf("list changes: %w", err)
	}
	records := []changeRecord{}
	for _, x := range list {
		g := x.Generation
		records = append(records, changeRecord{g.ID, g.At, g.Actor, x.Ref.Kind, x.Ref.ID, x.Name, x.What})
		from = store.Position{Generation: g.ID, Ref: x.Ref}
	}
	return sendJSON(w, r, http.StatusOK, struct {
		Changes []changeRecord `json:"changes"`
		Next    string         `json:"next"`
	}{records, formatPosition(epoch, from)})
}

// formatPosition writes a place in the feed as next tells it. It names the
// epoch: after the snapshot was lost, generations count anew.
func formatPosition(epoch string, p store.Position) string {
	if p.Ref == (store.Ref{}) {
		return fmt.Sprintf("%s.%d", epoch, p.Generation-1)
	}
	return fmt.Sprintf("%s.%d.%s.%s", epoch, p.Generation, p.Ref.Kind, p.Ref.ID)
}

// feedPosition reads since: nothing for all that is known, a generation, a time,
// or what next was.
func feedPosition(ctx context.Context, tx *store.SnapshotTx, since string) (store.Position, error) {
	now := tx.Generation()
	if now.ID == 0 {
		return store.Position{}, store.ErrNoGeneration
	}
	if since == "" {
		h, err := tx.Horizon(ctx)
		return store.AfterGeneration(h.Feed), err
	}
	if at, err := time.Parse(time.RFC3339, since); err == nil {
		return positionAfter(ctx, tx, at)
	}
	number, epoch := since, now.Epoch
	var ref store.Ref
	if parts := strings.SplitN(since, ".", 4); len(parts) > 1 {
		epoch, number = parts[0], parts[1]
		if len(parts) == 4 {
			ref = store.Ref{Kind: store.Kind(parts[2]), ID: parts[3]}
		}
	}
	id, err := strconv.ParseInt(number, 10, 64)
	switch {
	case err != nil || id < 0:
		return store.Position{}, badRequest(scimerrors.ScimTypeInvalidValue, "since is a generation, a time such as 2026-01-02T15:04:05Z, or what next was, not %q.", since)
	case epoch != now.Epoch:
		return store.Position{}, badRequest(scimerrors.ScimTypeInvalidValue, "The history that since is a place in was lost, and another one began: read everything once, then go on from generation %d.", now.ID)
	case id > now.ID:
		return store.Position{}, badRequest(scimerrors.ScimTypeInvalidValue, "since is generation %d, and the newest is %d.", id, now.ID)
	}
	p := store.AfterGeneration(id)
	if ref != (store.Ref{}) {
		p = store.Position{Generation: id, Ref: ref}
	}
	return p, stillThere(ctx, tx, p)
}

// positionAfter is the place behind everything that was committed by a time.
func positionAfter(ctx context.Context, tx *store.SnapshotTx, at time.Time) (store.Position, error) {
	id, err := tx.GenerationAt(ctx, at)
	p := store.AfterGeneration(id)
	if err != nil {
		return p, err
	}
	return p, stillThere(ctx, tx, p)
}

// stillThere tells whether the feed is complete from a place on.
func stillThere(ctx context.Context, tx *store.SnapshotTx, p store.Position) error {
	h, err := tx.Horizon(ctx)
	if err != nil || p.Generation > h.Feed {
		return err
	}
	return badRequest(scimerrors.ScimTypeInvalidValue, "Changes up to generation %d are forgotten; the history goes back to %s.",
		h.Feed, h.Oldest.At.Format(timeHeader))
}
