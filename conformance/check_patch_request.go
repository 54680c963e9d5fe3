package conformance

import (
	"context"
	"fmt"
)

// patchRequestChecks are about the message and the answer of a PATCH.
func patchRequestChecks() []Check {
	const rfc = "RFC 7644 §3.5.2"
	bob := op("replace", "displayName", "Bob")
	checks := cases(
		patchCase{name: "patch/status", section: rfc, level: Must, text: "A PATCH that works answers 200 or 204.",
			before: ada, ops: ops(bob), answer: answers(status(200, 204))},
		patchCase{name: "patch/sequential", section: rfc, level: Must, text: "Each operation sees the result of the ones before.",
			before: ada, ops: ops(bob, op("remove", "displayName", nil), op("add", "displayName", "Eve")), clears: "displayName", want: want(at("displayName", "Eve"))},
		patchCase{name: "patch/atomic", section: rfc, level: Must, text: "If one operation fails, none is applied.",
			before: ada, ops: ops(bob, op("remove", "", nil)), answer: answers(refused), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/unknown-op", section: "RFC 7644 §3.12", level: Must, text: "An unknown op is 400.",
			before: ada, ops: ops(op("scimconf", "displayName", "Bob")), answer: answers(status(400)), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/unknown-op-type", section: "RFC 7644 §3.12", level: Should, text: "The 400 for an unknown op has the scimType invalidSyntax.",
			before: ada, ops: ops(op("scimconf", "displayName", "Bob")), answer: answers(ifStatus(400, scimType("invalidSyntax", "invalidValue")))},
		patchCase{name: "patch/no-op", section: rfc, level: Must, text: "An operation without op is 400.",
			before: ada, ops: []any{object{"path": "displayName", "value": "Bob"}}, answer: answers(status(400)), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/bad-path", section: "RFC 7644 §3.12", level: Must, text: "A path that is no path is 400.",
			before: ada, ops: ops(op("replace", `emails[type eq`, "x")), answer: answers(status(400))},
		patchCase{name: "patch/bad-path-type", section: "RFC 7644 §3.12", level: Should, text: "The 400 for a bad path has the scimType invalidPath.",
			before: ada, ops: ops(op("replace", `emails[type eq`, "x")), answer: answers(ifStatus(400, scimType("invalidPath", "invalidFilter")))},
		patchCase{name: "patch/unknown-attribute", section: "RFC 7644 §3.12", level: Should, text: "A path to an attribute that is not declared is refused.",
			before: ada, ops: ops(op("replace", "scimconfNothing", "x")), answer: answers(refused)},
		patchCase{name: "patch/many-operations", section: rfc, level: Should, text: "A PATCH of 50 operations works.",
			before: ada, ops: fifty(), want: want(at("displayName", "50"))},
		patchCase{name: "patch/modified", section: "RFC 7643 §3.1", level: Should, text: "meta.lastModified is not before meta.created after a PATCH.",
			before: ada, ops: ops(bob), want: want(func(r *reply) error { return metaTimes(kind{}, nil, r.object()) })},
	)
	return append(checks,
		Check{"patch/body", rfc, Must, "The answer 200 to a PATCH is the whole resource.", onPatch("", nil, ifStatus(200, has("id", "schemas", "userName"), at("displayName", "Bob")))},
		Check{"patch/attributes", rfc, Must, "A PATCH with attributes answers 200 with a body.", onPatch("?attributes=displayName", nil, status(200), at("displayName", "Bob"))},
		Check{"patch/no-content", "RFC 9110 §8.6", Must, "The answer 204 to a PATCH announces no body.", onPatch("", nil, ifStatus(204, noLength))},
		Check{"patch/no-operations", rfc, Must, "A PATCH without Operations is 400.", onPatch("", object{"schemas": []any{patchURN}}, status(400))},
		Check{"patch/operations-object", rfc, Must, "Operations that are no array are 400.", onPatch("", object{"schemas": []any{patchURN}, "Operations": "add"}, status(400))},
		Check{"patch/schemas", rfc, Should, "A PATCH without the schema PatchOp is 400.", onPatch("", object{"Operations": ops(bob)}, status(400))},
		Check{"patch/malformed", "RFC 7644 §3.12", Must, "A PATCH that is no JSON is 400.", onPatch("", []byte(`{"Operations":[`), status(400))},
		Check{"patch/unknown-id", "RFC 7644 §3.12", Must, "PATCH of an unknown user is 404.", patchUnknown},
		Check{"patch/replace-user-name", "RFC 7644 §3.5.2.3", Must, "replace changes userName, and the id stays.", renameUserByPatch},
	)
}

func renameUserByPatch(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "patch"); err != nil {
		return err
	}
	if err := c.needs(ctx, userURN, "userName"); err != nil {
		return err
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	name := c.unique() + "@example.com"
	if _, err := c.expect(ctx, patchTo(u.path, patchOf(op("replace", "userName", name))), success); err != nil {
		return err
	}
	return c.shows(ctx, u, success, at("userName", name), at("id", u.id))
}

func fifty() []any {
	var list []any
	for i := range 50 {
		list = append(list, op("replace", "displayName", fmt.Sprint(i+1)))
	}
	return list
}

// onPatch is a check of the answer to a PATCH of a user; a nil body renames Ada to Bob.
func onPatch(suffix string, body any, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "patch"); err != nil {
			return err
		}
		sent := body
		if sent == nil {
			sent = patchOf(op("replace", "displayName", "Bob"))
		}
		return withUser(ada, func(ctx context.Context, c *Client, u *resource) error {
			_, err := c.expect(ctx, patchTo(u.path+suffix, sent), want...)
			return err
		})(ctx, c)
	}
}

func patchUnknown(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "patch"); err != nil {
		return err
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, patchTo(parent(u.path)+"/"+unknownID, patchOf(op("replace", "userName", "scimconf-nobody@example.com"))), status(404))
	return err
}

// patchMemberChecks are about the members of a group.
func patchMemberChecks() []Check {
	const add, remove, replace = "RFC 7644 §3.5.2.1", "RFC 7644 §3.5.2.2", "RFC 7644 §3.5.2.3"
	return []Check{
		{"patch/member-add", add, Must, "add makes a user a member, and keeps the others.", onMembers(1, true, func(us []*resource) object {
			return op("add", "members", []any{object{"value": us[1].id}})
		}, true, true)},
		{"patch/member-add-several", add, Must, "add takes several members at once.", onMembers(0, true, func(us []*resource) object {
			return op("add", "members", []any{object{"value": us[0].id}, object{"value": us[1].id}})
		}, true, true)},
		{"patch/member-add-no-path", add, Must, "add without path makes a user a member.", onMembers(1, true, func(us []*resource) object {
			return op("add", "", object{"members": []any{object{"value": us[1].id}}})
		}, true, true)},
		{"patch/member-add-again", add, Must, "Adding a member again succeeds and makes no second one.", onMembers(2, true, func(us []*resource) object {
			return op("add", "members", []any{object{"value": us[1].id}})
		}, true, true)},
		{"patch/member-remove", remove, Must, "remove with a filter removes one member.", onMembers(2, true, func(us []*resource) object {
			return op("remove", `members[value eq "`+us[0].id+`"]`, nil)
		}, false, true)},
		{"patch/member-remove-all", remove, Must, "remove of members empties the group.", onMembers(2, true, func([]*resource) object {
			return op("remove", "members", nil)
		}, false, false)},
		{"patch/member-replace", replace, Must, "replace sets the members.", onMembers(1, true, func(us []*resource) object {
			return op("replace", "members", []any{object{"value": us[1].id}})
		}, false, true)},
		{"patch/member-replace-none", replace, Must, "replace with an empty array empties the group.", onMembers(2, true, func([]*resource) object {
			return op("replace", "members", []any{})
		}, false, false)},
		{"patch/member-remove-list", "Microsoft Entra ID", Should, "remove with a list of values removes those, as Entra ID sends it, and never all.",
			onMembers(2, false, func(us []*resource) object { return op("remove", "members", []any{object{"value": us[0].id}}) }, false, true)},
		{"patch/group-rename", replace, Must, "replace renames a group and keeps its members.", renameByPatch},
	}
}

// onMembers patches a group in which the first n of two users are, and wants
// each of them in it or not. Where refusing is allowed, a refusal skips.
func onMembers(n int, must bool, operation func([]*resource) object, first, second bool) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "patch"); err != nil {
			return err
		}
		g, users, err := c.team(ctx, n)
		if err != nil {
			return err
		}
		for len(users) < 2 {
			u, err := c.user(ctx, nil)
			if err != nil {
				return err
			}
			users = append(users, u)
		}
		change := ops(operation(users))
		if err := c.profileForbids(ctx, "", change); err != nil {
			return err
		}
		r, err := c.send(ctx, patchTo(g.path, object{"schemas": []any{patchURN}, "Operations": change}))
		if err != nil {
			return err
		}
		if !must && refused(r) == nil {
			return c.shows(ctx, g, isMember(users[0], true), isMember(users[1], true))
		}
		if err := success(r); err != nil {
			return err
		}
		count := 0
		for _, in := range []bool{first, second} {
			if in {
				count++
			}
		}
		return c.shows(ctx, g, success, isMember(users[0], first), isMember(users[1], second), at("members/#", count))
	}
}

func renameByPatch(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "patch"); err != nil {
		return err
	}
	g, users, err := c.team(ctx, 1)
	if err != nil {
		return err
	}
	if err := c.needs(ctx, groupURN, "displayName"); err != nil {
		return err
	}
	name := c.unique()
	if _, err := c.expect(ctx, patchTo(g.path, patchOf(op("replace", "displayName", name))), success); err != nil {
		return err
	}
	return c.shows(ctx, g, at("displayName", name), isMember(users[0], true))
}
