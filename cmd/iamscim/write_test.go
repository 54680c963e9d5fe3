package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// send makes one SCIM request and decodes the answer into out, if not nil.
func send(t *testing.T, token, method, url, body string, out any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, text)
		}
	}
	return resp.StatusCode
}

// TestWrites follows a joiner, a mover and a leaver, and the commands around them.
func TestWrites(t *testing.T) {
	dir := dataDir(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "30", "--listen", "127.0.0.1:0", "--data-dir", dir,
		"--manage-path", "/people/")
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var user struct {
		ID     string
		Active bool
		Detail string
	}
	joiner := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"joiner@example.com"}`
	if status := send(t, token, "POST", base+"/Users", joiner, &user); status != http.StatusCreated || !user.Active {
		t.Fatalf("create: status %d, %+v", status, user)
	}

	t.Run("plan", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "request.json")
		if err := os.WriteFile(file, []byte(`{"method":"DELETE","path":"/Users/`+user.ID+`"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, stderr := command(t, nil, "plan", "--data-dir", dir, file)
		if status != exitOK || !strings.Contains(out, "iam:DeleteUser user=joiner@example.com\n") {
			t.Errorf("status %d\n%s%s", status, out, stderr)
		}
		if status := get(t, token, base+"/Users/"+user.ID, nil); status != http.StatusOK {
			t.Errorf("after a plan: status %d", status)
		}
		if status, _, stderr := command(t, nil, "plan", "--data-dir", t.TempDir(), file); status != exitFailure || !strings.Contains(stderr, "no server") {
			t.Errorf("without a server: status %d, %s", status, stderr)
		}
	})

	t.Run("adopt", func(t *testing.T) {
		var found listResponse
		send(t, token, "GET", base+`/Users?filter=urn:iamscim:params:scim:schemas:extension:aws:2.0:User:path+eq+"/service/"&count=1`, "", &found)
		if len(found.Resources) == 0 {
			t.Fatal("no user outside the manage path")
		}
		other := found.Resources[0]
		rename := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Robot"}]}`
		if status := send(t, token, "PATCH", base+"/Users/"+other.ID, rename, &user); status != http.StatusForbidden || !strings.Contains(user.Detail, "manage") {
			t.Errorf("outside the manage path: status %d, %q", status, user.Detail)
		}
		if status, out, stderr := command(t, nil, "adopt", "--data-dir", dir, other.ID); status != exitOK || !strings.Contains(out, "adopted user") {
			t.Errorf("adopt: status %d\n%s%s", status, out, stderr)
		}
		if status := send(t, token, "PATCH", base+"/Users/"+other.ID, rename, nil); status != http.StatusOK {
			t.Errorf("adopted: status %d", status)
		}
	})
}

// TestBrake: the third person to lose access is one too many, until an operator
// says otherwise.
func TestBrake(t *testing.T) {
	dir := dataDir(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "30", "--listen", "127.0.0.1:0", "--data-dir", dir, "--brake", "2,1%/60m")
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var people listResponse
	send(t, token, "GET", base+`/Users?filter=active+eq+true+and+urn:iamscim:params:scim:schemas:extension:aws:2.0:User:path+eq+"/people/"`, "", &people)
	var last int
	var answer struct{ Detail string }
	for i, u := range people.Resources[:3] {
		last = send(t, token, "PATCH", base+"/Users/"+u.ID, deactivate, &answer)
		if i < 2 && last != http.StatusOK {
			t.Fatalf("deactivation %d: status %d, %s", i+1, last, answer.Detail)
		}
	}
	if last != http.StatusForbidden {
		t.Errorf("the third deactivation: status %d, want the brake's 403", last)
	}
	if status, out, stderr := command(t, nil, "brake", "release", "--data-dir", dir); status != exitOK || !strings.Contains(out, "released") {
		t.Errorf("release: status %d\n%s%s", status, out, stderr)
	}
	if status := send(t, token, "PATCH", base+"/Users/"+people.Resources[2].ID, deactivate, &answer); status != http.StatusOK {
		t.Errorf("after the release: status %d, %s", status, answer.Detail)
	}
	if status, _, stderr := command(t, nil, "brake", "release", "--data-dir", dir); status != exitFailure || !strings.Contains(stderr, "not latched") {
		t.Errorf("release again: status %d, %s", status, stderr)
	}
}

const deactivate = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`

func TestReadOnlyMode(t *testing.T) {
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "20", "--listen", "127.0.0.1:0", "--mode", "read-only")
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var refused struct{ Detail string }
	status := send(t, token, "POST", base+"/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x"}`, &refused)
	if status != http.StatusForbidden || !strings.Contains(refused.Detail, "only reads") {
		t.Errorf("status %d, %q", status, refused.Detail)
	}
	var config struct{ Patch, Bulk struct{ Supported bool } }
	if send(t, token, "GET", base+"/ServiceProviderConfig", "", &config); config.Patch.Supported || config.Bulk.Supported {
		t.Errorf("a read-only server says %+v", config)
	}
}

// TestLifecycleMode: with a role that may only read, it does not start.
func TestLifecycleMode(t *testing.T) {
	env := simulated(t, "10")
	status, _, stderr := command(t, env, "serve", "--listen", "127.0.0.1:0", "--data-dir", dataDir(t), "--mode", "lifecycle", "--manage-path", "/")
	if status != exitFailure || !strings.Contains(stderr, "iam:CreateUser") {
		t.Errorf("status %d, %s", status, stderr)
	}
}
