package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// refKind is a resource type of the reference server.
type refKind struct {
	name, endpoint, urn string
	attrs               []*refAttr
	extensions          map[string][]*refAttr
	required            string // the extension that every resource has to have
}

type refAttr struct {
	name, typ, mutability, returned, uniqueness string
	multi, required, exact                      bool
	canonical                                   []any
	sub                                         []*refAttr
}

// attr declares an attribute; flags are the words of RFC 7643 §7.
func attr(name, typ string, flags ...string) *refAttr {
	a := &refAttr{name: name, typ: typ, mutability: "readWrite", returned: "default", uniqueness: "none"}
	for _, f := range flags {
		switch f {
		case "multi":
			a.multi = true
		case "required":
			a.required = true
		case "exact":
			a.exact = true
		case "server":
			a.uniqueness = f
		case "readOnly", "writeOnly", "immutable":
			a.mutability = f
		case "never", "request", "always":
			a.returned = f
		default:
			a.canonical = append(a.canonical, f)
		}
	}
	return a
}

func (a *refAttr) of(sub ...*refAttr) *refAttr { a.sub = sub; return a }

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	referenceURN  = "urn:ietf:params:scim:schemas:extension:reference:2.0:User"
	typeURN       = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN     = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

func newUserKind() *refKind {
	return &refKind{
		name: "User", endpoint: "/Users", urn: userURN,
		attrs: []*refAttr{
			attr("userName", "string", "required", "server"),
			attr("externalId", "string", "exact"),
			attr("displayName", "string"),
			attr("active", "boolean"),
			attr("profileUrl", "reference", "exact"),
			attr("password", "string", "writeOnly", "never"),
			attr("name", "complex").of(attr("givenName", "string"), attr("familyName", "string")),
			attr("emails", "complex", "multi").of(attr("value", "string"), attr("type", "string", "work", "home", "other"),
				attr("display", "string"), attr("primary", "boolean")),
			attr("groups", "complex", "multi", "readOnly").of(attr("value", "string", "readOnly"), attr("$ref", "reference", "readOnly"),
				attr("display", "string", "readOnly")),
		},
		extensions: map[string][]*refAttr{
			enterpriseURN: {attr("department", "string"), attr("employeeNumber", "string")},
			referenceURN: {attr("badge", "string", "immutable"), attr("hint", "string", "request"), attr("code", "string", "exact"),
				attr("score", "integer"), attr("weight", "decimal"), attr("since", "dateTime"), attr("photo", "binary", "exact")},
		},
	}
}

func newGroupKind() *refKind {
	return &refKind{
		name: "Group", endpoint: "/Groups", urn: groupURN,
		attrs: []*refAttr{
			attr("displayName", "string", "required"),
			attr("externalId", "string", "exact"),
			attr("members", "complex", "multi").of(attr("value", "string", "exact", "immutable"), attr("$ref", "reference", "readOnly"),
				attr("type", "string", "immutable", "User", "Group")),
		},
	}
}

// metaAttrs are readOnly in every resource.
var metaAttrs = []*refAttr{
	attr("id", "string", "exact", "readOnly", "always"),
	attr("meta", "complex", "readOnly").of(attr("resourceType", "string", "exact", "readOnly"), attr("created", "dateTime", "readOnly"),
		attr("lastModified", "dateTime", "readOnly"), attr("location", "reference", "readOnly"), attr("version", "string", "readOnly")),
}

func (a *refAttr) document() map[string]any {
	d := map[string]any{"name": a.name, "type": a.typ, "multiValued": a.multi, "required": a.required, "caseExact": a.exact,
		"mutability": a.mutability, "returned": a.returned, "uniqueness": a.uniqueness, "description": "The " + a.name + "."}
	if a.typ == "reference" {
		d["referenceTypes"] = []any{"external"}
	}
	if a.canonical != nil {
		d["canonicalValues"] = a.canonical
	}
	if a.sub != nil {
		d["subAttributes"] = documents(a.sub)
	}
	return d
}

func documents(list []*refAttr) []any {
	var out []any
	for _, a := range list {
		out = append(out, a.document())
	}
	return out
}

func (s *reference) types() []any {
	var out []any
	for _, k := range s.kinds() {
		var ext []any
		for _, urn := range slices.Sorted(maps.Keys(k.extensions)) {
			ext = append(ext, map[string]any{"schema": urn, "required": urn == k.required})
		}
		out = append(out, map[string]any{"schemas": []any{typeURN}, "id": k.name, "name": k.name, "endpoint": k.endpoint, "schema": k.urn,
			"schemaExtensions": ext, "meta": map[string]any{"resourceType": "ResourceType", "location": refBase + "/ResourceTypes/" + k.name}})
	}
	return out
}

func (s *reference) schemas() []any {
	var out []any
	add := func(urn, name string, attrs []*refAttr) {
		out = append(out, map[string]any{"schemas": []any{schemaURN}, "id": urn, "name": name, "attributes": documents(attrs),
			"meta": map[string]any{"resourceType": "Schema", "location": refBase + "/Schemas/" + urn}})
	}
	for _, k := range s.kinds() {
		add(k.urn, k.name, k.attrs)
		for _, urn := range slices.Sorted(maps.Keys(k.extensions)) {
			add(urn, "Extension", k.extensions[urn])
		}
	}
	return out
}

func find(list []*refAttr, name string) *refAttr {
	for _, a := range list {
		if strings.EqualFold(a.name, name) {
			return a
		}
	}
	return nil
}

// accept checks and normalises the value of an attribute; nil means unassigned.
func (s *reference) accept(a *refAttr, v any) (any, error) {
	if list, ok := v.([]any); ok && len(list) == 0 || v == nil {
		return nil, nil
	}
	if !a.multi {
		return s.acceptOne(a, v)
	}
	list, ok := v.([]any)
	if !ok {
		if _, object := v.(map[string]any); !object {
			return nil, fail(400, "invalidValue", "%s is multi-valued", a.name)
		}
		list = []any{v}
	}
	var out []any
	for _, e := range list {
		x, err := s.acceptOne(a, e)
		if err != nil {
			return nil, err
		}
		if x != nil {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (s *reference) acceptOne(a *refAttr, v any) (any, error) {
	bad := fail(400, "invalidValue", "%s is no %s", a.name, a.typ)
	switch a.typ {
	case "complex":
		o, ok := v.(map[string]any)
		if !ok {
			return nil, bad
		}
		return s.acceptObject(a.sub, o)
	case "boolean":
		if text, ok := v.(string); ok && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")) {
			return strings.EqualFold(text, "true"), nil
		}
		b, ok := v.(bool)
		return orBad(b, ok, bad)
	case "integer", "decimal":
		n, ok := v.(json.Number)
		return orBad(n, ok && (a.typ == "decimal" || !strings.ContainsAny(n.String(), ".eE")), bad)
	}
	text, ok := v.(string)
	if ok && s.ways.refuses != nil && s.ways.refuses(a, text) {
		return nil, bad
	}
	text = s.kept(a, text)
	switch a.typ {
	case "dateTime":
		_, err := time.Parse(time.RFC3339, text)
		ok = ok && err == nil
	case "binary":
		_, err := base64.StdEncoding.DecodeString(text)
		ok = ok && err == nil
	}
	return orBad(text, ok, bad)
}

func orBad(v any, ok bool, bad *failure) (any, error) {
	if !ok {
		return nil, bad
	}
	return v, nil
}

// acceptObject ignores what is readOnly or not declared.
func (s *reference) acceptObject(list []*refAttr, o map[string]any) (any, error) {
	out := map[string]any{}
	for name, v := range o {
		a := find(list, name)
		if a == nil || a.mutability == "readOnly" {
			continue
		}
		x, err := s.accept(a, v)
		if err != nil {
			return nil, err
		}
		if x != nil {
			out[a.name] = x
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}
