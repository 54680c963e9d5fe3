package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
	"iamscim/store"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	created := d.do(t, "POST", "/admin/tokens", `{"name":"okta","scopes":["read","write"],"expires":"2999-01-01T00:00:00Z"}`)
	var token tokenRecord
	if err := json.Unmarshal(created.body, &token); err != nil || created.status != http.StatusCreated {
		t.Fatalf("%d %s: %v", created.status, created.body, err)
	}
	header := "Authorization: Bearer " + token.Token

	t.Run("works at once", func(t *testing.T) {
		if got := d.do(t, "GET", "/scim/v2/Users?count=1", "", header); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("is shown once", func(t *testing.T) {
		got := d.do(t, "GET", "/admin/tokens", "")
		if got.status != 200 || !strings.Contains(string(got.body), token.ID) || strings.Contains(string(got.body), token.Token) {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("ends at once", func(t *testing.T) {
		if got := d.do(t, "DELETE", "/admin/tokens/"+token.ID, ""); got.status != 204 || len(got.body) != 0 {
			t.Errorf("%d %s", got.status, got.body)
		}
		if got := d.do(t, "GET", "/scim/v2/Users", "", header); got.status != 401 {
			t.Errorf("a revoked token gets %d", got.status)
		}
	})
	t.Run("is audited", func(t *testing.T) {
		want := []string{"token.create", "token.revoke"}
		for i, e := range d.audit(t) {
			if e.Action != want[i] || e.Actor != auth.BootstrapID || e.Object.ID != token.ID || strings.Contains(string(e.Body), token.Token) {
				t.Errorf("entry %d: %+v", i, e)
			}
		}
	})
}

func (d *demo) audit(t *testing.T) (entries []store.AuditEntry) {
	t.Helper()
	err := d.control.View(t.Context(), func(tx *store.ControlTx) (err error) {
		entries, err = tx.Audit(t.Context(), 1, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, tt := range []struct {
		name, body string
		status     int
		detail     string
	}{
		{"no name", `{"scopes":["read"]}`, 400, "name"},
		{"no scope", `{"name":"x"}`, 400, "scope"},
		{"unknown scope", `{"name":"x","scopes":["root"]}`, 400, "root"},
		{"in the past", `{"name":"x","scopes":["read"],"expires":"2001-01-01T00:00:00Z"}`, 400, "future"},
		{"not a time", `{"name":"x","scopes":["read"],"expires":"soon"}`, 400, "soon"},
		{"misspelt member", `{"name":"x","scopes":["read"],"expiry":"2999-01-01T00:00:00Z"}`, 400, "expiry"},
		{"wrong type", `{"name":1,"scopes":["read"]}`, 400, "name"},
		{"not json", `name=x`, 400, "invalid"},
		{"two values", `{"name":"x","scopes":["read"]}{}`, 400, "more than one"},
		{"empty", ``, 400, "empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := d.do(t, "POST", "/admin/tokens", tt.body)
			if got.status != tt.status || !strings.Contains(string(got.body), tt.detail) {
				t.Errorf("%d %s", got.status, got.body)
			}
			checkErrorBody(t, got.status, got.header, got.body)
		})
	}
}

// An administrator of one account is none of another.
func TestBoundAdministrator(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	theirs := d.token(t, auth.AllScopes, "999999999999")
	mine := d.token(t, auth.AllScopes, d.sim.ID())
	id, err := auth.Parse(strings.TrimPrefix(theirs, "Authorization: Bearer "))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/admin/tokens", `{"name":"x","scopes":["read"]}`, 403},
		{"POST", "/admin/confirm", `{"id":"x"}`, 403},
		{"POST", "/admin/refresh", ``, 403},
	} {
		if got := d.do(t, tt.method, tt.path, tt.body, theirs); got.status != tt.status {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, got.status, got.body)
		}
	}
	if got := d.do(t, "DELETE", "/admin/tokens/"+id, "", mine); got.status != 404 {
		t.Errorf("revoking another account's token: %d", got.status)
	}
	if got := d.do(t, "GET", "/admin/tokens", "", mine); strings.Contains(string(got.body), id) {
		t.Errorf("another account's token is listed: %s", got.body)
	}
	if got := d.do(t, "GET", "/health", "", theirs); strings.Contains(string(got.body), d.sim.ID()) {
		t.Errorf("another account's health is told: %s", got.body)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	d := newUnobserved(t, 5)
	got := d.do(t, "POST", "/admin/refresh", "")
	var result refreshResult
	if err := json.Unmarshal(got.body, &result); err != nil || got.status != 200 {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	if !result.New || result.Generation != 1 || result.Observed[store.KindUser] < 5 || result.Calls["ListUsers"] < 1 || result.Held != nil {
		t.Errorf("%+v", result)
	}
	if got := d.do(t, "POST", "/admin/refresh?account="+d.sim.ID(), ""); got.status != 200 {
		t.Errorf("by account id: %d", got.status)
	}
	if got := d.do(t, "POST", "/admin/refresh?account=nobody", ""); got.status != 404 {
		t.Errorf("unknown account: %d", got.status)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	d := newUnobserved(t, 5)
	d.gainUsers()
	if got := d.do(t, "POST", "/admin/refresh", ""); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	d.loseUsers(t)
	var held refreshResult
	got := d.do(t, "POST", "/admin/refresh", "")
	if err := json.Unmarshal(got.body, &held); err != nil || got.status != 200 || held.Held == nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	if !strings.Contains(held.Held.Confirm, held.Held.ID) || held.Held.Losses["users"].Lost == 0 {
		t.Errorf("%+v", held.Held)
	}
	health := d.do(t, "GET", "/health", "")
	if !strings.Contains(string(health.body), held.Held.ID) || !strings.Contains(string(health.body), `"status":"degraded"`) {
		t.Errorf("health does not tell: %s", health.body)
	}
	if got := d.do(t, "POST", "/admin/confirm", `{"id":"another"}`); got.status != 404 {
		t.Errorf("another id: %d %s", got.status, got.body)
	}
	got = d.do(t, "POST", "/admin/confirm", `{"id":"`+held.Held.ID+`"}`)
	var done refreshResult
	if err := json.Unmarshal(got.body, &done); err != nil || got.status != 200 || done.Held != nil || done.Deleted[store.KindUser] == 0 {
		t.Errorf("%d %s: %v", got.status, got.body, err)
	}
}

// gainUsers adds 40 people, loseUsers deletes them the way an administrator would.
func (d *demo) gainUsers() {
	for i := range 40 {
		d.sim.AddUser(iamsim.User{Name: fmt.Sprintf("temporary-%02d", i)})
	}
}

func (d *demo) loseUsers(t *testing.T) {
	t.Helper()
	conn := d.dial(t, "")
	for i := range 40 {
		name := fmt.Sprintf("temporary-%02d", i)
		if _, err := conn.IAM.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: &name}); err != nil {
			t.Fatal(err)
		}
	}
}

// Over the socket the operator needs no credential, and there is no SCIM.
func TestSocket(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	path := filepath.Join(t.TempDir(), "s")
	ln, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: d.server.Socket()}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	for target, status := range map[string]int{"/health": 200, "/admin/tokens": 200, "/scim/v2/Users": 404, "/metrics": 200} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://iamscim"+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != status {
			t.Errorf("%s: status %d, want %d (%v)", target, res.StatusCode, status, err)
		}
	}
}
