package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// TestDamagedRow: a record that cannot be read is left out of a list and named;
// who writes meets an error; an equal observation restores it.
func TestDamagedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot.db")
	s, obs := openAt(t, path), observation(20)
	replace(t, s, obs)
	bad := obs.Users[7].ID
	spoil(t, path, `update user_body set body = cast('{"id":' as blob) where row = (select row from user where id = ?)`, bad)

	var users []*store.User
	all := selected(t, s, store.KindUser, store.Query{})
	read := func(ctx context.Context, tx *store.SnapshotTx) (err error) {
		users, err = tx.Users(ctx, all...)
		return err
	}
	view(t, s, read)
	if len(users) != len(all)-1 {
		t.Errorf("%d of %d users are read", len(users), len(all))
	}
	if diff := cmp.Diff([]store.Ref{{Kind: store.KindUser, ID: bad}}, s.Damaged()); diff != "" {
		t.Errorf("damaged, -want +got:\n%s", diff)
	}
	err := s.Update(t.Context(), "token-1", func(tx *store.SnapshotTx) error {
		_, err := tx.Users(t.Context(), bad)
		return err
	})
	if err == nil {
		t.Error("an update took the damaged user for absent")
	}
	if out := replace(t, s, obs); out.Updated[store.KindUser] != 1 {
		t.Errorf("the same observation updated %v", out.Updated)
	}
	view(t, s, read)
	if len(users) != len(all) || len(s.Damaged()) != 0 {
		t.Errorf("%d of %d users after the observation, damaged %v", len(users), len(all), s.Damaged())
	}
}

// spoil runs a statement behind the store's back.
func spoil(t *testing.T, path, text string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}
