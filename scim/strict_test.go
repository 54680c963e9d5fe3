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
	for _, row := range []struct{ name, method, path, body, keyword string }{
		{"unknown attribute", "PUT", "/Users/" + id, `{"userName":"ann","nonsense":1}`, "invalidSyntax"},
		{"unknown schema", "PUT", "/Users/" + id, `{"schemas":["` + userURN + `","urn:x"],"userName":"ann"}`, "invalidSyntax"},
		{"unknown attribute of a group", "PUT", "/Groups/" + group, `{"displayName":"staff","nonsense":1}`, "invalidSyntax"},
		{"no path", "PATCH", "/Users/" + id, `{"Operations":[{"op":"replace","value":{"title":"x"}}]}`, "invalidSyntax"},
		{"an element", "PATCH", "/Users/" + id, `{"Operations":[{"op":"remove","path":"emails[type eq \"x\"]"}]}`, "invalidPath"},
		{"in a Bulk", "POST", "/Bulk", bulk(`{"method":"PATCH","path":"/Users/` + id + `","data":{"Operations":[{"op":"replace","value":{"title":"x"}}]}}`), "invalidSyntax"},
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
	d.want(t, http.StatusBadRequest, "POST", "/scim/v2/Users", `{"userName":"x","nonsense":1}`, jsonType, strict)
	got := d.want(t, http.StatusOK, "PATCH", "/scim/v2/Users/"+id, `{"Operations":[{"op":"replace","path":"name","value":{"familyName":"Ray"}}]}`, jsonType, strict)
	if strings.Contains(string(got.body), `"givenName":"Ann"`) {
		t.Errorf("replace left a part: %s", got.body)
	}
	got = d.want(t, http.StatusOK, "PATCH", "/scim/v2/Groups/"+group, `{"Operations":[{"op":"remove","path":"members[value eq \"`+id+`\"]"}]}`, jsonType, strict)
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
	path, body := "/scim/v2/Users/"+d.userIDs(t)["ann"], `{"Operations":[{"op":"replace","value":{"title":"x"}}]}`
	d.want(t, http.StatusBadRequest, "PATCH", path, body, jsonType)
	d.want(t, http.StatusOK, "PATCH", path, body, jsonType, d.grant(t, auth.Grant{Profile: auth.Lenient}))
	if _, err := New(Config{Accounts: d.server.cfg.Accounts, Auth: d.auth, Control: d.control, Profile: "loose"}); err == nil {
		t.Error("an unknown profile is accepted")
	}
}
