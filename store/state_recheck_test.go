package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestRecheck(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	first, second := store.Recheck{UserID: "AIDA1", At: at.Add(time.Minute), Actor: "a"}, store.Recheck{UserID: "AIDA2", At: at, Actor: "b"}
	again := store.Recheck{UserID: "AIDA1", At: at.Add(time.Hour), Actor: "c"}
	s := newState(t)
	step := func(want []store.Recheck, change func(tx *store.StateTx) error) {
		t.Helper()
		updateState(t, s, change)
		got := viewState(t, s, func(tx *store.StateTx) ([]store.Recheck, error) { return tx.Rechecks(t.Context()) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	step([]store.Recheck{first}, func(tx *store.StateTx) error { return tx.PutRecheck(t.Context(), first) })
	step([]store.Recheck{second, first}, func(tx *store.StateTx) error { return tx.PutRecheck(t.Context(), second) })
	step([]store.Recheck{second, again}, func(tx *store.StateTx) error { return tx.PutRecheck(t.Context(), again) })
	step([]store.Recheck{second, again}, func(tx *store.StateTx) error { return tx.DropRecheck(t.Context(), first) })
	step([]store.Recheck{again}, func(tx *store.StateTx) error { return tx.DropRecheck(t.Context(), second) })
}
