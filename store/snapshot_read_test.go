package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// written is a data directory with a snapshot of n users, and one as a crash
// would have left it: with the log that was not yet moved into the file.
func written(t *testing.T, n int) (closed, crashed string) {
	t.Helper()
	closed, crashed = t.TempDir(), t.TempDir()
	path := filepath.Join(closed, account+".snapshot.db")
	s, err := store.OpenSnapshot(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, s, observation(n))
	for _, suffix := range []string{"", "-wal"} {
		body, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(crashed, filepath.Base(path)+suffix), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return closed, crashed
}

// TestReadSnapshot: what was written is read, and the file stays as it is.
func TestReadSnapshot(t *testing.T) {
	closed, crashed := written(t, 30)
	for name, dir := range map[string]string{"closed": closed, "crashed": crashed} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, account+".snapshot.db")
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := store.ReadSnapshot(t.Context(), dir, account)
			if err != nil {
				t.Fatal(err)
			}
			if ids := selected(t, s, store.KindUser, store.Query{}); len(ids) != 30 || s.Generation().ID != 1 || !s.Observed().Equal(start) {
				t.Errorf("%d users of %+v, observed %s", len(ids), s.Generation(), s.Observed())
			}
			err = s.Update(t.Context(), "token-1", func(tx *store.SnapshotTx) error {
				return tx.DeleteUser(t.Context(), observation(1).Users[0].ID)
			})
			if err == nil {
				t.Error("what is open for reading was written")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			after, err := os.ReadFile(path)
			if err != nil || string(after) != string(before) {
				t.Errorf("the file was changed, %v", err)
			}
			again := openAt(t, path)
			if diff := cmp.Diff(s.Generation(), again.Generation()); diff != "" {
				t.Errorf("opened as ever, -read +opened:\n%s", diff)
			}
		})
	}
}

// TestReadSnapshotRefused: nothing is made of what cannot be read, and the
// message says what to do.
func TestReadSnapshotRefused(t *testing.T) {
	refused := func(t *testing.T, dir, id string) error {
		t.Helper()
		s, err := store.ReadSnapshot(t.Context(), dir, id)
		if err == nil {
			t.Fatal("opened", s.Close())
		}
		return err
	}
	t.Run("none", func(t *testing.T) {
		dir := t.TempDir()
		err := refused(t, dir, account)
		if entries, _ := os.ReadDir(dir); !errors.Is(err, fs.ErrNotExist) || len(entries) != 0 {
			t.Errorf("%v, and there is %v", err, entries)
		}
	})
	t.Run("no account", func(t *testing.T) {
		if err := refused(t, t.TempDir(), "../"+account); !strings.Contains(err.Error(), "twelve digits") {
			t.Error(err)
		}
	})
	t.Run("another account's", func(t *testing.T) {
		dir, _ := written(t, 1)
		if err := os.Rename(filepath.Join(dir, account+".snapshot.db"), filepath.Join(dir, "999999999999.snapshot.db")); err != nil {
			t.Fatal(err)
		}
		if err := refused(t, dir, "999999999999"); !errors.Is(err, store.ErrOtherAccount) {
			t.Error(err)
		}
	})
	for version, want := range map[string]string{"0": "older version (0)", "99": "newer version (99)"} {
		t.Run(want, func(t *testing.T) {
			dir, _ := written(t, 1)
			spoil(t, filepath.Join(dir, account+".snapshot.db"), `pragma user_version = `+version)
			if err := refused(t, dir, account); !strings.Contains(err.Error(), want) {
				t.Error(err)
			}
		})
	}
	t.Run("damaged", func(t *testing.T) {
		dir, _ := written(t, 300)
		path := filepath.Join(dir, account+".snapshot.db")
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 4096; i < len(body); i += 50 {
			body[i] ^= 0x55
		}
		for _, damaged := range []string{string(body), strings.Repeat("not a database ", 100)} {
			if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := refused(t, dir, account); !strings.Contains(err.Error(), "database file is damaged: check "+account+".snapshot.db") {
				t.Error(err)
			}
			if left, err := os.ReadFile(path); err != nil || string(left) != damaged {
				t.Errorf("the damaged file was changed, %v", err)
			}
		}
	})
}
