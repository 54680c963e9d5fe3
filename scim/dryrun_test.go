package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
)

func (a answer) dryRun(t testing.TB) (d dryRun, resource map[string]any) {
	t.Helper()
	if err := json.Unmarshal(a.body, &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Schemas) != 1 || d.Schemas[0] != dryRunURN {
		t.Errorf("schemas %q", d.Schemas)
	}
	if d.Resource != nil {
		if err := json.Unmarshal(d.Resource, &resource); err != nil {
			t.Fatal(err)
		}
	}
	return d, resource
}

// TestDryRun: the calls are told and not made, by the header and by
// /admin/plan, also by a server that only reads.
func TestDryRun(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
		a.AddUser(iamsim.User{Name: "bob", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "dev", Path: "/"})
		a.Join("ann", "dev")
	})
	d.server.cfg.Writable = false
	ann := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
	bob := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22bob%22")
	dev := onlyID(t, d, "/scim/v2/Groups")
	before := d.state()
	rows := []struct {
		name, method, path, body, status string
		calls                            []string
		want                             string // of the resource
	}{
		{"create a user", "POST", "/Users", `{"userName":"cat","title":"x"}`, "201", []string{"iam:CreateUser user=cat tag=iamscim:managed="}, `{"userName":"cat","title":"x","active":true,"id":"<absent>","meta":"<absent>"}`},
		{"deactivate", "PATCH", "/Users/" + ann, `{"Operations":[{"op":"replace","path":"active","value":false}]}`, "200", []string{"iam:AttachUserPolicy user=ann policy=arn:aws:iam::aws:policy/AWSDenyAll"}, `{"active":false,"id":"` + ann + `"}`},
		{"no IAM call", "PUT", "/Users/" + ann, `{"userName":"ann","title":"y"}`, "200", []string{}, `{"title":"y"}`},
		{"members", "PATCH", "/Groups/" + dev, `{"Operations":[{"op":"add","path":"members","value":"` + bob + `"},{"op":"remove","path":"members","value":"` + ann + `"}]}`, "200",
			[]string{"iam:RemoveUserFromGroup user=ann group=dev", "iam:AddUserToGroup user=bob group=dev"}, `{"members":[{"value":"` + bob + `"}]}`},
		{"create a group", "POST", "/Groups", `{"displayName":"ops","members":[{"value":"` + bob + `"}]}`, "201",
			[]string{"iam:CreateGroup group=ops", "iam:AddUserToGroup user=bob group=ops"}, `{"displayName":"ops","members":[{"value":"` + bob + `"}],"meta":"<absent>"}`},
		{"delete a group", "DELETE", "/Groups/" + dev, ``, "204", []string{"iam:RemoveUserFromGroup user=ann group=dev", "iam:DeleteGroup group=dev"}, ``},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			plan, err := json.Marshal(map[string]any{"method": row.method, "path": "/scim/v2" + row.path, "body": json.RawMessage("null")})
			if row.body != "" {
				plan, err = json.Marshal(map[string]any{"method": row.method, "path": row.path, "body": json.RawMessage(row.body)})
			}
			if err != nil {
				t.Fatal(err)
			}
			byHeader := d.want(t, http.StatusOK, row.method, "/scim/v2"+row.path, row.body, jsonType, "Iamscim-Dry-Run: true")
			if byHeader.header.Get("Iamscim-Dry-Run") != "true" {
				t.Errorf("header %v", byHeader.header)
			}
			for _, got := range []answer{byHeader, d.want(t, http.StatusOK, "POST", "/admin/plan", string(plan))} {
				answer, resource := got.dryRun(t)
				for i, call := range answer.Calls { // the managed tag is random
					if at := strings.Index(call, "iamscim:managed="); at >= 0 {
						answer.Calls[i] = call[:at+len("iamscim:managed=")]
					}
				}
				if diff := cmp.Diff(row.calls, answer.Calls); diff != "" || answer.Status != row.status {
					t.Errorf("status %s, calls (-want +got)\n%s", answer.Status, diff)
				}
				if row.want == "" {
					continue
				}
				if err := matchJSON(row.want, answer.Resource, map[string]string{}); err != nil {
					t.Errorf("%v: %v", err, resource)
				}
			}
		})
	}
	if calls := d.changes(); len(calls) > 0 {
		t.Errorf("calls %q", calls)
	}
	if diff := cmp.Diff(before, d.state()); diff != "" {
		t.Errorf("the account changed\n%s", diff)
	}
	d.want(t, http.StatusForbidden, "POST", "/admin/plan", `{"method":"POST","path":"/Users","body":{"userName":"x"}}`, d.token(t, auth.Scopes(auth.Read), d.sim.ID()))
	d.want(t, http.StatusNotFound, "DELETE", "/scim/v2/Users/AIDANOBODY", "", "Iamscim-Dry-Run: true")
	for _, body := range []string{`{"method":"GET","path":"/Users/x"}`, `{"method":"POST","path":"/Roles","body":{}}`, `{"method":"POST","path":"/Users"}`, `{"method":"PUT","path":"/Users","body":{}}`} {
		d.want(t, http.StatusBadRequest, "POST", "/admin/plan", body)
	}
}
