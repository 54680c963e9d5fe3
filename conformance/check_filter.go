package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// filterCase is a filter and the people it must find.
type filterCase struct {
	name  string
	level Level
	text  string
	expr  string // with {mark}, {A.id} and so on
	want  string // "AB"
	uses  []string
	extra string // the type of one more attribute, written as {attr}
	folds bool   // holds only where the first of uses is not case-exact
	plain string // a filter of the same comparison: where the server supports it, it must understand expr
}

const filterRFC = "RFC 7644 §3.4.2.2"

func filters(list ...filterCase) []Check {
	var out []Check
	for _, f := range list {
		if f.level == 0 {
			f.level = Must
		}
		out = append(out, Check{"filter/" + f.name, filterRFC, f.level, f.text, f.run})
	}
	return out
}

func (f filterCase) run(ctx context.Context, c *Client) error {
	p, err := c.filterable(ctx, f.uses...)
	if err != nil {
		return err
	}
	if err := f.applies(ctx, c, p); err != nil {
		return err
	}
	expr := p.replace.Replace(f.expr)
	if f.extra != "" {
		a, ok := p.extra[f.extra]
		if !ok {
			return skip("the server declares no writable attribute for %s", f.extra)
		}
		expr = strings.ReplaceAll(expr, "{attr}", a.full())
	}
	if f.plain != "" {
		if _, _, err := c.tryFilter(ctx, p, p.replace.Replace(f.plain), lenient); err != nil {
			return blocked("the filter "+f.plain, err)
		}
	}
	return c.finds(ctx, p, expr, f.want, f.plain != "", f.uses...)
}

func (f filterCase) applies(ctx context.Context, c *Client, p *people) error {
	if strings.Contains(f.expr, ".created}") && p.a.at("meta/created") == nil {
		return skip("the server does not send meta.created")
	}
	if slices.Contains(f.uses, "active") && p.c.at("active") != false {
		return skip("blocked, because a user cannot be made inactive")
	}
	if !f.folds {
		return nil
	}
	a, _, err := c.declared(ctx, userURN, f.uses[0])
	if err == nil && a.CaseExact {
		return skip("%s is case-exact", f.uses[0])
	}
	return err
}

// filterable returns the people if the server filters and has the attributes.
func (c *Client) filterable(ctx context.Context, uses ...string) (*people, error) {
	if err := c.supports(ctx, "filter"); err != nil {
		return nil, err
	}
	for _, name := range uses {
		if strings.HasPrefix(name, "meta.") { // readOnly, but good to filter on
			continue
		}
		if err := c.needs(ctx, userURN, name); err != nil {
			return nil, err
		}
		if name == "emails.type" {
			if err := c.takes(ctx, userURN, twoMails); err != nil {
				return nil, err
			}
		}
	}
	return c.folk(ctx)
}

// finds wants a filter to find some of the people. C is not judged where the
// server made up a value of an attribute in use, as some do for displayName.
func (c *Client) finds(ctx context.Context, p *people, expr, want string, must bool, uses ...string) error {
	judged := func(letters string) string { return letters }
	for _, name := range uses {
		if p.made(name) {
			judged = func(letters string) string { return strings.ReplaceAll(letters, "C", "") }
		}
	}
	want = judged(want)
	return c.soon(ctx, func() error {
		got, err := c.matches(ctx, p, expr, must)
		if err != nil {
			return err
		}
		got = judged(got)
		if got != want {
			return fmt.Errorf("filter %s finds %s, want %s (A has everything, B too, C is inactive and has only a userName)", expr, who(got), who(want))
		}
		return nil
	})
}

func who(letters string) string {
	if letters == "" {
		return "none of A, B, C"
	}
	return strings.Join(strings.Split(letters, ""), " and ")
}

func filterChecks() []Check {
	return append(append(stringFilters(), typeFilters()...), pathFilters()...)
}

func stringFilters() []Check {
	display := []string{"displayName"}
	return filters(
		filterCase{name: "eq", plain: `userName eq "{A.name}"`, text: "eq finds equal strings.", expr: `userName eq "{A.name}"`, want: "A"},
		filterCase{name: "ne", text: "ne finds different strings.", expr: `userName ne "{A.name}"`, want: "BC"},
		filterCase{name: "co", text: "co finds strings that contain the value.", expr: `displayName co "{mark} Al"`, want: "A", uses: display},
		filterCase{name: "co-inside", text: "co finds the value anywhere in the string.", expr: `userName co "onf-" and userName co "{mark}-b"`, want: "B"},
		filterCase{name: "sw", text: "sw finds strings that start with the value.", expr: `displayName sw "{mark} B"`, want: "B", uses: display},
		filterCase{name: "sw-not-inside", text: "sw does not find the value elsewhere.", expr: `displayName sw "Alpha"`, want: "", uses: display},
		filterCase{name: "ew", text: "ew finds strings that end with the value.", expr: `displayName ew "Alpha" and displayName sw "{mark}"`, want: "A", uses: display},
		filterCase{name: "ew-not-inside", text: "ew does not find the value elsewhere.", expr: `displayName ew "{mark}"`, want: "", uses: display},
		filterCase{name: "pr", text: "pr finds resources with a value.", expr: `displayName pr`, want: "AB", uses: display},
		filterCase{name: "pr-complex", text: "pr finds complex attributes with a value.", expr: `name pr and userName sw "{mark}"`, want: "AB", uses: []string{"name.familyName"}},
		filterCase{name: "pr-multi", text: "pr finds multi-valued attributes with a value.", expr: `emails pr`, want: "AB", uses: []string{"emails"}},
		filterCase{name: "gt", text: "gt compares strings in lexicographical order.", expr: `displayName gt "{mark} Alpha"`, want: "B", uses: display},
		filterCase{name: "ge", text: "ge compares strings in lexicographical order.", expr: `displayName ge "{mark} Alpha"`, want: "AB", uses: display},
		filterCase{name: "lt", text: "lt compares strings in lexicographical order.", expr: `displayName lt "{mark} Beta"`, want: "A", uses: display},
		filterCase{name: "le", text: "le compares strings in lexicographical order.", expr: `displayName le "{mark} Beta"`, want: "AB", uses: display},
		filterCase{name: "no-match", plain: `userName eq "{A.name}"`, text: "A filter without match is 200 with an empty list.", expr: `userName eq "{mark}-nobody"`, want: ""},
		filterCase{name: "case-insensitive", text: "Strings that are not case-exact are compared without case.", expr: `displayName eq "{MARK} ALPHA"`, want: "A", uses: display, folds: true},
		filterCase{name: "case-exact", text: "Strings that are case-exact are compared with case.", expr: `{attr} eq "{mark}EXACT" or {attr} eq "{mark}Other"`, want: "B", extra: "exact"},
		filterCase{name: "external-id", text: "externalId can be filtered.", expr: `externalId eq "{mark}-Ext-a"`, want: "A", uses: []string{"externalId"}},
		filterCase{name: "external-id-case", text: "externalId is case-exact (RFC 7643 §3.1).", expr: `externalId eq "{mark}-ext-a"`, want: "", uses: []string{"externalId"}},
		filterCase{name: "id", text: "id can be filtered.", expr: `id eq "{A.id}"`, want: "A"},
		filterCase{name: "attribute-case", plain: `userName eq "{A.name}"`, text: "Attribute names are not case-sensitive.", expr: `USERNAME eq "{A.name}"`, want: "A"},
		filterCase{name: "operator-case", plain: `userName eq "{A.name}"`, text: "Operators are not case-sensitive.", expr: `userName EQ "{A.name}"`, want: "A"},
		filterCase{name: "urn", plain: `userName eq "{A.name}"`, text: "An attribute may have the URN of its schema before it.", expr: userURN + `:userName eq "{A.name}"`, want: "A"},
		filterCase{name: "urn-case", plain: `userName eq "{A.name}"`, text: "URNs are not case-sensitive (RFC 7643 §10.2.1).", expr: strings.ToUpper(userURN) + `:userName eq "{A.name}"`, want: "A", level: Should},
		filterCase{name: "escape", plain: `userName eq "{A.name}"`, text: "A string may hold escapes of JSON.", expr: `userName eq "\u0073{A.name}" or userName eq "{B.name}"`, want: "B"},
		filterCase{name: "unicode-escape", plain: `displayName eq "{mark} Alpha"`, text: `\u escapes stand for their letters.`, expr: `displayName eq "{mark}\u0020Alpha"`, want: "A", uses: display},
		filterCase{name: "quote", plain: `displayName eq "{mark} Alpha"`, text: `An escaped quotation mark does not end a string.`, expr: `displayName eq "\" or userName pr or displayName eq \""`, want: "", uses: display},
		filterCase{name: "injection", plain: `userName eq "{A.name}"`, text: "A value is not code.", expr: `userName eq "' OR '1'='1"`, want: ""},
		filterCase{name: "wildcard", text: "Per cent signs are no wildcards.", expr: `userName sw "{mark}%" or userName co "_{mark}"`, want: ""},
	)
}

func typeFilters() []Check {
	active, created := []string{"active"}, []string{"meta.created"}
	return filters(
		filterCase{name: "boolean-true", text: "eq true finds booleans.", expr: `active eq true`, want: "AB", uses: active},
		filterCase{name: "boolean-false", text: "eq false finds booleans.", expr: `active eq false`, want: "C", uses: active},
		filterCase{name: "boolean-ne", text: "ne compares booleans.", expr: `active ne true and userName sw "{mark}"`, want: "C", uses: active},
		filterCase{name: "date-eq", level: Should, text: "eq compares dateTimes.", expr: `meta.created eq "{A.created}" and userName eq "{A.name}"`, want: "A", uses: created},
		filterCase{name: "date-ge", text: "ge compares dateTimes.", expr: `meta.created ge "{A.created}" and userName eq "{A.name}"`, want: "A", uses: created},
		filterCase{name: "date-le", level: Should, text: "le compares dateTimes.", expr: `meta.created le "{A.created}" and userName eq "{A.name}"`, want: "A", uses: created},
		filterCase{name: "date-gt", text: "gt compares dateTimes.", expr: `meta.created gt "2011-05-13T04:42:34Z" and userName sw "{mark}"`, want: "ABC", uses: created},
		filterCase{name: "date-gt-same", level: Should, text: "gt does not find the same time.", expr: `meta.created gt "{A.created}" and userName eq "{A.name}"`, want: "", uses: created},
		filterCase{name: "date-lt", text: "lt compares dateTimes.", expr: `meta.created lt "2011-05-13T04:42:34Z"`, want: "", uses: created},
		filterCase{name: "date-pr", text: "pr finds dateTimes.", expr: `meta.created pr`, want: "ABC", uses: created},
		filterCase{name: "date-zone", text: "dateTimes are compared as points in time, whatever their zone.", expr: `meta.created gt "2011-05-13T04:42:34+02:00" and userName sw "{mark}"`, want: "ABC", uses: created},
		filterCase{name: "date-attribute-zone", text: "dateTimes of different zones are equal if they are the same moment.",
			expr: `{attr} eq "2024-02-29T14:00:00+02:00"`, want: "A", extra: "dateTime"},
		filterCase{name: "date-attribute", text: "A dateTime that a client wrote is compared in chronological order.", expr: `{attr} gt "2024-12-31T23:59:59Z"`, want: "B", extra: "dateTime"},
		filterCase{name: "integer-eq", text: "eq compares integers.", expr: `{attr} eq 5`, want: "A", extra: "integer"},
		filterCase{name: "integer-ne", text: "ne compares integers.", expr: `{attr} ne 5 and {attr} pr`, want: "B", extra: "integer"},
		filterCase{name: "integer-gt", text: "gt compares integers as numbers.", expr: `{attr} gt 9`, want: "B", extra: "integer"},
		filterCase{name: "integer-ge", text: "ge compares integers as numbers.", expr: `{attr} ge 5`, want: "AB", extra: "integer"},
		filterCase{name: "integer-lt", text: "lt compares integers as numbers.", expr: `{attr} lt 10`, want: "A", extra: "integer"},
		filterCase{name: "integer-le", text: "le compares integers as numbers.", expr: `{attr} le 10`, want: "AB", extra: "integer"},
		filterCase{name: "decimal-eq", text: "eq compares decimals.", expr: `{attr} eq 1.50`, want: "A", extra: "decimal"},
		filterCase{name: "decimal-gt", text: "gt compares decimals as numbers.", expr: `{attr} gt 1.75`, want: "B", extra: "decimal"},
		filterCase{name: "decimal-lt", text: "lt compares decimals as numbers.", expr: `{attr} lt 1.75`, want: "A", extra: "decimal"},
		filterCase{name: "reference-eq", text: "eq compares references.", expr: `{attr} eq "https://example.com/{mark}/a"`, want: "A", extra: "reference"},
		filterCase{name: "reference-sw", text: "sw works on references.", expr: `{attr} sw "https://example.com/{mark}/"`, want: "AB", extra: "reference"},
	)
}

func pathFilters() []Check {
	family, mails, typed := []string{"name.familyName"}, []string{"emails.value"}, []string{"emails.value", "emails.type"}
	return filters(
		filterCase{name: "sub-attribute", text: "A sub-attribute can be filtered.", expr: `name.familyName eq "{mark}Brown"`, want: "B", uses: family},
		filterCase{name: "sub-attribute-sw", text: "sw works on a sub-attribute.", expr: `name.familyName sw "{mark}"`, want: "AB", uses: family},
		filterCase{name: "sub-attribute-case", plain: `name.familyName eq "{mark}Brown"`, text: "Names of sub-attributes are not case-sensitive.", expr: `NAME.FAMILYNAME eq "{mark}Brown"`, want: "B", uses: family},
		filterCase{name: "sub-attribute-urn", plain: `name.familyName eq "{mark}Brown"`, text: "A sub-attribute may have the URN of its schema before it.", expr: userURN + `:name.familyName eq "{mark}Brown"`, want: "B", uses: family},
		filterCase{name: "multi-eq", text: "A filter on a multi-valued attribute looks at every value.", expr: `emails.value eq "{mark}-a@home.example"`, want: "A", uses: mails},
		filterCase{name: "multi-co", text: "co looks at every value.", expr: `emails.value co "{mark}-b@"`, want: "B", uses: mails},
		filterCase{name: "multi-default", text: "A multi-valued attribute without sub-attribute means its value.", expr: `emails co "{mark}-b@"`, want: "B", uses: mails, level: Should},
		filterCase{name: "multi-and", level: Should, text: "Without brackets, two conditions may be met by different values.",
			expr: `emails.type eq "work" and emails.value ew "home.example" and userName sw "{mark}"`, want: "AB", uses: typed},
		filterCase{name: "value-path", plain: `emails.value eq "{mark}-a@work.example" and emails.type eq "work"`, text: "Brackets select values by their sub-attributes.", expr: `emails[type eq "work" and value eq "{mark}-a@work.example"]`, want: "A", uses: typed},
		filterCase{name: "value-path-same", text: "Conditions in brackets must be met by the same value.",
			expr: `emails[type eq "work" and value ew "@home.example"] and userName sw "{mark}"`, want: "B", uses: typed},
		filterCase{name: "value-path-or", plain: `emails.value eq "{mark}-a@work.example"`, text: "Brackets may hold or.", expr: `emails[value eq "{mark}-a@work.example" or value eq "{mark}-b@work.example"]`, want: "AB", uses: typed},
		filterCase{name: "value-path-not", text: "Brackets may hold not.", expr: `emails[value sw "{mark}" and not (value co "-b@")]`, want: "A", uses: mails},
		filterCase{name: "extension", text: "An attribute of an extension can be filtered by its URN.", expr: department + ` eq "{mark}Looms"`, want: "B", uses: []string{department}},
		filterCase{name: "meta-type", text: "meta.resourceType can be filtered.", expr: `meta.resourceType eq "User" and userName sw "{mark}"`, want: "ABC", level: Should},
	)
}
