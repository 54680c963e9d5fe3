package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"iamscim/store"
)

// TestUnclaimedPlans: those that were done since then, of that kind, until they
// are claimed.
func TestUnclaimedPlans(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s, err := store.OpenState(t.Context(), filepath.Join(t.TempDir(), "s.db"), "123456789012", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := []struct {
		id, kind, digest string
		state            store.PlanState
	}{
		{"old", "user.create", "d", store.PlanDone}, {"done", "user.create", "d", store.PlanDone}, {"undone", "user.create", "d", store.PlanUndone},
		{"other", "user.update", "d", store.PlanDone}, {"silent", "user.create", "", store.PlanDone},
	}
	var since time.Time
	for i, r := range rows {
		if i == 1 {
			now = now.Add(time.Minute)
			since = now
		}
		err := s.Update(t.Context(), func(tx *store.StateTx) error {
			p := &store.JournalPlan{ID: r.id, Kind: r.kind, Direction: "undo", Digest: r.digest, State: store.PlanRunning}
			if err := tx.AddPlan(t.Context(), p); err != nil {
				return err
			}
			return tx.SetPlanState(t.Context(), r.id, r.state, time.Time{}, "")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{1, 0} {
		err := s.Update(t.Context(), func(tx *store.StateTx) error {
			list, err := tx.UnclaimedPlans(t.Context(), "user.create", since)
			if err != nil {
				return err
			}
			if len(list) != want || want == 1 && list[0].ID != "done" {
				t.Errorf("got %d plans, want %d: %+v", len(list), want, list)
			}
			return tx.ClaimPlan(t.Context(), "done")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
