package scim

import (
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
)

// TestMe: /Me is the user whom the credential is bound to, in every way that
// /Users/{id} is.
func TestMe(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
		a.AddUser(iamsim.User{Name: "bob", Path: "/"})
	})
	ids := d.userIDs(t)
	me := d.grant(t, auth.Grant{UserID: ids["ann"]})
	location := d.URL + "/scim/v2/Users/" + ids["ann"]
	check := func(got answer) {
		t.Helper()
		if got.header.Get("Location") != location {
			t.Errorf("Location %q, want %s", got.header.Get("Location"), location)
		}
	}
	got := d.want(t, http.StatusOK, "GET", "/scim/v2/Me", "", me)
	plain := d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+ids["ann"], "")
	if string(got.body) != string(plain.body) || got.header.Get("Etag") != plain.header.Get("Etag") {
		t.Errorf("/Me is\n%s\nbut the user is\n%s", got.body, plain.body)
	}
	check(got)
	got = d.want(t, http.StatusOK, "GET", "/scim/v2/Me?attributes=userName", "", me)
	if got.member(t, "userName") != "ann" || got.member(t, "displayName") != "" {
		t.Errorf("%s", got.body)
	}
	check(d.want(t, http.StatusNotModified, "GET", "/scim/v2/Me", "", me, "If-None-Match: "+plain.header.Get("Etag")))

	got = d.want(t, http.StatusOK, "PUT", "/scim/v2/Me", `{"userName":"ann","title":"Engineer"}`, jsonType, me)
	check(got)
	if got.member(t, "title") != "Engineer" {
		t.Errorf("%s", got.body)
	}
	check(d.want(t, http.StatusOK, "PATCH", "/scim/v2/Me", `{"Operations":[{"op":"replace","path":"title","value":"Boss"}]}`, jsonType, me))
	if got = d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+ids["ann"], ""); got.member(t, "title") != "Boss" {
		t.Errorf("%s", got.body)
	}
	d.want(t, http.StatusNotImplemented, "POST", "/scim/v2/Me", `{"userName":"x"}`, jsonType, me)
	check(d.want(t, http.StatusNoContent, "DELETE", "/scim/v2/Me", "", me))
	check(d.want(t, http.StatusNotFound, "GET", "/scim/v2/Me", "", me))
	d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+ids["bob"], "")
}

func TestMeOfNobody(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		got := d.want(t, http.StatusNotImplemented, method, "/scim/v2/Me", "")
		checkErrorBody(t, got.status, got.header, got.body)
	}
	reader := d.grant(t, auth.Grant{UserID: d.userIDs(t)["ann"], Scopes: auth.Scopes(auth.Read)})
	d.want(t, http.StatusOK, "HEAD", "/scim/v2/Me", "", reader)
	d.want(t, http.StatusForbidden, "DELETE", "/scim/v2/Me", "", reader)
	if log := d.logged(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("what a client asked for in vain is logged as a fault:\n%s", log)
	}
}

// userIDs are those of the account's users by name.
func (d *demo) userIDs(t testing.TB) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, u := range d.sim.Users() {
		ids[u.Name] = u.ID
	}
	return ids
}
