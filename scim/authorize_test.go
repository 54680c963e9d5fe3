package scim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"iamscim/scim/auth"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	reader := d.token(t, auth.Scopes(auth.Read), d.sim.ID())
	writer := d.token(t, auth.Scopes(auth.Write), d.sim.ID())
	admin := d.token(t, auth.Scopes(auth.Admin), d.sim.ID())
	other := d.token(t, auth.AllScopes, "999999999999")
	for _, tt := range []struct {
		method, path, header string
		status               int
	}{
		{"GET", "/scim/v2/Users", reader, 200},
		{"GET", "/scim/v2/Users", writer, 403},
		{"GET", "/scim/v2/Users", admin, 403},
		{"GET", "/scim/v2/Users", other, 403},
		{"GET", "/scim/v2/Users", "Authorization: Bearer nothing", 401},
		{"GET", "/scim/v2/Users", "Authorization: Basic dTpw", 401},
		{"GET", "/scim/v2/Users", "Authorization: " + demoToken, 200}, // as Okta's header authentication sends it
		{"GET", "/health", reader, 200},
		{"GET", "/metrics", reader, 200},
		{"GET", "/admin/tokens", reader, 403},
		{"GET", "/admin/tokens", admin, 200},
		{"POST", "/admin/refresh", reader, 403},
		{"POST", "/admin/refresh", other, 403},
	} {
		got := d.do(t, tt.method, tt.path, "", tt.header)
		if got.status != tt.status {
			t.Errorf("%s %s with %.30s…: status %d, want %d", tt.method, tt.path, tt.header, got.status, tt.status)
		}
	}
}

// One message for every reason, or an attacker learns which tokens exist.
func TestUnauthorizedAlike(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	revoked := d.token(t, auth.AllScopes, d.sim.ID())
	secret := strings.TrimPrefix(revoked, "Authorization: Bearer ")
	id, err := auth.Parse(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.auth.Revoke(t.Context(), "test", id); err != nil {
		t.Fatal(err)
	}
	want := d.do(t, "GET", "/scim/v2/Users", "", "Authorization: ")
	for header, challenge := range map[string]string{ // RFC 6750 §3: an error only for a token that was sent
		"Authorization: ": auth.Challenge, "Authorization: Basic x": auth.Challenge,
		"Authorization: Bearer x": auth.TokenChallenge, revoked: auth.TokenChallenge,
	} {
		got := d.do(t, "GET", "/scim/v2/Users", "", header)
		if said := got.header.Get("WWW-Authenticate"); said != challenge {
			t.Errorf("%.30s: challenge %q, want %q", header, said, challenge)
		}
		if got.status != 401 || string(got.body) != string(want.body) {
			t.Errorf("%.30s: %d %s, want %s", header, got.status, got.body, want.body)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, tt := range []struct {
		host   string
		status int
	}{
		{"localhost", 200}, {"LOCALHOST:8080", 200}, {"127.0.0.1:1", 200}, {"[::1]:8080", 200}, {"[::1]", 200}, {"127.9.9.9", 200},
		{"attacker.example", 421}, {"localhost.attacker.example:80", 421}, {"10.0.0.1", 421}, {"localhost:99999", 421},
		{"localhost:80@evil", 421}, {"127.0.0.1.evil.example", 421},
	} {
		got := d.do(t, "GET", "/scim/v2/ServiceProviderConfig", "", "Host: "+tt.host)
		if got.status != tt.status {
			t.Errorf("Host %s: status %d, want %d: %s", tt.host, got.status, tt.status, got.body)
			continue
		}
		if tt.status != 200 {
			continue
		}
		var config struct{ Meta struct{ Location string } }
		if err := json.Unmarshal(got.body, &config); err != nil || config.Meta.Location != "http://"+tt.host+"/scim/v2/ServiceProviderConfig" {
			t.Errorf("Host %s: location %s, %v", tt.host, config.Meta.Location, err)
		}
	}
	if got := d.do(t, "GET", "/livez", "", "Host: 10.0.0.1"); got.status != 200 {
		t.Errorf("a probe by address: status %d", got.status)
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	cfg := d.server.cfg
	for _, bad := range []string{"example.com", "ftp://example.com", "https://", "https://example.com/?a=b", "https://example.com/#x"} {
		cfg.PublicURL = bad
		if _, err := New(cfg); err == nil {
			t.Errorf("public URL %q was accepted", bad)
		}
	}
	cfg.PublicURL = "https://scim.example.com/gateway/"
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", "http://anything.example/accounts/other/scim/v2/Users?count=1", nil)
	req.Header.Set("Authorization", "Bearer "+demoToken)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	want := `"location":"https://scim.example.com/gateway/accounts/other/scim/v2/Users/`
	if w.Code != http.StatusOK || !strings.Contains(strings.ReplaceAll(w.Body.String(), " ", ""), want) {
		t.Errorf("status %d, no %s in %s", w.Code, want, w.Body)
	}
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}
