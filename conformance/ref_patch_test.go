package conformance_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
)

// patch applies RFC 7644 §3.5.2 to a copy, and stores it if every operation works.
func (s *reference) patch(k *refKind) handler {
	return func(w http.ResponseWriter, r *http.Request) (int, any, error) {
		body, err := readBody(r)
		if err != nil {
			return 0, nil, err
		}
		d, err := s.found(k, r)
		if err != nil {
			return 0, nil, err
		}
		if err := s.apply(d, body); err != nil {
			return 0, nil, err
		}
		s.tag(w, d)
		if s.faults["no-content"] && !r.URL.Query().Has("attributes") {
			return http.StatusNoContent, nil, nil
		}
		return http.StatusOK, s.project(k, s.render(d), queryProjection(r)), nil
	}
}

func (s *reference) apply(d *doc, body map[string]any) error {
	urns := list(body["schemas"])
	operations, ok := body["Operations"].([]any)
	if !ok || len(urns) != 1 || urns[0] != "urn:ietf:params:scim:api:messages:2.0:PatchOp" {
		return fail(400, "invalidSyntax", "this is no PatchOp")
	}
	attrs := deepCopy(d.attrs)
	for _, o := range operations {
		operation, _ := o.(map[string]any)
		if err := s.operation(d.kind, attrs, operation); err != nil {
			return err
		}
		if s.faults["not-atomic"] {
			d.attrs = deepCopy(attrs)
		}
	}
	return s.store("patch", d, attrs)
}

func deepCopy(o map[string]any) map[string]any {
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	out := map[string]any{}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

func (s *reference) operation(k *refKind, attrs, o map[string]any) error {
	kind, path, value := strings.ToLower(text(o["op"])), text(o["path"]), o["value"]
	_, given := o["value"]
	switch {
	case kind != "add" && kind != "remove" && kind != "replace":
		return fail(400, "invalidSyntax", "op is add, remove or replace")
	case kind != text(o["op"]) && s.faults["interop"]:
		return fail(400, "invalidSyntax", "op is in lower case")
	case kind != "remove" && !given:
		return fail(400, "invalidValue", "%s needs a value", kind)
	case path == "" && kind == "remove":
		return fail(400, "noTarget", "remove needs a path")
	case path == "" && s.faults["interop"]:
		return fail(400, "invalidSyntax", "a path is needed")
	case path != "":
		return s.onPath(k, attrs, kind, path, value)
	}
	members, ok := value.(map[string]any)
	if !ok {
		return fail(400, "invalidSyntax", "without path the value is an object")
	}
	for name, v := range members {
		if ext, ok := v.(map[string]any); ok && k.extensions[name] != nil {
			for sub, x := range ext {
				if err := s.onPath(k, attrs, kind, name+":"+sub, x); err != nil {
					return err
				}
			}
			continue
		}
		if a, _ := s.resolve(k, name); a == nil || a.mutability == "readOnly" {
			continue
		}
		if err := s.onPath(k, attrs, kind, name, v); err != nil {
			return err
		}
	}
	return nil
}

var patchPath = regexp.MustCompile(`^([^\[\]]+?)(?:\[(.+)\](?:\.([A-Za-z$]+))?)?$`)

func (s *reference) onPath(k *refKind, attrs map[string]any, kind, path string, value any) error {
	m := patchPath.FindStringSubmatch(path)
	if m == nil {
		return fail(400, "invalidPath", "%q is no path", path)
	}
	a, where := s.resolve(k, m[1])
	if a == nil {
		return fail(400, "invalidPath", "%s is not declared", m[1])
	}
	if s.faults["created-writable"] && path == "meta.created" {
		attrs[path] = value
		return nil
	}
	if s.faults["replace-needs-value"] && kind == "replace" && attrs[where[0]] == nil {
		return fail(400, "noTarget", "%s has no value", path)
	}
	if a.mutability == "readOnly" || where[0] == "meta" || kind == "remove" && a.required && m[2] == "" {
		return fail(400, "mutability", "%s cannot be changed so", m[1])
	}
	parent := attrs
	for _, step := range where[:len(where)-1] {
		next, _ := parent[step].(map[string]any)
		if next == nil {
			next = map[string]any{}
			parent[step] = next
		}
		parent = next
	}
	var err error
	if m[2] != "" {
		err = s.onElements(parent, a, kind, m[2], m[3], value)
	} else {
		err = s.onAttribute(parent, a, kind, value)
	}
	for _, step := range where[:len(where)-1] { // an object that became empty is no value
		if o, ok := attrs[step].(map[string]any); ok && len(o) == 0 {
			delete(attrs, step)
		}
	}
	return err
}

func set(o map[string]any, name string, v any) {
	if v == nil {
		delete(o, name)
		return
	}
	o[name] = v
}

func (s *reference) onAttribute(parent map[string]any, a *refAttr, kind string, value any) error {
	if kind == "remove" {
		return s.removeFrom(parent, a, value)
	}
	v, err := s.accept(a, value)
	if err != nil {
		return err
	}
	old := parent[a.name]
	switch {
	case a.typ == "complex" && !a.multi && v != nil && old != nil:
		merged := old.(map[string]any)
		for name, x := range v.(map[string]any) {
			merged[name] = x
		}
		v = merged
	case a.multi && kind == "add":
		if s.faults["members-twice"] {
			v = append(list(old), list(v)...)
			break
		}
		v = appendNew(list(old), list(v))
	}
	set(parent, a.name, v)
	return nil
}

// removeFrom takes a list of values, too, as Entra ID sends it.
func (s *reference) removeFrom(parent map[string]any, a *refAttr, value any) error {
	gone := list(value)
	if len(gone) == 0 || !a.multi {
		delete(parent, a.name)
		return nil
	}
	var rest []any
	for _, e := range list(parent[a.name]) {
		keep := true
		for _, g := range gone {
			keep = keep && e.(map[string]any)["value"] != g.(map[string]any)["value"]
		}
		if keep {
			rest = append(rest, e)
		}
	}
	set(parent, a.name, orNil(rest))
	return nil
}

func orNil(l []any) any {
	if len(l) == 0 {
		return nil
	}
	return l
}

// appendNew keeps one primary value, and no value twice.
func appendNew(old, added []any) []any {
	for _, v := range added {
		known := false
		for _, e := range old {
			known = known || reflect.DeepEqual(e, v)
		}
		if known {
			continue
		}
		if o, ok := v.(map[string]any); ok && o["primary"] == true {
			demote(old, nil)
		}
		old = append(old, v)
	}
	return old
}

func demote(elements []any, except map[string]any) {
	for _, e := range elements {
		o := e.(map[string]any)
		if o["primary"] == true && !reflect.DeepEqual(o, except) {
			o["primary"] = false
		}
	}
}

func (s *reference) onElements(parent map[string]any, a *refAttr, kind, filter, sub string, value any) error {
	match, err := (&reference{faults: s.faults, user: s.user}).parseFilter(&refKind{attrs: a.sub}, filter)
	if err != nil {
		return fail(400, "invalidPath", "the filter of the path is not understood")
	}
	var rest []any
	matched := false
	for _, e := range list(parent[a.name]) {
		o := e.(map[string]any)
		if !match(o) {
			rest = append(rest, o)
			continue
		}
		matched = true
		keep, err := s.onElement(a, o, kind, sub, value)
		if err != nil {
			return err
		}
		if keep != nil {
			rest = append(rest, keep)
		}
		if primary := keep != nil && keep["primary"] == true; primary && kind != "remove" {
			demote(rest[:len(rest)-1], keep)
			demote(list(parent[a.name]), keep)
		}
	}
	if !matched && kind == "replace" {
		return fail(400, "noTarget", "no value matches %s", filter)
	}
	if made := fromFilter(filter); !matched && kind == "add" && sub != "" && made != nil {
		made[sub] = value
		rest = append(rest, made)
	}
	if len(rest) == 0 && a.required {
		return fail(400, "mutability", "%s is required", a.name)
	}
	set(parent, a.name, orNil(rest))
	return nil
}

var simpleFilter = regexp.MustCompile(`^(\w+) eq "([^"]*)"$`)

// fromFilter is the element that Entra ID expects to be made.
func fromFilter(filter string) map[string]any {
	m := simpleFilter.FindStringSubmatch(filter)
	if m == nil {
		return nil
	}
	return map[string]any{m[1]: m[2]}
}

func (s *reference) onElement(a *refAttr, o map[string]any, kind, sub string, value any) (map[string]any, error) {
	if sub != "" {
		b := find(a.sub, sub)
		if b == nil {
			return nil, fail(400, "invalidPath", "%s is not declared", sub)
		}
		return o, s.onAttribute(o, b, kind, value)
	}
	if kind == "remove" {
		return nil, nil
	}
	v, err := s.acceptOne(a, value)
	if err != nil {
		return nil, err
	}
	for name, x := range v.(map[string]any) {
		o[name] = x
	}
	return o, nil
}
