package provisioner_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestDeleteLaterCrash: whenever the process dies, the deletion is not lost.
func TestDeleteLaterCrash(t *testing.T) {
	t.Parallel()
	for n := range deactivation {
		for _, point := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%d/%s", n, point), func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, keeping, staff)
				id := l.id("ann")
				l.p.CrashAt(n, point)
				if _, err := l.delete(id); err == nil {
					t.Fatal("it did not crash")
				}
				if l.user(id) == nil || len(l.keptUsers()) != 0 {
					t.Error("gone before it was done")
				}
				l.restart(provisioner.WriteConfig{}) // the setting may be another one
				if err := l.p.Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.wantKept(id)
				l.afterWindow()
				l.settled()
			})
		}
	}
	t.Run("before it is published", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, keeping, staff)
		id := l.id("ann")
		before := l.user(id)
		l.must(l.delete(id))
		l.afterWindow()
		err := l.account.Snapshot.Update(t.Context(), "observed", func(tx *store.SnapshotTx) error {
			return errors.Join(tx.PutUser(t.Context(), before), tx.PutMembership(t.Context(), id, l.groupID("dev"), true))
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.update(id, planner.UserWish{Active: ptr(true)}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		l.restart(keeping)
		l.Advance(time.Minute)
		if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
			t.Errorf("leaving out is taken for a loss: %v", err)
		}
		l.wantKept(id)
	})
	t.Run("while deleting", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{0, 5, len(deletion) - 1} {
			l := newWriteLab(t, iamsim.Config{}, keeping, staff)
			l.must(l.delete(l.id("ann")))
			l.Advance(grace)
			l.p.CrashAt(n, "after")
			l.p.DeleteDue(t.Context())
			l.restart(keeping)
			l.p.DeleteDue(t.Context()) // leaves it to the journal
			if err := l.p.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, there := l.User("ann"); there || len(l.keptUsers()) != 0 {
				t.Errorf("%d: in IAM %v, kept %+v", n, there, l.keptUsers())
			}
			l.afterWindow()
			l.settled()
		}
	})
}

// TestDeleteLaterGivesWay: a deactivation that could not be finished is decided
// anew.
func TestDeleteLaterGivesWay(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	id := l.id("ann")
	l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1})
	var pending *provisioner.PendingError
	if _, err := l.delete(id); !errors.As(err, &pending) {
		t.Fatalf("got %v", err)
	}
	l.ClearFaults()
	if l.user(id) == nil || len(l.keptUsers()) != 0 {
		t.Error("gone before it was done")
	}
	t.Run("finished", func(t *testing.T) {
		l.must(l.delete(id))
		l.wantKept(id)
		if _, err := l.p.Adopt(t.Context(), admin, id); err != nil {
			t.Fatal(err)
		}
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	})
	t.Run("reactivated", func(t *testing.T) {
		l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1})
		if _, err := l.delete(id); !errors.As(err, &pending) {
			t.Fatalf("got %v", err)
		}
		l.ClearFaults()
		c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		if !c.User.Active {
			t.Errorf("not active: %+v", c.User.DisabledBy)
		}
		l.Advance(grace)
		l.p.DeleteDue(t.Context())
		l.afterWindow()
		l.settled()
		if _, there := l.User("ann"); !there {
			t.Error("deleted after all")
		}
	})
}
