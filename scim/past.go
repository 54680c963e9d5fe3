package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

// Reads of the past. The header names a time; what is served is the account as
// it was in the generation that was the newest then, save for what merely ages.

const (
	asOfHeader       = "Iamscim-As-Of"
	generationHeader = "Iamscim-Generation-Time"
)

// timeHeader is the format of a time in a header of ours: that of lastModified.
const timeHeader = commitTime

// travel reads the header. Only reads can be about the past.
func (s *Server) travel(r *request) error {
	text := strings.TrimSpace(r.Header.Get(asOfHeader))
	if text == "" {
		return nil
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.route.path, "/.search") {
		return badRequest(scimerrors.ScimTypeInvalidValue, "%s is for reading: the past cannot be changed.", asOfHeader)
	}
	at, err := s.moment(r.account, asOfHeader, text)
	if err == nil && r.account != nil {
		r.asOf = at
	}
	return err
}

// moment is the time that name gives, unless it is still to come for an account.
func (s *Server) moment(h *hosted, name, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, badRequest(scimerrors.ScimTypeInvalidValue, "%s is a time such as 2026-01-02T15:04:05Z, not %q.", name, text)
	}
	if h == nil {
		return at.UTC(), nil
	}
	// The clock may stand before the newest generation, whose time may be asked for.
	if newest := h.content.snapshot.Generation(); at.After(s.now()) && at.After(newest.At) {
		return time.Time{}, badRequest(scimerrors.ScimTypeInvalidValue, "%s is in the future.", name)
	}
	return at.UTC(), nil
}

// viewAt is the view of a time, or says from when on there is one.
func (c *content) viewAt(ctx context.Context, at time.Time, fn func(*store.SnapshotTx) error) error {
	err := c.snapshot.ViewAt(ctx, at, fn)
	if !errors.Is(err, store.ErrNoGeneration) || c.snapshot.Generation().ID == 0 {
		return err
	}
	h, err := c.horizon(ctx)
	if err != nil {
		return err
	}
	return badRequest(scimerrors.ScimTypeInvalidValue, "Nothing is known of the account at %s: its history begins at %s.",
		at.Format(timeHeader), h.Oldest.At.Format(timeHeader))
}

func (c *content) horizon(ctx context.Context) (h store.Horizon, err error) {
	err = c.snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		h, err = tx.Horizon(ctx)
		return err
	})
	return h, err
}

// getAt renders one resource as it was.
func (c *content) getAt(ctx context.Context, res *resourceType, id string, sel selection, base string, at time.Time) (*document, error) {
	p := res.project(sel, c.opt.MemberDisplay)
	var fragments []fragment
	var g store.Generation
	err := c.viewAt(ctx, at, func(tx *store.SnapshotTx) (err error) {
		g = tx.Generation()
		fragments, err = c.loader(tx, base, c.parts(p)).fragments(ctx, res, []string{id})
		return err
	})
	if err == nil && len(fragments) == 0 {
		err = c.absent(store.Ref{Kind: res.kind, ID: id})
	}
	if err != nil {
		return nil, fmt.Errorf("get %s %q as of %s: %w", res.Name, id, at.Format(timeHeader), err)
	}
	doc := p.document(fragments[0])
	doc.Generation = g.At
	return doc, nil
}

// latest is users of the past as they are now, by id; of who is gone nothing is
// known any more. What merely ages is as it is now, in the past, too, and the
// last uses of access keys are in the order of the keys that there are now.
type latest map[string]*store.User

// latest reads it; nil if the view is of now, so that users have it themselves.
func (l *loader) latest(ctx context.Context, then []*store.User) (latest, error) {
	if l.tx.Generation().ID == l.content.snapshot.Generation().ID {
		return nil, nil
	}
	ids := make([]string, len(then))
	for i, u := range then {
		ids[i] = u.ID
	}
	found := latest{}
	err := l.content.snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		now, err := tx.Users(ctx, ids...)
		for _, u := range now {
			found[u.ID] = u
		}
		return err
	})
	return found, err
}

// useOf is the last use of the i-th access key that a user had then.
func (l latest) useOf(then *store.User, i int) (use store.KeyUse, known bool) {
	now := l[then.ID]
	if now == nil {
		return use, false
	}
	if !slices.EqualFunc(then.AccessKeys, now.AccessKeys, sameKey) {
		i = slices.IndexFunc(now.AccessKeys, func(k store.AccessKey) bool { return sameKey(then.AccessKeys[i], k) })
	}
	if i < 0 || i >= len(now.Activity.Keys) {
		return use, false
	}
	return now.Activity.Keys[i], true
}

// sameKey tells keys apart by id, or by their times while the id of one is not
// known yet.
func sameKey(a, b store.AccessKey) bool {
	switch {
	case a.ID != "" && b.ID != "":
		return a.ID == b.ID
	case a.LastRotated != nil && b.LastRotated != nil:
		return a.LastRotated.Equal(*b.LastRotated)
	case a.Created != nil && b.Created != nil:
		return a.Created.Equal(*b.Created)
	}
	return a == b
}
