package conformance

import (
	"context"
	"fmt"
)

// profileChecks test the SCIM 2.0 interoperability profile, which contradicts
// RFC 7644 in places: only on servers that say they follow it.
func profileChecks() []Check {
	const profile = "draft-zollner-scim-interop-profile"
	row := func(name, text string, run func(context.Context, *Client) error) Check {
		return Check{"profile/" + name, profile, Must, text, func(ctx context.Context, c *Client) error {
			config, err := c.config(ctx)
			if err != nil {
				return err
			}
			if field(config.body, "interopProfileConformant") != true {
				return skip("the server does not advertise interopProfileConformant")
			}
			return run(ctx, c)
		}}
	}
	onPatchOf := func(operation object, want ...expectation) func(context.Context, *Client) error {
		return onPatch("", patchOf(operation), want...)
	}
	// letter is for what RFC 7644 says, and most servers are lenient about.
	letter := func(name, text string, operation object, keyword string) Check {
		check := row(name, text, onPatchOf(operation, status(400), scimType(keyword)))
		check.Section, check.Level = "RFC 7644 §3.5.2", Should
		return check
	}
	return []Check{
		row("unknown-attribute", "An attribute that is not declared is 400 invalidSyntax.",
			unknownAttribute),
		row("unknown-schema", "A schema URI that is not known is 400 invalidSyntax.", unknownSchema),
		row("path-required", "A PATCH operation without path is 400 invalidSyntax.",
			onPatchOf(op("replace", "", object{"displayName": "Bob"}), status(400), scimType("invalidSyntax"))),
		letter("op-case", "An op is add, remove or replace, in lower case; another is 400 invalidSyntax.",
			op("Replace", "displayName", "Bob"), "invalidSyntax"),
		letter("path-schema", "The URN of the core schema alone is no path: 400 invalidPath.",
			op("replace", userURN, object{"displayName": "Bob"}), "invalidPath"),
		row("type-is-id", "The id of a resource type is its name.", everyType(idIsName)),
		row("canonical-types", "emails.type declares canonicalValues.", declares(userURN, "emails.type", hasCanonical)),
		row("count-100", "A count of 100 is accepted.", pageOf(want(status(200), length(3)), "count", "100")),
		row("filter-unknown", "A filter on an attribute that is not declared is 400 invalidFilter.",
			badFilter(`scimconfNothing eq "x"`, status(400), scimType("invalidFilter"))),
		row("name-not-case-exact", "userName is not case-exact.", declares(userURN, "userName", notCaseExact)),
	}
}

func hasCanonical(a attribute) error {
	if len(a.Canonical) == 0 {
		return fmt.Errorf("%s has no canonicalValues", a.path)
	}
	return nil
}

func unknownAttribute(ctx context.Context, c *Client) error {
	if _, err := c.user(ctx, nil); err != nil {
		return err
	}
	return c.posts(ctx, object{"scimconfNothing": "x"}, status(400), scimType("invalidSyntax"))
}

func unknownSchema(ctx context.Context, c *Client) error {
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	body, err := c.userBody(ctx, nil)
	if err != nil {
		return err
	}
	body["schemas"] = []any{userURN, "urn:ietf:params:scim:schemas:scimconf:2.0:Nothing"}
	r, err := c.create(ctx, post(parent(u.path), body))
	if err != nil {
		return err
	}
	return r.meets(status(400), scimType("invalidSyntax"))
}
