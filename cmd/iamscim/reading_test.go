package main

import (
	"os"
	"strings"
	"testing"

	"iamscim/store"
)

// TestReadingBesideReading: commands that only read run beside each other; those
// that write say that they are in the way.
func TestReadingBesideReading(t *testing.T) {
	dir := knownDir(t, oneAccount)
	reader, err := store.ShareDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"history"}, {"export", "json"}, {"export", "csv", "--output", t.TempDir()}} {
		status, out, stderr := command(t, nil, append(args, "--data-dir", dir)...)
		if status != exitOK || args[0] == "history" && !strings.Contains(out, "user-of-"+oneAccount) {
			t.Errorf("%v: status %d, %q, %s", args, status, out, stderr)
		}
	}
	env := simulated(t, "1")
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"refresh"}, {"token", "list"}, {"token", "create", "--name", "x"}} {
		status, out, stderr := command(t, env, append(args, "--data-dir", dir)...)
		if status != exitFailure || out != "" || !strings.Contains(stderr, "commands that read it") {
			t.Errorf("%v: status %d, %q, %s", args, status, out, stderr)
		}
	}
	// What only a server can do has no need of the directory.
	if status, _, stderr := command(t, nil, "adopt", "--data-dir", dir, "ann"); status != exitFailure || !strings.Contains(stderr, "no server is running") {
		t.Errorf("adopt: status %d, %s", status, stderr)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}

	owner, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	pid, err := os.ReadFile(dir + "/lock")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"history"}, {"export", "json"}, {"adopt", "ann"}, {"token", "list"}} {
		status, out, stderr := command(t, nil, append(args, "--data-dir", dir)...)
		if want := "in use by process " + strings.TrimSpace(string(pid)) + ", and no server can be asked"; status != exitFailure || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%v: status %d, %q, %s; want %s", args, status, out, stderr, want)
		}
	}
}
