package scim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// TestDeleteLater: over HTTP a user who is kept is gone, but for the name.
func TestDeleteLater(t *testing.T) {
	t.Parallel()
	keep := func(_ *Account, c *provisioner.Config) { c.Write.DeleteAfter = 30 * 24 * time.Hour }
	d := newWritable(t, keep, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
		a.AddUser(iamsim.User{Name: "bob", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "dev", Path: "/"})
		a.Join("ann", "dev")
	})
	ann := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
	bob := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22bob%22")
	dev := onlyID(t, d, "/scim/v2/Groups")
	path := "/scim/v2/Users/" + ann

	dry, _ := d.want(t, http.StatusOK, "DELETE", path, "", "Iamscim-Dry-Run: true").dryRun(t)
	if dry.Status != "204" || len(dry.Calls) != 1 || !strings.HasPrefix(dry.Calls[0], "iam:AttachUserPolicy user=ann") || len(dry.Notes) != 1 || !strings.Contains(dry.Notes[0], "deleted after 20") {
		t.Errorf("dry run: %+v", dry)
	}
	d.want(t, http.StatusNoContent, "DELETE", path, "")

	for method, body := range map[string]string{"GET": "", "PUT": `{"userName":"ann"}`, "PATCH": `{"Operations":[{"op":"replace","path":"active","value":true}]}`, "DELETE": ""} {
		d.want(t, http.StatusNotFound, method, path, body, jsonType)
	}
	for _, list := range []string{"/scim/v2/Users", "/scim/v2/Groups/" + dev} {
		if got := d.want(t, http.StatusOK, "GET", list, ""); strings.Contains(string(got.body), ann) {
			t.Errorf("still shown: %s", got.body)
		}
	}
	member := `{"Operations":[{"op":"add","path":"members","value":[{"value":"` + ann + `"}]}]}`
	d.want(t, http.StatusBadRequest, "PATCH", "/scim/v2/Groups/"+dev, member, jsonType)
	if got := d.want(t, http.StatusOK, "GET", "/admin/changes?limit=1000", ""); !strings.Contains(string(got.body), `"deleted"`) {
		t.Errorf("the feed does not say so: %s", got.body)
	}

	rename := `{"Operations":[{"op":"replace","path":"userName","value":"ann"}]}`
	for _, taken := range []answer{
		d.want(t, http.StatusConflict, "POST", "/scim/v2/Users", `{"userName":"Ann"}`, jsonType),
		d.want(t, http.StatusConflict, "PATCH", "/scim/v2/Users/"+bob, rename, jsonType),
	} {
		if detail := taken.member(t, "detail"); taken.member(t, "scimType") != "uniqueness" || !strings.Contains(detail, "until 20") || !strings.Contains(detail, "iamscim adopt user/ann") {
			t.Errorf("%s", taken.body)
		}
	}
	if got := d.want(t, http.StatusOK, "GET", "/health", ""); !strings.Contains(string(got.body), `"pendingDeletions":1,"nextDeletion":"20`) {
		t.Errorf("health: %s", got.body)
	}
	if got := d.want(t, http.StatusOK, "POST", "/admin/adopt", `{"names":["ann"]}`); !strings.Contains(string(got.body), `"restored":true`) {
		t.Errorf("%s", got.body)
	}
	if got := d.want(t, http.StatusOK, "GET", path, ""); !strings.Contains(string(got.body), `"active":false`) {
		t.Errorf("restored: %s", got.body)
	}
	if got := d.want(t, http.StatusOK, "GET", "/health", ""); !strings.Contains(string(got.body), `"pendingDeletions":0`) {
		t.Errorf("health: %s", got.body)
	}
}
