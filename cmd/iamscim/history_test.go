package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHistory: what a client did, and what was there before, in order.
func TestHistory(t *testing.T) {
	dir := dataDir(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "20", "--listen", "127.0.0.1:0", "--data-dir", dir)
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	began := time.Now().UTC()
	var user struct{ ID string }
	joiner := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"joiner@example.com"}`
	if status := send(t, token, "POST", base+"/Users", joiner, &user); status != http.StatusCreated {
		t.Fatalf("create: status %d", status)
	}
	send(t, token, "DELETE", base+"/Users/"+user.ID, "", nil)

	status, out, stderr := command(t, nil, "history", "--data-dir", dir, "--since", began.Format(time.RFC3339Nano))
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(out), "\n"), func(line string) bool {
		return !strings.Contains(line, "joiner@example.com ("+user.ID+") ") // an observation may have changed others meanwhile
	})
	if status != exitOK || len(lines) < 2 || !strings.Contains(lines[0], " created ") || !strings.Contains(lines[len(lines)-1], " deleted ") ||
		strings.Contains(lines[0], "by observed") {
		t.Errorf("status %d\n%s%s", status, out, stderr)
	}
	var all, early []changeRecord
	decode := func(into *[]changeRecord, args ...string) {
		t.Helper()
		status, out, stderr := command(t, nil, append([]string{"history", "--data-dir", dir, "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), into); err != nil || status != exitOK {
			t.Fatalf("status %d, %v: %s", status, err, stderr)
		}
	}
	decode(&all)
	decode(&early, "--until", "1")
	if len(early) < 20 || early[len(early)-1].Generation != 1 || len(all) <= len(early) ||
		!slices.ContainsFunc(all, func(c changeRecord) bool { return c.What == "deleted" }) {
		t.Errorf("%d changes, %d of them in the first generation", len(all), len(early))
	}
	decode(&early, "--since", "1d", "--until", began.Format(time.RFC3339Nano))
	if early[len(early)-1].At.After(began) {
		t.Errorf("until %s goes on to %s", began, early[len(early)-1].At)
	}
	if status, _, stderr := command(t, nil, "history", "--data-dir", dir, "--since", "yesterday"); status != exitUsage || !strings.Contains(stderr, "--since") {
		t.Errorf("no time: status %d, %s", status, stderr)
	}
	if status, _, stderr := command(t, nil, "history", "--data-dir", dir, "--since", "9999"); status != exitFailure || !strings.Contains(stderr, "newest") {
		t.Errorf("a generation to come: status %d, %s", status, stderr)
	}
	if status, _, stderr := command(t, nil, "history", "--data-dir", t.TempDir()); status != exitFailure || !strings.Contains(stderr, "no server") {
		t.Errorf("without a server: status %d, %s", status, stderr)
	}
}
