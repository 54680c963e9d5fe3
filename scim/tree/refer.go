package tree

import (
	"maps"
	"strings"

	"github.com/elimity-com/scim/schema"

	"iamscim/scim/filter"
)

// A reference is where a resource names another one: an attribute that is
// declared to refer to resources of SCIM (RFC 7643 §2.3.7), and the value beside
// a $ref that does. All else is text, whatever it looks like.

// Swap returns what stands for the id of another resource, or false where
// nothing can. A URI is swapped by what follows its last slash.
type Swap func(id string) (string, bool)

// Swapped returns body, a representation, with its references swapped. Where
// nothing can stand for one, the value that it is part of is left out.
func (s *Schema) Swapped(body map[string]any, swap Swap) map[string]any {
	out := maps.Clone(body)
	for name, v := range body {
		of := s.core[strings.ToLower(name)]
		object, isObject := v.(map[string]any)
		switch x := s.extension(name); {
		case of != nil:
			putSwapped(out, name, of, swap)
		case isObject && x != nil:
			inner := maps.Clone(object)
			for name := range object {
				putSwapped(inner, name, x.attributes[strings.ToLower(name)], swap)
			}
			out[name] = inner
		case isObject && strings.EqualFold(name, s.Core):
			out[name] = s.Swapped(object, swap)
		}
	}
	return out
}

// putSwapped swaps the references in one member; nil is one that is not
// declared.
func putSwapped(object map[string]any, name string, a *Attribute, swap Swap) {
	if a == nil {
		return
	}
	v, kept := a.Swapped(object[name], swap)
	if object[name] = v; !kept {
		delete(object, name)
	}
}

// Swapped returns v, a value of a in any form that Value accepts, with its
// references swapped; kept is false where nothing is left of it.
func (a *Attribute) Swapped(v any, swap Swap) (swapped any, kept bool) {
	switch v := v.(type) {
	case string:
		return a.swappedText(v, swap)
	case []any:
		list := make([]any, 0, len(v))
		for _, e := range v {
			if e, kept := a.Swapped(e, swap); kept {
				list = append(list, e)
			}
		}
		return list, true
	case map[string]any:
		out := maps.Clone(v)
		for name, part := range v {
			sub := a.Sub[strings.ToLower(name)]
			if sub == nil {
				continue
			}
			if out[name], kept = sub.Swapped(part, swap); !kept {
				return nil, false
			}
		}
		return out, true
	}
	return v, true
}

// swappedText: a text for a complex value is its value, as in Single.
func (a *Attribute) swappedText(text string, swap Swap) (any, bool) {
	if a.Sub != nil {
		a = a.Sub["value"]
	}
	if a == nil || !a.refers {
		return text, true
	}
	before := ""
	if a.Type == filter.Reference {
		before = text[:strings.LastIndexByte(text, '/')+1]
	}
	id, kept := swap(text[len(before):])
	return before + id, kept
}

// SwappedFilter is the same for a value filter on a's elements. What cannot be
// swapped stays.
func (a *Attribute) SwappedFilter(text string, swap Swap) string {
	return filter.Rewrite(text, func(name, value string) string {
		if sub := a.Sub[strings.ToLower(name)]; sub != nil {
			if swapped, kept := sub.Swapped(value, swap); kept {
				return swapped.(string) // as it was
			}
		}
		return value
	})
}

// refersTo reports whether a declaration is one of URIs of resources of SCIM
// (RFC 7643 §7, referenceTypes).
func refersTo(d schema.CoreAttribute) bool {
	for _, kind := range d.ReferenceTypes() {
		if kind != schema.AttributeReferenceTypeExternal && kind != schema.AttributeReferenceTypeURI {
			return true
		}
	}
	return false
}

// pointed marks the value beside a $ref: it is the id of what that leads to.
func pointed(sub map[string]*Attribute) map[string]*Attribute {
	if ref, value := sub["$ref"], sub["value"]; ref != nil && ref.refers && value != nil {
		value.refers = true
	}
	return sub
}
