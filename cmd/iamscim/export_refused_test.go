package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iamscim/store"
)

// knownDir is a data directory of accounts with one user each, which nobody
// serves.
func knownDir(t *testing.T, accounts ...string) string {
	t.Helper()
	dir := dataDir(t)
	for _, id := range accounts {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		account, err := store.OpenAccount(t.Context(), dir, id, store.AccountOptions{})
		if err != nil {
			t.Fatal(err)
		}
		obs := &store.Observation{AccountID: id, Started: time.Now(), Users: []store.User{{
			ID: "AIDA" + id, Name: "user-of-" + id, UserName: "user-of-" + id, Created: time.Now(), Active: true,
		}}}
		if _, err := account.Snapshot.Replace(t.Context(), obs, store.ReplaceOptions{MaxLoss: 1}); err != nil {
			t.Fatal(err)
		}
		if err := account.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const oneAccount, otherAccount = "111111111111", "222222222222"

// TestExportRefused: the message says what to do, and nothing is left behind.
func TestExportRefused(t *testing.T) {
	dir, two := knownDir(t, oneAccount), knownDir(t, oneAccount, otherAccount)
	out := t.TempDir()
	there := filepath.Join(out, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	tomorrow := time.Now().UTC().AddDate(0, 0, 1)
	for _, tt := range []struct {
		name string
		want int
		say  string
		args []string
	}{
		{"no form", exitUsage, `unknown command "xml"`, []string{"xml"}},
		{"argument", exitUsage, "takes no argument", []string{"csv", out}},
		{"no folder", exitUsage, "--output is required", []string{"csv"}},
		{"folder to stdout", exitUsage, "--output is required", []string{"csv", "--output", "-"}},
		{"two outputs", exitUsage, "--json", []string{"json", "--json", "--output", "-"}},
		{"no time", exitUsage, `--as-of: "yesterday"`, []string{"json", "--as-of", "yesterday"}},
		{"today", exitUsage, "is not over", []string{"json", "--as-of", time.Now().UTC().Format(time.DateOnly)}},
		{"the future", exitFailure, "in the future", []string{"json", "--as-of", tomorrow.Format(time.RFC3339)}},
		{"before the history", exitFailure, "its history begins at", []string{"json", "--as-of", "2020-02-29"}},
		{"no directory", exitFailure, "--data-dir", []string{"json", "--data-dir", filepath.Join(out, "nowhere")}},
		{"nothing in it", exitFailure, "no account yet", []string{"json", "--data-dir", t.TempDir()}},
		{"no such account", exitFailure, "accounts there: " + oneAccount, []string{"json", "--account", otherAccount}},
		{"no account", exitFailure, "twelve digits", []string{"json", "--account", "../" + oneAccount}},
		{"which account", exitFailure, "name one with --account", []string{"json", "--data-dir", two}},
		{"there already", exitFailure, "--force replaces it", []string{"json", "--output", there}},
		{"a folder", exitFailure, "no ordinary file", []string{"json", "--output", out, "--force"}},
		{"a file", exitFailure, "no folder", []string{"csv", "--output", there, "--force"}},
		{"no parent", exitFailure, "no such file", []string{"csv", "--output", filepath.Join(out, "no", "where")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"export"}, tt.args...)
			if !strings.Contains(strings.Join(args, " "), "--data-dir") && tt.say != `unknown command "xml"` {
				args = append(args, "--data-dir", dir)
			}
			status, stdout, stderr := command(t, nil, args...)
			if status != tt.want || stdout != "" || !strings.Contains(stderr, tt.say) {
				t.Errorf("status %d, %q, %s; want %d and %q", status, stdout, stderr, tt.want, tt.say)
			}
		})
	}
	entries, err := os.ReadDir(out)
	if text, _ := os.ReadFile(there); err != nil || len(entries) != 1 || string(text) != "mine" {
		t.Errorf("left behind: %v, %q, %v", entries, text, err)
	}
}

// TestExportReplaces: only what is named, only by force, and for its owner only.
func TestExportReplaces(t *testing.T) {
	dir, out := knownDir(t, oneAccount, otherAccount), t.TempDir()
	foreign := filepath.Join(out, "notes.txt")
	if err := os.WriteFile(foreign, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	export(t, dir, "csv", "--account", oneAccount, "--output", out)
	before, err := os.ReadFile(filepath.Join(out, "users.csv"))
	if err != nil || !strings.Contains(string(before), "\n"+oneAccount+",AIDA"+oneAccount+",user-of-"+oneAccount+",") {
		t.Fatalf("%s, %v", before, err)
	}
	if status, _, stderr := command(t, nil, "export", "csv", "--data-dir", dir, "--account", otherAccount, "--output", out); status != exitFailure || !strings.Contains(stderr, "--force") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if after, err := os.ReadFile(filepath.Join(out, "users.csv")); err != nil || string(after) != string(before) {
		t.Errorf("replaced without force: %s, %v", after, err)
	}
	sum := export(t, dir, "csv", "--account", otherAccount, "--output", out, "--force", "--bom")
	if after, err := os.ReadFile(filepath.Join(out, "users.csv")); err != nil || !strings.HasPrefix(string(after), "\ufeffaccountId,") || !strings.Contains(string(after), "AIDA"+otherAccount) {
		t.Errorf("%s, %v", after, err)
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != len(sum.Files)+2 { // the manifest and the notes
		t.Errorf("%v, %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 && e.Name() != filepath.Base(foreign) {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// TestExportDamaged: what is not whole is not published, and what was there
// stays.
func TestExportDamaged(t *testing.T) {
	dir, out := knownDir(t, oneAccount), t.TempDir()
	export(t, dir, "csv", "--output", out)
	manifest, err := os.ReadFile(filepath.Join(out, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, oneAccount+".snapshot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `update user_body set body = cast('{"id":' as blob)`); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"csv", "--output", out, "--force"}, {"csv", "--output", filepath.Join(out, "new")}, {"json", "--output", filepath.Join(out, "new.json")}} {
		status, stdout, stderr := command(t, nil, append(append([]string{"export"}, args...), "--data-dir", dir)...)
		if status != exitFailure || stdout != "" || !strings.Contains(stderr, "User AIDA"+oneAccount+" cannot be read") {
			t.Errorf("%v: status %d, %q, %s", args, status, stdout, stderr)
		}
	}
	after, err := os.ReadFile(filepath.Join(out, manifestName))
	if entries, _ := os.ReadDir(out); err != nil || string(after) != string(manifest) || len(entries) != len(newTables().names())+1 {
		t.Errorf("left behind: %v, %s, %v", entries, after, err)
	}
}

// TestBrokenOff: an export that ends too soon is none, wherever it ends.
func TestBrokenOff(t *testing.T) {
	whole, err := os.ReadFile("testdata/export/account.json")
	if err != nil {
		t.Fatal(err)
	}
	for end := 0; end < len(whole)-2; end += 97 {
		out := filepath.Join(t.TempDir(), "out")
		f := &exportFlags{output: out}
		for _, write := range []func() error{
			func() error { _, err := f.folder(strings.NewReader(string(whole[:end])), nil); return err },
			func() error { _, err := f.document(strings.NewReader(string(whole[:end])), nil); return err },
		} {
			if err := write(); err == nil || !strings.Contains(err.Error(), "broke off") {
				t.Errorf("after %d bytes: %v", end, err)
			}
			if _, err := os.Lstat(out); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("after %d bytes: something is there, %v", end, err)
			}
		}
	}
}

// full is a disk with room for so many bytes.
type full int

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestExportToFullDisk(t *testing.T) {
	dir := knownDir(t, oneAccount)
	var errs strings.Builder
	room := full(100)
	status := run(t.Context(), []string{"export", "json", "--data-dir", dir}, process{func(string) string { return "" }, strings.NewReader(""), &room, &errs})
	if status != exitFailure || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("status %d, %s", status, errs.String())
	}
}

func TestParseAsOf(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "", "2026-02-28": "2026-02-28T23:59:59.999Z", "2026-02-28T10:00:00+02:00": "2026-02-28T08:00:00Z",
		"2026-02-28T10:00:00.123456789Z": "2026-02-28T10:00:00.123456789Z", "2030-01-01T00:00:00Z": "2030-01-01T00:00:00Z", // the server's to refuse
	} {
		if got, err := parseAsOf(text, now); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"2026-03-01", "2026-03-02", "2026-02-29", "7d", "3", "2026-02-28 10:00"} {
		if got, err := parseAsOf(text, now); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
}
