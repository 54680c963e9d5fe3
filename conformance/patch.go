package conformance

import (
	"context"
	"maps"
	"strings"
)

// patchCase is a row of the tables of RFC 7644 §3.5.2: a user as it is made,
// operations, and how it must be afterwards.
type patchCase struct {
	name    string
	section string
	level   Level
	text    string
	before  object // attributes of the user; all must be declared
	uses    string // one more attribute that must be declared
	ops     []any
	want    []expectation // of a GET afterwards
	answer  []expectation // of the PATCH itself; nil means success
	clears  string        // an attribute that a user must be able to be without
	profile string        // why the interoperability profile wants something else
}

// op is one operation; an empty path or a nil value is left out.
func op(kind, path string, value any) object {
	o := object{"op": kind}
	if path != "" {
		o["path"] = path
	}
	if value != nil {
		o["value"] = value
	}
	return o
}

func ops(list ...object) []any {
	out := []any{}
	for _, o := range list {
		out = append(out, o)
	}
	return out
}

func patchOf(list ...object) object {
	return object{"schemas": []any{patchURN}, "Operations": ops(list...)}
}

func (p patchCase) check() Check {
	return Check{p.name, p.section, p.level, p.text, p.run}
}

func (p patchCase) run(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "patch"); err != nil {
		return err
	}
	if err := c.profileForbids(ctx, p.profile, p.ops); err != nil {
		return err
	}
	if err := p.applies(ctx, c); err != nil {
		return err
	}
	u, err := c.user(ctx, maps.Clone(p.before))
	if err != nil {
		return err
	}
	answer := p.answer
	if answer == nil {
		answer = []expectation{success}
	}
	if _, err := c.expect(ctx, patchTo(u.path, object{"schemas": []any{patchURN}, "Operations": p.ops}), answer...); err != nil {
		return err
	}
	return c.shows(ctx, u, append([]expectation{success}, p.want...)...)
}

// applies skips what the server does not offer.
func (p patchCase) applies(ctx context.Context, c *Client) error {
	bodies := []object{p.before}
	for _, o := range p.ops {
		path, _, _ := strings.Cut(text(o, "path"), "[")
		value := field(o, "value")
		if sent, ok := value.(object); ok && path == "" {
			bodies = append(bodies, sent)
		} else if _, isList := value.([]any); ok || isList {
			bodies = append(bodies, object{path: value})
		}
	}
	for _, body := range bodies {
		if err := c.takes(ctx, userURN, body); err != nil {
			return err
		}
	}
	if p.uses != "" {
		if err := c.needs(ctx, userURN, p.uses); err != nil {
			return err
		}
	}
	if p.clears != "" {
		return c.optional(ctx, p.clears)
	}
	return nil
}

// profileForbids skips what a server that says it follows the interoperability
// profile must refuse or do in another way: operations without path (remove is
// wrong everywhere), value filters that no sub-attribute follows, except the one
// of a member, and what a row says of itself.
func (c *Client) profileForbids(ctx context.Context, reason string, operations []any) error {
	config, err := c.config(ctx)
	if err != nil || field(config.body, "interopProfileConformant") != true {
		return err
	}
	if reason != "" {
		return skip("the interoperability profile %s", reason)
	}
	for _, o := range operations {
		path, _ := field(o, "path").(string)
		switch {
		case path == "" && field(o, "op") != "remove" && field(o, "op") != nil:
			return skip("the interoperability profile forbids operations without path")
		case strings.HasSuffix(path, "]") && !strings.HasPrefix(path, "members["):
			return skip("the interoperability profile wants a sub-attribute after a value filter")
		}
	}
	return nil
}

func cases(list ...patchCase) []Check {
	var out []Check
	for _, p := range list {
		out = append(out, p.check())
	}
	return out
}

// want and answers keep the tables short.
func want(list ...expectation) []expectation    { return list }
func answers(list ...expectation) []expectation { return list }

// The users that the tables begin with.
var (
	ada      = object{"displayName": "Ada"}
	lovelace = object{"name": object{"givenName": "Ada", "familyName": "Lovelace"}}
	oneMail  = object{"emails": []any{object{"value": "work@example.com", "type": "work"}}}
	twoMails = object{"emails": []any{
		object{"value": "work@example.com", "type": "work"}, object{"value": "home@example.com", "type": "home"}}}
	mainMail = object{"emails": []any{
		object{"value": "work@example.com", "type": "work", "primary": true}, object{"value": "home@example.com", "type": "home"}}}
	engines = object{enterpriseURN: object{"department": "Engines"}}
)

const department = enterpriseURN + ":department"
