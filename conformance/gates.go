package conformance

import (
	"context"
	"slices"
	"strings"
)

// What a check needs of a server. Nothing here fails: what a server does not
// offer, or has its own rules for, is skipped.

// needs skips unless the server declares all of these attributes as writable and returned.
func (c *Client) needs(ctx context.Context, core string, paths ...string) error {
	for _, p := range paths {
		a, ok, err := c.declared(ctx, core, p)
		switch {
		case err != nil:
			return err
		case !ok:
			return skip("the server does not declare %s", p)
		case a.Mutability != "readWrite":
			return skip("the server declares %s as %s", p, a.Mutability)
		case a.Returned == "never" || a.Returned == "request":
			return skip("the server returns %s %s", p, a.Returned)
		}
	}
	return nil
}

// takes skips unless the server takes these attributes with these values: every
// sub-attribute is declared, and what has canonical values is one of them, since
// a server may ignore others (RFC 7643 §7).
func (c *Client) takes(ctx context.Context, core string, attrs object) error {
	for path, values := range leaves("", attrs) {
		if err := c.needs(ctx, core, path); err != nil {
			return err
		}
		a, _, err := c.declared(ctx, core, path)
		if err != nil {
			return err
		}
		for _, v := range values {
			same := func(known any) bool { return strings.EqualFold(show(known), show(v)) }
			if len(a.Canonical) > 0 && !slices.ContainsFunc(a.Canonical, same) {
				return skip("%s is not among the canonical values of %s", show(v), path)
			}
		}
	}
	return nil
}

// leaves are the attributes of a body by their paths, those within others
// included, with the values that are no objects.
func leaves(prefix string, attrs object) map[string][]any {
	out := map[string][]any{}
	for name, value := range attrs {
		path, sep := prefix+name, "."
		if strings.HasPrefix(path, "urn:") && prefix == "" {
			sep = ":"
		} else {
			out[path] = nil
		}
		for _, v := range elements(value) {
			o, ok := v.(object)
			if !ok {
				out[path] = append(out[path], v)
			}
			for p, list := range leaves(path+sep, o) {
				out[p] = append(out[p], list...)
			}
		}
	}
	return out
}

// pruned is the part of a body that the server takes.
func (c *Client) pruned(ctx context.Context, prefix string, attrs object) (object, error) {
	out := object{}
	for name, value := range attrs {
		path, sep := prefix+name, "."
		if strings.HasPrefix(path, "urn:") && prefix == "" {
			sep = ":"
		}
		var kept []any
		for _, v := range elements(value) {
			o, nested := v.(object)
			err := error(nil)
			if nested {
				if o, err = c.pruned(ctx, path+sep, o); err == nil && len(o) > 0 {
					kept = append(kept, o)
				}
			} else if err = c.takesOne(ctx, path, v); err == nil {
				kept = append(kept, v)
			}
			if OutcomeOf(err) == Errored {
				return nil, err
			}
		}
		if _, list := value.([]any); list && len(kept) > 0 {
			out[name] = kept
		} else if len(kept) > 0 {
			out[name] = kept[0]
		}
	}
	return out, nil
}

func (c *Client) takesOne(ctx context.Context, path string, v any) error {
	if path == "userName" { // which may be for ever
		return nil
	}
	if top, _, nested := strings.Cut(path, "."); nested && !strings.HasPrefix(path, "urn:") {
		if err := c.needs(ctx, userURN, top); err != nil {
			return err
		}
	}
	return c.takes(ctx, userURN, object{path: v})
}

// settable skips when a server says that a name is not for clients to choose:
// then its resources are made elsewhere.
func (c *Client) settable(ctx context.Context, core, name string) error {
	a, ok, err := c.declared(ctx, core, name)
	if err == nil && ok && !a.writable() {
		return skip("the server declares %s as readOnly: such resources are not made by clients", name)
	}
	return err
}

// optional skips unless a user can be without these attributes: what is
// required cannot be cleared, and what the server makes up comes back (RFC 7644
// §3.5.1 lets it assign a default).
func (c *Client) optional(ctx context.Context, paths ...string) error {
	for _, p := range paths {
		a, ok, err := c.declared(ctx, userURN, p)
		if err != nil {
			return err
		}
		if ok && a.Required {
			return skip("the server declares %s as required", p)
		}
		bare, err := c.bareUser(ctx)
		if err != nil {
			return err
		}
		if ok && !unassigned(field(bare.body, a.slash())) {
			return skip("the server makes up a value of %s", p)
		}
	}
	return nil
}

// bareUser is a user that was made from no more than the schema demands.
func (c *Client) bareUser(ctx context.Context) (*reply, error) {
	if c.server.bare != nil {
		return c.server.bare, nil
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return nil, err
	}
	c.server.bare, err = c.read(ctx, u)
	return c.server.bare, err
}

// hideable skips unless clients can ask for these attributes to be left out.
func (c *Client) hideable(ctx context.Context, core string, paths ...string) error {
	for _, p := range paths {
		top, _, _ := strings.Cut(p, ".")
		if strings.HasPrefix(p, "urn:") {
			top = p
		}
		for _, name := range []string{top, p} {
			if a, _, err := c.declared(ctx, core, name); err != nil || a.Returned == "always" {
				return orSkip(err, "the server returns "+name+" always")
			}
		}
	}
	return nil
}

// indexed skips on a server that says it has no paging by index (RFC 9865 §4).
func (c *Client) indexed(ctx context.Context) error {
	config, err := c.config(ctx)
	if err == nil && field(config.body, "pagination/index") == false {
		return skip("the server advertises that it has no paging by index")
	}
	return err
}

// listing is what a list must be. A server that pages by cursor may leave out
// totalResults (RFC 9865 §2).
func (c *Client) listing(ctx context.Context) expectation {
	config, err := c.config(ctx)
	if err != nil || field(config.body, "pagination/cursor") != true {
		return isList
	}
	return func(r *reply) error {
		if field(r.body, "totalResults") == nil {
			return r.meets(status(200), isObject, declaresSchema(listURN))
		}
		return isList(r)
	}
}

// severalAtOnce skips on a server whose Bulk takes fewer operations.
func (c *Client) severalAtOnce(ctx context.Context, n int) error {
	config, err := c.config(ctx)
	if err != nil {
		return err
	}
	if most, ok := integer(field(config.body, "bulk/maxOperations")); ok && most > 0 && most < n {
		return skip("bulk.maxOperations is %d, and this check sends %d", most, n)
	}
	return nil
}
