package patch

import (
	"reflect"
	"slices"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// elements changes the elements that the path selects, or a part of them.
// Without a value filter it selects all.
func (o *operation) elements(home map[string]any) error {
	list, _ := home[o.attr.Name].([]any)
	var selected []int
	for i := range list {
		if element, ok := list[i].(map[string]any); ok && (o.where == nil || matches(o.attr, o.where, element)) {
			selected = append(selected, i)
		}
	}
	if len(selected) > 1 && o.where != nil && o.attr.Strict {
		return tree.Errorf(scimerrors.ScimTypeInvalidFilter, "More than one element of %s matches the filter.", o.attr.Path())
	}
	switch {
	case o.takesAway():
		o.keep(home, o.removed(list, selected))
		return nil
	case !o.given: // add null
		return nil
	case len(selected) == 0:
		return o.create(home, list)
	}
	for _, i := range selected {
		list[i] = o.changed(list[i].(map[string]any))
	}
	o.keep(home, demoted(list, selected, o.setsPrimary()))
	return nil
}

// removed takes the selected elements away, or a part of each. An element that
// loses its value is gone: a type alone is no e-mail address.
func (o *operation) removed(list []any, selected []int) []any {
	for _, i := range selected {
		element := list[i].(map[string]any)
		if o.sub != nil {
			delete(element, o.sub.Name)
		}
		if o.sub == nil || o.sub.Name == "value" || len(element) == 0 {
			list[i] = nil
		}
	}
	return slices.DeleteFunc(list, func(v any) bool { return v == nil })
}

// create adds the element that the filter describes. RFC 7644 §3.5.2.3 wants
// noTarget for a replace; Entra ID sends replace emails[type eq "work"].value to
// users who have no such address and expects to find it afterwards. Without a
// sub-attribute a replace has something definite to replace, and noTarget it is;
// a strict one has noTarget as the RFC says.
func (o *operation) create(home map[string]any, list []any) error {
	element := map[string]any{}
	if o.where != nil && (!described(o.where, element) || o.op == replace && (o.sub == nil || o.attr.Strict)) {
		return noTarget(o.attr.Path())
	}
	list = append(list, o.changed(element))
	o.keep(home, demoted(list, []int{len(list) - 1}, list[len(list)-1].(map[string]any)["primary"] == true))
	return nil
}

// changed returns element with the value of the operation: a part set, the
// given parts added, or replaced wholly.
func (o *operation) changed(element map[string]any) map[string]any {
	if o.sub != nil {
		element[o.sub.Name] = o.value
		return element
	}
	given := clone(o.value).(map[string]any)
	if o.op == replace {
		return given
	}
	for name, v := range given {
		element[name] = v
	}
	return element
}

func (o *operation) setsPrimary() bool {
	if o.sub != nil {
		return o.sub.Name == "primary" && o.value == true
	}
	given, _ := o.value.(map[string]any)
	return given["primary"] == true
}

// demoted makes every element but the first of chosen not primary, if one of
// them was made primary (RFC 7644 §3.5.2: at most one is).
func demoted(list []any, chosen []int, primary bool) []any {
	if !primary {
		return list
	}
	for i := range list {
		element, ok := list[i].(map[string]any)
		if ok && i != chosen[0] && element["primary"] == true {
			element["primary"] = false
		}
	}
	return list
}

// appended adds elements that are not there yet (RFC 7644 §3.5.2.1). One with
// the type and value of an old one is that one (RFC 7643 §2.4).
func appended(a *tree.Attribute, list, more []any) []any {
	for _, v := range more {
		at := slices.IndexFunc(list, func(old any) bool { return same(a, old, v) })
		if at < 0 {
			at = len(list)
			list = append(list, v)
		}
		element, ok := v.(map[string]any)
		if !ok {
			continue
		}
		old := list[at].(map[string]any)
		for name, part := range element {
			old[name] = part
		}
		list = demoted(list, []int{at}, element["primary"] == true)
	}
	return list
}

// without takes away the elements that gone describes: all that a client says
// of an element must be so, and what it does not say does not matter. Of a
// display name that is not so nothing follows: clients send stale ones.
func without(a *tree.Attribute, list, gone []any) []any {
	return slices.DeleteFunc(list, func(v any) bool {
		return slices.ContainsFunc(gone, func(g any) bool { return describes(a, g, v) })
	})
}

func describes(a *tree.Attribute, wanted, have any) bool {
	w, ok := wanted.(map[string]any)
	h, both := have.(map[string]any)
	if !ok || !both {
		return reflect.DeepEqual(wanted, have)
	}
	if w["value"] != nil {
		return equal(a.Sub["value"], w["value"], h["value"]) && (w["type"] == nil || equal(a.Sub["type"], w["type"], h["type"]))
	}
	for name, v := range w {
		if !reflect.DeepEqual(v, h[name]) {
			return false
		}
	}
	return len(w) > 0
}

// same reports whether two elements are one: equal in all, or in type and value.
func same(a *tree.Attribute, x, y any) bool {
	ox, ok := x.(map[string]any)
	oy, both := y.(map[string]any)
	if !ok || !both || ox["value"] == nil || oy["value"] == nil {
		return reflect.DeepEqual(x, y)
	}
	return equal(a.Sub["value"], ox["value"], oy["value"]) &&
		(a.Sub["type"] == nil || equal(a.Sub["type"], ox["type"], oy["type"]))
}

func equal(a *tree.Attribute, x, y any) bool {
	tx, ok := x.(string)
	ty, both := y.(string)
	if a == nil || !ok || !both {
		return reflect.DeepEqual(x, y)
	}
	return fold(a, tx) == fold(a, ty)
}
