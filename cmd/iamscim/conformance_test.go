package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConformance points the command at a server with one fault: it has nothing
// but a configuration.
func TestConformance(t *testing.T) {
	const token = "a-token-to-be-kept"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token && r.Header.Get("X-Api-Key") != "key-of-a-gateway" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path != "/ServiceProviderConfig" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true}}`))
	}))
	defer srv.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	t.Run("pass", func(t *testing.T) {
		status, out, stderr := command(t, nil, "conformance", srv.URL, "--token-file", file, "--run", "^config/(schemas|patch)$")
		if status != exitOK || !strings.Contains(out, "2 passed") {
			t.Errorf("status %d\n%s%s", status, out, stderr)
		}
	})
	t.Run("fail", func(t *testing.T) {
		report := filepath.Join(dir, "report.json")
		env := map[string]string{"IAMSCIM_CONFORMANCE_TOKEN": token}
		status, _, stderr := command(t, env, "conformance", srv.URL, "--run", "^config/", "--format", "json", "--output", report)
		if status != exitFailure || !strings.Contains(stderr, "does not conform") {
			t.Errorf("status %d: %s", status, stderr)
		}
		raw, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Failed bool }
		if err := json.Unmarshal(raw, &doc); err != nil || !doc.Failed || strings.Contains(string(raw), token) {
			t.Errorf("%v: %s", err, raw)
		}
	})
	t.Run("header", func(t *testing.T) {
		headers := filepath.Join(dir, "headers")
		if err := os.WriteFile(headers, []byte("X-Api-Key: key-of-a-gateway\n\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, stderr := command(t, nil, "conformance", srv.URL, "--header-file", headers, "--run", "^config/(schemas|sort)$")
		if status != exitFailure || !strings.Contains(out, "1 passed") || strings.Contains(out, "key-of-a-gateway") {
			t.Errorf("status %d\n%s%s", status, out, stderr)
		}
	})
	t.Run("list", func(t *testing.T) {
		if status, out, _ := command(t, nil, "conformance", "--list", "--client", "okta"); status != exitOK || !strings.Contains(out, "client/okta/group-push") {
			t.Errorf("status %d\n%s", status, out)
		}
	})
	for name, args := range map[string][]string{
		"no URL":         {},
		"bad URL":        {"ftp://example.com"},
		"secret in URL":  {"https://user:password@example.com"},
		"unknown format": {srv.URL, "--format", "pdf"},
		"bad expression": {srv.URL, "--run", "("},
		"nothing to run": {srv.URL, "--run", "^nothing$"},
		"unknown client": {srv.URL, "--client", "nobody"},
		"no header file": {srv.URL, "--header-file", filepath.Join(dir, "none")},
		"no header":      {srv.URL, "--header-file", file},
		"no user file":   {srv.URL, "--user-file", filepath.Join(dir, "none")},
		"no user":        {srv.URL, "--user-file", file},
		"no token file":  {srv.URL, "--token-file", filepath.Join(dir, "none")},
	} {
		t.Run(name, func(t *testing.T) {
			if status, _, _ := command(t, nil, append([]string{"conformance"}, args...)...); status != exitUsage {
				t.Errorf("status %d, want %d", status, exitUsage)
			}
		})
	}
}
