package tree

import (
	"encoding/json"
	"strings"

	"iamscim/scim/filter"
)

// Value checks a value of a and returns it as the tree holds it: nil for null,
// a list for what is multi-valued. A strict attribute takes no other JSON type
// for its own (RFC 7643 §2.3), but for Booleans.
func (a *Attribute) Value(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	list, isList := v.([]any)
	if a.Multi {
		switch {
		case !isList && a.Strict:
			return nil, invalidValue("%s is a list.", a.Path())
		case !isList:
			list = []any{v}
		}
		return a.list(list)
	}
	if isList && a.Type == filter.Complex && !a.Strict { // Entra ID sends the manager in a list
		switch len(list) {
		case 0:
			return nil, nil
		case 1:
			return a.Value(list[0])
		}
	}
	return a.Single(v, false)
}

// list checks every element and leaves out those without a value.
func (a *Attribute) list(values []any) (any, error) {
	list := make([]any, 0, len(values))
	primaries := 0
	for _, v := range values {
		if v == nil {
			continue
		}
		element, err := a.Single(v, true)
		if err != nil {
			return nil, err
		}
		object, complex := element.(map[string]any)
		if complex && len(object) == 0 {
			continue
		}
		if complex && object["primary"] == true {
			primaries++
		}
		list = append(list, element)
	}
	if primaries > 1 { // RFC 7643 §2.4
		return nil, invalidValue("%s has more than one primary value.", a.Path())
	}
	return list, nil
}

// Single checks one value, or one element of a list. In an element null is the
// same as absent; in a complex value on its own it takes a part away.
func (a *Attribute) Single(v any, element bool) (any, error) {
	switch a.Type {
	case filter.Complex:
		return a.object(v, element)
	case filter.Boolean:
		return a.boolean(v)
	case filter.Integer:
		return a.integer(v)
	}
	if _, ok := v.(string); ok {
		return v, nil
	}
	return nil, invalidValue("%s is a string.", a.Path())
}

// boolean accepts the "True" and "False" of Entra ID, strict or not: it takes
// people's access away so.
func (a *Attribute) boolean(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, invalidValue("%s is true or false.", a.Path())
}

func (a *Attribute) integer(v any) (any, error) {
	if n, ok := v.(json.Number); ok {
		if _, err := n.Int64(); err == nil {
			return n, nil
		}
	}
	return nil, invalidValue("%s is an integer.", a.Path())
}

// object checks a complex value. A scalar stands for its "value", which is how
// some clients write a manager or a member.
func (a *Attribute) object(v any, element bool) (any, error) {
	in, ok := v.(map[string]any)
	if !ok {
		if a.Sub["value"] == nil || a.Strict {
			return nil, invalidValue("%s is an object.", a.Path())
		}
		in = map[string]any{"value": v}
	}
	out := map[string]any{}
	for name, v := range in {
		sub := a.Sub[strings.ToLower(name)]
		if sub == nil && a.Strict {
			return nil, invalidSyntax("%s has no sub-attribute %q.", a.Path(), Excerpt(name))
		}
		if sub == nil || sub.ReadOnly || v == nil && element {
			continue
		}
		if _, twice := out[sub.Name]; twice {
			return nil, invalidSyntax("%s is given twice.", sub.Path())
		}
		value, err := sub.Value(v)
		if err != nil {
			return nil, err
		}
		out[sub.Name] = value
	}
	return out, nil
}
