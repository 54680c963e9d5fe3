package provisioner_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestCancelPlan: what an operator gives up is not done, and blocks nobody.
func TestCancelPlan(t *testing.T) {
	t.Parallel()
	cancel := func(t *testing.T, l *writeLab) {
		t.Helper()
		open := l.open()
		if len(open) != 1 {
			t.Fatalf("open plans: %+v", open)
		}
		if err := l.p.CancelPlan(t.Context(), admin, open[0].ID); err != nil {
			t.Fatal(err)
		}
		if e := l.lastAudit(); e.Action != "plan.cancel" || e.Actor != admin.Credential || !strings.Contains(string(e.Body), "UpdateAccessKey user=ann") {
			t.Errorf("audited %s %s", e.Action, e.Body)
		}
		if err := l.p.CancelPlan(t.Context(), admin, open[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("again: got %v", err)
		}
		l.Advance(60e9)
		l.calls()
		l.resume()
		if writes, _ := l.calls(); len(writes) > 0 {
			t.Errorf("calls %v", writes)
		}
	}
	// wantBack: the user is as they were.
	wantBack := func(t *testing.T, l *writeLab, id string) {
		t.Helper()
		c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		u, _ := l.User("ann")
		if !c.User.Active || u.Keys[0].Status != "Active" || slices.Contains(u.Attached, denyARN) {
			t.Errorf("%v, keys %v, attached %v", c.User.DisabledBy, u.Keys, u.Attached)
		}
	}
	t.Run("tried again and again", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.fault(iamsim.Fault{Action: "UpdateSSHPublicKey", Code: "AccessDenied", Count: -1})
		_, err := l.update(id, planner.UserWish{Active: ptr(false)})
		wantDenied(t, err, planner.RuleAWS)
		cancel(t, l)
		wantBack(t, l, id)
		l.afterWindow()
		l.settled()
	})
	t.Run("waiting", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.p.CrashAt(2, "before")
		if _, err := l.delete(id); err == nil {
			t.Fatal("it did not crash")
		}
		l.restart(lifecycle)
		l.Advance(2 * 3600 * 1e9)
		l.resume()
		cancel(t, l)
		if u, _ := l.User("ann"); u.Keys[0].Status != "Inactive" {
			t.Errorf("what was done does not stay: %v", u.Keys)
		}
		l.refresh()
		if l.user(id).Active {
			t.Error("shown as active")
		}
		wantBack(t, l, id)
		l.afterWindow()
		l.settled()
	})
	t.Run("under way", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		arrived, release := l.hold("UpdateAccessKey")
		done := make(chan error, 1)
		go func() {
			_, err := l.update(id, planner.UserWish{Active: ptr(false)})
			done <- err
		}()
		<-arrived
		var pending *provisioner.PendingError
		if err := l.p.CancelPlan(t.Context(), admin, l.open()[0].ID); !errors.As(err, &pending) {
			t.Errorf("got %v", err)
		}
		release()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		if err := l.p.CancelPlan(t.Context(), admin, "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// TestReleaseReadOnly: a server that only reads carries nothing out, released or
// not.
func TestReleaseReadOnly(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.p.CrashAt(1, "before")
	if _, err := l.delete(l.id("ann")); err == nil {
		t.Fatal("it did not crash")
	}
	l.Advance(2 * 3600 * 1e9)
	l.restart(lifecycle)
	l.resume()
	open := l.open()
	if len(open) != 1 || open[0].State != store.PlanWaiting {
		t.Fatalf("open plans: %+v", open)
	}
	reading := lifecycle
	reading.ReadOnly = true
	l.restart(reading)
	l.calls()
	wantDenied(t, l.p.ReleasePlan(t.Context(), open[0].ID), planner.RuleReadOnly)
	if writes, _ := l.calls(); len(writes) > 0 {
		t.Errorf("calls %v", writes)
	}
}
