package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/auth"
)

// firstOf returns the id of some resource.
func firstOf(t testing.TB, d *demo, endpoint string) string {
	t.Helper()
	var list struct{ Resources []struct{ ID string } }
	got := d.do(t, "GET", "/scim/v2/"+endpoint+"?count=1", "")
	if err := json.Unmarshal(got.body, &list); err != nil || len(list.Resources) != 1 {
		t.Fatalf("%s: %v: %s", endpoint, err, got.body)
	}
	return list.Resources[0].ID
}

func TestGetOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 20)
	path := "/scim/v2/Users/" + firstOf(t, d, "Users")
	first := d.do(t, "GET", path, "")
	etag := first.header.Get("Etag")

	t.Run("headers", func(t *testing.T) {
		if first.status != 200 || !strings.HasPrefix(etag, `W/"`) || first.header.Get("Content-Location") != d.URL+path {
			t.Errorf("status %d, header %v", first.status, first.header)
		}
		if age, err := strconv.Atoi(first.header.Get("Iamscim-Snapshot-Age")); err != nil || age < 0 {
			t.Errorf("Iamscim-Snapshot-Age %q", first.header.Get("Iamscim-Snapshot-Age"))
		}
		var user struct {
			Meta struct{ Location, Version string }
		}
		if err := json.Unmarshal(first.body, &user); err != nil || user.Meta.Location != d.URL+path || user.Meta.Version != etag {
			t.Errorf("meta %+v, want location %s and version %s", user.Meta, d.URL+path, etag)
		}
	})
	t.Run("what the client has", func(t *testing.T) {
		for _, method := range []string{"GET", "HEAD"} {
			for _, has := range []string{etag, "*", `"other", ` + etag, strings.TrimPrefix(etag, "W/")} {
				got := d.do(t, method, path, "", "If-None-Match: "+has)
				if got.status != http.StatusNotModified || len(got.body) != 0 || got.header.Get("Etag") != etag {
					t.Errorf("%s with %s: status %d, %q", method, has, got.status, got.body)
				}
			}
		}
		if got := d.do(t, "GET", path, "", `If-None-Match: W/"other"`); got.status != 200 {
			t.Errorf("status %d for another version", got.status)
		}
	})
	t.Run("head", func(t *testing.T) {
		got := d.do(t, "HEAD", path, "")
		if got.status != 200 || len(got.body) != 0 || got.header.Get("Content-Length") != fmt.Sprint(len(first.body)) || got.header.Get("Etag") != etag {
			t.Errorf("status %d, header %v", got.status, got.header)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		got := d.do(t, "GET", "/scim/v2/Users/AIDANOBODY", "")
		if got.status != 404 {
			t.Errorf("status %d", got.status)
		}
		checkErrorBody(t, got.status, got.header, got.body)
	})
}

func TestQueryString(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, tt := range []struct {
		query  string
		status int
	}{
		{"filter=userName%20eq%20%22a%3Bb%22", 200},
		{"filter=userName+eq+%22a;b%22", 200},
		{"filter=a%zz", 400}, // never "everybody"
		{"filter=noSuchAttribute+eq+1", 400},
		{"count=many", 400},
		{"unknown=1", 200},
	} {
		got := d.do(t, "GET", "/scim/v2/Users?"+tt.query, "")
		if got.status != tt.status {
			t.Errorf("%s: status %d, want %d: %s", tt.query, got.status, tt.status, got.body)
		}
		if got.status >= 400 {
			checkErrorBody(t, got.status, got.header, got.body)
		}
	}
}

// TestFilterByWhatIsShown: what a client reads of a resource finds it again,
// also where the snapshot keeps it elsewhere than the rest.
func TestFilterByWhatIsShown(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 100)
	for _, tt := range []struct{ endpoint, attribute string }{
		{"/Users", "meta.location"},
		{"/Users", "groups.$ref"},
		{"/Users", "x509Certificates.type"},
		{"/Users", awsUserURN + ":reportedAt"},
		{"/Users", awsUserURN + ":inheritedPolicies.value"},
		{"/Users", awsUserURN + ":inheritedPolicies.display"},
		{"/Groups", "members.$ref"},
		{"/Entitlements", awsEntitlementURN + ":document"},
		{"/Roles", awsRoleURN + ":trustPolicy"},
	} {
		var all struct{ Resources []map[string]any }
		got := d.do(t, "GET", "/scim/v2"+tt.endpoint+"?count=1000", "")
		if err := json.Unmarshal(got.body, &all); err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{} // ids by value
		for _, r := range all.Resources {
			for _, v := range shown(r, tt.attribute) {
				want[v] = append(want[v], r["id"].(string))
			}
		}
		if len(want) == 0 {
			t.Errorf("nobody has %s", tt.attribute)
		}
		for value, ids := range want {
			filter := url.QueryEscape(fmt.Sprintf("%s eq %q", tt.attribute, value))
			d.wantIDs(t, tt.endpoint+"?count=1000&attributes=id&filter="+filter, slices.Compact(ids))
		}
	}
}

// wantIDs asks for a list and compares whom it has.
func (d *demo) wantIDs(t *testing.T, path string, want []string) {
	t.Helper()
	var list struct{ Resources []struct{ ID string } }
	got := d.do(t, "GET", "/scim/v2"+path, "")
	if err := json.Unmarshal(got.body, &list); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range list.Resources {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// shown returns the texts of an attribute in a resource as it was answered.
func shown(resource map[string]any, attribute string) []string {
	found := []any{resource}
	if i := strings.LastIndex(attribute, ":"); i >= 0 {
		found, attribute = []any{resource[attribute[:i]]}, attribute[i+1:]
	}
	for name := range strings.SplitSeq(attribute, ".") {
		var next []any
		for _, x := range found {
			object, _ := x.(map[string]any)
			if list, ok := object[name].([]any); ok {
				next = append(next, list...)
			} else if object[name] != nil {
				next = append(next, object[name])
			}
		}
		found = next
	}
	var texts []string
	for _, x := range found {
		texts = append(texts, x.(string))
	}
	return texts
}

func TestSearchOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	const request = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"id pr","count":1}`
	for _, tt := range []struct {
		name, path, mediaType, body string
		status                      int
	}{
		{"users", "/Users/.search", "application/scim+json", request, 200},
		{"everything", "/.search", "application/scim+json", request, 200},
		{"json", "/Groups/.search", "application/json", request, 200},
		{"charset", "/Users/.search", "Application/SCIM+JSON; charset=UTF-8", request, 200},
		{"odd parameter", "/Users/.search", "application/json; charset", request, 200},
		{"no media type", "/Users/.search", "", request, 200},
		{"form", "/Users/.search", "application/x-www-form-urlencoded", request, 415},
		{"not json", "/Users/.search", "application/json", `filter=x`, 400},
		{"too large", "/Users/.search", "application/json", `{"filter":"` + strings.Repeat("x", searchLimit) + `"}`, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := d.do(t, "POST", "/scim/v2"+tt.path, tt.body, "Content-Type: "+tt.mediaType)
			if got.status != tt.status {
				t.Errorf("status %d, want %d: %.200s", got.status, tt.status, got.body)
			}
			if got.status >= 400 {
				checkErrorBody(t, got.status, got.header, got.body)
			}
		})
	}
}

func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	reader := d.token(t, auth.Scopes(auth.Read), d.sim.ID())
	for _, tt := range []struct{ method, path string }{
		{"POST", "/Users"}, {"PUT", "/Users/AIDA"}, {"PATCH", "/Users/AIDA"}, {"DELETE", "/Users/AIDA"}, {"POST", "/Bulk"},
	} {
		got := d.do(t, tt.method, "/scim/v2"+tt.path, `{}`)
		if got.status != 403 || !strings.Contains(string(got.body), "read-only mode") {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, got.status, got.body)
		}
		got = d.do(t, tt.method, "/scim/v2"+tt.path, `{}`, reader)
		if got.status != 403 || !strings.Contains(string(got.body), "scope write") {
			t.Errorf("%s %s without the scope: %d %s", tt.method, tt.path, got.status, got.body)
		}
	}
}

func TestNothingObserved(t *testing.T) {
	t.Parallel()
	d := newUnobserved(t, 5)
	for _, path := range []string{"/scim/v2/Users", "/scim/v2/Users/AIDA", "/scim/v2/Groups?count=0", "/readyz"} {
		got := d.do(t, "GET", path, "")
		if retry, err := strconv.Atoi(got.header.Get("Retry-After")); got.status != 503 || err != nil || retry < 1 {
			t.Errorf("%s: status %d, Retry-After %q", path, got.status, got.header.Get("Retry-After"))
		}
		checkErrorBody(t, got.status, got.header, got.body)
	}
	for _, path := range []string{"/livez", "/health", "/metrics", "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas"} {
		if got := d.do(t, "GET", path, ""); got.status != 200 {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
}
