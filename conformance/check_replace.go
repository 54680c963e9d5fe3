package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// replaced is a check of a PUT of a user made from before, with the body of after.
func replaced(before, after object, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		for _, attrs := range []object{before, after} {
			if err := c.takes(ctx, userURN, attrs); err != nil {
				return err
			}
		}
		for name := range before {
			if v := after[name]; v == jsonNull || unassigned(v) {
				if err := c.optional(ctx, name); err != nil {
					return err
				}
			}
		}
		u, body, err := c.replaceable(ctx, before)
		if err != nil {
			return err
		}
		for name := range before {
			if !strings.HasPrefix(name, "urn:") { // it may have what is required
				delete(body, name)
			}
		}
		overlay(body, after)
		if _, err := c.expect(ctx, put(u.path, body), success); err != nil {
			return err
		}
		return c.soon(ctx, func() error { _, err := c.expect(ctx, get(u.path), want...); return err })
	}
}

func replaceChecks() []Check {
	const rfc, null = "RFC 7644 §3.5.1", "RFC 7643 §2.5"
	ada, bob := object{"displayName": "Ada"}, object{"displayName": "Bob"}
	mails := object{"emails": []any{object{"value": "ada@example.com", "type": "work"}, object{"value": "a@example.org", "type": "home"}}}
	return []Check{
		{"replace/status", rfc, Must, "PUT answers 200.", answerOfPut(status(200))},
		{"replace/body", rfc, Must, "The answer to a PUT is the whole resource.", answerOfPut(ifStatus(200, has("id", "schemas", "userName")))},
		{"replace/value", rfc, Must, "PUT replaces a value.", replaced(ada, bob, at("displayName", "Bob"))},
		{"replace/adds", rfc, Must, "PUT sets what was not set.", replaced(nil, bob, at("displayName", "Bob"))},
		{"replace/multi", rfc, Must, "PUT replaces all values of a multi-valued attribute.",
			replaced(mails, object{"emails": []any{object{"value": "b@example.com", "type": "work"}}}, at("emails/#", 1), at("emails/0/value", "b@example.com"))},
		{"replace/complex", rfc, Must, "PUT replaces a complex value.", replaced(object{"name": object{"givenName": "Ada", "familyName": "Lovelace"}},
			object{"name": object{"givenName": "Bob", "familyName": "Babbage"}}, at("name/familyName", "Babbage"))},
		{"replace/omitted", rfc, Should, "PUT clears what it leaves out, or gives it a default.", replaced(ada, nil, at("displayName", nil))},
		{"replace/null", null, Must, "null in a PUT clears.", replaced(ada, object{"displayName": jsonNull}, at("displayName", nil))},
		{"replace/empty-array", null, Must, "An empty array in a PUT clears.", replaced(mails, object{"emails": []any{}}, at("emails", nil))},
		{"replace/extension", rfc, Must, "PUT replaces an attribute of an extension.", replaced(object{enterpriseURN: object{"department": "Engines"}},
			object{enterpriseURN: object{"department": "Looms"}}, at(enterpriseURN+"/department", "Looms"))},
		{"replace/active", rfc, Must, "PUT with active false deactivates, and the user can still be read.", replaced(object{"active": true}, object{"active": false}, at("active", false))},
		{"replace/rename", rfc, Must, "PUT changes userName, and the id stays.", renameByPut},
		{"replace/keeps-created", "RFC 7643 §3.1", Must, "PUT does not change meta.created.", keepsCreated},
		{"replace/modified", "RFC 7643 §3.1", Should, "meta.lastModified does not go back.", modifiedMoves},
		{"replace/unknown", rfc, Must, "PUT to an unknown id does not create; it is 404.", putUnknown},
		{"replace/malformed", "RFC 7644 §3.12", Must, "A PUT that is no JSON is 400.", putRaw(`{"userName":`, status(400))},
	}
}

func answerOfPut(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		body, err := c.userBody(ctx, nil)
		if err != nil {
			return err
		}
		u, err := c.make(ctx, userURN, body)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, put(u.path, body), want...)
		return err
	}
}

func renameByPut(ctx context.Context, c *Client) error {
	if err := c.needs(ctx, userURN, "userName"); err != nil {
		return err
	}
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	body["userName"] = c.unique() + "@example.com"
	if _, err := c.expect(ctx, put(u.path, body), success, at("id", u.id)); err != nil {
		return err
	}
	return c.soon(ctx, func() error { _, err := c.expect(ctx, get(u.path), at("userName", body["userName"])); return err })
}

func keepsCreated(ctx context.Context, c *Client) error {
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	before := u.at("meta/created")
	if before == nil {
		return skip("the server does not send meta.created")
	}
	_, err = c.expect(ctx, put(u.path, body), success, at("meta/created", before))
	return err
}

func modifiedMoves(ctx context.Context, c *Client) error {
	if err := c.needs(ctx, userURN, "displayName"); err != nil {
		return err
	}
	u, body, err := c.replaceable(ctx, object{"displayName": "Ada"})
	if err != nil {
		return err
	}
	body["displayName"] = "Bob"
	r, err := c.expect(ctx, put(u.path, body), success)
	if err != nil {
		return blocked("a PUT", err)
	}
	before, after := text(u.made.body, "meta/lastModified"), text(r.body, "meta/lastModified")
	if before == "" || after == "" {
		return skip("the server does not send meta.lastModified")
	}
	return metaTimes(kind{}, nil, object{"meta": object{"created": before, "lastModified": after}})
}

func putUnknown(ctx context.Context, c *Client) error {
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	body["userName"] = c.unique() + "@example.com"
	r, err := c.send(ctx, put(parent(u.path)+"/"+unknownID, body))
	if err != nil {
		return err
	}
	if id := text(r.body, "id"); r.ok() && id != "" {
		c.leave(parent(u.path) + "/" + escape(id))
	}
	return r.meets(status(http.StatusNotFound))
}

func putRaw(body string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, _, err := c.replaceable(ctx, nil)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, put(u.path, []byte(body)), want...)
		return err
	}
}

func deleteChecks() []Check {
	const rfc = "RFC 7644 §3.6"
	return []Check{
		{"delete/status", rfc, Must, "DELETE answers 204.", withUser(nil, func(ctx context.Context, c *Client, u *resource) error {
			_, err := c.expect(ctx, del(u.path), status(http.StatusNoContent))
			return err
		})},
		{"delete/no-length", "RFC 9110 §8.6", Must, "The answer 204 announces no body.", withUser(nil, func(ctx context.Context, c *Client, u *resource) error {
			_, err := c.expect(ctx, del(u.path), ifStatus(204, noLength))
			return err
		})},
		{"delete/unknown", rfc, Must, "DELETE of an unknown user is 404.", withUser(nil, func(ctx context.Context, c *Client, u *resource) error {
			_, err := c.expect(ctx, del(parent(u.path)+"/"+unknownID), status(http.StatusNotFound))
			return err
		})},
		{"delete/get", rfc, Must, "A deleted user is 404.", deleted(func(u *resource, _ object) request { return get(u.path) }, status(404))},
		{"delete/twice", rfc, Must, "A second DELETE is 404.", deleted(func(u *resource, _ object) request { return del(u.path) }, status(404))},
		{"delete/put", rfc, Must, "PUT of a deleted user is 404.", deleted(func(u *resource, b object) request { return put(u.path, b) }, status(404))},
		{"delete/patch", rfc, Must, "PATCH of a deleted user is 404.", deleted(func(u *resource, _ object) request {
			return patchTo(u.path, patchOf(op("replace", "userName", "scimconf-gone@example.com")))
		}, notPatched)},
		{"delete/list", rfc, Must, "A deleted user is in no list.", deletedIsUnlisted},
		{"delete/name-free", rfc, Should, "The userName of a deleted user can be used again.", nameFree},
	}
}

func notPatched(r *reply) error { return status(404, 405, 501)(r) } // PATCH is OPTIONAL

// deleted sends a request about a user that was deleted.
func deleted(about func(*resource, object) request, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, body, err := c.gone(ctx)
		if err != nil {
			return err
		}
		return c.soon(ctx, func() error { _, err := c.expect(ctx, about(u, body), want...); return err })
	}
}

// gone makes a user and deletes it.
func (c *Client) gone(ctx context.Context) (*resource, object, error) {
	body, err := c.userBody(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	u, err := c.make(ctx, userURN, body)
	if err != nil {
		return nil, nil, err
	}
	_, err = c.expect(ctx, del(u.path), success)
	return u, body, blocked("deleting a user", err)
}

func deletedIsUnlisted(ctx context.Context, c *Client) error {
	u, _, err := c.gone(ctx)
	if err != nil {
		return err
	}
	return c.soon(ctx, func() error {
		found, err := c.walk(ctx, parent(u.path), nil)
		if err != nil {
			return err
		}
		if found[u.id] {
			return fmt.Errorf("the deleted user %s is still in the list", u.id)
		}
		return nil
	})
}

func nameFree(ctx context.Context, c *Client) error {
	u, _, err := c.gone(ctx)
	if err != nil {
		return err
	}
	return c.soon(ctx, func() error { return c.posts(ctx, object{"userName": u.name()}, success) })
}
