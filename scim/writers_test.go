package scim

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// TestWriters replays what identity providers write into an account that is
// empty but for the user "old" and the group "everybody", and checks what
// became of it. A file of testdata/writers is a txtar archive: a "request" and
// its "response", which are those of TestClients, then perhaps the "calls" that
// changed something in IAM since the last ones, in their order; and at the end
// the "state" of the account. Calls that no section names must not be made.
func TestWriters(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/writers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newWritable(t, writerSettings[name], func(a *iamsim.Account) {
				a.AddUser(iamsim.User{Name: "old", Path: "/"})
				a.AddGroup(iamsim.Group{Name: "everybody", Path: "/"})
				a.Join("old", "everybody")
			})
			replay(t, d, readTxtar(t, file))
		})
	}
}

// writerSettings are those that a client needs, other than the defaults.
var writerSettings = map[string]func(*Account, *provisioner.Config){
	"sailpoint-via-users": func(a *Account, c *provisioner.Config) { a.GroupsViaUsers, c.Write.GroupsViaUsers = true, true },
	"okta-passwords":      func(a *Account, c *provisioner.Config) { a.Passwords, c.Write.Passwords = true, true },
}

func replay(t *testing.T, d *demo, sections []section) {
	t.Helper()
	vars := map[string]string{"base": d.URL + "/scim/v2"}
	for i, s := range sections {
		switch kind, _, _ := strings.Cut(s.name, ":"); kind {
		case "request":
			if err := exchange(t, d, s.text, sections[i+1].text, vars); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		case "response":
			if next := i + 1; next < len(sections) && sections[next].name == "calls" {
				continue
			}
			if calls := d.changes(); len(calls) > 0 {
				t.Errorf("%s: calls nobody expects:\n%s", sections[i-1].name, strings.Join(calls, "\n"))
			}
		case "calls":
			compareLines(t, sections[i-2].name+": calls", s.text, d.changes())
		case "state":
			compareLines(t, "state", s.text, d.state())
		default:
			t.Fatalf("section %q", s.name)
		}
	}
	if sections[len(sections)-1].name != "state" {
		t.Error("the state at the end is missing")
	}
}

func compareLines(t *testing.T, what, want string, got []string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}
