package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"iamscim/store"
)

func TestLockDir(t *testing.T) {
	t.Run("one owner", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new", "data")
		lock, err := store.LockDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.LockDir(dir)
		if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Errorf("got %v, want ErrLocked naming the process", err)
		}
		for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "lock"): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: got %v (%v), want %v", path, info.Mode().Perm(), err, want)
			}
		}
		if err := lock.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := store.LockDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("others may write", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o770); err != nil {
			t.Fatal(err)
		}
		if _, err := store.LockDir(dir); err == nil || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("got %v, want an error with the remedy", err)
		}
	})
}

// TestShareDir: many may read at once, and who writes is alone.
func TestShareDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	content := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(filepath.Join(dir, "lock")); err != nil || string(text) != want {
			t.Errorf("the file says %q (%v), want %q", text, err, want)
		}
	}
	wants := func(err, want error, say string) {
		t.Helper()
		if !errors.Is(err, want) || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %v that says %s", err, want, say)
		}
	}
	pid := strconv.Itoa(os.Getpid())
	owner := must(store.LockDir(dir))(t)
	_, err := store.ShareDir(dir)
	wants(err, store.ErrLocked, "by process "+pid)
	if errors.Is(err, store.ErrBeingRead) {
		t.Errorf("an owner is no reader: %v", err)
	}
	closed(t, owner)

	// Whose number is there does not matter to those who share.
	const old = "4194305\n"
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	one, two := must(store.ShareDir(dir))(t), must(store.ShareDir(dir))(t)
	content(old)
	for _, reader := range []*store.Lock{one, two} {
		_, err := store.LockDir(dir)
		wants(err, store.ErrLocked, "commands that read it")
		wants(err, store.ErrBeingRead, "try again")
		if strings.Contains(err.Error(), "4194305") {
			t.Errorf("a process that has ended is named: %v", err)
		}
		content(old)
		closed(t, reader)
	}
	// That it was tried leaves nothing behind.
	owner = must(store.LockDir(dir))(t)
	content(pid + "\n")
	closed(t, owner)

	missing := filepath.Join(dir, "missing")
	if _, err := store.ShareDir(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is none", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory was made: %v", err)
	}
}

func must(lock *store.Lock, err error) func(*testing.T) *store.Lock {
	return func(t *testing.T) *store.Lock {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return lock
	}
}

func closed(t *testing.T, lock *store.Lock) {
	t.Helper()
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
}
