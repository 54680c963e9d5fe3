package scim

import (
	"context"
	"net/http"

	"iamscim/provisioner"
	"iamscim/provisioner/planner"
	"iamscim/scim/auth"
	"iamscim/scim/patch"
	"iamscim/scim/tree"
	"iamscim/store"
)

// change is one write that a client asks for, wherever it came from: a request
// of its own, an operation of a Bulk, or something that is only to be planned.
type change struct {
	account    *hosted
	base       string
	credential *auth.Credential
	strict     bool // the profile of the credential

	method  string
	res     *resourceType
	id      string         // of the resource; empty for POST
	body    map[string]any // as tree.Read returns it
	version string         // If-Match; empty: any will do
	unless  string         // If-None-Match: any but these
	selection
	options provisioner.Options
}

// changed is what became of it.
type changed struct {
	status int
	doc    *document // nil: there is nothing to show
	*provisioner.Change
}

// do makes the change and renders the resource as it is then.
func (c *change) do(ctx context.Context) (*changed, error) {
	made, members, err := c.make(ctx)
	if err != nil {
		return nil, err
	}
	done := &changed{status: http.StatusOK, Change: made}
	switch c.method {
	case http.MethodDelete:
		done.status = http.StatusNoContent
		return done, nil
	case http.MethodPost:
		done.status = http.StatusCreated
	}
	done.doc, err = c.show(ctx, made, members)
	if err == nil && done.doc.Body == nil {
		done.status = http.StatusNoContent
	}
	return done, err
}

// make hands the wish over. The members are those a client named, with what it
// called them.
func (c *change) make(ctx context.Context) (*provisioner.Change, []tree.Member, error) {
	if c.res.kind == store.KindGroup {
		return c.group(ctx)
	}
	made, err := c.user(ctx)
	return made, nil, err
}

func (c *change) user(ctx context.Context) (*provisioner.Change, error) {
	p := c.account.Provisioner
	switch c.method {
	case http.MethodDelete:
		return p.DeleteUser(ctx, c.actor(ctx), c.id, func(*store.User) error { return c.match(ctx) }, c.options)
	case http.MethodPatch:
		r, err := patch.Parse(c.body, c.schema())
		if err != nil {
			return nil, err
		}
		return c.updateUser(ctx, func(u *store.User) (planner.UserWish, error) { return c.res.patchedUser(r, u) })
	}
	t, err := c.representation()
	if err != nil {
		return nil, err
	}
	if c.method == http.MethodPut {
		return c.updateUser(ctx, func(u *store.User) (planner.UserWish, error) { return c.res.replacedUser(t, u) })
	}
	w, err := c.res.newUser(t)
	if err != nil {
		return nil, err
	}
	return p.CreateUser(ctx, c.actor(ctx), w, c.options)
}

func (c *change) updateUser(ctx context.Context, edit func(*store.User) (planner.UserWish, error)) (*provisioner.Change, error) {
	return c.account.Provisioner.UpdateUser(ctx, c.actor(ctx), c.id, func(u *store.User) (planner.UserWish, error) {
		if err := c.match(ctx); err != nil {
			return planner.UserWish{}, err
		}
		return edit(u)
	}, c.options)
}

func (c *change) group(ctx context.Context) (*provisioner.Change, []tree.Member, error) {
	p := c.account.Provisioner
	switch c.method {
	case http.MethodDelete:
		made, err := p.DeleteGroup(ctx, c.actor(ctx), c.id, func(*store.Group) error { return c.match(ctx) }, c.options)
		return made, nil, err
	case http.MethodPatch:
		r, err := patch.Parse(c.body, c.schema())
		if err != nil {
			return nil, nil, err
		}
		made, err := c.updateGroup(ctx, func(g *store.Group) (planner.GroupWish, error) { return patchedGroup(r, g) })
		return made, append(r.Members.Set, r.Members.Added...), err
	}
	t, err := c.representation()
	if err != nil {
		return nil, nil, err
	}
	w, members, err := groupWish(t)
	if err != nil {
		return nil, nil, err
	}
	if c.method == http.MethodPut {
		made, err := c.updateGroup(ctx, func(*store.Group) (planner.GroupWish, error) { return w, nil })
		return made, members, err
	}
	made, err := p.CreateGroup(ctx, c.actor(ctx), w, c.options)
	return made, members, err
}

func (c *change) updateGroup(ctx context.Context, edit func(*store.Group) (planner.GroupWish, error)) (*provisioner.Change, error) {
	return c.account.Provisioner.UpdateGroup(ctx, c.actor(ctx), c.id, func(g *store.Group) (planner.GroupWish, error) {
		if err := c.match(ctx); err != nil {
			return planner.GroupWish{}, err
		}
		return edit(g)
	}, c.options)
}

// match refuses the change if the resource has another version than the client
// thinks (RFC 7644 §3.14). It is asked after the live read has been written to
// the snapshot, so it compares with what is true now.
func (c *change) match(ctx context.Context) error {
	if c.version == "" && c.unless == "" {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // the change may go on without the request
	doc, err := c.account.content.get(ctx, c.res, c.id, selection{Attributes: []string{"id"}}, c.base)
	if err != nil {
		return err
	}
	if c.version != "" && !etagMatch(c.version, doc.ETag) {
		return &provisioner.PreconditionError{Reason: "the resource has changed; it is now version " + doc.ETag}
	}
	if etagMatch(c.unless, doc.ETag) { // RFC 9110 §13.1.2
		return &provisioner.PreconditionError{Reason: "the resource exists, and is version " + doc.ETag}
	}
	return nil
}

func (c *change) actor(ctx context.Context) provisioner.Actor { return actorOf(ctx, c.credential) }

// actorOf is who asks, as the provisioner knows them.
func actorOf(ctx context.Context, c *auth.Credential) provisioner.Actor {
	a := provisioner.Actor{Credential: c.ID, Scopes: map[string]bool{}, RequestID: RequestID(ctx)}
	for _, name := range c.Scopes.Names() {
		a.Scopes[name] = true
	}
	return a
}

// show renders what is there after the change.
func (c *change) show(ctx context.Context, made *provisioner.Change, members []tree.Member) (*document, error) {
	content := c.account.content
	switch {
	case c.options.DryRun:
		return c.preview(ctx, made)
	case c.res.kind != store.KindGroup:
		return content.get(ctx, c.res, made.ID, c.selection, c.base)
	}
	a := groupAnswer{selection: c.selection, base: c.base, named: members}
	a.brief = c.method != http.MethodPost && len(c.Attributes) == 0 && len(c.Excluded) == 0
	return content.writtenGroup(ctx, made.ID, a)
}
