package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
)

// id reads a member of an answer.
func (a answer) member(t testing.TB, name string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	s, _ := v[name].(string)
	return s
}

func (d *demo) want(t testing.TB, status int, method, path, body string, headers ...string) answer {
	t.Helper()
	got := d.do(t, method, path, body, headers...)
	if got.status != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, got.status, status, got.body)
	}
	return got
}

const jsonType = "Content-Type: application/scim+json"

// TestWrites holds what HTTP promises of a write.
func TestWrites(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	created := d.want(t, http.StatusCreated, "POST", "/scim/v2/Users", `{"userName":"ann","title":"Engineer"}`, jsonType)
	id := created.member(t, "id")
	location := d.URL + "/scim/v2/Users/" + id
	if created.header.Get("Location") != location || created.header.Get("Etag") == "" || created.header.Get("Content-Type") != contentType {
		t.Errorf("header %v", created.header)
	}
	read := d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+id, "")
	if string(read.body) != string(created.body) || read.header.Get("Etag") != created.header.Get("Etag") {
		t.Errorf("created\n%s\nread\n%s", created.body, read.body)
	}

	stale := `W/"stale"`
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		body := map[string]string{"PUT": `{"userName":"ann"}`, "PATCH": `{"Operations":[{"op":"remove","path":"title"}]}`}[method]
		for _, condition := range []string{"If-Match: " + stale, "If-None-Match: *", "If-None-Match: " + stale + ", " + read.header.Get("Etag")} {
			d.want(t, http.StatusPreconditionFailed, method, "/scim/v2/Users/"+id, body, jsonType, condition)
		}
	}
	put := d.want(t, http.StatusOK, "PUT", "/scim/v2/Users/"+id, `{"userName":"ann","title":"Boss"}`, jsonType, "If-Match: "+read.header.Get("Etag"))
	if put.header.Get("Etag") == read.header.Get("Etag") || put.header.Get("Location") != location || put.member(t, "title") != "Boss" {
		t.Errorf("%v %s", put.header, put.body)
	}
	patched := d.want(t, http.StatusOK, "PATCH", "/scim/v2/Users/"+id+"?attributes=title", `{"Operations":[{"op":"replace","path":"title","value":"CEO"}]}`, jsonType, "If-None-Match: "+stale)
	if patched.member(t, "title") != "CEO" || patched.member(t, "userName") != "" {
		t.Errorf("%s", patched.body)
	}

	d.want(t, http.StatusConflict, "POST", "/scim/v2/Users", `{"userName":"ANN"}`, jsonType)
	gone := d.want(t, http.StatusNoContent, "DELETE", "/scim/v2/Users/"+id, "")
	if len(gone.body) != 0 || gone.header.Get("Content-Type") != "" {
		t.Errorf("%v %q", gone.header, gone.body)
	}
	d.want(t, http.StatusNotFound, "DELETE", "/scim/v2/Users/"+id, "")
	d.want(t, http.StatusNotFound, "GET", "/scim/v2/Users/"+id, "")
	d.want(t, http.StatusNotFound, "PATCH", "/scim/v2/Users/"+id, `{"Operations":[{"op":"remove","path":"title"}]}`, jsonType)
	if state := d.state(); len(state) != 0 {
		t.Errorf("left behind: %q", state)
	}
}

// TestWritesRefused: what is wrong with a request is found before AWS hears of
// it.
func TestWritesRefused(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	ann := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
	rows := []struct {
		name, method, path, body string
		status                   int
		keyword                  string
	}{
		{"no JSON", "POST", "/Users", `{`, 400, "invalidSyntax"},
		{"a name twice", "POST", "/Users", `{"userName":"a","userName":"b"}`, 400, "invalidSyntax"},
		{"a group", "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"a"}`, 400, "invalidSyntax"},
		{"no userName", "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`, 400, "invalidValue"},
		{"a long userName", "POST", "/Users", `{"userName":"` + strings.Repeat("é", 11) + `"}`, 400, "invalidValue"},
		{"no displayName", "POST", "/Groups", `{}`, 400, "invalidValue"},
		{"an unknown member", "POST", "/Groups", `{"displayName":"g","members":[{"value":"AIDANOBODY"}]}`, 400, "invalidValue"},
		{"a group as a member", "POST", "/Groups", `{"displayName":"g","members":[{"value":"` + ann + `","type":"Group"}]}`, 400, "invalidValue"},
		{"an unknown op", "PATCH", "/Users/" + ann, `{"Operations":[{"op":"move"}]}`, 400, "invalidSyntax"},
		{"emails[", "PATCH", "/Users/" + ann, `{"Operations":[{"op":"add","path":"emails[","value":"x"}]}`, 400, "invalidPath"},
		{"half of it is wrong", "PATCH", "/Users/" + ann, `{"Operations":[{"op":"replace","path":"userName","value":"bob"},{"op":"replace","path":"id","value":"x"}]}`, 400, "mutability"},
		{"remove active", "PATCH", "/Users/" + ann, `{"Operations":[{"op":"remove","path":"active"}]}`, 400, "mutability"},
		{"an unknown user", "PUT", "/Users/AIDANOBODY", `{"userName":"a"}`, 404, ""},
		{"an unknown group", "DELETE", "/Groups/AGPANOBODY", ``, 404, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := d.want(t, row.status, row.method, "/scim/v2"+row.path, row.body, jsonType)
			checkErrorBody(t, got.status, got.header, got.body)
			if got.member(t, "scimType") != row.keyword {
				t.Errorf("%s", got.body)
			}
		})
	}
	if calls := d.changes(); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
}

// onlyID returns the id of the one resource that a list holds.
func onlyID(t testing.TB, d *demo, path string) string {
	t.Helper()
	var list struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal(d.want(t, http.StatusOK, "GET", path, "").body, &list); err != nil || len(list.Resources) != 1 {
		t.Fatalf("%s: %v, %v", path, list, err)
	}
	return list.Resources[0].ID
}
