package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// valueChecks hold resources that are there against the schemas that describe them.
func valueChecks() []Check {
	return []Check{
		{"values/types", "RFC 7643 §2.3", Must, "Values have the JSON type of the declared data type.", everyValue(rightType)},
		{"values/date-times", "RFC 7643 §2.3.5", Must, "A dateTime has date, time and, if any, a valid time zone.", everyValue(rightTime)},
		{"values/base64", "RFC 7643 §2.3.6", Must, "A binary value is base64.", everyValue(rightBinary)},
		{"values/multi-valued", "RFC 7643 §2.4", Must, "Multi-valued attributes are arrays, and others are not.", everyValue(rightCount)},
		{"values/never", "RFC 7643 §7", Must, "What is declared as returned never is never returned.", everyValue(returnedRight("never"))},
		{"values/request", "RFC 7643 §7", Must, "What is declared as returned on request is not returned unasked.", everyValue(returnedRight("request"))},
		{"values/primary", "RFC 7643 §2.4", Must, "At most one value of an attribute is primary.", everyValue(onePrimary)},
		{"values/required", "RFC 7643 §7", Should, "Every resource has the attributes declared as required.", everyResource(hasRequired)},
		{"values/declared", "RFC 7643 §3", Should, "Every attribute returned is declared in a schema.", everyResource(allDeclared)},
		{"values/schemas", "RFC 7643 §3", Must, "Every resource has a schemas list that holds its core schema.", everyResource(coreDeclared)},
		{"values/extensions", "RFC 7643 §3.3", Must, "A resource with attributes of an extension names it in schemas.", everyResource(extensionsDeclared)},
		{"values/id", "RFC 7643 §3.1", Must, "Every resource has an id, a string other than bulkId.", everyResource(hasID)},
		{"values/meta-times", "RFC 7643 §3.1", Must, "meta.created and meta.lastModified, if sent, are dateTimes, in this order.", everyResource(metaTimes)},
		{"values/meta-type", "RFC 7643 §3.1", Should, "meta.resourceType is the name of the resource type.", everyResource(metaType)},
		{"values/location", "RFC 7643 §3.1", Should, "meta.location ends in the endpoint and id of the resource.", everyResource(metaLocation)},
	}
}

const sampleSize = 25 // resources of each type that are looked at

// sampleOf is what value checks look at: one page of each of the two core types.
func (c *Client) eachSample(ctx context.Context, fn func(kind, []attribute, object) error) error {
	seen := 0
	for _, urn := range []string{userURN, groupURN} {
		k, err := c.kind(ctx, urn)
		if OutcomeOf(err) == Skipped {
			continue
		}
		if err != nil {
			return err
		}
		all, err := c.attributes(ctx, urn)
		if err != nil {
			return err
		}
		list, err := c.expect(ctx, get(query(k.endpoint, "count", fmt.Sprint(sampleSize))), status(200), isObject)
		if err != nil {
			return blocked("listing "+k.endpoint, err)
		}
		for _, o := range list.resources() {
			seen++
			if err := fn(k, all, o); err != nil {
				return fmt.Errorf("%s/%s: %w", k.endpoint, text(o, "id"), err)
			}
		}
	}
	if seen == 0 {
		return skip("there is no resource to look at")
	}
	return nil
}

// everyResource makes a user with all kinds of attributes, so that there is
// something to look at, and then looks at everything on the first pages.
func everyResource(fn func(kind, []attribute, object) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if c.readOnly {
			return c.eachSample(ctx, fn)
		}
		u, err := c.rich(ctx)
		if err != nil {
			return err
		}
		k, err := c.kind(ctx, userURN)
		if err != nil {
			return err
		}
		all, err := c.attributes(ctx, userURN)
		if err != nil {
			return err
		}
		now, err := c.read(ctx, u)
		if err != nil {
			return err
		}
		if err := fn(k, all, now.object()); err != nil {
			return fmt.Errorf("a new user: %w", err)
		}
		return c.eachSample(ctx, fn)
	}
}

// rich makes a user with a value for every attribute of the well-known ones that is declared.
func (c *Client) rich(ctx context.Context) (*resource, error) {
	attrs := object{}
	mail := c.unique()
	for name, value := range map[string]any{
		"name": object{"givenName": "Ada", "familyName": "Lovelace"}, "displayName": "Ada Lovelace", "active": true,
		"emails": []any{object{"value": mail + "@example.com", "type": "work", "primary": true}, object{"value": mail + "@example.org", "type": "home"}},
	} {
		if c.needs(ctx, userURN, name) == nil {
			attrs[name] = value
		}
	}
	all, err := c.attributes(ctx, userURN)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if !a.plain() || a.Returned == "never" || strings.EqualFold(a.urn, userURN) && a.Type == "string" {
			continue
		}
		if strings.EqualFold(a.urn, userURN) {
			if attrs[a.Name] == nil {
				attrs[a.Name] = c.sample(a)
			}
			continue
		}
		ext, _ := attrs[a.urn].(object)
		if ext == nil {
			ext = object{}
		}
		ext[a.Name] = c.sample(a)
		attrs[a.urn] = ext
	}
	u, err := c.user(ctx, attrs)
	if OutcomeOf(err) == Skipped { // a server may have rules that schemas cannot say
		return c.user(ctx, nil)
	}
	return u, err
}

// plain reports whether any value of the declared type should do.
func (a attribute) plain() bool {
	return !a.MultiValued && a.Type != "complex" && a.Mutability == "readWrite" && !strings.Contains(a.path, ".") &&
		(a.Type != "reference") && strings.HasPrefix(a.urn, "urn:ietf:params:scim:schemas:")
}

// everyValue is a check of each attribute that a resource has.
func everyValue(fn func(attribute, any) error) func(context.Context, *Client) error {
	return everyResource(func(k kind, all []attribute, o object) error {
		for _, a := range all {
			for _, v := range valuesAt(o, a, k.schema) {
				if err := fn(a, v); err != nil {
					return fmt.Errorf("%s: %w", a.path, err)
				}
			}
		}
		return nil
	})
}

// valuesAt returns the value of an attribute or, for a sub-attribute of a
// multi-valued one, that of each element.
func valuesAt(o object, a attribute, core string) []any {
	var in any = o
	if !strings.EqualFold(a.urn, core) {
		in = field(o, a.urn)
	}
	parent, sub, nested := strings.Cut(a.path, ".")
	v := field(in, parent)
	if !nested {
		return assigned(v)
	}
	list, ok := v.([]any)
	if !ok {
		return assigned(field(v, sub))
	}
	var out []any
	for _, e := range list {
		out = append(out, assigned(field(e, sub))...)
	}
	return out
}

func assigned(v any) []any {
	if unassigned(v) {
		return nil
	}
	return []any{v}
}

// elements returns the values of a multi-valued attribute, or the one value.
func elements(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func rightType(a attribute, v any) error {
	for _, e := range elements(v) {
		var ok bool
		switch a.Type {
		case "boolean":
			_, ok = e.(bool)
		case "integer":
			_, ok = integer(e)
		case "decimal":
			_, ok = e.(json.Number)
		case "complex":
			_, ok = e.(object)
		default:
			_, ok = e.(string)
		}
		if !ok {
			return fmt.Errorf("declared as %s, but is %s", a.Type, show(e))
		}
	}
	return nil
}

func hasRequired(k kind, all []attribute, o object) error {
	for _, a := range all {
		top := !strings.Contains(a.path, ".") && strings.EqualFold(a.urn, k.schema)
		if top && a.Required && (a.Returned == "always" || a.Returned == "default") && field(o, a.path) == nil {
			return fmt.Errorf("%s is required, but absent", a.path)
		}
	}
	return nil
}

func allDeclared(k kind, all []attribute, o object) error {
	known := map[string]bool{"schemas": true, "id": true, "externalid": true, "meta": true}
	for _, a := range all {
		known[strings.ToLower(a.path)] = true
		known[strings.ToLower(a.urn)] = true
		known[strings.ToLower(a.full())] = true
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		prefix := name
		if !known[strings.ToLower(name)] {
			return fmt.Errorf("%s is not declared", name)
		}
		if sep := "."; !strings.EqualFold(name, "meta") {
			if strings.HasPrefix(strings.ToLower(name), "urn:") {
				sep = ":"
			}
			if err := subDeclared(known, prefix+sep, o[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func subDeclared(known map[string]bool, prefix string, v any) error {
	for _, e := range elements(v) {
		sub, _ := e.(object)
		for name := range sub {
			if !known[strings.ToLower(prefix+name)] {
				return fmt.Errorf("%s%s is not declared", prefix, name)
			}
		}
	}
	return nil
}

func coreDeclared(k kind, _ []attribute, o object) error { return objectDeclares(o, k.schema) }

func extensionsDeclared(_ kind, _ []attribute, o object) error {
	for name, v := range o {
		if strings.HasPrefix(strings.ToLower(name), "urn:") && !unassigned(v) {
			if err := objectDeclares(o, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasID(_ kind, _ []attribute, o object) error {
	if id := text(o, "id"); id == "" || id == "bulkId" {
		return fmt.Errorf("id is %s", show(field(o, "id")))
	}
	return nil
}
