package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// postUser is a check of the answer to a POST.
func postUser(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error { return c.posts(ctx, nil, want...) }
}

// created blocks checks of what a creation answers if it fails.
func created(r *reply) error { return blocked("creating a user", r.meets(success, isObject)) }

func userChecks() []Check {
	const create = "RFC 7644 §3.3"
	return []Check{
		{"users/create", create, Must, "POST of a user answers 201.", postUser(status(http.StatusCreated))},
		{"users/create-id", "RFC 7643 §3.1", Must, "The server gives a new user an id.", postUser(created, wantID)},
		{"users/create-ids-differ", "RFC 7643 §3.1", Must, "Two users have different ids.", idsDiffer},
		{"users/create-location", create, Must, "The answer to a POST has a Location header with the URI of the user.", postUser(created, hasHeader("Location"))},
		{"users/create-location-leads", create, Must, "The Location of a new user can be read.", locationLeads},
		{"users/create-meta-location", create, Must, "The answer to a POST has meta.location.", postUser(created, has("meta/location"))},
		{"users/create-locations-agree", "RFC 7643 §3.1", Should, "meta.location is the Location header.", postUser(created, locationsAgree)},
		{"users/create-schemas", "RFC 7643 §3", Must, "The answer to a POST has schemas.", postUser(created, declaresSchema(userURN))},
		{"users/create-echo", create, Must, "The answer to a POST holds the userName.", echoName},
		{"users/create-meta-type", "RFC 7643 §3.1", Should, "meta.resourceType of a new user is the name of the resource type.", typeNamed},
		{"users/create-meta-created", "RFC 7643 §3.1", Should, "A new user has meta.created.", postUser(created, has("meta/created"))},
		{"users/create-meta-modified", "RFC 7643 §3.1", Should, "A new user has meta.lastModified.", postUser(created, has("meta/lastModified"))},
		{"users/create-display-name", create, Should, "A string is kept as it was sent.", kept(object{"displayName": "  Ada 'the' \"Countess\" \\ Lovelace"}, "displayName")},
		{"users/create-unicode", "RFC 7644 §8.1", Must, "Letters of all scripts are kept as they were sent.", kept(object{"displayName": "Ådá 愛田 🦉 Ω"}, "displayName")},
		{"users/create-name", create, Must, "A complex value is kept.", kept(object{"name": object{"givenName": "Ada", "familyName": "Lovelace"}}, "name/familyName")},
		{"users/create-emails", create, Must, "A multi-valued attribute is kept.", kept(object{"emails": []any{object{"value": "ada@example.com", "type": "work"}}}, "emails/0/value")},
		{"users/create-active", create, Must, "active false is kept.", kept(object{"active": false}, "active")},
		{"users/create-extension", "RFC 7643 §3.3", Must, "An attribute of the enterprise extension is kept.",
			kept(object{enterpriseURN: object{"department": "Engines"}}, enterpriseURN+"/department")},
		{"users/create-external-id", "RFC 7643 §3.1", Should, "externalId is kept.", kept(object{"externalId": "scimconf-External"}, "externalId")},
		{"users/create-null", "RFC 7643 §2.5", Must, "An attribute that is null counts as unassigned.", withoutValue("displayName", jsonNull)},
		{"users/create-empty-array", "RFC 7643 §2.5", Must, "An empty array counts as unassigned.", withoutValue("emails", []any{})},
		{"users/create-name-case", "RFC 7643 §2.1", Must, "Attribute names are not case-sensitive.", attributeCase},
		{"users/create-malformed", "RFC 7644 §3.12", Must, "A body that is no JSON is 400.", postRaw(`{"schemas":[`, status(400))},
		{"users/create-malformed-type", "RFC 7644 §3.12", Should, "The 400 for a malformed body has the scimType invalidSyntax.",
			postRaw(`{"schemas":[`, ifStatus(400, scimType("invalidSyntax")))},
		{"users/create-no-body", "RFC 7644 §3.12", Must, "A POST without a body is 400.", postRaw("", status(400))},
		{"users/create-array", "RFC 7644 §3.3", Must, "A body that is an array is 400.", postRaw("[]", status(400))},
		{"users/get", "RFC 7644 §3.4.1", Must, "GET of a user answers 200.", onUser(status(200))},
		{"users/get-body", "RFC 7644 §3.4.1", Must, "GET of a user returns id, schemas and userName.", onUser(has("id", "schemas", "userName"))},
		{"users/get-same", "RFC 7644 §3.4.1", Must, "GET returns the user that was asked for.", getSame},
		{"users/get-unknown", "RFC 7644 §3.12", Must, "GET of an unknown user is 404.", onUsers("/"+unknownID, status(404))},
		{"users/list", "RFC 7644 §3.4.2", Must, "GET /Users answers with a ListResponse.", listOf((*Client).users)},
		{"users/list-holds-new", "RFC 7644 §3.4.2", Must, "A new user is found by a search.", listHoldsNew},
	}
}

// withoutValue posts an attribute in a way that says it has no value.
func withoutValue(name string, value any) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.needs(ctx, userURN, name); err != nil {
			return err
		}
		if err := c.optional(ctx, name); err != nil {
			return err
		}
		return c.posts(ctx, object{name: value}, success, at(name, nil))
	}
}

func wantID(r *reply) error {
	if text(r.body, "id") == "" {
		return fmt.Errorf("id is %s, want a string", show(field(r.body, "id")))
	}
	return nil
}

func idsDiffer(ctx context.Context, c *Client) error {
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	var ids [2]string
	for i := range ids {
		body, err := c.userBody(ctx, nil)
		if err != nil {
			return err
		}
		r, err := c.create(ctx, post(endpoint, body))
		if err != nil {
			return err
		}
		if err := r.meets(created, has("id")); err != nil {
			return blocked("creating a user", err)
		}
		ids[i] = text(r.body, "id")
	}
	if ids[0] == ids[1] {
		return fmt.Errorf("two users were given the id %q", ids[0])
	}
	return nil
}

func typeNamed(ctx context.Context, c *Client) error {
	k, err := c.kind(ctx, userURN)
	if err != nil {
		return err
	}
	return postUser(created, at("meta/resourceType", k.name))(ctx, c)
}

func locationsAgree(r *reply) error {
	if r.header.Get("Location") == "" || text(r.body, "meta/location") == "" {
		return skip("blocked, because one of them is missing")
	}
	return at("meta/location", r.header.Get("Location"))(r)
}

func locationLeads(ctx context.Context, c *Client) error {
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	where := u.made.header.Get("Location")
	if where == "" {
		return skip("blocked, because there is no Location header")
	}
	target, err := c.resolve(where)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(target), success, at("id", u.id))
	return err
}

// resolve makes a location absolute; RFC 9110 §10.2.2 allows a relative one.
func (c *Client) resolve(where string) (string, error) {
	base, err := url.Parse(c.URL + "/")
	if err != nil {
		return "", err
	}
	u, err := base.Parse(where)
	if err != nil {
		return "", fmt.Errorf("%q is no URI", where)
	}
	return u.String(), nil
}

func echoName(ctx context.Context, c *Client) error {
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	body, err := c.userBody(ctx, nil)
	if err != nil {
		return err
	}
	r, err := c.create(ctx, post(endpoint, body))
	if err != nil {
		return err
	}
	return r.meets(created, at("userName", body["userName"]))
}

// kept posts attrs and reads them back.
func kept(attrs object, path string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.takes(ctx, userURN, attrs); err != nil {
			return err
		}
		if _, err := c.user(ctx, nil); err != nil { // the attribute must be to blame
			return err
		}
		endpoint, err := c.users(ctx)
		if err != nil {
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
		if err := r.meets(success, has("id")); err != nil {
			return err
		}
		return c.soon(ctx, func() error {
			_, err := c.expect(ctx, get(endpoint+"/"+escape(text(r.body, "id"))), at(path, field(attrs, path)))
			return err
		})
	}
}

func attributeCase(ctx context.Context, c *Client) error {
	if err := c.needs(ctx, userURN, "displayName"); err != nil {
		return err
	}
	if _, err := c.user(ctx, nil); err != nil {
		return err
	}
	return c.posts(ctx, object{"displayName": nil, "DISPLAYNAME": "Ada"}, success, at("displayName", "Ada"))
}

// postRaw posts a text after it has shown that users can be posted.
func postRaw(body string, want ...expectation) func(context.Context, *Client) error {
	return withUser(nil, func(ctx context.Context, c *Client, u *resource) error {
		r := post(parent(u.path), []byte(body))
		_, err := c.expect(ctx, r, want...)
		return err
	})
}

// listOf is a check of the list at an endpoint.
func listOf(endpoint func(*Client, context.Context) (string, error)) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		where, err := endpoint(c, ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(where), c.listing(ctx))
		return err
	}
}

// onUser is a check of the answer to a GET of some user.
func onUser(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, err := c.anyUser(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(u.path), want...)
		return err
	}
}

// onUsers is a check of a GET below the endpoint of users.
func onUsers(suffix string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(endpoint+suffix), want...)
		return err
	}
}

func getSame(ctx context.Context, c *Client) error {
	u, err := c.anyUser(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(u.path), at("id", u.id), at("userName", u.at("userName")))
	return err
}

func listHoldsNew(ctx context.Context, c *Client) error {
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	return c.soon(ctx, func() error {
		found, err := c.walk(ctx, parent(u.path), nil)
		if err != nil {
			return err
		}
		if !found[u.id] {
			return fmt.Errorf("the new user %s is on no page of the list", u.id)
		}
		return nil
	})
}
