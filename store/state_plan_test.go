package store_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestJournal(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := store.OpenState(t.Context(), path, "123456789012", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update := func(fn func(*store.StateTx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	plan := &store.JournalPlan{
		ID: "p1", Kind: "user.update", Direction: "undo", Digest: "d", State: store.PlanRunning, Actor: "tok",
		Objects: []store.JournalObject{{Kind: store.KindUser, ID: "AIDA1"}, {Kind: store.KindUser, Name: "new"}},
		Steps: []store.JournalStep{
			{Call: json.RawMessage(`{"action":"UpdateUser"}`), Inverse: json.RawMessage(`{"action":"UpdateUser"}`), State: store.StepPlanned},
			{Call: json.RawMessage(`{"action":"UpdateLoginProfile"}`), State: store.StepPlanned},
		},
	}
	update(func(tx *store.StateTx) error { return tx.AddPlan(t.Context(), plan) })
	now = now.Add(time.Second)
	update(func(tx *store.StateTx) error {
		return errors.Join(
			tx.SetPlanSteps(t.Context(), "p1", 0, 0, store.StepIntended, ""),
			tx.SetPlanSteps(t.Context(), "p1", 1, 1, store.StepFailed, "boom"),
			tx.SetPlanState(t.Context(), "p1", store.PlanRetry, now.Add(time.Minute), "later"))
	})
	var open, byID, byName []*store.JournalPlan
	view := func() {
		t.Helper()
		err := s.View(t.Context(), func(tx *store.StateTx) (err error) {
			if open, err = tx.OpenPlans(t.Context()); err != nil {
				return err
			}
			if byID, err = tx.OpenPlansOf(t.Context(), store.JournalObject{Kind: store.KindUser, ID: "AIDA1"}); err != nil {
				return err
			}
			byName, err = tx.OpenPlansOf(t.Context(), store.JournalObject{Kind: store.KindUser, Name: "new"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	view()
	want := *plan
	want.State, want.Updated, want.RetryAt, want.Note = store.PlanRetry, now, now.Add(time.Minute), "later"
	want.Objects = []store.JournalObject{{Kind: store.KindUser, Name: "new"}, {Kind: store.KindUser, ID: "AIDA1"}}
	want.Steps = []store.JournalStep{plan.Steps[0], plan.Steps[1]}
	want.Steps[0].State, want.Steps[0].Intended = store.StepIntended, now
	want.Steps[1].State, want.Steps[1].Ended, want.Steps[1].Error = store.StepFailed, now, "boom"
	if diff := cmp.Diff([]*store.JournalPlan{&want}, open); diff != "" {
		t.Errorf("open plans (-want +got):\n%s", diff)
	}
	if len(byID) != 1 || len(byName) != 1 {
		t.Errorf("found %d plans by id and %d by name, want one each", len(byID), len(byName))
	}
	update(func(tx *store.StateTx) error {
		return tx.SetPlanState(t.Context(), "p1", store.PlanDone, time.Time{}, "")
	})
	view()
	if len(open)+len(byID) != 0 {
		t.Errorf("a finished plan is still open")
	}
	update(func(tx *store.StateTx) error { return tx.PrunePlans(t.Context(), now.Add(time.Hour)) })
	err = s.View(t.Context(), func(tx *store.StateTx) error {
		_, err := tx.JournalPlan(t.Context(), "p1")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a pruned plan: got %v, want ErrNotFound", err)
	}
}

func TestDeactivationDenies(t *testing.T) {
	s, err := store.OpenState(t.Context(), filepath.Join(t.TempDir(), "s.db"), "123456789012", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	key := store.RememberedCredential{Kind: "accessKey", ID: "AKIA1"}
	late := store.RememberedCredential{Kind: "accessKey", ID: "AKIA2"}
	err = s.Update(ctx, func(tx *store.StateTx) error {
		return errors.Join(
			tx.PutDeactivation(ctx, "AIDA1", []store.RememberedCredential{key}, "tok"),
			tx.AddDeny(ctx, "AIDA1", "arn:deny"), tx.AddDeny(ctx, "AIDA1", "arn:deny"),
			tx.AddRemembered(ctx, "AIDA1", []store.RememberedCredential{key, late}),
			tx.PutDeactivation(ctx, "AIDA1", nil, "other"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(tx *store.StateTx) error {
		d, err := tx.Deactivation(ctx, "AIDA1")
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]string{"arn:deny"}, d.Denies); diff != "" {
			t.Errorf("denies (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]store.RememberedCredential{key, late}, d.Credentials); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDamagedPlan: one plan that cannot be read keeps nobody from the others, nor
// from giving it up.
func TestDamagedPlan(t *testing.T) {
	for name, damage := range map[string]string{
		"a mark of a step that is not there": `insert into plan_mark (plan_id, number, first, last, state, at) values ('p1', 9, 1, 1, 'done', '2026-05-01T12:00:00.000000000Z')`,
		"calls that are none":                `update plan_call set calls = '[{' where plan_id = 'p1'`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.db")
			s, err := store.OpenState(t.Context(), path, "123456789012", time.Now)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.Update(t.Context(), func(tx *store.StateTx) (err error) {
				for _, id := range []string{"p1", "p2"} {
					err = errors.Join(err, tx.AddPlan(t.Context(), &store.JournalPlan{
						ID: id, Kind: "user.update", Direction: "undo", State: store.PlanRunning,
						Steps: []store.JournalStep{{Call: json.RawMessage(`{"action":"UpdateUser"}`)}},
					}))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			damaged := map[string]bool{}
			err = s.Update(t.Context(), func(tx *store.StateTx) error {
				plans, err := tx.OpenPlans(t.Context())
				for _, p := range plans {
					damaged[p.ID] = p.Damage != nil
				}
				return errors.Join(err, tx.SetPlanState(t.Context(), "p1", store.PlanFailed, time.Time{}, "given up"))
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]bool{"p1": true, "p2": false}, damaged); diff != "" {
				t.Errorf("damaged plans (-want +got):\n%s", diff)
			}
		})
	}
}
