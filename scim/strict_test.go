package scim

import (
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
)

// TestProfiles: the same requests of a lenient and of a strict credential.
func TestProfiles(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "staff", Path: "/"})
		a.Join("ann", "staff")
	})
	lenient, strict := d.grant(t, auth.Grant{}), d.grant(t, auth.Grant{Profile: auth.Strict})
	id, group := d.userIDs(t)["ann"], d.sim.Groups()[0].ID
	d.want(t, http.StatusOK, "PUT", "/scim/v2/Users/"+id, `{"userName":"ann","name":{"givenName":"Ann","familyName":"Lee"},
		"emails":[{"type":"home","value":"a@h"},{"type":"home","value":"b@h"}]}`, jsonType)
	bulk := func(o string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + o + `]}`
	}
	patched := func(o string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + o + `]}`
	}
	const user, team = `{"schemas":["` + userURN + `"],`, `{"schemas":["` + groupURN + `"],`
	const noPath, title = `{"op":"replace","value":{"title":"x"}}`, `{"op":"replace","path":"title","value":"x"}`
	for _, row := range []struct{ name, method, path, body, keyword string }{
		{"unknown attribute", "PUT", "/Users/" + id, user + `"userName":"ann","nonsense":1}`, "invalidSyntax"},
		{"unknown schema", "PUT", "/Users/" + id, `{"schemas":["` + userURN + `","urn:x"],"userName":"ann"}`, "invalidSyntax"},
		{"unknown attribute of a group", "PUT", "/Groups/" + group, team + `"displayName":"staff","nonsense":1}`, "invalidSyntax"},
		{"another type", "PUT", "/Users/" + id, user + `"userName":"ann","emails":"a@x"}`, "invalidValue"},
		{"no schemas in a user", "PUT", "/Users/" + id, `{"userName":"ann"}`, "invalidSyntax"},
		{"no schemas in a group", "PUT", "/Groups/" + group, `{"displayName":"staff"}`, "invalidSyntax"},
		{"no schemas in a PATCH", "PATCH", "/Users/" + id, `{"Operations":[` + title + `]}`, "invalidSyntax"},
		{"no schemas in a search", "POST", "/.search", `{"count":0}`, "invalidSyntax"},
		{"no schemas in a search of users", "POST", "/Users/.search", `{"count":0}`, "invalidSyntax"},
		{"no schemas in a Bulk", "POST", "/Bulk", bulk(`{"method":"PATCH","path":"/Users/` + id + `","data":{"Operations":[` + title + `]}}`), "invalidSyntax"},
		{"operations for data", "POST", "/Bulk", bulk(`{"method":"PATCH","path":"/Users/` + id + `","data":[` + title + `]}`), "invalidSyntax"},
		{"no path", "PATCH", "/Users/" + id, patched(noPath), "invalidSyntax"},
		{"no path in a Bulk", "POST", "/Bulk", bulk(`{"method":"PATCH","path":"/Users/` + id + `","data":` + patched(noPath) + `}`), "invalidSyntax"},
		{"an element", "PATCH", "/Users/" + id, patched(`{"op":"remove","path":"emails[type eq \"x\"]"}`), "invalidPath"},
		{"readOnly", "PATCH", "/Users/" + id, patched(`{"op":"replace","path":"` + awsUserURN + `","value":{"arn":"x"}}`), "mutability"},
		{"readOnly, removed", "PATCH", "/Users/" + id, patched(`{"op":"remove","path":"` + awsUserURN + `"}`), "mutability"},
		{"readOnly, removed from a group", "PATCH", "/Groups/" + group, patched(`{"op":"remove","path":"` + awsGroupURN + `"}`), "mutability"},
		{"a filter without quotes", "GET", "/Users?filter=userName%20eq%20ann", "", "invalidFilter"},
		{"a filter in a search", "POST", "/Users/.search", `{"schemas":["` + searchRequestURN + `"],"filter":"userName eq ann"}`, "invalidFilter"},
		{"an extension without its URN", "GET", "/Users?filter=department%20pr", "", "invalidFilter"},
		{"order by it", "GET", "/Users?sortBy=manager.value", "", "invalidValue"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d.want(t, http.StatusOK, row.method, "/scim/v2"+row.path, row.body, jsonType, lenient)
			status := http.StatusBadRequest
			if row.path == "/Bulk" {
				status = http.StatusOK
			}
			got := d.want(t, status, row.method, "/scim/v2"+row.path, row.body, jsonType, strict)
			if !strings.Contains(string(got.body), `"scimType":"`+row.keyword+`"`) {
				t.Errorf("%s", got.body)
			}
		})
	}
	d.want(t, http.StatusBadRequest, "POST", "/scim/v2/Users", user+`"userName":"x","nonsense":1}`, jsonType, strict)
	d.want(t, http.StatusBadRequest, "POST", "/scim/v2/Users", `{"userName":"x"}`, jsonType, strict)
	d.want(t, http.StatusBadRequest, "POST", "/scim/v2/Groups", `{"displayName":"x"}`, jsonType, strict)
	d.want(t, http.StatusOK, "GET", "/scim/v2/Users?filter="+enterpriseURN+":department%20pr", "", strict)
	got := d.want(t, http.StatusOK, "PATCH", "/scim/v2/Users/"+id, patched(`{"op":"replace","path":"name","value":{"familyName":"Ray"}}`), jsonType, strict)
	if strings.Contains(string(got.body), `"givenName":"Ann"`) {
		t.Errorf("replace left a part: %s", got.body)
	}
	got = d.want(t, http.StatusOK, "PATCH", "/scim/v2/Groups/"+group, patched(`{"op":"remove","path":"members[value eq \"`+id+`\"]"}`), jsonType, strict)
	if strings.Contains(string(got.body), id) {
		t.Errorf("still a member: %s", got.body)
	}
	// What was served is accepted back.
	for _, path := range []string{"/scim/v2/Users/" + id, "/scim/v2/Groups/" + group} {
		shown := d.want(t, http.StatusOK, "GET", path, "")
		d.want(t, http.StatusOK, "PUT", path, string(shown.body), jsonType, strict)
	}
}

// TestDefaultProfile: the server's profile is that of credentials without one.
func TestDefaultProfile(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	d.server.cfg.Profile = auth.Strict
	path, body := "/scim/v2/Users/"+d.userIDs(t)["ann"], `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"title":"x"}}]}`
	d.want(t, http.StatusBadRequest, "PATCH", path, body, jsonType).has(t, `"scimType":"invalidSyntax","detail":"An operation needs a path`)
	d.want(t, http.StatusOK, "PATCH", path, body, jsonType, d.grant(t, auth.Grant{Profile: auth.Lenient}))
	if _, err := New(Config{Accounts: d.server.cfg.Accounts, Auth: d.auth, Control: d.control, Profile: "loose"}); err == nil {
		t.Error("an unknown profile is accepted")
	}
}
