package conformance_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (d *doc) location() string { return refBase + d.kind.endpoint + "/" + url.PathEscape(d.id) }
func (s *reference) tag(w http.ResponseWriter, d *doc) {
	if s.ways.has("etag") {
		w.Header().Set("ETag", d.tag())
	}
}

func (d *doc) tag() string { return fmt.Sprintf(`W/"%d"`, d.version) }

// render is a resource as it is returned by default, and with what is only
// returned on request: project drops that.
func (s *reference) render(d *doc) map[string]any {
	out := map[string]any{"schemas": []any{d.kind.urn}, "id": d.id, "meta": map[string]any{
		"resourceType": d.kind.name, "location": d.location(), "version": d.tag(),
		"created": d.created.Format(time.RFC3339Nano), "lastModified": d.modified.Format(time.RFC3339Nano)}}
	if s.ways.noVersion || !s.ways.has("etag") {
		delete(out["meta"].(map[string]any), "version")
	}
	for name, v := range d.attrs {
		if len(list(v)) == 0 && v != nil {
			if _, isList := v.([]any); isList {
				continue
			}
		}
		if name == "password" || v == nil {
			continue
		}
		out[name] = v
		if strings.HasPrefix(name, "urn:") {
			out["schemas"] = append(out["schemas"].([]any), name)
		}
	}
	if at, ok := d.attrs["meta.created"]; ok {
		out["meta"].(map[string]any)["created"] = at
		delete(out, "meta.created")
	}
	if d.kind == s.group {
		s.renderMembers(d, out)
		return out
	}
	var groups []any
	for _, g := range s.docs {
		for _, m := range list(g.attrs["members"]) {
			if m.(map[string]any)["value"] == d.id {
				groups = append(groups, map[string]any{"value": g.id, "$ref": g.location(), "display": g.attrs["displayName"]})
			}
		}
	}
	if groups != nil {
		out["groups"] = groups
	}
	return out
}

func (s *reference) renderMembers(d *doc, out map[string]any) {
	var members []any
	for _, m := range list(d.attrs["members"]) {
		id := m.(map[string]any)["value"].(string)
		member := map[string]any{"value": id}
		if u := s.lookup(nil, id); u != nil {
			member["$ref"], member["type"] = u.location(), u.kind.name
		}
		members = append(members, member)
	}
	if members != nil {
		out["members"] = members
	}
}

func (s *reference) get(k *refKind) handler {
	return func(w http.ResponseWriter, r *http.Request) (int, any, error) {
		d := lookup(s.seen(s.ways.lag), k, r.PathValue("id"))
		if d == nil {
			return 0, nil, fail(http.StatusNotFound, "", "there is no %s %q", k.name, r.PathValue("id"))
		}
		s.tag(w, d)
		if s.ways.has("etag") && slices.Contains(strings.Split(r.Header.Get("If-None-Match"), ", "), d.tag()) {
			return http.StatusNotModified, nil, nil
		}
		out := s.project(k, s.render(d), queryProjection(r))
		if s.faults["restless-tag"] {
			d.version++
		}
		return http.StatusOK, out, nil
	}
}

// projection is attributes and excludedAttributes, in lower case.
type projection struct{ only, without []string }

func queryProjection(r *http.Request) projection {
	split := func(v string) []string {
		if v == "" {
			return nil
		}
		return strings.Split(strings.ToLower(strings.ReplaceAll(v, " ", "")), ",")
	}
	q := r.URL.Query()
	return projection{split(q.Get("attributes")), split(q.Get("excludedAttributes"))}
}

// project applies RFC 7644 §3.9 and what schemas say of returned.
func (s *reference) project(k *refKind, o map[string]any, p projection) map[string]any {
	out := map[string]any{}
	core := strings.ToLower(k.urn) + ":"
	for name, v := range o {
		path := strings.ToLower(name)
		if a := find(k.attrs, name); path == "id" || path == "schemas" || a != nil && a.returned == "always" {
			out[name] = v
			continue
		}
		if v := p.keep(path, core, v, func(sub string) bool { return k.onRequest(name, sub) }); v != nil {
			out[name] = v
		}
	}
	if len(p.only)+len(p.without) == 0 {
		s.spellOut(k, out)
	}
	return out
}

func (k *refKind) onRequest(urn, name string) bool {
	a := find(k.extensions[urn], name)
	return a != nil && a.returned == "request"
}

// keep returns what is left of the value of an attribute.
func (p projection) keep(path, core string, v any, hidden func(string) bool) any {
	sep := "."
	if strings.HasPrefix(path, "urn:") {
		sep = ":"
	}
	names := func(set []string, name string) bool {
		return slices.Contains(set, name) || slices.Contains(set, core+name)
	}
	below := func(set []string) bool {
		return slices.ContainsFunc(set, func(n string) bool { return strings.HasPrefix(strings.TrimPrefix(n, core), path+sep) })
	}
	if names(p.without, path) || len(p.only) > 0 && !names(p.only, path) && !below(p.only) {
		return nil
	}
	whole := len(p.only) == 0 || names(p.only, path)
	return mapObjects(v, func(o map[string]any) map[string]any {
		out := map[string]any{}
		for name, x := range o {
			full := path + sep + strings.ToLower(name)
			asked := names(p.only, full)
			if (whole && !hidden(name) || asked) && !names(p.without, full) {
				out[name] = x
			}
		}
		return out
	})
}

// mapObjects applies fn to an object or to each of a list, and drops empty results.
func mapObjects(v any, fn func(map[string]any) map[string]any) any {
	switch v := v.(type) {
	case map[string]any:
		if o := fn(v); len(o) > 0 {
			return o
		}
		return nil
	case []any:
		var out []any
		for _, e := range v {
			if o := mapObjects(e, fn); o != nil {
				out = append(out, o)
			}
		}
		if out == nil {
			return nil
		}
		return out
	}
	return v
}
