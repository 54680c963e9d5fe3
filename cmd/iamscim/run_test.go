package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// command runs one command line to its end.
func command(t *testing.T, env map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := process{func(k string) string { return env[k] }, strings.NewReader(""), &out, &errs}
	status = run(t.Context(), args, p)
	return status, out.String(), errs.String()
}

// buffer is an output that may be read while a command writes it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// daemon is a command that runs until the test ends or stop is called.
type daemon struct {
	out, errs *buffer
	stop      func() int
}

// start runs a command in the background until want is on its output.
func start(t *testing.T, env map[string]string, want string, args ...string) *daemon {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &daemon{out: &buffer{}, errs: &buffer{}}
	p := process{func(k string) string { return env[k] }, strings.NewReader(""), d.out, d.errs}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, p) }()
	d.stop = sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { d.stop() })
	for deadline := time.Now().Add(time.Minute); !strings.Contains(d.out.String(), want); {
		if time.Now().After(deadline) || len(ended) > 0 {
			t.Fatalf("%v: no %q in\n%s\n%s", args, want, d.out, d.errs)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return d
}

func (d *daemon) find(t *testing.T, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(d.out.String())
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, d.out)
	}
	return m[1]
}

// get asks the gateway and decodes the answer.
func get(t *testing.T, token, url string, out any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatalf("GET %s: %v in %s", url, err, body)
		}
	}
	return resp.StatusCode
}

type listResponse struct {
	TotalResults int
	Resources    []struct {
		ID, UserName string
		Active       bool
	}
}

// dataDir is a directory whose socket path is short enough on every system.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "iamscim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "d")
}

func TestUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:0\nrole-ann: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  map[string]string
		args []string
		want string // in the message
	}{
		{"unknown command", nil, []string{"server"}, `unknown command "server"`},
		{"unknown flag", nil, []string{"serve", "--nope"}, "--nope"},
		{"argument", nil, []string{"serve", "now"}, "takes no argument"},
		{"bad duration", nil, []string{"serve", "--refresh-interval", "soon"}, "soon"},
		{"bad environment", map[string]string{"IAMSCIM_READ_RATE": "many"}, []string{"serve"}, "IAMSCIM_READ_RATE"},
		{"unknown key", nil, []string{"serve", "--config", file}, `unknown key "role-ann" (line 2)`},
		{"no such file", nil, []string{"serve", "--config", file + "x"}, "no such file"},
		{"open listener", nil, []string{"serve", "--demo", "--listen", "0.0.0.0:0"}, "--public-url"},
		{"open listener in clear", nil, []string{"serve", "--demo", "--listen", ":0", "--public-url", "https://x.example"}, "--trusted-proxy"},
		{"half a certificate", nil, []string{"serve", "--demo", "--tls-cert", "x"}, "--tls-key"},
		{"too many users", nil, []string{"serve", "--demo", "--demo-users", "5001"}, "5000"},
		{"open simulator", nil, []string{"sim", "--listen", "0.0.0.0:0"}, "loopback"},
		{"token without a name", nil, []string{"token", "create", "--data-dir", t.TempDir()}, "--name"},
		{"unknown scope", nil, []string{"token", "create", "--name", "x", "--scopes", "everything"}, "everything"},
		{"unknown profile", nil, []string{"token", "create", "--name", "x", "--profile", "loose"}, "loose"},
		{"unknown profile of a server", nil, []string{"serve", "--demo", "--profile", "loose"}, "loose"},
		{"unknown rate", nil, []string{"serve", "--demo", "--rate", "200"}, "200,25"},
		{"no tag", nil, []string{"serve", "--demo", "--tag-attributes", "email,shoeSize"}, `"shoeSize" is none of costCenter, department`},
		{"too short a grace", nil, []string{"serve", "--demo", "--on-delete", "deactivate-then-delete=5m"}, "an hour at least"},
		{"unknown deletion", nil, []string{"serve", "--demo", "--on-delete", "deactivate"}, "--on-delete"},
		{"no address", nil, []string{"serve", "--demo", "--metrics-listen", "9090"}, "--metrics-listen"},
		{"revoke nothing", nil, []string{"token", "revoke"}, "id of a token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, _, stderr := command(t, tt.env, tt.args...)
			if status != exitUsage || !strings.Contains(stderr, tt.want) {
				t.Errorf("status %d, message %q; want %d and %q", status, stderr, exitUsage, tt.want)
			}
		})
	}
}

func TestPrintConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	text := "listen: 127.0.0.1:1\nread-rate: 3/s\ntrusted-proxy: [10.0.0.0/8, 192.0.2.0/24]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"IAMSCIM_LISTEN": "127.0.0.1:2", "IAMSCIM_MAX_LOSS": "7%", "IAMSCIM_TOKEN": "do-not-print-this-token", "IAMSCIM_CONFIG": file}
	status, out, stderr := command(t, env, "serve", "--print-config", "--max-loss", "9%")
	if status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{
		"listen: 127.0.0.1:2\n", // environment beats file
		"max-loss: 9%\n",        // flag beats environment
		"read-rate: 3/s\n",      // file beats default
		"refresh-interval: 5m\n",
		"trusted-proxy: [10.0.0.0/8, 192.0.2.0/24]\n",
		"# IAMSCIM_TOKEN: REDACTED\n",
		"# IAMSCIM_AWS_ACCESS_KEY_ID: not set\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "do-not-print") {
		t.Error("a secret was printed")
	}
	again := filepath.Join(dir, "again.yaml")
	if err := os.WriteFile(again, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, second, stderr := command(t, nil, "serve", "--print-config", "--config", again); status != exitOK || !strings.HasPrefix(second, strings.SplitN(out, "#", 2)[0]) {
		t.Errorf("what was printed is no configuration: status %d, %s\n%s", status, stderr, second)
	}
}

// TestDemo is a newcomer's first minute.
func TestDemo(t *testing.T) {
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "60", "--listen", "127.0.0.1:0")
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var users listResponse
	if status := get(t, token, base+"/Users?count=1000", &users); status != 200 || users.TotalResults != len(users.Resources) || len(users.Resources) < 60 {
		t.Fatalf("status %d, %d of %d users", status, len(users.Resources), users.TotalResults)
	}
	if n := strings.Count(d.out.String(), "curl "); n != 3 {
		t.Errorf("%d curl lines, want 3", n)
	}
	filter := regexp.MustCompile(`userName eq "([^"]+)"`).FindStringSubmatch(d.out.String())
	var one listResponse
	if get(t, token, base+"/Users?filter="+strings.ReplaceAll(filter[0], " ", "%20"), &one); one.TotalResults != 1 || one.Resources[0].UserName != filter[1] {
		t.Errorf("the filter line finds %+v", one)
	}
	if status := get(t, "wrong", base+"/Users", nil); status != http.StatusUnauthorized {
		t.Errorf("a wrong token: status %d", status)
	}
	if strings.Contains(d.errs.String(), token) {
		t.Error("the token is in the log")
	}
	if status := d.stop(); status != exitOK {
		t.Errorf("stopped with status %d: %s", status, d.errs)
	}
}

// simulated starts a simulated account and returns the environment that uses it.
func simulated(t *testing.T, users string) map[string]string {
	t.Helper()
	d := start(t, nil, "IAMSCIM_READONLY_ROLE_ARN", "sim", "--listen", "127.0.0.1:0", "--demo-users", users)
	env := map[string]string{}
	for line := range strings.Lines(d.out.String()) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		env[name] = value
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // the SDK reads its own variables itself
		}
	}
	env["IAMSCIM_ROLE_ARN"] = env["IAMSCIM_READONLY_ROLE_ARN"]
	return env
}

func TestServeAccount(t *testing.T) {
	env := simulated(t, "40")
	dir := dataDir(t)
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dir, "--read-rate", "0"}
	d := start(t, env, "excludedAttributes", serve...)
	base, first := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)

	t.Run("tokens", func(t *testing.T) {
		status, out, stderr := command(t, nil, "token", "create", "--data-dir", dir, "--name", "review", "--expires", "90d")
		token := strings.TrimSpace(out)
		if status != exitOK || !strings.HasPrefix(token, "iamscim_") {
			t.Fatalf("status %d, %q, %s", status, out, stderr)
		}
		if status := get(t, token, base+"/Groups", nil); status != http.StatusOK {
			t.Errorf("a new token: status %d", status)
		}
		_, list, _ := command(t, nil, "token", "list", "--data-dir", dir, "--json")
		var records []tokenRecord
		if err := json.Unmarshal([]byte(list), &records); err != nil || len(records) != 2 || strings.Contains(list, token) {
			t.Fatalf("%v in %s", err, list)
		}
		if status, _, stderr := command(t, nil, "token", "revoke", "--data-dir", dir, records[1].ID); status != exitOK {
			t.Errorf("revoke: status %d, %s", status, stderr)
		}
		if status := get(t, token, base+"/Groups", nil); status != http.StatusUnauthorized {
			t.Errorf("a revoked token: status %d", status)
		}
		if status, _, stderr := command(t, nil, "token", "revoke", "--data-dir", dir, "nosuchtoken1"); status != exitFailure || !strings.Contains(stderr, "no such token") {
			t.Errorf("revoke a stranger: status %d, %s", status, stderr)
		}
	})

	t.Run("refresh", func(t *testing.T) {
		status, out, stderr := command(t, env, "refresh", "--data-dir", dir)
		if status != exitOK || !strings.Contains(out, "GetAccountAuthorizationDetails") {
			t.Errorf("status %d\n%s%s", status, out, stderr)
		}
		if status, _, stderr := command(t, env, "refresh", "--data-dir", dir, "--confirm", "nothing"); status != exitFailure || !strings.Contains(stderr, "not held") {
			t.Errorf("confirm nothing: status %d, %s", status, stderr)
		}
	})

	t.Run("second server", func(t *testing.T) {
		if status, _, stderr := command(t, env, serve...); status != exitFailure || !strings.Contains(stderr, "in use") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})

	if status := d.stop(); status != exitOK {
		t.Fatalf("stopped with status %d: %s", status, d.errs)
	}

	t.Run("without a server", func(t *testing.T) {
		if status, out, stderr := command(t, nil, "token", "list", "--data-dir", dir); status != exitOK || !strings.Contains(out, "first start") {
			t.Errorf("token list: status %d\n%s%s", status, out, stderr)
		}
		status, out, stderr := command(t, env, "refresh", "--data-dir", dir, "--json", "--read-rate", "0")
		var sum refreshSummary
		if err := json.Unmarshal([]byte(out), &sum); status != exitOK || err != nil || sum.Observed["User"] < 40 {
			t.Errorf("refresh: status %d, %v\n%s%s", status, err, out, stderr)
		}
	})

	t.Run("again", func(t *testing.T) {
		d := start(t, env, "excludedAttributes", serve...)
		if out := d.out.String(); strings.Contains(out, "iamscim_") || !strings.Contains(out, "token create") {
			t.Errorf("a second start made up another token, or says not where to get one:\n%s", out)
		}
		if status := get(t, first, d.find(t, `SCIM base URL +(\S+)`)+"/Users", nil); status != http.StatusOK {
			t.Errorf("the first start's token: status %d", status)
		}
	})
}

// TestConnectErrors: the message says what to do.
func TestConnectErrors(t *testing.T) {
	env := simulated(t, "1")
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dataDir(t)}
	t.Run("unknown key", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
		if status, _, stderr := command(t, env, serve...); status != exitFailure || !strings.Contains(stderr, "access key") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("no such role", func(t *testing.T) {
		status, _, stderr := command(t, env, append(serve, "--role-arn", "arn:aws:iam::123456789012:role/missing")...)
		if status != exitFailure || !strings.Contains(stderr, "trust policy") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("dead endpoint", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
		if status, _, stderr := command(t, env, serve...); status != exitFailure || !strings.Contains(stderr, "reach") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
}
