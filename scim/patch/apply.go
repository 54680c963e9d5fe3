package patch

import (
	"maps"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// Apply returns what resource, a tree, becomes. resource itself stays as it is.
func (r *Request) Apply(resource map[string]any) (map[string]any, error) {
	out := clone(resource).(map[string]any)
	for i := range r.ops {
		if err := r.ops[i].apply(out); err != nil {
			return nil, err
		}
	}
	if err := r.schema.Require(out); err != nil {
		return nil, err
	}
	return out, nil
}

// Touches reports whether an operation names the attribute, whatever it does
// to it.
func (r *Request) Touches(urn, name string) bool {
	return slices.ContainsFunc(r.ops, func(o operation) bool {
		return o.attr.URN == urn && o.attr.Name == name
	})
}

// clone copies a tree to its leaves.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = clone(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clone(v[i])
		}
		return out
	}
	return v
}

func (o *operation) apply(resource map[string]any) error {
	home := resource
	if o.attr.URN != "" {
		if home, _ = resource[o.attr.URN].(map[string]any); home == nil {
			home = map[string]any{}
		}
	}
	var err error
	switch {
	case o.attr.Multi && (o.where != nil || o.sub != nil):
		err = o.elements(home)
	case o.sub != nil:
		o.part(home)
	default:
		o.whole(home)
	}
	if o.attr.URN != "" {
		resource[o.attr.URN] = home
		if len(home) == 0 {
			delete(resource, o.attr.URN)
		}
	}
	return err
}

// whole changes all of an attribute.
func (o *operation) whole(home map[string]any) {
	name := o.attr.Name
	old, _ := home[name].([]any)
	switch {
	case o.op == remove && o.given:
		o.keep(home, without(o.attr, old, o.value.([]any)))
	case o.takesAway():
		delete(home, name)
	case !o.given: // add null
	case o.attr.Multi && o.op == add:
		o.keep(home, appended(o.attr, old, clone(o.value).([]any)))
	case o.attr.Multi:
		o.keep(home, clone(o.value).([]any))
	case o.attr.Sub != nil:
		o.merge(home)
	default:
		home[name] = o.value
	}
}

// keep stores a list; an empty one is no value.
func (o *operation) keep(home map[string]any, list []any) {
	if len(list) == 0 {
		delete(home, o.attr.Name)
		return
	}
	home[o.attr.Name] = list
}

// merge sets the parts of a complex value that are given and leaves the others
// (RFC 7644 §3.5.2.3), unless its "value" changes: $ref and displayName of
// somebody else would be wrong. A strict replace leaves only what is readOnly
// (SCIM interoperability profile).
func (o *operation) merge(home map[string]any) {
	given := clone(o.value).(map[string]any)
	old, _ := home[o.attr.Name].(map[string]any)
	if old == nil || given["value"] != nil && given["value"] != old["value"] {
		old = map[string]any{}
	}
	if o.op == replace && o.attr.Strict {
		maps.DeleteFunc(old, func(name string, _ any) bool {
			sub := o.attr.Sub[strings.ToLower(name)]
			return sub == nil || !sub.ReadOnly
		})
	}
	maps.Copy(old, given)
	o.keepObject(home, old)
}

func (o *operation) keepObject(home, object map[string]any) {
	maps.DeleteFunc(object, func(_ string, v any) bool { return v == nil })
	if len(object) == 0 {
		delete(home, o.attr.Name)
		return
	}
	home[o.attr.Name] = object
}

// part changes a sub-attribute of a complex value.
func (o *operation) part(home map[string]any) {
	object, _ := home[o.attr.Name].(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	switch {
	case o.takesAway():
		delete(object, o.sub.Name)
	case o.given:
		object[o.sub.Name] = o.value
	}
	o.keepObject(home, object)
}

func noTarget(path string) error {
	return tree.Errorf(scimerrors.ScimTypeNoTarget, "No element of %s matches the filter.", path)
}
