package scim

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"
)

// TestRoutes sends every verb to every path: what a path can do answers, the
// rest is 405 with Allow, and every error is a SCIM Error.
func TestRoutes(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 20)
	const (
		read    = "GET, HEAD"
		search  = "POST"
		some    = "GET, HEAD, POST"
		single  = "DELETE, GET, HEAD, PATCH, PUT"
		me      = "DELETE, GET, HEAD, PATCH, POST, PUT"
		publics = "/livez /readyz /scim/v2/ServiceProviderConfig"
	)
	tested := map[string]bool{}
	for _, tt := range []struct{ path, allow string }{
		{"/livez", read}, {"/readyz", read}, {"/health", read}, {"/metrics", read},
		{"/admin/refresh", "POST"}, {"/admin/confirm", "POST"}, {"/admin/plan", "POST"}, {"/admin/plans/none/release", "POST"}, {"/admin/plans/none/cancel", "POST"}, {"/admin/changes", read},
		{"/admin/brake/release", "POST"}, {"/admin/adopt", "POST"}, {"/admin/tokens", some}, {"/admin/tokens/nobody", "DELETE"},
		{"/scim/v2/ServiceProviderConfig", read},
		{"/scim/v2/ResourceTypes", read}, {"/scim/v2/ResourceTypes/User", read},
		{"/scim/v2/Schemas", read}, {"/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", read},
		{"/scim/v2/Me", me}, {"/scim/v2/Bulk", "POST"}, {"/scim/v2/.search", search},
		{"/scim/v2/Users", some}, {"/scim/v2/Users/.search", search}, {"/scim/v2/Users/AIDANOBODY", single},
		{"/scim/v2/Groups", some}, {"/scim/v2/Groups/.search", search}, {"/scim/v2/Groups/AGPANOBODY", single},
		{"/scim/v2/Entitlements", read}, {"/scim/v2/Entitlements/.search", search}, {"/scim/v2/Entitlements/ANPANOBODY", read},
		{"/scim/v2/Roles", read}, {"/scim/v2/Roles/.search", search}, {"/scim/v2/Roles/AROANOBODY", read},
		{"/accounts/other/scim/v2/Users", some}, {"/accounts/other/scim/v2/Groups/AGPANOBODY", single},
	} {
		tested[d.template(t, tt.path)] = true
		t.Run(strings.TrimPrefix(tt.path, "/"), func(t *testing.T) {
			for _, method := range append(slices.Clone(methods[:8]), "BREW") {
				got := d.do(t, method, tt.path, "")
				allowed := slices.Contains(strings.Split(tt.allow, ", "), method)
				if allowed == (got.status == http.StatusMethodNotAllowed) {
					t.Errorf("%s: status %d", method, got.status)
				}
				if allow := got.header.Get("Allow"); !allowed && allow != tt.allow {
					t.Errorf("%s: Allow %q, want %q", method, allow, tt.allow)
				}
				if got.status >= 500 && got.status != http.StatusNotImplemented {
					t.Errorf("%s: status %d: %s", method, got.status, got.body)
				}
				if got.status >= 400 && method != http.MethodHead {
					checkErrorBody(t, got.status, got.header, got.body)
				}
				if got.status < 400 && strings.Contains(tt.path, "/scim/v2") && got.header.Get("Content-Type") != contentType {
					t.Errorf("%s: Content-Type %q", method, got.header.Get("Content-Type"))
				}
				if !allowed || slices.Contains(strings.Fields(publics), tt.path) {
					continue
				}
				bare := d.do(t, method, tt.path, "", "Authorization: ")
				if bare.status != http.StatusUnauthorized || bare.header.Get("Www-Authenticate") != `Bearer realm="iamscim"` {
					t.Errorf("%s without a token: status %d, %v", method, bare.status, bare.header)
				}
			}
		})
	}
	err := d.server.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		if !tested[template] && !strings.HasPrefix(template, "/accounts/") {
			t.Errorf("%s is not tested", template)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// template returns the route that a path belongs to.
func (d *demo) template(t *testing.T, path string) string {
	t.Helper()
	var match mux.RouteMatch
	req, err := http.NewRequestWithContext(t.Context(), "GET", d.URL+path, nil)
	if err != nil || !d.server.router.Match(req, &match) || match.Route == nil {
		t.Fatalf("%s has no route: %v", path, err)
	}
	template, err := match.Route.GetPathTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, path := range []string{
		"/", "/scim", "/scim/v2", "/scim/v2/users", "/scim/v2/Users/a/b", "/scim/v2/Devices", "/scim/v2/Schemas/urn:nothing",
		"/scim/v2/ResourceTypes/Device", "/accounts/nobody/scim/v2/Users", "/accounts//scim/v2/Users", "/scim/v2/Users/a%2Fb",
	} {
		got := d.do(t, "GET", path, "")
		if got.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got.status)
			continue
		}
		checkErrorBody(t, got.status, got.header, got.body)
	}
}

func TestForgivenPaths(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, path := range []string{"/scim/v2/Users?", "/scim/v2/Users/", "/scim/v2//Users", "//scim/v2/Users/?count=1", "/scim/v2/Users?COUNT=1"} {
		if got := d.do(t, "GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
}

// FuzzHTTP holds that no request makes the server panic or answer 500.
func FuzzHTTP(f *testing.F) {
	d := newDemo(f, 10)
	for _, path := range []string{
		"/scim/v2/Users?filter=userName%20eq%20%22x%22", `/scim/v2/Users?filter=emails[type eq "work"].value co "x"`,
		"/scim/v2/Groups?sortBy=displayName&startIndex=-1&count=9999999999999999999999", "/scim/v2/Users/AIDA?attributes=,,emails.",
		"/scim/v2/ResourceTypes?filter=x", "/scim/v2/Schemas/urn:", "/accounts/a/scim/v2/Me", "/health", "//", "/scim/v2/Users/%00",
	} {
		f.Add("GET", path, "", "")
	}
	f.Add("POST", "/scim/v2/.search", `{"filter":"id pr","count":1,"attributes":["userName"]}`, "application/json")
	f.Add("POST", "/scim/v2/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"startIndex":"a"}`, "application/scim+json; charset=utf-8")
	f.Add("POST", "/admin/tokens", `{"name":"x","scopes":["read"],"expires":"x"}`, "")
	f.Add("PATCH", "/scim/v2/Users/AIDA", `{"Operations":[]}`, "text/plain")
	f.Fuzz(func(t *testing.T, method, target, body, mediaType string) {
		if !strings.HasPrefix(target, "/") || target == "/admin/refresh" || target == "/admin/confirm" {
			return // one needs a path, and the others AWS
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+target, strings.NewReader(body))
		if err != nil {
			return // no HTTP client can send it
		}
		req.Header.Set("Authorization", "Bearer "+demoToken)
		req.Header["Content-Type"] = []string{mediaType}
		w := recordOnly{http.Header{}, new(int), new(strings.Builder)}
		d.server.ServeHTTP(w, req)
		if *w.status == 0 || *w.status == http.StatusInternalServerError {
			t.Errorf("%s %s: status %d: %s", method, target, *w.status, d.log)
		}
		if *w.status >= 400 && method != http.MethodHead {
			checkErrorBody(t, *w.status, w.header, []byte(w.body.String()))
		}
	})
}

// recordOnly is a ResponseWriter without a connection.
type recordOnly struct {
	header http.Header
	status *int
	body   *strings.Builder
}

func (w recordOnly) Header() http.Header         { return w.header }
func (w recordOnly) Write(b []byte) (int, error) { return w.body.Write(b) }
func (w recordOnly) WriteHeader(status int) {
	if *w.status == 0 {
		*w.status = status
	}
}
