package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// TestAdopt: what nobody gave us to manage is not written before an operator
// says so.
func TestAdopt(t *testing.T) {
	t.Parallel()
	foreign := func(_ *Account, c *provisioner.Config) { c.Write.Guard.ManagePath = "" }
	d := newWritable(t, foreign, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	path := "/scim/v2/Users/" + onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
	deactivate := `{"Operations":[{"op":"replace","path":"active","value":false}]}`
	refused := d.want(t, http.StatusForbidden, "PATCH", path, deactivate, jsonType)
	if !strings.Contains(refused.member(t, "detail"), planner.RuleManagePath) {
		t.Errorf("%s", refused.body)
	}
	d.want(t, http.StatusNotFound, "POST", "/admin/adopt", `{"names":["nobody"]}`)
	d.want(t, http.StatusBadRequest, "POST", "/admin/adopt", `{"names":[]}`)
	got := d.want(t, http.StatusOK, "POST", "/admin/adopt", `{"names":["ann"]}`)
	if !strings.Contains(string(got.body), `"name":"ann"`) {
		t.Errorf("%s", got.body)
	}
	if calls := d.changes(); len(calls) > 0 {
		t.Errorf("calls %q", calls)
	}
	d.want(t, http.StatusOK, "PATCH", path, deactivate, jsonType)
}

// TestReleaseBrake: /health shows the latched brake until it is released.
func TestReleaseBrake(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	type health struct {
		Status string
		Writes struct {
			Enabled    bool
			Operations []provisioner.Operation
		}
		Brake   struct{ Status string }
		Journal struct{ Status string }
	}
	ask := func() (h health) {
		t.Helper()
		if err := json.Unmarshal(d.want(t, http.StatusOK, "GET", "/health", "").body, &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := ask(); h.Status != "ok" || !h.Writes.Enabled || len(h.Writes.Operations) == 0 || h.Brake.Status != "ok" || h.Journal.Status != "ok" {
		t.Errorf("%+v", h)
	}
	d.want(t, http.StatusNotFound, "POST", "/admin/brake/release", "")
	d.want(t, http.StatusNotFound, "POST", "/admin/plans/none/release", "")
	d.want(t, http.StatusNotFound, "POST", "/admin/plans/none/cancel", "")
	latch(t, d)
	if h := ask(); h.Status != "degraded" || h.Brake.Status != "latched" {
		t.Errorf("%+v", h)
	}
	who := "/scim/v2/Users/" + onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ua%22")
	wait := d.want(t, http.StatusServiceUnavailable, "PATCH", who, `{"Operations":[{"op":"replace","path":"active","value":false}]}`, jsonType)
	if detail := wait.member(t, "detail"); !strings.Contains(detail, "one deactivation a minute") || wait.header.Get("Retry-After") == "" {
		t.Errorf("not told what to wait for: %s, Retry-After %q", detail, wait.header.Get("Retry-After"))
	}
	if metrics := d.want(t, http.StatusOK, "GET", "/metrics", ""); !strings.Contains(string(metrics.body), "iamscim_brake_latched{account=\"default\",account_id=\""+d.sim.ID()+"\"} 1") {
		t.Error("the metric does not show the latch")
	}
	d.want(t, http.StatusOK, "POST", "/admin/brake/release", "")
	if h := ask(); h.Status != "ok" {
		t.Errorf("%+v", h)
	}
}

// latch asks for more than the brake lets pass.
func latch(t *testing.T, d *demo) {
	t.Helper()
	var people []string
	for range 11 {
		u := d.sim.AddUser(iamsim.User{Name: "u" + string(rune('a'+len(people))), Path: "/", Created: d.sim.Now().AddDate(0, -1, 0)})
		people = append(people, u.ID)
	}
	if _, err := d.provisioner.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
		t.Fatal(err)
	}
	err := d.provisioner.AskBrake(t.Context(), provisioner.Actor{Credential: "test", Scopes: map[string]bool{"write": true}}, people)
	if err == nil {
		t.Fatal("the brake lets eleven people pass")
	}
}
