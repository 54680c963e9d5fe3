package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iamscim/store"
)

const personal = "erase-me@private.example"

// left counts how often text is in the state file and in the log beside it.
func left(t *testing.T, path, text string) (n int) {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(content, []byte(text))
	}
	return n
}

// tagging is a plan whose steps have personal data in them.
func tagging(id string, steps int) *store.JournalPlan {
	p := &store.JournalPlan{
		ID: id, Kind: "user.update", Direction: "undo", Digest: "digest of " + id, State: store.PlanRunning, Actor: "tok",
		Objects: []store.JournalObject{{Kind: store.KindUser, ID: "AIDA" + id}},
	}
	for range steps {
		call := json.RawMessage(fmt.Sprintf(`{"action":"TagUser","params":[{"name":"tag","value":"email=%s"}]}`, personal))
		p.Steps = append(p.Steps, store.JournalStep{Call: call, Inverse: call})
	}
	return p
}

// TestPlansThatAreOver keep what they were, and nothing of what they were to
// call: not even in pages that SQLite has rearranged.
func TestPlansThatAreOver(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.state.db")
	s, err := store.OpenState(ctx, path, accountID, frozen)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	over := []store.PlanState{store.PlanDone, store.PlanUndone, store.PlanSuperseded, store.PlanFailed}
	ends := map[string]store.PlanState{}
	for i := range 300 {
		id := fmt.Sprintf("%04d", i*7919%10000) // in no order
		ends[id] = over[i%len(over)]
		steps := []int{1, 3, 20, 150}[rand.IntN(4)]
		updateState(t, s, func(tx *store.StateTx) error {
			if err := tx.AddPlan(ctx, tagging(id, steps)); err != nil {
				return err
			}
			return tx.SetPlanSteps(ctx, id, 0, steps-1, store.StepFailed, "not a value: "+personal)
		})
	}
	if left(t, path, personal) == 0 {
		t.Fatal("nothing is written")
	}
	for id, state := range ends {
		updateState(t, s, func(tx *store.StateTx) error { return tx.SetPlanState(ctx, id, state, time.Time{}, "why") })
	}
	if err := s.Wipe(ctx); err != nil {
		t.Fatal(err)
	}
	if n := left(t, path, personal); n > 0 {
		t.Errorf("personal data is left in %d places", n)
	}
	err = s.View(ctx, func(tx *store.StateTx) error {
		for id, state := range ends {
			p, err := tx.JournalPlan(ctx, id)
			if err != nil {
				return err
			}
			if p.State != state || p.Kind != "user.update" || p.Note != "why" || p.Digest != "digest of "+id || len(p.Objects) != 1 || len(p.Steps) != 0 {
				t.Errorf("%+v", p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlansThatAreOpen keep their calls, whatever ends beside them.
func TestPlansThatAreOpen(t *testing.T) {
	ctx := t.Context()
	s := newState(t)
	open := []store.PlanState{store.PlanRunning, store.PlanUndoing, store.PlanRetry, store.PlanWaiting}
	updateState(t, s, func(tx *store.StateTx) error {
		for _, state := range append(open, store.PlanDone) {
			if err := tx.AddPlan(ctx, tagging(string(state), 2)); err != nil {
				return err
			}
			if err := tx.SetPlanState(ctx, string(state), state, time.Time{}, ""); err != nil {
				return err
			}
		}
		return tx.ForgetDigests(ctx, frozen().Add(time.Second))
	})
	err := s.View(ctx, func(tx *store.StateTx) error {
		plans, err := tx.OpenPlans(ctx)
		if len(plans) != len(open) {
			t.Errorf("%d open plans", len(plans))
		}
		for _, p := range plans {
			if len(p.Steps) != 2 || p.Digest == "" {
				t.Errorf("%+v", p)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForgetDigests: of what was finished before, and nothing else.
func TestForgetDigests(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s, err := store.OpenState(ctx, filepath.Join(t.TempDir(), "s.db"), accountID, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []string{"old", "new"} {
		now = now.Add(time.Minute)
		updateState(t, s, func(tx *store.StateTx) error {
			if err := tx.AddPlan(ctx, tagging(id, 1)); err != nil {
				return err
			}
			return tx.SetPlanState(ctx, id, store.PlanDone, time.Time{}, "")
		})
	}
	updateState(t, s, func(tx *store.StateTx) error { return tx.ForgetDigests(ctx, now) })
	digest := func(tx *store.StateTx, id string) string {
		p, err := tx.JournalPlan(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest
	}
	err = s.View(ctx, func(tx *store.StateTx) error {
		if old, young := digest(tx, "old"), digest(tx, "new"); old != "" || young == "" {
			t.Errorf("digests %q and %q", old, young)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWipeWaits for whoever reads.
func TestWipeWaits(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.state.db")
	s, err := store.OpenState(ctx, path, accountID, frozen)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	updateState(t, s, func(tx *store.StateTx) error {
		return tx.PutPerson(ctx, "AIDA1", store.Person{Title: personal}, "okta")
	})
	reading, read := make(chan struct{}), make(chan error, 1)
	go func() {
		read <- s.View(context.WithoutCancel(ctx), func(tx *store.StateTx) error {
			_, err := tx.Person(ctx, "AIDA1")
			close(reading)
			time.Sleep(100 * time.Millisecond)
			return err
		})
	}()
	<-reading
	updateState(t, s, func(tx *store.StateTx) error { return tx.DeletePerson(ctx, "AIDA1") })
	if left(t, path, personal) == 0 {
		t.Error("the reader is in nobody's way")
	}
	if err := s.Wipe(ctx); err != nil {
		t.Error(err)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
	if n := left(t, path, personal); n > 0 {
		t.Errorf("personal data is left in %d places", n)
	}
}

// TestFinishedPlansOfVersion6 lose their calls at the upgrade, and open ones none.
func TestFinishedPlansOfVersion6(t *testing.T) {
	const at = "2026-01-02T03:04:05.000000000Z"
	var fill strings.Builder
	for _, state := range []string{"running", "undoing", "retry", "waiting", "done", "undone", "superseded", "failed"} {
		fmt.Fprintf(&fill, `insert into plan (id, kind, direction, digest, state, actor, created, updated) values ('%[1]s', 'user.update', 'undo', 'd', '%[1]s', 'tok', '%[2]s', '%[2]s');
			insert into plan_call (plan_id, first, calls) values ('%[1]s', 0, '[{"call":{"action":"TagUser","%[1]s":"%[3]s"}}]');
			insert into plan_mark (plan_id, number, first, last, state, at, error) values ('%[1]s', 0, 0, 0, 'failed', '%[2]s', '%[1]s: %[3]s');`, state, at, personal)
	}
	path := older(t, "state", 6, fill.String())
	s, err := store.OpenState(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"done", "undone", "superseded", "failed"} {
		if n := left(t, path, state+`":"`+personal) + left(t, path, state+": "+personal); n > 0 {
			t.Errorf("%s: personal data is left in %d places", state, n)
		}
	}
	err = s.View(t.Context(), func(tx *store.StateTx) error {
		plans, err := tx.OpenPlans(t.Context())
		if len(plans) != 4 || len(plans[0].Steps) != 1 || plans[0].Steps[0].State != store.StepFailed {
			t.Errorf("open plans %+v", plans)
		}
		if err == nil {
			_, err = tx.JournalPlan(t.Context(), "failed")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
