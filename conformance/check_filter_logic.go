package conformance

import (
	"context"
	"fmt"
)

func filterLogicChecks() []Check {
	const a, b, c = `userName eq "{A.name}"`, `userName eq "{B.name}"`, `userName eq "{mark}-c@example.com"`
	const some = `userName sw "{mark}"`
	return append(filters(
		filterCase{name: "and", plain: some, text: "and finds what meets both.", expr: a + ` and userName sw "{mark}"`, want: "A"},
		filterCase{name: "and-none", plain: a, text: "and does not find what meets only one.", expr: a + " and " + b, want: ""},
		filterCase{name: "or", plain: a, text: "or finds what meets either.", expr: a + " or " + b, want: "AB"},
		filterCase{name: "not", plain: some, text: "not finds what does not meet.", expr: "not (" + a + `) and userName sw "{mark}"`, want: "BC"},
		filterCase{name: "not-group", plain: some, text: "not applies to the whole group.", expr: "not (" + a + " or " + b + `) and userName sw "{mark}"`, want: "C"},
		filterCase{name: "precedence", plain: a, text: "and binds stronger than or.", expr: a + " or " + b + ` and userName eq "{mark}-nobody"`, want: "A"},
		filterCase{name: "precedence-left", plain: a, text: "and binds stronger than or, on the left, too.", expr: `userName eq "{mark}-nobody" and ` + a + " or " + b, want: "B"},
		filterCase{name: "not-precedence", plain: a, text: "not binds stronger than and.", expr: "not (" + a + ") and " + b, want: "B"},
		filterCase{name: "grouping", plain: a, text: "Parentheses change the order.", expr: "(" + a + " or " + b + ") and " + b, want: "B"},
		filterCase{name: "grouping-nested", plain: a, text: "Parentheses nest.", expr: "((" + a + ") or ((" + c + ") and (" + c + ")))", want: "AC"},
		filterCase{name: "chain", plain: a, text: "Three conditions can be joined.", expr: a + " or " + b + " or " + c, want: "ABC"},
		filterCase{name: "logic-case", plain: some, text: "and, or and not are not case-sensitive.", expr: "NOT (" + a + `) AND userName sw "{mark}" OR ` + a, want: "ABC"},
		filterCase{name: "parenthesis-space", plain: a, text: "Spaces around parentheses mean nothing.", expr: "( " + a + " )", want: "A", level: Should},
	), groupFilters()...)
}

// groupFilters are about a group whose only member is a new user.
func groupFilters() []Check {
	filter := func(name, text, expr string) Check {
		return Check{"filter/" + name, filterRFC, Must, text, func(ctx context.Context, c *Client) error {
			if err := c.supports(ctx, "filter"); err != nil {
				return err
			}
			g, users, err := c.team(ctx, 1)
			if err != nil {
				return err
			}
			f := fmt.Sprintf(expr, text2(name, g, users[0]))
			return c.soon(ctx, func() error {
				_, err := c.expect(ctx, get(query(parent(g.path), "filter", f)), supported, c.listing(ctx), has("Resources/[id="+g.id+"]"), length(1))
				return err
			})
		}}
	}
	return []Check{
		filter("group-name", "Groups can be filtered by displayName.", "displayName eq %q"),
		filter("group-member", "Groups can be filtered by the id of a member.", "members.value eq %q"),
		filter("group-member-path", "Groups can be filtered by a member in brackets.", "members[value eq %q]"),
	}
}

func text2(name string, g, u *resource) string {
	if name == "group-name" {
		return text(g.made.body, "displayName")
	}
	return u.id
}

// supported skips what the server says it does not compare (RFC 7644 §3.12).
func supported(r *reply) error {
	if r.status == 400 && text(r.body, "scimType") == "invalidFilter" {
		return skip("the server says that it does not support this comparison")
	}
	return nil
}

// badFilter wants 400 and, of those that answer so, invalidFilter. The good
// filter before it shows that it is this one that is refused.
func badFilter(expr string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "filter"); err != nil {
			return err
		}
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		good := get(query(endpoint, "filter", `userName eq "scimconf-nobody"`))
		if _, err := c.expect(ctx, good, status(200)); err != nil {
			return blocked("a good filter", err)
		}
		_, err = c.expect(ctx, get(query(endpoint, "filter", expr)), want...)
		if err != nil {
			return fmt.Errorf("filter %s: %w", expr, err)
		}
		return nil
	}
}

func filterErrorChecks() []Check {
	bad := func(name string, level Level, text, expr string) Check {
		return Check{"filter-error/" + name, "RFC 7644 §3.12", level, text, badFilter(expr, status(400))}
	}
	ordered := func(operator string) Check {
		return Check{"filter-error/boolean-" + operator, filterRFC, Must, operator + " on a boolean is 400 invalidFilter.", func(ctx context.Context, c *Client) error {
			if err := c.needs(ctx, userURN, "active"); err != nil {
				return err
			}
			return badFilter("active "+operator+" true", status(400), scimType("invalidFilter"))(ctx, c)
		}}
	}
	return []Check{
		{"filter-error/scim-type", filterRFC, Must, "The 400 for a bad filter has the scimType invalidFilter.",
			badFilter(`userName eq`, ifStatus(400, scimType("invalidFilter")))},
		bad("operator", Must, "An unknown operator is 400.", `userName is "x"`),
		bad("no-operator", Must, "An attribute without operator is 400.", `userName`),
		bad("no-value", Must, "An operator without value is 400.", `userName eq`),
		bad("no-attribute", Must, "A filter without attribute is 400.", `eq "x"`),
		bad("open-string", Must, "A string without end is 400.", `userName eq "x`),
		bad("open-parenthesis", Must, "A parenthesis without end is 400.", `(userName eq "x"`),
		bad("closed-parenthesis", Must, "A parenthesis without start is 400.", `userName eq "x")`),
		bad("open-bracket", Must, "A bracket without end is 400.", `emails[type eq "work"`),
		bad("empty-bracket", Must, "Empty brackets are 400.", `emails[]`),
		bad("dangling-and", Must, "and without a second condition is 400.", `userName eq "x" and`),
		bad("dangling-or", Must, "or without a first condition is 400.", `or userName eq "x"`),
		bad("no-logic", Must, "Two conditions without and or or are 400.", `userName eq "x" userName eq "y"`),
		bad("pr-value", Must, "pr with a value is 400.", `userName pr "x"`),
		bad("not-alone", Must, "not without a group is 400.", `not`),
		bad("double-operator", Must, "Two operators in a row are 400.", `userName eq eq "x"`),
		bad("empty-group", Must, "An empty group is 400.", `()`),
		bad("name", Must, "A name that is no attribute name is 400.", `9user eq "x"`),
		bad("single-quotes", May, "A value in single quotes is 400.", `userName eq 'x'`),
		bad("unquoted", May, "A string without quotes is 400 (Entra ID sends such).", `userName eq x`),
		bad("unknown-attribute", Should, "A filter on an attribute that is not declared is 400.", `scimconfNothing eq "x"`),
		ordered("gt"), ordered("ge"), ordered("lt"), ordered("le"),
	}
}
