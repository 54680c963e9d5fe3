package conformance_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// attrsOf reads the body of a POST or PUT.
func (s *reference) attrsOf(k *refKind, body map[string]any) (map[string]any, error) {
	if err := s.strict(k, body); err != nil {
		return nil, err
	}
	v, err := s.acceptObject(k.attrs, body)
	if err != nil {
		return nil, err
	}
	attrs, _ := v.(map[string]any)
	if attrs == nil {
		attrs = map[string]any{}
	}
	for name, v := range body {
		for urn, list := range k.extensions {
			if o, ok := v.(map[string]any); ok && strings.EqualFold(urn, name) {
				ext, err := s.acceptObject(list, o)
				if err != nil {
					return nil, err
				}
				if ext != nil {
					attrs[urn] = ext
				}
			}
		}
	}
	return attrs, nil
}

// strict refuses what is not declared, as the interoperability profile wants.
func (s *reference) strict(k *refKind, body map[string]any) error {
	if !s.faults["interop"] {
		return nil
	}
	known := func(name string) bool {
		return find(k.attrs, name) != nil || find(metaAttrs, name) != nil || name == "schemas" || k.extensions[name] != nil
	}
	for name := range body {
		if !known(name) {
			return fail(400, "invalidSyntax", "%s is not declared", name)
		}
	}
	urns, _ := body["schemas"].([]any)
	for _, u := range urns {
		if urn := u.(string); urn != k.urn && k.extensions[urn] == nil {
			return fail(400, "invalidSyntax", "%s is not known", urn)
		}
	}
	return nil
}

// valid checks what concerns a whole resource, and other resources.
func (s *reference) valid(d *doc) error {
	if name := d.kind.missing(d.attrs); name != "" {
		return fail(400, "invalidValue", "%s is required", name)
	}
	if s.ways.untold != nil {
		if err := s.ways.untold(d); err != nil {
			return err
		}
	}
	s.makeUp(d)
	taken := s.docs
	if s.faults["names-kept"] {
		taken = append(slices.Clone(taken), s.buried...)
	}
	for _, other := range taken {
		if other.id != d.id && d.kind == s.user && other.kind == s.user && s.sameName(other, d) {
			return fail(http.StatusConflict, "uniqueness", "userName is taken")
		}
	}
	seen := map[string]bool{}
	var members []any
	for _, m := range list(d.attrs["members"]) {
		id, _ := m.(map[string]any)["value"].(string)
		if s.lookup(nil, id) == nil {
			return fail(400, "invalidValue", "there is no member %q", id)
		}
		if !seen[id] || s.faults["members-twice"] {
			members = append(members, map[string]any{"value": id})
		}
		seen[id] = true
	}
	if members != nil {
		d.attrs["members"] = members
	}
	return nil
}

func (s *reference) sameName(a, b *doc) bool {
	x, y := fmt.Sprint(a.attrs["userName"]), fmt.Sprint(b.attrs["userName"])
	if s.faults["names-case-exact"] {
		return x == y
	}
	return strings.EqualFold(x, y)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func (s *reference) lookup(k *refKind, id string) *doc { return lookup(s.docs, k, id) }

func lookup(docs []*doc, k *refKind, id string) *doc {
	for _, d := range docs {
		if d.id == id && (k == nil || d.kind == k) {
			return d
		}
	}
	return nil
}

func (s *reference) post(k *refKind) handler {
	return func(w http.ResponseWriter, r *http.Request) (int, any, error) {
		body, err := readBody(r)
		if err != nil {
			return 0, nil, err
		}
		d, err := s.create(k, body)
		if err != nil {
			return 0, nil, err
		}
		w.Header().Set("Location", d.location())
		s.tag(w, d)
		return http.StatusCreated, s.project(k, s.render(d), queryProjection(r)), nil
	}
}

func (s *reference) create(k *refKind, body map[string]any) (*doc, error) {
	attrs, err := s.attrsOf(k, body)
	if err != nil {
		return nil, err
	}
	s.seq++
	now := time.Now().UTC()
	d := &doc{id: fmt.Sprintf("%s-%06d", strings.ToLower(k.name), s.seq), kind: k, attrs: attrs, version: 1, created: now, modified: now}
	if s.ways.oddIDs {
		d.id = fmt.Sprintf("cn=%s/%d, ou=a+b==", k.name, s.seq)
	}
	if _, ok := attrs["active"]; !ok && k == s.user {
		attrs["active"] = true
	}
	if err := s.valid(d); err != nil {
		return nil, err
	}
	s.docs = append(s.docs, d)
	return d, nil
}

// found returns the resource of a request, if its preconditions hold.
func (s *reference) found(k *refKind, r *http.Request) (*doc, error) {
	d := s.lookup(k, r.PathValue("id"))
	if d == nil {
		return nil, fail(http.StatusNotFound, "", "there is no %s %q", k.name, r.PathValue("id"))
	}
	if s.faults["writes-before-412"] && strings.Contains(r.Header.Get("If-Match"), "stale") {
		d.attrs["displayName"] = "written"
	}
	if m := r.Header.Get("If-Match"); s.ways.has("etag") && m != "" && m != "*" && (!strings.Contains(m, d.tag()) || s.ways.strongMatch) {
		return nil, fail(http.StatusPreconditionFailed, "", "the version is %s", d.tag())
	}
	return d, nil
}

func (s *reference) put(k *refKind) handler {
	return func(w http.ResponseWriter, r *http.Request) (int, any, error) {
		body, err := readBody(r)
		if err != nil {
			return 0, nil, err
		}
		d, err := s.found(k, r)
		if err != nil {
			return 0, nil, err
		}
		if err := s.replace(d, body); err != nil {
			return 0, nil, err
		}
		s.tag(w, d)
		return http.StatusOK, s.project(k, s.render(d), queryProjection(r)), nil
	}
}

func (s *reference) replace(d *doc, body map[string]any) error {
	attrs, err := s.attrsOf(d.kind, body)
	if err != nil {
		return err
	}
	if _, ok := attrs["active"]; !ok && d.kind == s.user {
		attrs["active"] = true
	}
	return s.store("put", d, attrs)
}

// store keeps the attributes if the resource may have them.
func (s *reference) store(method string, d *doc, attrs map[string]any) error {
	changed := *d
	changed.attrs = attrs
	if err := s.valid(&changed); err != nil {
		return err
	}
	if err := s.immutable(d, attrs); err != nil {
		return err
	}
	if !reflect.DeepEqual(d.attrs, changed.attrs) && !s.faults[method+"-keeps-version"] {
		d.version++
		d.past, d.modified = d.attrs, time.Now().UTC()
	}
	d.attrs = changed.attrs
	return nil
}

func (s *reference) immutable(d *doc, attrs map[string]any) error {
	for _, a := range d.kind.attrs {
		if a.mutability == "immutable" && d.attrs[a.name] != nil && attrs[a.name] != d.attrs[a.name] {
			return fail(400, "mutability", "%s cannot be changed", a.name)
		}
	}
	for urn, declared := range d.kind.extensions {
		before, _ := d.attrs[urn].(map[string]any)
		after, _ := attrs[urn].(map[string]any)
		for _, a := range declared {
			if a.mutability == "immutable" && before[a.name] != nil && after[a.name] != before[a.name] && !s.faults["immutable"] {
				return fail(400, "mutability", "%s cannot be changed", a.name)
			}
		}
	}
	return nil
}

func (s *reference) remove(k *refKind) handler {
	return func(_ http.ResponseWriter, r *http.Request) (int, any, error) {
		d, err := s.found(k, r)
		if err != nil {
			return 0, nil, err
		}
		s.drop(d)
		return http.StatusNoContent, nil, nil
	}
}

// drop deletes a resource and its memberships.
func (s *reference) drop(d *doc) {
	d.deleted = time.Now()
	s.buried = append(s.buried, d)
	if s.faults["deletes-members"] && d.kind == s.group {
		for _, m := range list(d.attrs["members"]) {
			s.drop(s.lookup(nil, text(m.(map[string]any)["value"])))
		}
	}
	var rest []*doc
	for _, other := range s.docs {
		if other == d {
			continue
		}
		rest = append(rest, other)
		var members []any
		for _, m := range list(other.attrs["members"]) {
			if m.(map[string]any)["value"] != d.id || s.faults["ghost-members"] {
				members = append(members, m)
			}
		}
		if other.kind == s.group {
			other.attrs["members"] = members
		}
	}
	s.docs = rest
}
