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
