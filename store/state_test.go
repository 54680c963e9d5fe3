package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

const accountID = "123456789012"

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func frozen() time.Time { return epoch }

func openState(tb testing.TB, path string) *store.State {
	tb.Helper()
	s, err := store.OpenState(tb.Context(), path, accountID, frozen)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func newState(tb testing.TB) *store.State {
	tb.Helper()
	return openState(tb, filepath.Join(tb.TempDir(), "x.state.db"))
}

func updateState(tb testing.TB, s *store.State, fn func(*store.StateTx) error) {
	tb.Helper()
	if err := s.Update(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// viewState returns what fn reads.
func viewState[T any](tb testing.TB, s *store.State, fn func(*store.StateTx) (T, error)) T {
	tb.Helper()
	var value T
	err := s.View(tb.Context(), func(tx *store.StateTx) (err error) {
		value, err = fn(tx)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func TestOpenState(t *testing.T) {
	t.Run("private", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a b#%?.db")
		updateState(t, openState(t, path), func(*store.StateTx) error { return nil })
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != 0o600 {
				t.Errorf("%s has mode %o, want 600", filepath.Base(path)+suffix, got)
			}
		}
	})
	t.Run("other account", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.state.db")
		openState(t, path)
		_, err := store.OpenState(t.Context(), path, "999999999999", frozen)
		if !errors.Is(err, store.ErrOtherAccount) {
			t.Errorf("got %v, want ErrOtherAccount", err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.state.db")
		content := bytes.Repeat([]byte("not a database "), 1000)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.OpenState(t.Context(), path, accountID, frozen)
		if err == nil || !strings.Contains(err.Error(), "backup") {
			t.Errorf("got %v, want instructions", err)
		}
		after, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(after, content) {
			t.Errorf("the damaged file was touched: %v", err)
		}
	})
	t.Run("writable", func(t *testing.T) {
		s := newState(t)
		for range 2 {
			if err := s.Writable(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a view cannot write", func(t *testing.T) {
		err := newState(t).View(t.Context(), func(tx *store.StateTx) error {
			return tx.DeletePerson(t.Context(), "AIDA1")
		})
		if err == nil {
			t.Error("a write in View succeeded")
		}
	})
}

func TestPerson(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.state.db")
	s := openState(t, path)
	primary := true
	ann := store.Person{
		DisplayName: "Ann",
		Name:        store.PersonName{GivenName: "Ann", FamilyName: "O'Neil"},
		Emails:      []store.MultiValue{{Value: "ann@example.com", Primary: &primary}},
		Enterprise:  store.Enterprise{Manager: store.Manager{Value: "AIDA9"}},
	}
	updateState(t, s, func(tx *store.StateTx) error {
		return errors.Join(
			tx.PutPerson(ctx, "AIDA1", store.Person{Title: "old"}, "okta"),
			tx.PutPerson(ctx, "AIDA1", ann, "okta"),
			tx.PutPerson(ctx, "AIDA2", store.Person{}, "okta"),
		)
	})
	s = openState(t, path) // both processes' view is the file
	want := map[string]store.Person{"AIDA1": ann, "AIDA2": {}}
	got := viewState(t, s, func(tx *store.StateTx) (map[string]store.Person, error) { return tx.Persons(ctx) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	one := viewState(t, s, func(tx *store.StateTx) (*store.Person, error) { return tx.Person(ctx, "AIDA1") })
	if diff := cmp.Diff(&ann, one); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	updateState(t, s, func(tx *store.StateTx) error {
		return errors.Join(tx.DeletePerson(ctx, "AIDA1"), tx.DeletePerson(ctx, "AIDA7"))
	})
	err := s.View(ctx, func(tx *store.StateTx) error {
		_, err := tx.Person(ctx, "AIDA1")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// TestErase proves that deleted personal data is gone from the file.
func TestErase(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.state.db")
	s, err := store.OpenState(ctx, path, accountID, frozen)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "erase-me-please"
	updateState(t, s, func(tx *store.StateTx) error {
		return tx.PutPerson(ctx, "AIDA1", store.Person{Title: mark}, "okta")
	})
	updateState(t, s, func(tx *store.StateTx) error { return tx.DeletePerson(ctx, "AIDA1") })
	if err := s.Close(); err != nil { // moves the log into the file
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(mark)) {
		t.Error("the erased text is still in the file")
	}
}

func TestGroupAttributes(t *testing.T) {
	ctx := t.Context()
	s := newState(t)
	want := store.GroupAttributes{ExternalID: "e1", DisplayName: "A very long name", IAMName: "A-1f"}
	updateState(t, s, func(tx *store.StateTx) error {
		return errors.Join(
			tx.PutGroupAttributes(ctx, "AGPA1", store.GroupAttributes{ExternalID: "old"}, "okta"),
			tx.PutGroupAttributes(ctx, "AGPA1", want, "okta"),
			tx.PutGroupAttributes(ctx, "AGPA2", want, "okta"),
			tx.DeleteGroupAttributes(ctx, "AGPA2"),
		)
	})
	read := func(tx *store.StateTx) (map[string]store.GroupAttributes, error) { return tx.GroupAttributes(ctx) }
	if diff := cmp.Diff(map[string]store.GroupAttributes{"AGPA1": want}, viewState(t, s, read)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, ok := want.LongName("A-1f"); got != want.DisplayName || !ok {
		t.Errorf("got %q, %v", got, ok)
	}
	if _, ok := want.LongName("renamed-in-iam"); ok {
		t.Error("the long name outlived a rename in IAM")
	}
}

func TestOwned(t *testing.T) {
	ctx := t.Context()
	s := newState(t)
	user, group := store.Ref{Kind: store.KindUser, ID: "AIDA1"}, store.Ref{Kind: store.KindGroup, ID: "AGPA1"}
	updateState(t, s, func(tx *store.StateTx) error {
		return errors.Join(
			tx.PutOwnership(ctx, user, store.Created, "okta"),
			tx.PutOwnership(ctx, user, store.Adopted, "operator"),
			tx.PutOwnership(ctx, group, store.Adopted, "operator"),
		)
	})
	want := map[store.Ref]store.Ownership{
		user:  {Origin: store.Created, Actor: "okta", At: epoch},
		group: {Origin: store.Adopted, Actor: "operator", At: epoch},
	}
	got := viewState(t, s, func(tx *store.StateTx) (map[store.Ref]store.Ownership, error) { return tx.Owned(ctx) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDeactivation(t *testing.T) {
	ctx := t.Context()
	s := newState(t)
	taken := []store.RememberedCredential{{Kind: "accessKey", ID: "AKIA1"}}
	updateState(t, s, func(tx *store.StateTx) error {
		return errors.Join(
			tx.PutDeactivation(ctx, "AIDA1", taken, "okta"),
			tx.PutDeactivation(ctx, "AIDA1", nil, "entra"),
			tx.PutDeactivation(ctx, "AIDA2", nil, "entra"),
			tx.DeleteDeactivation(ctx, "AIDA2"),
		)
	})
	want := map[string]store.Deactivation{"AIDA1": {Credentials: taken, Actor: "okta", At: epoch}}
	got := viewState(t, s, func(tx *store.StateTx) (map[string]store.Deactivation, error) { return tx.Deactivations(ctx) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a second deactivation changed what is remembered, -want +got:\n%s", diff)
	}
}

// alter changes a file behind the store's back.
func alter(tb testing.TB, path string, statements ...string) {
	tb.Helper()
	for _, s := range statements {
		if err := tryAlter(tb, path, s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

func tryAlter(tb testing.TB, path, statement string) error {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(tb.Context(), statement)
	return err
}
