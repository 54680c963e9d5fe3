package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
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
	if status, _, stderr := command(t, nil, "history", "--data-dir", dir, "--account", otherAccount); status != exitFailure || !strings.Contains(stderr, otherAccount) {
		t.Errorf("an account it does not serve: status %d, %s", status, stderr)
	}
	last := fmt.Sprint(all[len(all)-1].Generation) // the server may observe to its end
	questions := [][]string{nil, {"--json"}, {"--since", began.Format(time.RFC3339Nano)}, {"--account", "123456789012"}}
	ask := func() (answers []string) {
		for _, args := range questions {
			_, out, stderr := command(t, nil, append([]string{"history", "--data-dir", dir, "--until", last}, args...)...)
			answers = append(answers, out+stderr)
		}
		return answers
	}
	served := ask()
	d.stop()
	if diff := cmp.Diff(served, ask()); diff != "" || !strings.Contains(served[0], "joiner@example.com") {
		t.Errorf("-server +files:\n%s", diff)
	}
}

// TestHistoryOfFiles: of each account its own, and nothing of what is not there.
func TestHistoryOfFiles(t *testing.T) {
	dir := knownDir(t, oneAccount, otherAccount)
	for _, id := range []string{oneAccount, otherAccount} {
		status, out, stderr := command(t, nil, "history", "--data-dir", dir, "--account", id)
		if status != exitOK || strings.Count(out, "\n") != 1 || !strings.Contains(out, "user-of-"+id+" (AIDA"+id+")") {
			t.Errorf("%s: status %d\n%s%s", id, status, out, stderr)
		}
	}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"name one with --account", []string{"--data-dir", dir}},
		{"no snapshot of account 333333333333", []string{"--data-dir", dir, "--account", "333333333333"}},
		{"no account yet", []string{"--data-dir", t.TempDir()}},
		{"no such file", []string{"--data-dir", dir + "x"}},
	} {
		status, out, stderr := command(t, nil, append([]string{"history"}, tt.args...)...)
		if status != exitFailure || out != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: status %d, %q, %s; want %q", tt.args, status, out, stderr, tt.want)
		}
	}
	if _, err := os.Stat(dir + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory was made: %v", err)
	}
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if status, _, stderr := command(t, nil, "history", "--data-dir", dir, "--account", oneAccount); status != exitFailure || !strings.Contains(stderr, "another command is at work") {
		t.Errorf("while another command is at work: status %d, %s", status, stderr)
	}
}
