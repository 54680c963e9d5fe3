package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// projected is a check of a GET of A with attributes or excludedAttributes.
func projected(uses []string, parameter, value string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		p, err := c.folkWith(ctx, uses...)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(query(p.a.path, parameter, value)), append([]expectation{status(200)}, want...)...)
		return err
	}
}

// folkWith returns the people on a server that declares some attributes. A minus
// before one says that clients can ask for it to be left out.
func (c *Client) folkWith(ctx context.Context, uses ...string) (*people, error) {
	for _, name := range uses {
		name, hidden := strings.CutPrefix(name, "-")
		if err := c.needs(ctx, userURN, name); err != nil {
			return nil, err
		}
		if hidden {
			if err := c.hideable(ctx, userURN, name); err != nil {
				return nil, err
			}
		}
	}
	return c.folk(ctx)
}

func projectionChecks() []Check {
	const rfc = "RFC 7644 §3.9"
	display, family, mails := []string{"displayName"}, []string{"name.familyName", "name.givenName"}, []string{"emails.value", "-emails.type"}
	hidden, given, last := []string{"-displayName"}, []string{"name.familyName", "-name.givenName"}, []string{"-name.familyName", "name.givenName"}
	return []Check{
		{"projection/attributes", rfc, Must, "attributes returns what it names.", projected(display, "attributes", "displayName", has("displayName"))},
		{"projection/attributes-only", rfc, Must, "attributes leaves out what it does not name.", projected(hidden, "attributes", "userName", lacks("displayName"))},
		{"projection/attributes-several", rfc, Must, "attributes takes a list with commas.", projected(display, "attributes", "userName,displayName", has("userName", "displayName"))},
		{"projection/attributes-case", "RFC 7643 §2.1", Must, "attributes is not case-sensitive.", projected(display, "attributes", "DISPLAYNAME", has("displayName"))},
		{"projection/attributes-urn", "RFC 7644 §3.10", Must, "attributes takes names with the URN of the schema.", projected(display, "attributes", userURN+":displayName", has("displayName"))},
		{"projection/sub-attribute", rfc, Must, "attributes takes a sub-attribute.", projected(family, "attributes", "name.familyName", has("name/familyName"))},
		{"projection/sub-attribute-only", rfc, Must, "A sub-attribute comes without its siblings.", projected(given, "attributes", "name.familyName", lacks("name/givenName"))},
		{"projection/complex", rfc, Must, "attributes with a complex attribute returns all of it.", projected(family, "attributes", "name", has("name/familyName", "name/givenName"))},
		{"projection/multi-sub-attribute", rfc, Must, "attributes takes a sub-attribute of a multi-valued attribute.", projected(mails, "attributes", "emails.value", has("emails/0/value"), lacks("emails/0/type"))},
		{"projection/extension", rfc, Must, "attributes takes an attribute of an extension.", projected([]string{department}, "attributes", department, has(enterpriseURN+"/department"))},
		{"projection/meta", rfc, Should, "attributes takes a part of meta.", projected(hidden, "attributes", "meta.created", lacks("displayName"), ifMeta)},
		{"projection/unknown", rfc, Should, "attributes with an unknown name returns the rest.", projected(nil, "attributes", "userName,scimconfNothing", has("userName"))},
		{"projection/excluded", rfc, Must, "excludedAttributes leaves out what it names.", projected(hidden, "excludedAttributes", "displayName", lacks("displayName"))},
		{"projection/excluded-only", rfc, Must, "excludedAttributes keeps what it does not name.", projected(display, "excludedAttributes", "emails", has("displayName", "userName"))},
		{"projection/excluded-sub-attribute", rfc, Must, "excludedAttributes takes a sub-attribute.", projected(last, "excludedAttributes", "name.familyName", lacks("name/familyName"), has("name/givenName"))},
		{"projection/excluded-case", "RFC 7643 §2.1", Must, "excludedAttributes is not case-sensitive.", projected(hidden, "excludedAttributes", "DISPLAYNAME", lacks("displayName"))},
		{"projection/excluded-extension", rfc, Must, "excludedAttributes takes an attribute of an extension.", projected([]string{"-" + department}, "excludedAttributes", department, lacks(enterpriseURN+"/department"))},
		{"projection/list", rfc, Must, "attributes works in a list.", projectedList("attributes", "userName", has("Resources/0/userName"), lacks("Resources/0/displayName"))},
		{"projection/list-excluded", rfc, Must, "excludedAttributes works in a list.", projectedList("excludedAttributes", "displayName", has("Resources/0/userName"), lacks("Resources/0/displayName"))},
		{"projection/create", rfc, Must, "attributes works for the answer to a POST.", projectedWrite(http.MethodPost)},
		{"projection/replace", rfc, Must, "attributes works for the answer to a PUT.", projectedWrite(http.MethodPut)},
		{"projection/patch", rfc, Must, "attributes works for the answer to a PATCH.", projectedWrite(http.MethodPatch)},
	}
}

func ifMeta(r *reply) error {
	if field(r.body, "meta") != nil {
		return has("meta/created")(r)
	}
	return fmt.Errorf("meta is missing")
}

func projectedList(parameter, value string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "filter"); err != nil {
			return err
		}
		p, err := c.folkWith(ctx, "-displayName")
		if err != nil {
			return err
		}
		filter := fmt.Sprintf("userName eq %q", p.a.name())
		plain := query(parent(p.a.path), "filter", filter)
		if _, err := c.expect(ctx, get(plain), has("Resources/0/displayName")); err != nil {
			return blocked("finding a user by userName", err)
		}
		_, err = c.expect(ctx, get(query(plain, parameter, value)), append([]expectation{status(200)}, want...)...)
		return err
	}
}

func projectedWrite(method string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.needs(ctx, userURN, "displayName"); err != nil {
			return err
		}
		if err := c.hideable(ctx, userURN, "displayName"); err != nil {
			return err
		}
		u, body, err := c.replaceable(ctx, ada)
		if err != nil {
			return err
		}
		path := query(u.path, "attributes", "userName")
		r := put(path, body)
		switch method {
		case http.MethodPost:
			body["userName"] = c.unique() + "@example.com"
			r = post(query(parent(u.path), "attributes", "userName"), body)
		case http.MethodPatch:
			if err := c.supports(ctx, "patch"); err != nil {
				return err
			}
			r = patchTo(path, patchOf(op("replace", "displayName", "Bob")))
		}
		answer, err := c.create(ctx, r)
		if err != nil {
			return err
		}
		if method == http.MethodPatch && answer.status != 200 {
			return skip("blocked, because the PATCH is answered with %d", answer.status)
		}
		return answer.meets(success, has("userName"), lacks("displayName"))
	}
}
