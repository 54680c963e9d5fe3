package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"iamscim/store"
)

func TestOpenAccount(t *testing.T) {
	t.Run("both files", func(t *testing.T) {
		dir := t.TempDir()
		for range 2 { // created, then opened
			a, err := store.OpenAccount(t.Context(), dir, accountID, store.AccountOptions{Now: frozen})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.State.Writable(t.Context()); err != nil || a.Snapshot.Generation().ID != 0 {
				t.Errorf("got %v, generation %d", err, a.Snapshot.Generation().ID)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, name := range []string{accountID + ".state.db", accountID + ".snapshot.db"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("files of another account under this name", func(t *testing.T) {
		dir := t.TempDir()
		a, err := store.OpenAccount(t.Context(), dir, "999999999999", store.AccountOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{".state.db", ".snapshot.db"} {
			err := os.Rename(filepath.Join(dir, "999999999999"+kind), filepath.Join(dir, accountID+kind))
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.OpenAccount(t.Context(), dir, accountID, store.AccountOptions{})
			if !errors.Is(err, store.ErrOtherAccount) {
				t.Errorf("%s: got %v, want ErrOtherAccount", kind, err)
			}
			if err := os.Remove(filepath.Join(dir, accountID+kind)); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("not an account id", func(t *testing.T) {
		for _, id := range []string{"", "12345678901", "1234567890123", "../../etc/pa", "12345678901x"} {
			if _, err := store.OpenAccount(t.Context(), t.TempDir(), id, store.AccountOptions{}); err == nil {
				t.Errorf("%q was taken", id)
			}
		}
	})
}
