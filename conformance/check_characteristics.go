package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// characteristicChecks test that the characteristics of RFC 7643 §2.2 are kept.
func characteristicChecks() []Check {
	const ro = "RFC 7644 §3.3"
	return []Check{
		{"mutability/id-on-create", ro, Must, "An id that a client sends is ignored.", readOnlyIgnored("id", "scimconf-chosen")},
		{"mutability/meta-on-create", ro, Must, "A meta that a client sends is ignored.", readOnlyIgnored("meta", object{"created": "1999-12-31T00:00:00Z"})},
		{"mutability/groups-on-create", ro, Must, "User.groups, if readOnly, is ignored on POST.", readOnlyIgnored("groups", []any{object{"value": "scimconf-none"}})},
		{"mutability/groups-on-replace", "RFC 7644 §3.5.1", Must, "User.groups, if readOnly, is ignored on PUT.", readOnlyOnReplace},
		{"mutability/id-on-replace", "RFC 7644 §3.5.1", Must, "An id in the body of a PUT does not change the id.", idOnReplace},
		{"mutability/immutable", "RFC 7644 §3.5.2", Must, "An immutable attribute cannot be changed by PATCH once it is set.", immutable},
		{"mutability/immutable-replace", "RFC 7644 §3.5.1", Should, "A PUT with another value for an immutable attribute is 400 mutability.", immutableReplace},
		{"mutability/immutable-same", "RFC 7644 §3.5.1", Must, "A PUT with the value that an immutable attribute has succeeds.", immutableSame},
		{"returned/never-on-create", "RFC 7643 §7", Must, "The answer to a POST does not hold the password.", passwordHidden("POST")},
		{"returned/never-on-get", "RFC 7643 §7", Must, "GET does not return the password.", passwordHidden("GET")},
		{"returned/never-when-asked", "RFC 7643 §7", Must, "attributes=password does not return the password.", passwordHidden("attributes")},
		{"returned/never-in-list", "RFC 7643 §7", Must, "A list does not return the password, even when asked.", passwordHidden("list")},
		{"returned/always", "RFC 7643 §7", Must, "id is returned whatever attributes are asked for.", alwaysReturned("attributes", "userName")},
		{"returned/always-excluded", "RFC 7643 §7", Must, "id is returned even when excluded.", alwaysReturned("excludedAttributes", "id")},
		{"returned/request", "RFC 7643 §7", Must, "What is returned on request is returned when asked for.", onRequest},
		{"uniqueness/status", "RFC 7644 §3.3", Must, "A second user of the same userName is refused with 409.", duplicate(status(http.StatusConflict))},
		{"uniqueness/scim-type", "RFC 7644 §3.3", Must, "The 409 for a duplicate has the scimType uniqueness.", duplicate(ifStatus(409, scimType("uniqueness")))},
		{"uniqueness/letter-case", "RFC 7643 §2.2", Should, "If userName is not case-exact, names that differ in case are duplicates.", duplicateCase},
		{"uniqueness/replace", "RFC 7644 §3.5.1", Must, "A PUT cannot take another user's userName.", takeName(http.MethodPut)},
		{"uniqueness/patch", "RFC 7644 §3.5.2", Must, "A PATCH cannot take another user's userName.", takeName(http.MethodPatch)},
		{"uniqueness/own-name", "RFC 7644 §3.5.1", Must, "A PUT with the user's own userName is no conflict.", ownName},
		{"required/missing", "RFC 7643 §2.2", Must, "A user without userName is refused with 400.", badUser(object{"userName": nil}, status(400))},
		{"required/scim-type", "RFC 7644 §3.12", Should, "The 400 for a missing required value has the scimType invalidValue.",
			badUser(object{"userName": nil}, ifStatus(400, scimType("invalidValue")))},
		{"required/empty", "RFC 7643 §4.1.1", Must, "A user with an empty userName is refused.", badUser(object{"userName": ""}, refused)},
		{"required/null", "RFC 7643 §2.5", Must, "A user whose userName is null is refused.", badUser(object{"userName": jsonNull}, refused)},
		{"required/replace", "RFC 7644 §3.5.1", Must, "A PUT without userName is refused with 400.", replaceWithoutName},
		{"canonical/stored", "RFC 7643 §7", Must, "A canonical value of emails.type is accepted and kept.", canonicalKept},
		{"types/boolean-refused", "RFC 7643 §2.3.2", Should, "A number for a boolean is refused.", badUser(object{"active": 12345}, refused)},
		{"types/string-refused", "RFC 7643 §2.3.1", Should, "An object for a string is refused.", badUser(object{"displayName": object{"a": 1}}, refused)},
		{"types/complex-refused", "RFC 7643 §2.3.8", Should, "A string for a complex attribute is refused.", badUser(object{"name": "Ada"}, refused)},
		{"types/multi-refused", "RFC 7643 §2.4", Should, "A string for a multi-valued complex attribute is refused.", badUser(object{"emails": "ada@example.com"}, refused)},
	}
}

// jsonNull is a null in a body; a nil there means that the attribute is left out.
var jsonNull = rawNull{}

type rawNull struct{}

func (rawNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// ifStatus applies to one status only; another check owns the status.
func ifStatus(code int, want ...expectation) expectation {
	return func(r *reply) error {
		if r.status != code {
			return skip("blocked, because the status is %d, not %d", r.status, code)
		}
		return r.meets(want...)
	}
}

func readOnlyIgnored(name string, value any) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		a, ok, err := c.declared(ctx, userURN, name)
		if err != nil {
			return err
		}
		if !ok || a.writable() {
			return skip("the server does not declare %s as readOnly", name)
		}
		plain, err := c.user(ctx, nil) // without it, so that only the attribute can be to blame
		if err != nil {
			return err
		}
		body, err := c.userBody(ctx, object{name: value})
		if err != nil {
			return err
		}
		r, err := c.create(ctx, post(parent(plain.path), body))
		if err != nil {
			return err
		}
		if err := r.meets(success); err != nil {
			return err
		}
		return differs(r.body, name, value)
	}
}

func parent(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// differs wants none of a value that should have been ignored.
func differs(body any, name string, value any) error {
	if o, ok := value.(object); ok {
		for sub, v := range o {
			if err := differs(field(body, name), sub, v); err != nil {
				return err
			}
		}
		return nil
	}
	if got := field(body, name); equal(got, value) {
		return fmt.Errorf("%s was taken from the client: %s", name, show(got))
	}
	return nil
}

func readOnlyOnReplace(ctx context.Context, c *Client) error {
	a, ok, err := c.declared(ctx, userURN, "groups")
	if err != nil {
		return err
	}
	if !ok || a.writable() {
		return skip("the server does not declare groups as readOnly")
	}
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	body["groups"] = []any{object{"value": "scimconf-none"}}
	_, err = c.expect(ctx, put(u.path, body), success, lacks("groups/[value=scimconf-none]"))
	return err
}

// replaceable makes a user and shows that a PUT of the same body works, so that
// a check can vary it.
func (c *Client) replaceable(ctx context.Context, attrs object) (*resource, object, error) {
	body, err := c.userBody(ctx, attrs)
	if err != nil {
		return nil, nil, err
	}
	u, err := c.make(ctx, userURN, body)
	if err != nil {
		return nil, nil, err
	}
	_, err = c.expect(ctx, put(u.path, body), success)
	return u, body, blocked("a plain PUT", err)
}

func idOnReplace(ctx context.Context, c *Client) error {
	u, body, err := c.replaceable(ctx, nil)
	if err != nil {
		return err
	}
	body["id"] = unknownID
	r, err := c.expect(ctx, put(u.path, body))
	if err != nil {
		return err
	}
	if !r.ok() { // a body for another resource may be refused
		return r.meets(refused)
	}
	return r.meets(at("id", u.id))
}

func passwordHidden(where string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if _, ok, err := c.declared(ctx, userURN, "password"); err != nil || !ok {
			return orSkip(err, "the server does not declare password")
		}
		u, err := c.user(ctx, object{"password": c.password()})
		if err != nil {
			return err
		}
		switch where {
		case "POST":
			return u.made.meets(lacks("password"))
		case "GET":
			_, err = c.expect(ctx, get(u.path), lacks("password"))
		case "attributes":
			_, err = c.expect(ctx, get(query(u.path, "attributes", "userName,password")), lacks("password"))
		default:
			list := query(parent(u.path), "filter", fmt.Sprintf("userName eq %q", u.name()), "attributes", "userName,password")
			_, err = c.expect(ctx, get(list), lacks("Resources/0/password"))
		}
		return err
	}
}

func orSkip(err error, reason string) error {
	if err != nil {
		return err
	}
	return skip("%s", reason)
}

func alwaysReturned(parameter, value string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, err := c.anyUser(ctx)
		if err != nil {
			return err
		}
		r, err := c.expect(ctx, get(query(u.path, parameter, value)))
		if err != nil {
			return err
		}
		if !r.ok() {
			return skip("blocked, because %s=%s is answered with %d", parameter, value, r.status)
		}
		return r.meets(at("id", u.id))
	}
}
