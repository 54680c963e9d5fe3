package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// reference is a small, correct SCIM server in memory. Every check passes on
// it, and mutants of it show that every check can fail.
type reference struct {
	token  string
	faults map[string]bool // mistakes that cannot be made from outside; see mutants
	seq    int
	docs   []*doc          // in order of creation
	buried []*doc          // what was deleted
	used   map[string]bool // cursors
	user   *refKind
	group  *refKind
	ways   ways // choices that the RFCs leave
	mux    *http.ServeMux
}

// doc is a resource: its attributes as a client may write them.
type doc struct {
	id       string
	kind     *refKind
	attrs    map[string]any
	version  int
	created  time.Time
	modified time.Time
	deleted  time.Time
	past     map[string]any // attrs before the last change
}

// failure is an answer other than success.
type failure struct {
	status   int
	scimType string
	detail   string
}

func (f *failure) Error() string { return f.detail }

func fail(status int, scimType, detail string, args ...any) *failure {
	return &failure{status, scimType, fmt.Sprintf(detail, args...)}
}

const (
	refBase      = "http://scim.test/scim/v2"
	refMaxBody   = 1 << 20
	refMaxFilter = 200
	refToken     = "reference-token-0123456789"
)

func newReference(faults ...string) *reference {
	s := &reference{token: refToken, faults: map[string]bool{}, used: map[string]bool{}, user: newUserKind(), group: newGroupKind()}
	for _, f := range faults {
		s.faults[f] = true
	}
	s.route()
	return s
}

func (s *reference) kinds() []*refKind {
	if s.group == nil {
		return []*refKind{s.user}
	}
	return []*refKind{s.user, s.group}
}

// route makes the endpoints of what the server has.
func (s *reference) route() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("/ServiceProviderConfig", s.discovery(func(string) any { return s.config() }))
	s.mux.HandleFunc("/ResourceTypes", s.discovery(func(string) any { return listOf(s.types(), 0) }))
	s.mux.HandleFunc("/ResourceTypes/{id}", s.discovery(func(id string) any { return byID(s.types(), id) }))
	s.mux.HandleFunc("/Schemas", s.discovery(func(string) any { return listOf(s.schemas(), 0) }))
	s.mux.HandleFunc("/Schemas/{id}", s.discovery(func(id string) any { return byID(s.schemas(), id) }))
	if s.ways.has("bulk") {
		s.mux.HandleFunc("/Bulk", s.handle(map[string]handler{"POST": s.bulk}))
	}
	s.mux.HandleFunc("/.search", s.handle(map[string]handler{"POST": s.searchAll}))
	s.mux.HandleFunc("/Me", s.handle(map[string]handler{"GET": s.me}))
	for _, k := range s.kinds() {
		all := map[string]handler{"GET": s.list(k), "POST": s.post(k)}
		one := map[string]handler{"GET": s.get(k), "PUT": s.put(k), "PATCH": s.patch(k), "DELETE": s.remove(k)}
		if s.ways.fixedGroups && k == s.group {
			all, one = map[string]handler{"GET": s.list(k)}, map[string]handler{"GET": s.get(k)}
		}
		if !s.ways.has("patch") {
			delete(one, "PATCH")
		}
		s.mux.HandleFunc(k.endpoint, s.handle(all))
		s.mux.HandleFunc(k.endpoint+"/.search", s.handle(map[string]handler{"POST": s.search(k)}))
		s.mux.HandleFunc(k.endpoint+"/{id}", s.handle(one))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeFailure(w, fail(http.StatusNotFound, "", "there is nothing at %s", r.URL.Path))
	})
}

func (s *reference) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if r.URL.Path != "/scim/v2/ServiceProviderConfig" && (!strings.EqualFold(scheme, "bearer") || token != s.token) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		status := http.StatusUnauthorized
		if s.ways.forbids && r.Header.Get("Authorization") != "" {
			status = http.StatusForbidden
		}
		writeFailure(w, fail(status, "", "a token is needed"))
		return
	}
	if !s.admit(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, refMaxBody)
	http.StripPrefix("/scim/v2", s.mux).ServeHTTP(w, r)
}

// handler answers with a status and a body, either of which may be nothing.
type handler func(w http.ResponseWriter, r *http.Request) (int, any, error)

func (s *reference) handle(methods map[string]handler) http.HandlerFunc {
	var allow []string
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		if methods[m] != nil || m == "HEAD" && methods["GET"] != nil {
			allow = append(allow, m)
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		h := methods[method]
		if h == nil {
			w.Header().Set("Allow", strings.Join(allow, ", "))
			writeFailure(w, fail(http.StatusMethodNotAllowed, "", "%s is not allowed here", r.Method))
			return
		}
		status, body, err := h(w, r)
		if err != nil {
			writeFailure(w, err)
			return
		}
		writeJSON(w, r, status, body)
	}
}

func (s *reference) discovery(fn func(id string) any) http.HandlerFunc {
	return s.handle(map[string]handler{"GET": func(_ http.ResponseWriter, r *http.Request) (int, any, error) {
		if r.URL.Query().Has("filter") {
			return 0, nil, fail(http.StatusForbidden, "", "discovery is not filtered")
		}
		body := fn(r.PathValue("id"))
		if body == nil {
			return 0, nil, fail(http.StatusNotFound, "", "there is no %s", r.PathValue("id"))
		}
		return http.StatusOK, body, nil
	}})
}

func byID(list []any, id string) any {
	for _, v := range list {
		if strings.EqualFold(v.(map[string]any)["id"].(string), id) {
			return v
		}
	}
	return nil
}

func writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // a reference server that cannot encode its own answer is a mistake in this file
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw) // a client that hangs up is none of our business
	}
}

func writeFailure(w http.ResponseWriter, err error) {
	var f *failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		f = fail(http.StatusRequestEntityTooLarge, "", "the body is larger than %d", refMaxBody)
	case !errors.As(err, &f):
		f = fail(http.StatusInternalServerError, "", "unknown error")
	}
	body := map[string]any{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": fmt.Sprint(f.status), "detail": f.detail}
	if f.scimType != "" {
		body["scimType"] = f.scimType
	}
	writeJSON(w, &http.Request{}, f.status, body)
}

// readBody reads one JSON object, of a media type that a client may send.
func readBody(r *http.Request) (map[string]any, error) {
	media, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
	if media != "application/scim+json" && media != "application/json" {
		return nil, fail(http.StatusUnsupportedMediaType, "", "send application/scim+json")
	}
	var body map[string]any
	dec := json.NewDecoder(r.Body)
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, fail(http.StatusBadRequest, "invalidSyntax", "the body is no JSON object")
	}
	if dec.More() || body == nil {
		return nil, fail(http.StatusBadRequest, "invalidSyntax", "the body is not one JSON object")
	}
	return body, nil
}

func (s *reference) me(http.ResponseWriter, *http.Request) (int, any, error) {
	for _, d := range s.docs {
		if d.kind == s.user {
			return http.StatusOK, s.render(d), nil
		}
	}
	return 0, nil, fail(http.StatusNotFound, "", "nobody is there yet")
}

func (s *reference) config() map[string]any {
	on := func(feature string) map[string]any { return map[string]any{"supported": s.ways.has(feature)} }
	return map[string]any{
		"schemas":          []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"documentationUri": "https://scim.test/docs",
		"patch":            on("patch"), "sort": on("sort"), "etag": on("etag"), "changePassword": map[string]any{"supported": false},
		"bulk":   map[string]any{"supported": s.ways.has("bulk"), "maxOperations": s.maxOperations(), "maxPayloadSize": refMaxPayload},
		"filter": map[string]any{"supported": s.ways.has("filter"), "maxResults": refMaxFilter},
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "Bearer", "description": "a bearer token"}},
		"pagination":               s.pagination(),
		"interopProfileConformant": s.faults["interop"],
		"meta":                     map[string]any{"resourceType": "ServiceProviderConfig", "location": refBase + "/ServiceProviderConfig"},
	}
}

func (s *reference) maxOperations() int {
	if s.ways.oneBulk {
		return 1
	}
	return refMaxOperations
}

func (s *reference) pagination() map[string]any {
	p := map[string]any{"cursor": true, "index": true, "defaultPaginationMethod": "index",
		"defaultPageSize": refMaxFilter, "maxPageSize": refMaxFilter, "cursorTimeout": 3600}
	if s.ways.onlyCursor {
		p["index"], p["defaultPaginationMethod"] = false, "cursor"
	}
	return p
}
