package patch

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// MaxOperations bounds one PATCH, after values without a path were taken apart.
const MaxOperations = 1000

const patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// Request is a PATCH that was understood. It may be applied any number of times.
type Request struct {
	// Members is what becomes of a group's members.
	Members Members

	schema *tree.Schema
	ops    []operation
}

type operation struct {
	op op
	target
	value any // as the tree holds it
	given bool
}

type op string

const (
	add     op = "add"
	replace op = "replace"
	remove  op = "remove"
)

// Parse understands body, as tree.Read returned it, as a PATCH of a resource
// that is written by s. Its errors are *tree.Error.
func Parse(body map[string]any, s *tree.Schema) (*Request, error) {
	b, err := tree.Fold(body)
	if err != nil {
		return nil, err
	}
	if err := tree.CheckMessage(b["schemas"], patchURN, s.Strict); err != nil {
		return nil, err
	}
	list, ok := b["operations"].([]any)
	if !ok || len(list) == 0 {
		return nil, invalidSyntax("Operations is a list of at least one operation.")
	}
	r := &Request{schema: s, Members: Members{given: map[string]place{}}}
	for _, v := range list {
		if err := r.parse(v); err != nil {
			return nil, err
		}
	}
	r.Members.settle()
	return r, nil
}

// parse understands one operation and appends what it comes to.
func (r *Request) parse(v any) error {
	object, ok := v.(map[string]any)
	if !ok {
		return invalidSyntax("An operation is an object.")
	}
	m, err := tree.Fold(object)
	if err != nil {
		return err
	}
	name, _ := m["op"].(string)
	kind := op(name)
	if !r.schema.Strict {
		kind = op(strings.ToLower(name))
	}
	if kind != add && kind != replace && kind != remove {
		return invalidSyntax(`op is "add", "replace" or "remove", not %q.`, tree.Excerpt(name))
	}
	path, ok := m["path"].(string)
	if !ok && m["path"] != nil {
		return invalidSyntax("path is a string.")
	}
	value, given := m["value"]
	if !given && kind != remove {
		return invalidValue("%s needs a value.", kind)
	}
	if strings.TrimSpace(path) == "" {
		return r.pathless(kind, value)
	}
	t, err := parsePath(r.schema, path)
	switch {
	case err != nil:
		return err
	case t.urn == r.schema.Core && r.schema.Strict:
		return invalidPath("%s is a schema, and a path names an attribute.", tree.Excerpt(path))
	case t.urn != "" && kind == remove:
		return r.removed(t.urn)
	case t.urn != "":
		return r.extension(kind, t.urn, value)
	}
	return r.add(operation{kind, t, value, value != nil})
}

// pathless takes a value without a path apart: each of its names is a path
// (RFC 7644 §3.5.2.1). What POST would ignore is ignored. The strict profile
// has no such operations; a remove without a path is noTarget everywhere (RFC
// 7644 §3.5.2.2).
func (r *Request) pathless(kind op, value any) error {
	object, ok := value.(map[string]any)
	switch {
	case kind == remove:
		return tree.Errorf(scimerrors.ScimTypeNoTarget, "remove needs a path.")
	case r.schema.Strict:
		return invalidSyntax("An operation needs a path: this credential is of the strict profile.")
	case !ok:
		return invalidValue("Without a path the value is an object.")
	}
	return r.each(kind, "", object)
}

// each adds an operation for every name in object, in a fixed order, so that
// "name" comes before "name.givenName". What is readOnly is ignored, unless the
// schema is strict.
func (r *Request) each(kind op, prefix string, object map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		t, err := parsePath(r.schema, prefix+name)
		switch {
		case errors.Is(err, errUnknown) && r.schema.Strict:
			return invalidSyntax("There is no attribute %q.", tree.Excerpt(prefix+name))
		case errors.Is(err, errUnknown) || prefix == "" && isFixed(name):
			continue
		case err != nil:
			return err
		case t.ignored() || t.readOnly() && !r.schema.Strict:
			continue
		case t.urn != "" && prefix == "":
			err = r.extension(kind, t.urn, object[name])
		case t.urn != "":
			err = invalidPath("%q is inside another schema.", tree.Excerpt(name))
		case object[name] == nil && t.attr.Required && !r.schema.Strict:
			continue
		default:
			err = r.add(operation{kind, t, object[name], object[name] != nil})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isFixed(name string) bool { return fixed[strings.ToLower(name)] }

// extension adds what is said about an extension as a whole. Null says nothing,
// as in PUT; to a strict schema it is no value (RFC 7643 §2.5).
func (r *Request) extension(kind op, urn string, value any) error {
	switch object, ok := value.(map[string]any); {
	case value == nil && kind == replace && r.schema.Strict:
		return r.removed(urn)
	case value == nil:
		return nil
	case !ok:
		return invalidValue("%s is an object.", urn)
	default:
		return r.each(kind, urn+":", object)
	}
}

// removed takes away what a client may write of an extension. The rest stays,
// which a strict schema does not pass over.
func (r *Request) removed(urn string) error {
	if urn == r.schema.Core {
		return readOnly(urn)
	}
	for _, a := range r.schema.Extended(urn) {
		if (a.ReadOnly || a.Required) && !r.schema.Strict {
			continue
		}
		if err := r.add(operation{op: remove, target: target{attr: a}}); err != nil {
			return err
		}
	}
	return nil
}

// add checks an operation and appends it.
func (r *Request) add(o operation) error {
	if len(r.ops)+r.Members.ops == MaxOperations {
		return tree.Errorf(scimerrors.ScimTypeTooMany, "A PATCH may have %d operations.", MaxOperations)
	}
	if o.ignored() {
		return nil
	}
	if err := cmp.Or(o.check(), o.checkStrict()); err != nil {
		return err
	}
	if o.attr.URN == "" && o.attr.Name == "members" {
		return r.Members.apply(o)
	}
	r.ops = append(r.ops, o)
	return nil
}

// check refuses what cannot be written and brings the value into the form that
// the tree holds.
func (o *operation) check() (err error) {
	switch {
	case o.readOnly():
		return readOnly(o.path())
	case o.where != nil && !o.attr.Multi:
		return invalidPath("%s is not multi-valued and takes no value filter.", o.attr.Path())
	case o.takesAway() && o.required():
		return tree.Errorf(scimerrors.ScimTypeMutability, "%s is required and cannot be removed.", o.path())
	case o.op == remove && (o.where != nil || o.sub != nil || !o.attr.Multi):
		o.value, o.given = nil, false // RFC 7644 §3.5.2.2 gives it no meaning
	case o.sub != nil:
		o.value, err = o.sub.Value(o.value)
	case o.where != nil && o.given:
		o.value, err = o.attr.Single(o.value, true)
	case o.op == add && isObject(o.value) && o.attr.Multi: // "a new value" (RFC 7644 §3.5.2.1)
		o.value, err = o.attr.Value([]any{o.value})
	default:
		o.value, err = o.attr.Value(o.value)
	}
	if err == nil && o.given && o.value == nil { // an empty list for a single value
		o.given = false
		return o.check()
	}
	return err
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

// checkStrict refuses a value filter that selects whole elements (SCIM
// interoperability profile). Removing one member is what IPSIE AL1 demands, and
// there is no other way to say it.
func (o *operation) checkStrict() error {
	if !o.attr.Strict || o.where == nil || o.sub != nil {
		return nil
	}
	if o.op == remove && o.attr.URN == "" && o.attr.Name == "members" {
		return nil
	}
	return invalidPath("After the value filter of %s a sub-attribute is expected.", o.attr.Path())
}

// takesAway reports whether the target will have no value; null and an empty
// list are none (RFC 7643 §2.5).
func (o *operation) takesAway() bool { return o.op == remove || o.op == replace && !o.given }

// required tells whether all of a required attribute is meant.
func (o *operation) required() bool { return o.attr.Required && o.sub == nil && o.where == nil }

func readOnly(path string) error {
	return tree.Errorf(scimerrors.ScimTypeMutability, "%s is read-only.", tree.Excerpt(path))
}

func invalidSyntax(format string, args ...any) error {
	return tree.Errorf(scimerrors.ScimTypeInvalidSyntax, format, args...)
}

func invalidValue(format string, args ...any) error {
	return tree.Errorf(scimerrors.ScimTypeInvalidValue, format, args...)
}
