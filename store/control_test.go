package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func newControl(tb testing.TB) *store.Control {
	tb.Helper()
	c, err := store.OpenControl(tb.Context(), filepath.Join(tb.TempDir(), "control.db"), frozen)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func updateControl(tb testing.TB, c *store.Control, fn func(*store.ControlTx) error) {
	tb.Helper()
	if err := c.Update(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

func tokenByID(tb testing.TB, c *store.Control, id string) (token store.Token, err error) {
	tb.Helper()
	err = c.View(tb.Context(), func(tx *store.ControlTx) error {
		token, err = tx.TokenByID(tb.Context(), id)
		return err
	})
	return token, err
}

func TestToken(t *testing.T) {
	ctx := t.Context()
	c := newControl(t)
	full := store.Token{
		ID: "b", Name: "Okta", Hash: [32]byte{1, 2, 3}, Scopes: []string{"read", "write"}, AccountID: accountID,
		UserID: "AIDA1", Profile: "strict", Created: epoch, Expires: epoch.AddDate(1, 0, 0),
	}
	bare := store.Token{ID: "a", Created: epoch.Add(time.Second), Scopes: []string{}}
	updateControl(t, c, func(tx *store.ControlTx) error {
		return errors.Join(tx.PutToken(ctx, bare), tx.PutToken(ctx, full))
	})
	var got []store.Token
	err := c.View(ctx, func(tx *store.ControlTx) (err error) {
		got, err = tx.Tokens(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.Token{full, bare}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	one, err := tokenByID(t, c, "b")
	if diff := cmp.Diff(full, one); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if _, err := tokenByID(t, c, "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	err = c.Update(ctx, func(tx *store.ControlTx) error { return tx.PutToken(ctx, full) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
}

func TestRevokeToken(t *testing.T) {
	ctx := t.Context()
	c := newControl(t)
	updateControl(t, c, func(tx *store.ControlTx) error {
		return tx.PutToken(ctx, store.Token{ID: "a", Created: epoch, Revoked: epoch.Add(-time.Hour)})
	})
	updateControl(t, c, func(tx *store.ControlTx) error { return tx.PutToken(ctx, store.Token{ID: "b", Created: epoch}) })
	for id, want := range map[string]time.Time{"a": epoch.Add(-time.Hour), "b": epoch} {
		updateControl(t, c, func(tx *store.ControlTx) error { return tx.RevokeToken(ctx, id) })
		if got, err := tokenByID(t, c, id); err != nil || !got.Revoked.Equal(want) {
			t.Errorf("%s was revoked %v (%v), want %v", id, got.Revoked, err, want)
		}
	}
	err := c.Update(ctx, func(tx *store.ControlTx) error { return tx.RevokeToken(ctx, "x") })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestTouchToken(t *testing.T) {
	ctx := t.Context()
	c := newControl(t)
	updateControl(t, c, func(tx *store.ControlTx) error { return tx.PutToken(ctx, store.Token{ID: "a", Created: epoch}) })
	tests := []struct{ used, want time.Duration }{
		{time.Minute, time.Minute},
		{2 * time.Minute, time.Minute},
		{time.Minute + time.Hour, time.Minute + time.Hour},
		{0, time.Minute + time.Hour},
	}
	for _, tt := range tests {
		updateControl(t, c, func(tx *store.ControlTx) error { return tx.TouchToken(ctx, "a", epoch.Add(tt.used)) })
		if got, err := tokenByID(t, c, "a"); err != nil || got.LastUsed.Sub(epoch) != tt.want {
			t.Errorf("after use at %v: last used %v (%v), want %v", tt.used, got.LastUsed.Sub(epoch), err, tt.want)
		}
	}
}

func TestControlAudit(t *testing.T) {
	ctx := t.Context()
	c := newControl(t)
	updateControl(t, c, func(tx *store.ControlTx) error {
		_, err := tx.AppendAudit(ctx, store.AuditEntry{Actor: "operator", Action: "token.revoke", Outcome: "done"})
		return err
	})
	err := c.View(ctx, func(tx *store.ControlTx) error {
		entries, err := tx.Audit(ctx, 1, 10)
		if len(entries) != 1 || entries[0].Action != "token.revoke" {
			t.Errorf("got %+v", entries)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
