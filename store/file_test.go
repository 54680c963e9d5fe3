package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iamscim/store"
)

func now() time.Time { return start }

func TestFileNames(t *testing.T) {
	for _, name := range []string{"a b.db", "what?.db", "50%.db", "%20.db", "a#b.db", "ü.db", "a&_pragma=x.db"} {
		path := filepath.Join(t.TempDir(), name)
		s, err := store.OpenSnapshot(t.Context(), path, account, now)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		replace(t, s, observation(10))
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", name, info, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%q: close: %v", name, err)
		}
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := store.OpenSnapshot(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	obs := observation(30)
	replace(t, s, obs)
	before := s.Generation()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	if s.Generation() != before {
		t.Errorf("generation %+v, want %+v", s.Generation(), before)
	}
	if ids := selected(t, s, store.KindUser, store.Query{}); len(ids) != 30 {
		t.Errorf("%d users", len(ids))
	}
	if _, ok := s.Cached(store.KindUser, store.Query{}); !ok {
		t.Error("the result was not kept")
	}
	_, err = store.OpenSnapshot(t.Context(), path, "999999999999", now)
	if !errors.Is(err, store.ErrOtherAccount) {
		t.Errorf("another account: %v", err)
	}
}

func TestNewerDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `pragma user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = store.OpenSnapshot(t.Context(), path, account, now)
	if err == nil || !strings.Contains(err.Error(), "newer version (99)") {
		t.Errorf("got %v", err)
	}
}

// TestDamaged: the snapshot is a cache, so a damaged one makes place for a new one.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := store.OpenSnapshot(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, s, observation(300))
	epoch := s.Generation().Epoch
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(body); i += 50 {
		body[i] ^= 0x55
	}
	for _, damaged := range [][]byte{body, []byte(strings.Repeat("not a database ", 100))} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.OpenSnapshot(t.Context(), path, account, func() time.Time { return start.Add(time.Duration(len(damaged)) * time.Second) })
		if err != nil {
			t.Fatal(err)
		}
		if s.MovedAside() == "" {
			t.Error("the new file does not say that it replaces a damaged one")
		}
		if g := s.Generation(); g.ID != 0 || g.Epoch == epoch || g.Epoch == "" {
			t.Errorf("generation of the new file: %+v", g)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	aside, err := fs.Glob(os.DirFS(filepath.Dir(path)), "s.db.damaged-*")
	if err != nil || len(aside) != 2 {
		t.Errorf("moved aside: %v, %v", aside, err)
	}
}

func TestHistory(t *testing.T) {
	s := open(t)
	obs := observation(30)
	replace(t, s, obs)
	first := s.Generation()
	u := obs.Users[1]
	u.Person.Title = "Engineer"
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(tx.PutUser(ctx, &u), tx.DeleteUser(ctx, obs.Users[2].ID))
	})
	second := s.Generation()
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return tx.PutMembership(ctx, u.ID, obs.Groups[0].ID, false)
	})
	err := s.ViewAt(t.Context(), first.At, func(tx *store.SnapshotTx) error {
		users, err := tx.Users(t.Context(), u.ID, obs.Users[2].ID)
		if len(users) != 2 || users[0].Person.Title != "" || users[0].Changed != 1 || !users[0].LastModified.Equal(first.At) || tx.Generation() != first {
			t.Errorf("as of then: %+v", users)
		}
		members, err2 := tx.Members(t.Context(), obs.Groups[0].ID, true)
		if len(members) != 15 {
			t.Errorf("members as of then: %v", members)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		changes, err := tx.Changes(ctx, store.AfterGeneration(1), 2, 100)
		what := map[string]string{}
		for _, c := range changes {
			what[c.Ref.ID] = c.What
		}
		if what[u.ID] != "updated" || what[obs.Users[2].ID] != "deleted" || changes[0].Generation != second {
			t.Errorf("changes: %+v", changes)
		}
		return err
	})
	if err := s.Prune(t.Context(), second.At); err != nil {
		t.Fatal(err)
	}
	if err := s.ViewAt(t.Context(), first.At, func(*store.SnapshotTx) error { return nil }); !errors.Is(err, store.ErrNoGeneration) {
		t.Errorf("as of a pruned time: %v", err)
	}
	err = s.ViewAt(t.Context(), second.At, func(tx *store.SnapshotTx) error {
		users, err := tx.Users(t.Context(), u.ID)
		if len(users) != 1 || len(users[0].Groups) != len(u.Groups) {
			t.Errorf("as of the oldest kept: %+v", users)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
