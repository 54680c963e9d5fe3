package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// severable puts something between the SDK and the simulated account that can
// be cut.
func severable(t *testing.T, env map[string]string) *atomic.Bool {
	t.Helper()
	target, err := url.Parse(env["AWS_ENDPOINT_URL"])
	if err != nil {
		t.Fatal(err)
	}
	cut := new(atomic.Bool)
	proxy := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cut.Load() {
			panic(http.ErrAbortHandler) // the connection is closed without an answer
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	t.Setenv("AWS_ENDPOINT_URL", srv.URL)
	return cut
}

type healthAnswer struct {
	Status string
	AWS    struct{ Status, Problem, Remedy string }
}

// TestStartWithoutAWS: what is known is served, with what is wrong in /health,
// and the server becomes whole by itself.
func TestStartWithoutAWS(t *testing.T) {
	env := simulated(t, "5")
	cut := severable(t, env)
	env["IAMSCIM_TOKEN"] = "an-operators-token-of-some-length"
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dataDir(t), "--mode", "read-only", "--read-rate", "0"}
	start(t, env, "excludedAttributes", serve...).stop()

	cut.Store(true)
	d := start(t, env, "excludedAttributes", serve...)
	base := d.find(t, `SCIM base URL +(\S+)`)
	root := strings.TrimSuffix(base, "/scim/v2")
	var users listResponse
	if status := get(t, env["IAMSCIM_TOKEN"], base+"/Users", &users); status != http.StatusOK || users.TotalResults < 5 {
		t.Errorf("status %d, %d users", status, users.TotalResults)
	}
	var health healthAnswer
	get(t, env["IAMSCIM_TOKEN"], root+"/health", &health)
	if health.Status != "degraded" || health.AWS.Status != "failing" || !strings.Contains(health.AWS.Problem, "reached") || health.AWS.Remedy == "" {
		t.Errorf("health %+v", health)
	}
	if !strings.Contains(d.errs.String(), "aws cannot be reached") {
		t.Errorf("nothing in the log:\n%s", d.errs)
	}

	cut.Store(false)
	for deadline := time.Now().Add(time.Minute); health.AWS.Status != "ok"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not whole again: %+v", health)
		}
		get(t, env["IAMSCIM_TOKEN"], root+"/health", &health)
	}
	if status := d.stop(); status != exitOK {
		t.Errorf("stopped with status %d: %s", status, d.errs)
	}
}

// TestOtherAccount: data of one account is never joined by another's.
func TestOtherAccount(t *testing.T) {
	env := simulated(t, "1")
	dir := dataDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "999999999999.state.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"refresh"}} {
		status, _, stderr := command(t, env, append(args, "--data-dir", dir)...)
		if status != exitFailure || !strings.Contains(stderr, "999999999999") || !strings.Contains(stderr, "another --data-dir") {
			t.Errorf("%s: status %d, %s", args[0], status, stderr)
		}
	}
}
