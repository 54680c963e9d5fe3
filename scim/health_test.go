package scim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
	"iamscim/store"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 20)
	for name, left := range map[string]time.Duration{"ends soon": 24 * time.Hour, "has ended": time.Second} {
		if _, _, err := d.auth.Create(t.Context(), "test", auth.Grant{
			Name: name, Scopes: auth.AllScopes, AccountID: d.sim.ID(), Expires: time.Now().Add(left),
		}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second)
	got := d.do(t, "GET", "/health", "")
	want := `{
		"status": "degraded",
		"accountId": "{account}",
		"aws": {"status": "ok", "caller": "<string>", "role": "<string>"},
		"snapshot": {"status": "ok", "generation": 1, "ageSeconds": "<number>", "observed": "<string>",
			"counts": {"users": "<number>", "groups": "<number>", "entitlements": "<number>", "roles": "<number>"},
			"sources": "<any>", "calls": "<any>"},
		"held": null,
		"store": {"status": "ok"},
		"writes": {"enabled": false, "reason": "<string>"},
		"accounts": {"other": {"accountId": "{account}"}},
		"tokens": {"status": "expiring", "expiring": [{"name": "ends soon"}]}
	}`
	if err := matchJSON(want, got.body, map[string]string{"account": d.sim.ID()}); err != nil {
		t.Errorf("%v: %s", err, got.body)
	}
}

// A dead AWS endpoint: the old snapshot is served, its age visible, and health
// names the remedy.
func TestHealthWithoutAWS(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	d.aws.Close()
	if got := d.do(t, "POST", "/admin/refresh", ""); got.status < 500 {
		t.Errorf("refresh: %d %s", got.status, got.body)
	} else {
		checkErrorBody(t, got.status, got.header, got.body)
	}
	if got := d.do(t, "GET", "/scim/v2/Users?count=1", ""); got.status != 200 || got.header.Get("Iamscim-Snapshot-Age") == "" {
		t.Errorf("users: %d %v", got.status, got.header)
	}
	var health struct {
		Status string
		AWS    struct{ Status, Remedy string }
	}
	got := d.do(t, "GET", "/health", "")
	if err := json.Unmarshal(got.body, &health); err != nil || health.Status != "degraded" || health.AWS.Status != "failing" || health.AWS.Remedy == "" {
		t.Errorf("%s: %v", got.body, err)
	}
	if got := d.do(t, "GET", "/readyz", ""); got.status != 200 {
		t.Errorf("ready is %d: age and AWS fail nothing", got.status)
	}
}

// TestHealthNamesSources: what could not be read is served as it was, and whoever
// watches the status learns of it.
func TestHealthNamesSources(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	health := func() (status string, failing []string) {
		t.Helper()
		if got := d.do(t, "POST", "/admin/refresh", ""); got.status != 200 {
			t.Fatalf("refresh: %d %s", got.status, got.body)
		}
		var h struct {
			Status   string
			Snapshot struct{ Failing []string }
		}
		got := d.do(t, "GET", "/health", "")
		if err := json.Unmarshal(got.body, &h); err != nil {
			t.Fatal(err)
		}
		return h.Status, h.Snapshot.Failing
	}
	if status, failing := health(); status != "ok" || failing != nil {
		t.Errorf("%s, failing %v", status, failing)
	}
	if err := d.sim.Fault(iamsim.Fault{Action: "ListVirtualMFADevices", Code: "AccessDenied", Count: -1}); err != nil {
		t.Fatal(err)
	}
	if status, failing := health(); status != "degraded" || len(failing) != 1 || !strings.HasSuffix(failing[0], "ListVirtualMFADevices") {
		t.Errorf("%s, failing %v", status, failing)
	}
	d.sim.ClearFaults()
	if status, failing := health(); status != "ok" || failing != nil {
		t.Errorf("after it was read again: %s, failing %v", status, failing)
	}
}

// TestHealthNamesRetries: a plan that does not succeed for long is no secret.
func TestHealthNamesRetries(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	h := d.server.accounts[""]
	err := h.Store.State.Update(t.Context(), func(tx *store.StateTx) error {
		return tx.AddPlan(t.Context(), &store.JournalPlan{ID: "p", Kind: "user.deactivate", Direction: "forward", State: store.PlanRetry})
	})
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]string{time.Minute: "ok", time.Hour: "retrying"} {
		if r, err := h.reportJournal(t.Context(), time.Now().Add(after)); err != nil || r.Status != want || len(r.Plans) != 1 {
			t.Errorf("after %v: %+v, %v", after, r, err)
		}
	}
	err = h.Store.State.Update(t.Context(), func(tx *store.StateTx) error {
		d := store.PendingDeletion{UserID: "AIDA1", PlanID: "p", Due: time.Now()}
		if err := tx.IntendDeletion(t.Context(), d); err != nil {
			return err
		}
		if _, err := tx.ScheduleDeletion(t.Context(), "p"); err != nil {
			return err
		}
		_, err := tx.HoldPendingDeletions(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.reportJournal(t.Context(), time.Now())
	if err != nil || r.Status != "waiting" || len(r.Plans) != 2 || r.PendingDeletions != 1 || r.NextDeletion != nil || r.Plans[0].Objects[0].ID != "AIDA1" {
		t.Errorf("a deletion that waits: %+v, %v", r, err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	d.do(t, "GET", "/scim/v2/Users/AIDANOBODY", "")
	d.do(t, "BREW", "/scim/v2/Users", "")
	got := string(d.do(t, "GET", "/metrics", "").body)
	for _, want := range []string{
		`iamscim_http_requests_total{method="GET",route="/scim/v2/Users/{id}",status="404"} 1`,
		`iamscim_http_requests_total{method="other",route="/scim/v2/Users",status="405"} 1`,
		`iamscim_http_request_seconds_bucket{`,
		`iamscim_snapshot_generation{account="default",account_id="` + d.sim.ID() + `"} 1`,
		`iamscim_snapshot_age_seconds{`,
		`iamscim_observation_aws_calls{account="default",account_id="` + d.sim.ID() + `",action="ListUsers"}`,
		`iamscim_observation_held{account="default",account_id="` + d.sim.ID() + `"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
