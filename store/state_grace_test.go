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
