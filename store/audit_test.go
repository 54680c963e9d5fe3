package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func appendAudit(tb testing.TB, s *store.State, actions ...string) []store.AuditEntry {
	tb.Helper()
	var entries []store.AuditEntry
	updateState(tb, s, func(tx *store.StateTx) error {
		for _, action := range actions {
			e, err := tx.AppendAudit(tb.Context(), store.AuditEntry{
				Actor: "okta", Action: action, Object: store.Ref{Kind: store.KindUser, ID: "AIDA1"},
				Outcome: "done", Body: json.RawMessage(`{ "calls": ["iam:GetUser"] }`),
			})
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries
}

func verifyAudit(tb testing.TB, s *store.State) (last []byte, err error) {
	tb.Helper()
	err = s.View(tb.Context(), func(tx *store.StateTx) error {
		last, err = tx.VerifyAudit(tb.Context())
		return err
	})
	return last, err
}

func TestAudit(t *testing.T) {
	s := newState(t)
	want := append(appendAudit(t, s, "create", "rename"), appendAudit(t, s, "delete")...)
	got := viewState(t, s, func(tx *store.StateTx) ([]store.AuditEntry, error) { return tx.Audit(t.Context(), 0, 10) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	page := viewState(t, s, func(tx *store.StateTx) ([]store.AuditEntry, error) { return tx.Audit(t.Context(), 2, 1) })
	if len(page) != 1 || page[0].Seq != 2 || page[0].Action != "rename" {
		t.Errorf("got %+v, want entry 2", page)
	}
	last, err := verifyAudit(t, s)
	if err != nil || !bytes.Equal(last, want[2].Hash) {
		t.Errorf("got %x, %v, want the hash of the newest entry", last, err)
	}
	err = s.Update(t.Context(), func(tx *store.StateTx) error {
		_, err := tx.AppendAudit(t.Context(), store.AuditEntry{Body: json.RawMessage(`{`)})
		return err
	})
	if err == nil {
		t.Error("a body that is not JSON was taken")
	}
}

func TestVerifyAudit(t *testing.T) {
	const unlock = `drop trigger audit_no_update`
	tests := []struct {
		name       string
		statements []string
	}{
		{"outcome changed", []string{unlock, `update audit set outcome = 'refused' where seq = 2`}},
		{"actor and action shifted", []string{unlock, `update audit set actor = 'oktare', action = 'name' where seq = 2`}},
		{"hash changed", []string{unlock, `update audit set hash = zeroblob(32) where seq = 2`}},
		{"entry removed", []string{`drop trigger audit_no_delete`, `delete from audit where seq = 2`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.state.db")
			s := openState(t, path)
			appendAudit(t, s, "create", "rename", "delete")
			alter(t, path, tt.statements...)
			if _, err := verifyAudit(t, s); !errors.Is(err, store.ErrAuditBroken) {
				t.Errorf("got %v, want ErrAuditBroken", err)
			}
		})
	}
	t.Run("a simple statement is refused", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.state.db")
		s := openState(t, path)
		appendAudit(t, s, "create")
		defer func() {
			if _, err := verifyAudit(t, s); err != nil {
				t.Error(err)
			}
		}()
		if err := tryAlter(t, path, `update audit set outcome = 'refused'`); err == nil {
			t.Error("an entry was updated")
		}
		if err := tryAlter(t, path, `delete from audit`); err == nil {
			t.Error("an entry was deleted")
		}
	})
}
