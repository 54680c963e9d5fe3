package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestPendingDeletion(t *testing.T) {
	ctx := t.Context()
	ann := store.PendingDeletion{UserID: "AIDAANN", Name: "ann", UserName: "Ann", PlanID: "p1", Due: epoch.Add(time.Hour), Actor: "tok"}
	intend := func(d store.PendingDeletion) func(*store.StateTx) error {
		return func(tx *store.StateTx) error {
			err := tx.AddPlan(ctx, &store.JournalPlan{ID: d.PlanID, Kind: "user.deactivate", Direction: "forward", State: store.PlanRunning})
			return errors.Join(err, tx.IntendDeletion(ctx, d))
		}
	}
	schedule := func(t *testing.T, s *store.State, plan string) (d *store.PendingDeletion) {
		updateState(t, s, func(tx *store.StateTx) (err error) {
			d, err = tx.ScheduleDeletion(ctx, plan)
			return err
		})
		return d
	}
	all := func(t *testing.T, s *store.State) []store.PendingDeletion {
		return viewState(t, s, func(tx *store.StateTx) ([]store.PendingDeletion, error) { return tx.PendingDeletions(ctx) })
	}

	t.Run("scheduled", func(t *testing.T) {
		s := newState(t)
		updateState(t, s, intend(ann))
		if got := all(t, s); len(got) != 0 {
			t.Errorf("an intent counts: %+v", got)
		}
		want := ann
		want.Since = epoch
		if diff := cmp.Diff(&want, schedule(t, s, "p1")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if got := schedule(t, s, "p2"); got != nil {
			t.Errorf("another plan has %+v", got)
		}
		// How the plan ends no longer matters.
		updateState(t, s, func(tx *store.StateTx) error { return tx.SetPlanState(ctx, "p1", store.PlanFailed, time.Time{}, "") })
		updateState(t, s, func(tx *store.StateTx) error { return tx.RenamePendingDeletion(ctx, ann.UserID, "anna", "Anna") })
		want.Name, want.UserName = "anna", "Anna"
		if diff := cmp.Diff([]store.PendingDeletion{want}, all(t, s)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		updateState(t, s, func(tx *store.StateTx) error { return tx.DropPendingDeletion(ctx, ann.UserID) })
		err := s.View(ctx, func(tx *store.StateTx) error {
			_, err := tx.PendingDeletion(ctx, ann.UserID)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped: got %v", err)
		}
	})
	for _, state := range []store.PlanState{store.PlanUndone, store.PlanSuperseded, store.PlanFailed} {
		t.Run(string(state), func(t *testing.T) {
			s := newState(t)
			updateState(t, s, intend(ann))
			updateState(t, s, func(tx *store.StateTx) error { return tx.SetPlanState(ctx, "p1", state, time.Time{}, "") })
			if got := schedule(t, s, "p1"); got != nil {
				t.Errorf("it outlives its plan: %+v", got)
			}
		})
	}
	t.Run("waiting", func(t *testing.T) {
		s := newState(t)
		updateState(t, s, intend(ann))
		updateState(t, s, func(tx *store.StateTx) error { return tx.SetPlanState(ctx, "p1", store.PlanRetry, epoch, "") })
		if got := schedule(t, s, "p1"); got == nil {
			t.Error("it was lost while the plan waits")
		}
	})
}

// TestHoldPendingDeletions: what waits is released one by one.
func TestHoldPendingDeletions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newState(t)
	for _, id := range []string{"1", "2", "3"} {
		updateState(t, s, func(tx *store.StateTx) error {
			return tx.IntendDeletion(ctx, store.PendingDeletion{UserID: "AIDA" + id, PlanID: "p" + id, Due: epoch.Add(time.Hour)})
		})
	}
	for _, plan := range []string{"p1", "p2"} {
		updateState(t, s, func(tx *store.StateTx) error {
			_, err := tx.ScheduleDeletion(ctx, plan)
			return err
		})
	}
	for _, want := range []int64{2, 0} {
		updateState(t, s, func(tx *store.StateTx) error {
			n, err := tx.HoldPendingDeletions(ctx)
			if n != want {
				t.Errorf("held %d, want %d", n, want)
			}
			return err
		})
	}
	updateState(t, s, func(tx *store.StateTx) error { return tx.ReleasePendingDeletion(ctx, "p1") })
	for _, d := range viewState(t, s, func(tx *store.StateTx) ([]store.PendingDeletion, error) { return tx.PendingDeletions(ctx) }) {
		if d.Waits != (d.PlanID == "p2") {
			t.Errorf("%+v", d)
		}
	}
	for _, none := range []string{"p1", "p3"} {
		err := s.Update(ctx, func(tx *store.StateTx) error { return tx.ReleasePendingDeletion(ctx, none) })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v", none, err)
		}
	}
}

func TestStillAlive(t *testing.T) {
	t.Parallel()
	s := newState(t)
	for _, want := range []time.Time{{}, epoch} {
		updateState(t, s, func(tx *store.StateTx) error {
			last, err := tx.StillAlive(t.Context())
			if !last.Equal(want) {
				t.Errorf("got %v, want %v", last, want)
			}
			return err
		})
	}
}
