package conformance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// schemaChecks test what /Schemas says of attributes, without a single write.
func schemaChecks() []Check {
	const rfc = "RFC 7643 §7"
	return []Check{
		{"attributes/name", "RFC 7643 §2.1", Must, "Attribute names are letters, digits, $, - and _, and start with a letter (or are $ref).", everyAttribute(goodName)},
		{"attributes/type", rfc, Must, "type is one of the data types of RFC 7643 §2.3.", everyAttribute(oneOf("type", true,
			"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"))},
		{"attributes/multi-valued", rfc, Must, "multiValued is a boolean.", everyAttribute(flag("multiValued", true))},
		{"attributes/required", rfc, Must, "required is a boolean.", everyAttribute(flag("required", false))},
		{"attributes/case-exact", rfc, Must, "caseExact is a boolean.", everyAttribute(flag("caseExact", false))},
		{"attributes/mutability", rfc, Must, "mutability is readOnly, readWrite, immutable or writeOnly.", everyAttribute(oneOf("mutability", false,
			"readOnly", "readWrite", "immutable", "writeOnly"))},
		{"attributes/returned", rfc, Must, "returned is always, never, default or request.", everyAttribute(oneOf("returned", false,
			"always", "never", "default", "request"))},
		{"attributes/uniqueness", rfc, Must, "uniqueness is none, server or global.", everyAttribute(oneOf("uniqueness", false, "none", "server", "global"))},
		{"attributes/canonical-values", rfc, Must, "canonicalValues is an array of distinct values.", everyAttribute(goodCanonical)},
		{"attributes/reference-types", rfc, Should, "A reference says which types it may point to.", everyAttribute(goodReference)},
		{"attributes/sub-attributes", rfc, Should, "A complex attribute has sub-attributes, and no other has.", everyAttribute(goodSub)},
		{"attributes/nesting", "RFC 7643 §2.3.8", Must, "A sub-attribute is not complex itself.", notNested},
		{"attributes/distinct", "RFC 7643 §2.1", Must, "No two attributes of a schema differ only in letter case.", distinctNames},
		{"attributes/write-only-hidden", rfc, Should, "What is writeOnly is never returned.", everyAttribute(writeOnlyHidden)},
		{"attributes/description", rfc, May, "Each attribute has a description.", everyAttribute(described)},
	}
}

// everyAttribute is a check of each definition in /Schemas as it was sent.
func everyAttribute(fn func(object) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		return everySchema(func(s object) error { return walkAttributes(field(s, "attributes"), "", fn) })(ctx, c)
	}
}

func walkAttributes(list any, parent string, fn func(object) error) error {
	all, _ := list.([]any)
	for i, v := range all {
		a, ok := v.(object)
		path := fmt.Sprintf("%s%s", parent, text(a, "name"))
		if !ok || path == parent {
			path = fmt.Sprintf("%sattributes[%d]", parent, i)
		}
		if err := fn(a); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := walkAttributes(field(a, "subAttributes"), path+".", fn); err != nil {
			return err
		}
	}
	return nil
}

var attributeName = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9$_-]*|\$ref)$`)

func goodName(a object) error {
	if n := text(a, "name"); !attributeName.MatchString(n) {
		return fmt.Errorf("the name is %s", show(field(a, "name")))
	}
	return nil
}

// oneOf wants one of some words, in their letter case: clients compare them so.
func oneOf(member string, must bool, allowed ...string) func(object) error {
	return func(a object) error {
		got := field(a, member)
		if got == nil && !must {
			return nil
		}
		if s, ok := got.(string); !ok || !slices.Contains(allowed, s) {
			return fmt.Errorf("%s is %s, want %s", member, show(got), words(allowed))
		}
		return nil
	}
}

func flag(member string, must bool) func(object) error {
	return func(a object) error {
		got := field(a, member)
		if _, ok := got.(bool); !ok && (must || got != nil) {
			return fmt.Errorf("%s is %s, want true or false", member, show(got))
		}
		return nil
	}
}

func goodCanonical(a object) error {
	v := field(a, "canonicalValues")
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("canonicalValues is %s", show(v))
	}
	seen := map[string]bool{}
	for _, e := range list {
		if seen[show(e)] {
			return fmt.Errorf("canonicalValues holds %s twice", show(e))
		}
		seen[show(e)] = true
	}
	return nil
}

func goodReference(a object) error {
	if list, _ := field(a, "referenceTypes").([]any); text(a, "type") == "reference" && len(list) == 0 {
		return fmt.Errorf("referenceTypes is %s", show(field(a, "referenceTypes")))
	}
	return nil
}

func goodSub(a object) error {
	list, _ := field(a, "subAttributes").([]any)
	if complex := text(a, "type") == "complex"; complex != (len(list) > 0) {
		return fmt.Errorf("type is %s, with %d sub-attributes", text(a, "type"), len(list))
	}
	return nil
}

// notNested exempts the schema of schemas, which RFC 7643 §8.7.2 nests itself.
func notNested(ctx context.Context, c *Client) error {
	return everySchema(func(s object) error {
		if strings.EqualFold(text(s, "id"), schemaURN) {
			return nil
		}
		return walkAttributes(field(s, "attributes"), "", func(a object) error {
			list, _ := field(a, "subAttributes").([]any)
			for _, sub := range list {
				if text(sub, "type") == "complex" {
					return fmt.Errorf("its sub-attribute %s is complex", text(sub, "name"))
				}
			}
			return nil
		})
	})(ctx, c)
}

func distinctNames(ctx context.Context, c *Client) error {
	return everySchema(func(s object) error {
		seen := map[string]bool{}
		for _, a := range attributesOf(s) {
			for _, x := range append([]attribute{a}, a.Sub...) {
				key := strings.ToLower(x.path)
				if seen[key] {
					return fmt.Errorf("%s is declared twice", x.path)
				}
				seen[key] = true
			}
		}
		return nil
	})(ctx, c)
}

func writeOnlyHidden(a object) error {
	if text(a, "mutability") == "writeOnly" && text(a, "returned") != "never" {
		return fmt.Errorf("mutability is writeOnly, but returned is %s", show(field(a, "returned")))
	}
	return nil
}

func described(a object) error {
	return wantText("description")(a)
}
