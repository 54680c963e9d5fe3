package tree

import (
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// coreURNs begin the URNs of RFC 7643's own resources.
const coreURNs = "urn:ietf:params:scim:schemas:core:2.0:"

// Resource returns body, the representation in a POST or PUT, as a tree. What
// is readOnly or not declared is left out (RFC 7644 §3.3, §3.5.1); a strict
// schema refuses what is not declared, and a body that does not say what it is.
// An extension that is null says nothing about its attributes and is left out,
// too.
func (s *Schema) Resource(body map[string]any) (map[string]any, error) {
	out := map[string]any{}
	if err := s.merge(out, body); err != nil {
		return nil, err
	}
	if s.Strict {
		return out, s.named(body)
	}
	return out, nil
}

// named checks that a body says what it is a resource of: schemas is required
// and has at least the core schema (RFC 7643 §3).
func (s *Schema) named(body map[string]any) error {
	for name, v := range body {
		if strings.EqualFold(name, "schemas") && lists(v, s.Core) {
			return nil
		}
	}
	return invalidSyntax("schemas does not name %s.", s.Core)
}

func (s *Schema) merge(out, body map[string]any) error {
	for name, v := range body {
		if err := s.member(out, name, v); err != nil {
			return err
		}
	}
	return nil
}

// member adds one member of a body to the tree.
func (s *Schema) member(out map[string]any, name string, v any) error {
	if strings.EqualFold(name, "schemas") {
		return s.checkSchemas(v)
	}
	if a := s.core[strings.ToLower(name)]; a != nil {
		return s.put(out, a, name, v)
	}
	x := s.extension(name)
	if x == nil && !strings.EqualFold(name, s.Core) {
		return s.undeclared(name)
	}
	if v == nil {
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return invalidSyntax("%s is an object.", Excerpt(name))
	}
	if x == nil { // core attributes under the URN of their schema
		return s.merge(out, object)
	}
	inner, _ := out[x.urn].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
		out[x.urn] = inner
	}
	for name, v := range object {
		if err := s.put(inner, x.attributes[strings.ToLower(name)], name, v); err != nil {
			return err
		}
	}
	return nil
}

// common attributes are on every resource, though no schema need declare them
// (RFC 7643 §3.1).
var common = []string{"id", "externalid", "meta"}

// undeclared says what becomes of a member that no schema declares.
func (s *Schema) undeclared(name string) error {
	if !s.Strict || slices.Contains(common, strings.ToLower(name)) {
		return nil
	}
	return invalidSyntax("There is no attribute %q.", Excerpt(name))
}

// put sets an attribute; nil is one that is not declared.
func (s *Schema) put(out map[string]any, a *Attribute, name string, v any) error {
	if a == nil {
		return s.undeclared(name)
	}
	if a.ReadOnly {
		return nil
	}
	if _, twice := out[a.Name]; twice {
		return invalidSyntax("%s is given twice.", a.Path())
	}
	value, err := a.Value(v)
	if err != nil {
		return err
	}
	out[a.Name] = value
	return nil
}

// checkSchemas refuses a resource of another type; what else is or is not
// listed does no harm, unless the schema is strict.
func (s *Schema) checkSchemas(v any) error {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		return invalidSyntax("schemas is a list of strings.")
	}
	ours, other := false, ""
	for _, v := range list {
		urn, ok := v.(string)
		switch {
		case !ok:
			return invalidSyntax("schemas is a list of strings.")
		case strings.EqualFold(urn, s.Core):
			ours = true
		case s.Strict && s.extension(urn) == nil:
			return invalidSyntax("schemas names %s, which this resource type does not have.", Excerpt(urn))
		case len(urn) > len(coreURNs) && strings.EqualFold(urn[:len(coreURNs)], coreURNs):
			other = urn
		}
	}
	if other != "" && !ours {
		return invalidSyntax("schemas names %s, but this is a resource of %s.", Excerpt(other), s.Core)
	}
	return nil
}

// Require checks that resource has what a resource must have (RFC 7643 §2.2,
// required). A Boolean that is missing has a default.
func (s *Schema) Require(resource map[string]any) error {
	for _, a := range s.core {
		if !a.Required || a.ReadOnly {
			continue
		}
		switch resource[a.Name] {
		case nil:
			if a.Type == "boolean" {
				continue
			}
			return invalidValue("%s is required.", a.Path())
		case "":
			return invalidValue("%s must not be empty.", a.Path())
		}
	}
	return nil
}

// Member is one member of a group as a client wrote it.
type Member struct {
	ID      string
	Display string // echoed, never stored
}

// Members reads the value of a group's members, as the tree holds it.
func Members(list any) ([]Member, error) {
	values, _ := list.([]any)
	members := make([]Member, 0, len(values))
	for _, v := range values {
		element, _ := v.(map[string]any)
		id, _ := element["value"].(string)
		kind, _ := element["type"].(string)
		switch {
		case strings.EqualFold(kind, "Group"):
			return nil, Errorf(scimerrors.ScimTypeInvalidValue, "members: %q is a group; groups of IAM do not nest.", Excerpt(id))
		case id == "":
			return nil, Errorf(scimerrors.ScimTypeInvalidValue, "members: an element has no value, which is the id of a user.")
		}
		display, _ := element["display"].(string)
		members = append(members, Member{ID: id, Display: display})
	}
	return members, nil
}
