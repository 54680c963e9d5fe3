package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// onRequest needs an attribute that a client can write and that is hidden by default.
func onRequest(ctx context.Context, c *Client) error {
	a, err := c.pick(ctx, userURN, "writable string that is returned on request", func(a attribute) bool {
		return a.Returned == "request" && a.Mutability == "readWrite" && a.Type == "string" && !a.MultiValued && !strings.Contains(a.path, ".")
	})
	if err != nil {
		return err
	}
	value := c.sample(a)
	u, err := c.user(ctx, a.in(value))
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(query(u.path, "attributes", a.full())), status(200), at(a.slash(), value))
	return err
}

// in is a body that sets a top-level attribute of a user.
func (a attribute) in(value any) object {
	if strings.EqualFold(a.urn, userURN) {
		return object{a.Name: value}
	}
	return object{a.urn: object{a.Name: value}}
}

func isImmutable(a attribute) bool {
	return a.Mutability == "immutable" && a.Type == "string" && !a.MultiValued && !strings.Contains(a.path, ".")
}

// withImmutable makes a user with an immutable attribute, and the body of a PUT of it.
func (c *Client) withImmutable(ctx context.Context) (*resource, attribute, object, error) {
	a, err := c.pick(ctx, userURN, "immutable string of a user", isImmutable)
	if err != nil {
		return nil, a, nil, err
	}
	body, err := c.userBody(ctx, a.in(c.unique()))
	if err != nil {
		return nil, a, nil, err
	}
	u, err := c.make(ctx, userURN, body)
	return u, a, body, err
}

func immutable(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "patch"); err != nil {
		return err
	}
	u, a, _, err := c.withImmutable(ctx)
	if err != nil {
		return err
	}
	before := u.at(a.slash())
	if _, err = c.expect(ctx, patchTo(u.path, patchOf(op("replace", a.full(), c.unique()))), survived); err != nil {
		return err
	}
	_, err = c.expect(ctx, get(u.path), at(a.slash(), before))
	return err
}

func immutableReplace(ctx context.Context, c *Client) error {
	u, a, body, err := c.withImmutable(ctx)
	if err != nil {
		return err
	}
	overlay(body, a.in(c.unique()))
	_, err = c.expect(ctx, put(u.path, body), status(400), scimType("mutability"))
	return err
}

func immutableSame(ctx context.Context, c *Client) error {
	u, _, body, err := c.withImmutable(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, put(u.path, body), status(200))
	return err
}

// duplicate posts the same user twice.
func duplicate(want ...expectation) func(context.Context, *Client) error {
	return withUser(nil, func(ctx context.Context, c *Client, u *resource) error {
		return c.posts(ctx, object{"userName": u.name()}, want...)
	})
}

// posts makes a user from attrs and holds the answer against expectations.
func (c *Client) posts(ctx context.Context, attrs object, want ...expectation) error {
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	if err := c.settable(ctx, userURN, "userName"); err != nil {
		return err
	}
	body, err := c.userBody(ctx, attrs)
	if err != nil {
		return err
	}
	r, err := c.create(ctx, post(endpoint, body))
	if err != nil {
		return err
	}
	return r.meets(want...)
}

func duplicateCase(ctx context.Context, c *Client) error {
	a, ok, err := c.declared(ctx, userURN, "userName")
	if err != nil {
		return err
	}
	if !ok || a.CaseExact {
		return skip("userName is case-exact")
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	return c.posts(ctx, object{"userName": strings.ToUpper(u.name())}, status(http.StatusConflict))
}

func takeName(method string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		taken, err := c.user(ctx, nil)
		if err != nil {
			return err
		}
		u, body, err := c.replaceable(ctx, nil)
		if err != nil {
			return err
		}
		body["userName"] = taken.name()
		r := put(u.path, body)
		if method == http.MethodPatch {
			if err := c.supports(ctx, "patch"); err != nil {
				return err
			}
			r = patchTo(u.path, patchOf(op("replace", "userName", taken.name())))
		}
		_, err = c.expect(ctx, r, refused)
		return err
	}
}

func ownName(ctx context.Context, c *Client) error {
	body, err := c.userBody(ctx, nil)
	if err != nil {
		return err
	}
	u, err := c.make(ctx, userURN, body)
	if err != nil {
		return err
	}
	r, err := c.send(ctx, put(u.path, body))
	if err != nil {
		return err
	}
	if r.status == http.StatusConflict {
		return fmt.Errorf("a PUT of what was posted answers 409%s", r.reason())
	}
	return nil
}

// badUser posts a user that differs from a good one in attrs. The good one is
// posted first: it must be the difference that is refused.
func badUser(attrs object, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		for name := range attrs { // their values are wrong, and not looked at
			if err := c.needs(ctx, userURN, name); err != nil {
				return err
			}
		}
		if _, err := c.user(ctx, nil); err != nil {
			return err
		}
		return c.posts(ctx, attrs, want...)
	}
}

func replaceWithoutName(ctx context.Context, c *Client) error {
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	delete(body, "userName")
	_, err = c.expect(ctx, put(u.path, body), status(400))
	return err
}

func canonicalKept(ctx context.Context, c *Client) error {
	if err := c.needs(ctx, userURN, "emails", "emails.type", "emails.value"); err != nil {
		return err
	}
	a, _, err := c.declared(ctx, userURN, "emails.type")
	if err != nil {
		return err
	}
	if len(a.Canonical) == 0 {
		return skip("emails.type has no canonical values")
	}
	if _, err := c.user(ctx, nil); err != nil {
		return err
	}
	value := a.Canonical[len(a.Canonical)-1]
	return c.posts(ctx, object{"emails": []any{object{"value": c.unique() + "@example.com", "type": value}}},
		success, at("emails/0/type", value))
}
