package provisioner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// record is what is remembered of ann's deactivation.
func (l *writeLab) record(id string) (d *store.Deactivation) {
	l.t.Helper()
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) (err error) {
		d, err = tx.Deactivation(l.t.Context(), id)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return d
}

func (l *writeLab) setKey(status string) {
	l.EditUser("ann", func(u *iamsim.User) { u.Keys[0].Status = status })
}

func (l *writeLab) wantKey(status string) {
	l.t.Helper()
	if u, _ := l.User("ann"); u.Keys[0].Status != status {
		l.t.Errorf("the key is %s, want %s", u.Keys[0].Status, status)
	}
}

// TestNotTaken: a key that the deactivation could not take, and that somebody
// else made inactive since, is not given back.
func TestNotTaken(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "AccessDenied", Count: -1})
		_, err := l.update(id, planner.UserWish{Active: ptr(false)})
		wantDenied(t, err, planner.RuleAWS)
		l.setKey("Inactive")
		l.ClearFaults()
		l.afterWindow()
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		l.wantKey("Inactive")
	})
	t.Run("never tried", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.p.CrashAt(0, "after")
		if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); err == nil {
			t.Fatal("it did not crash")
		}
		l.setKey("Inactive")
		l.restart(lifecycle)
		l.resume()
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		l.wantKey("Inactive")
	})
	t.Run("taken later", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "AccessDenied", Count: -1})
		_, err := l.update(id, planner.UserWish{Active: ptr(false)})
		wantDenied(t, err, planner.RuleAWS)
		l.ClearFaults()
		l.Advance(60e9)
		l.resume()
		l.wantKey("Inactive")
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		l.wantKey("Active")
	})
}

// TestRecordOutlivesFailure: a second deactivation that dies, and then cannot do
// anything, does not take with it what the first one remembered.
func TestRecordOutlivesFailure(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	id := l.id("ann")
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	before := l.record(id)
	l.afterWindow()
	l.setKey("Active")
	l.p.CrashAt(0, "before")
	if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); err == nil {
		t.Fatal("it did not crash")
	}
	l.restart(lifecycle)
	l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "AccessDenied", Count: -1})
	l.resume()
	after := l.record(id)
	if diff := cmp.Diff(before.Denies, after.Denies); diff != "" {
		t.Errorf("denies (-want +got):\n%s", diff)
	}
	if len(after.Credentials) < 2 {
		t.Errorf("remembered %v, were %v", after.Credentials, before.Credentials)
	}
}

// TestOffAndOnAndOff: somebody who was let in again a moment ago, which IAM does
// not show yet, is cut off all the same.
func TestOffAndOnAndOff(t *testing.T) {
	t.Parallel()
	for _, late := range []string{"*", "UpdateAccessKey", "DetachUserPolicy"} {
		t.Run(late, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			id := l.id("ann")
			l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
			l.afterWindow()
			if err := l.SetDelay(late, 30*time.Second); err != nil {
				t.Fatal(err)
			}
			l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
			l.Advance(time.Second)
			c := l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
			l.Advance(40 * time.Second)
			l.wantKey("Inactive")
			if u, _ := l.User("ann"); len(u.Attached)+len(u.Inline) < 1 || c.User.Active {
				t.Errorf("active %v, attached %v, inline %v", c.User.Active, u.Attached, u.Inline)
			}
			l.afterWindow()
			l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
			l.wantKey("Active")
			l.afterWindow()
			l.settled()
		})
	}
}
