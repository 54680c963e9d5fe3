package provisioner_test

import (
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// lives lets time pass while the process has the state file.
func (l *writeLab) lives(d time.Duration) {
	l.t.Helper()
	for step := 30 * time.Minute; ; d -= step {
		if err := l.p.Awake(l.t.Context()); err != nil {
			l.t.Fatal(err)
		}
		if d <= 0 {
			return
		}
		l.Advance(min(step, d))
	}
}

// TestPendingDeletionOfBackup: a state that nobody had for long may not know that
// a deletion was cancelled. Nobody is deleted before an operator says so.
func TestPendingDeletionOfBackup(t *testing.T) {
	t.Parallel()
	awake := func(t *testing.T, l *writeLab) {
		t.Helper()
		if err := l.p.Awake(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.p.DeleteDue(t.Context())
	}
	// kept deletes ann, and lets the time pass: with a process or without.
	kept := func(t *testing.T, alone bool) (*writeLab, string) {
		t.Helper()
		l := newWriteLab(t, iamsim.Config{}, keeping, staff)
		awake(t, l)
		id := l.id("ann")
		l.must(l.delete(id))
		if alone {
			l.Advance(grace)
			l.restart(keeping)
			awake(t, l)
			return l, id
		}
		l.lives(grace)
		l.restart(keeping)
		awake(t, l)
		return l, id
	}
	t.Run("used all the time", func(t *testing.T) {
		t.Parallel()
		l, _ := kept(t, false)
		if _, there := l.User("ann"); there {
			t.Error("not deleted")
		}
	})
	t.Run("released", func(t *testing.T) {
		t.Parallel()
		l, id := kept(t, true)
		awake(t, l)
		l.wantKept(id)
		if err := l.p.ReleasePlan(t.Context(), l.keptUsers()[0].PlanID); err != nil {
			t.Fatal(err)
		}
		awake(t, l)
		if _, there := l.User("ann"); there {
			t.Error("not deleted")
		}
	})
	t.Run("restored", func(t *testing.T) {
		t.Parallel()
		l, id := kept(t, true)
		if _, err := l.p.Adopt(t.Context(), admin, id); err != nil {
			t.Fatal(err)
		}
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		l.Advance(grace)
		awake(t, l)
		if _, there := l.User("ann"); !there || len(l.keptUsers()) > 0 {
			t.Errorf("in IAM %v, kept %v", there, l.keptUsers())
		}
	})
}
