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
)

// The tests of this file hold, over HTTP, what other people's conformance
// suites look for.

// TestDiscoveryChecklist: lists with all counts, single entries, numbers that
// are numbers, no POST, no filter.
func TestDiscoveryChecklist(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	lists := map[string][]string{
		"/ResourceTypes": {"User", "Group", "Entitlement", "Role"},
		"/Schemas":       {userURN, groupURN, enterpriseURN, schemaURN, resourceTypeURN, providerConfigURN},
	}
	for path, members := range lists {
		got := s.want(t, http.StatusOK, "GET", "/scim/v2"+path+"?startIndex=3&count=1&sortBy=id", "")
		for _, name := range []string{`"schemas":["` + listResponseURN + `"]`, `"totalResults":`, `"startIndex":1`, `"itemsPerPage":`, `"Resources":[`} {
			got.has(t, name)
		}
		for _, id := range members {
			got.has(t, `"id":"`+id+`"`)
			s.want(t, http.StatusOK, "GET", "/scim/v2"+path+"/"+id, "").has(t, `"id":"`+id+`"`)
		}
	}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/Schemas/" + userURN} {
		for _, body := range []string{"", "{}"} {
			got := s.want(t, http.StatusMethodNotAllowed, "POST", "/scim/v2"+path, body)
			checkErrorBody(t, got.status, got.header, got.body)
		}
		got := s.want(t, http.StatusForbidden, "GET", "/scim/v2"+path+"?filter=id%20pr", "")
		checkErrorBody(t, got.status, got.header, got.body)
	}
	var config struct {
		Bulk   struct{ MaxOperations, MaxPayloadSize int }
		Filter struct{ MaxResults int }
		Auth   []struct{ Type, Name, Description string } `json:"authenticationSchemes"`
	}
	got := s.want(t, http.StatusOK, "GET", "/scim/v2/ServiceProviderConfig", "")
	if err := json.Unmarshal(got.body, &config); err != nil || config.Bulk.MaxOperations == 0 || config.Bulk.MaxPayloadSize == 0 ||
		config.Filter.MaxResults == 0 || config.Auth[0].Type == "" || config.Auth[0].Description == "" {
		t.Errorf("%v: %s", err, got.body)
	}
}

// TestErrorChecklist: every error is application/scim+json with a sentence.
func TestErrorChecklist(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	for _, row := range []struct {
		status             int
		method, path, body string
		header             string
	}{
		{401, "GET", "/Users", "", "Authorization: "},
		{401, "GET", "/Users", "", "Authorization: Bearer wrong"},
		{404, "GET", "/nothing", "", ""}, {404, "GET", "/Users/nobody", "", ""}, {404, "DELETE", "/Users/nobody", "", ""},
		{405, "PATCH", "/Users", "{}", ""}, {405, "DELETE", "/Roles/x", "", ""}, {400, "POST", "/Users", "{", ""},
		{409, "POST", "/Users", `{"userName":"ANN"}`, ""}, {415, "POST", "/Users", "x", "Content-Type: text/plain"}, {501, "GET", "/Me", "", ""},
		{413, "POST", "/Bulk", strings.Repeat(" ", bulkLimit+1), ""}, {413, "POST", "/Users/.search", strings.Repeat(" ", searchLimit+1), ""},
		{413, "POST", "/Users", strings.Repeat(" ", bodyLimit+1), ""}, {400, "POST", "/Users", `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", ""},
		{400, "POST", "/Bulk", strings.Repeat("[", 10_000), ""}, {400, "POST", "/.search", `{"x":` + strings.Repeat("[", 20_000), ""},
		{400, "POST", "/Users", "{\"userName\":\"\xff\"}", ""}, {400, "POST", "/Users", `{"userName":"a","userName":"b"}`, ""},
	} {
		headers := []string{}
		if row.header != "" {
			headers = append(headers, row.header)
		}
		got := s.want(t, row.status, row.method, "/scim/v2"+row.path, row.body, headers...)
		checkErrorBody(t, got.status, got.header, got.body)
	}
	for path, limit := range map[string]int{"/Bulk": bulkLimit, "/Users": bodyLimit} { // RFC 7644 §3.7.4: the limit is named
		s.want(t, http.StatusRequestEntityTooLarge, "POST", "/scim/v2"+path, strings.Repeat(" ", limit+1), jsonType).has(t, fmt.Sprint(limit))
	}
	s.want(t, http.StatusConflict, "POST", "/scim/v2/Groups", `{"displayName":"staff"}`, jsonType).has(t, `"scimType":"uniqueness"`)
}

// TestWriteChecklist: Booleans in quotes, null, atomic PATCH, gone is gone.
func TestWriteChecklist(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	created := s.want(t, http.StatusCreated, "POST", "/scim/v2/Users",
		`{"USERNAME":"cat","active":"True","title":null,"emails":[{"value":"c@example.com","primary":"True"}]}`, jsonType)
	created.has(t, `"active":true`)
	created.has(t, `"primary":true`)
	created.hasNot(t, `"title"`)
	s.patch(t, s.ann, `{"op":"Replace","path":"ACTIVE","value":"False"}`).has(t, `"active":false`)

	half := `{"Operations":[{"op":"replace","path":"nickName","value":"x"},{"op":"replace","path":"id","value":"x"}]}`
	s.want(t, http.StatusBadRequest, "PATCH", s.ann, half, jsonType).has(t, `"scimType":"mutability"`)
	s.want(t, http.StatusOK, "GET", s.ann, "").hasNot(t, "nickName")

	path := "/scim/v2/Users/" + created.member(t, "id")
	s.want(t, http.StatusNoContent, "DELETE", path, "")
	for _, method := range []string{"DELETE", "GET", "PUT", "PATCH"} {
		body := map[string]string{"PUT": `{"userName":"cat"}`, "PATCH": `{"Operations":[{"op":"remove","path":"title"}]}`}[method]
		s.want(t, http.StatusNotFound, method, path, body, jsonType)
	}
	s.want(t, http.StatusOK, "GET", "/scim/v2/Users?filter=userName%20eq%20%22cat%22", "").has(t, `"totalResults":0`)
	s.want(t, http.StatusCreated, "POST", "/scim/v2/Users", `{"userName":"cat"}`, jsonType)
}

// TestReadChecklist: what lists and resources always have, and what is survived.
func TestReadChecklist(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 60)
	type list struct {
		TotalResults, StartIndex, ItemsPerPage int // integers, or this fails
		Resources                              []struct {
			ID   string
			Meta struct{ Created, LastModified, Location, ResourceType string }
		}
	}
	read := func(path string, headers ...string) (l list) {
		t.Helper()
		got := d.want(t, http.StatusOK, "GET", "/scim/v2"+path, "", headers...)
		got.has(t, `"Resources":[`)
		if err := json.Unmarshal(got.body, &l); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return l
	}
	for _, endpoint := range []string{"/Users", "/Groups", "/Entitlements", "/Roles"} {
		for _, r := range read(endpoint + "?count=1000").Resources {
			if r.Meta.Created == "" || r.Meta.LastModified == "" || r.Meta.Location == "" || "/"+r.Meta.ResourceType != strings.TrimSuffix(strings.Replace(endpoint, "ies", "y", 1), "s") {
				t.Errorf("%s: %+v", r.ID, r.Meta)
			}
		}
		if none := read(endpoint + "?count=0"); none.TotalResults == 0 || len(none.Resources) != 0 {
			t.Errorf("%s, totals only: %+v", endpoint, none)
		}
	}
	all := read("/Users?count=1000")
	var paged []string
	for start := 1; start <= all.TotalResults; start += 7 {
		for _, r := range read("/Users?count=7&startIndex=" + strconv.Itoa(start)).Resources {
			paged = append(paged, r.ID)
		}
	}
	for i, r := range all.Resources {
		if i >= len(paged) || paged[i] != r.ID {
			t.Fatalf("the order of pages is another one at %d", i)
		}
	}
	if slices.Contains(paged, "") || len(paged) != all.TotalResults {
		t.Errorf("%d of %d in pages", len(paged), all.TotalResults)
	}
	for path, want := range map[string]int{
		"/Users?": all.TotalResults, "/Users?COUNT=1000&StartINDEX=1": all.TotalResults, "/Users?count=1000&unknown=x": all.TotalResults,
		"/Users?count=1000&filter=" + url.QueryEscape(`META.Created GT 2001-01-02T03:04:05.1234567Z`):                    all.TotalResults,
		"/Users?count=1000&filter=" + url.QueryEscape(`meta.created gt "2001-01-02T03:04:05.1234567+02:00"`):             all.TotalResults,
		"/Users?count=1000&filter=" + url.QueryEscape(`meta.lastModified LT "2001-01-02T03:04:05-08:00"`):                0,
		"/Users?filter=" + url.QueryEscape(`ID Eq `+all.Resources[0].ID):                                                 1,
		"/Users?filter=" + url.QueryEscape(`urn:ietf:params:scim:schemas:core:2.0:user:Id eq "`+all.Resources[0].ID+`"`): 1,
	} {
		if got := read(path, "User-Agent: "); got.TotalResults != want {
			t.Errorf("%s: %d, want %d", path, got.TotalResults, want)
		}
	}
}
