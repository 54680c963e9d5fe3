package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return badRequest(scimerrors.ScimTypeInvalidValue, "%s is a time such as 2026-01-02T15:04:05Z, not %q.", asOfHeader, text)
	}
	if r.account == nil {
		return nil
	}
	// The clock may stand before the newest generation, whose time may be asked for.
	if newest := r.account.content.snapshot.Generation(); at.After(s.now()) && at.After(newest.At) {
		return badRequest(scimerrors.ScimTypeInvalidValue, "%s is in the future.", asOfHeader)
	}
	r.asOf = at.UTC()
	return nil
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
