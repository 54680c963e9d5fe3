package provisioner_test

import (
	"context"
	"errors"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestResultChangedMeanwhile: what was created is shown as it is now.
func TestResultChangedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.createSentAway()
	l.must(l.update(l.id("new"), planner.UserWish{Entitlements: &[]string{auditARN}}))
	l.calls()
	c, err := l.createAs(everyScope, as("d"))
	l.wantNew(c, err)
	if len(c.User.Attached) != 1 || c.User.Attached[0].ARN != auditARN {
		t.Errorf("got %+v", c.User.Attached)
	}
}

// TestResultDeletedMeanwhile: who is not there any more is created once more, as
// by any other request.
func TestResultDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"same process": false, "restart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.createSentAway()
			id := l.id("new")
			l.must(l.delete(id))
			if restart {
				l.restart(lifecycle)
			}
			c := l.must(l.createAs(everyScope, as("d")))
			if u, ok := l.User("new"); !ok || u.ID != c.ID || c.ID == id {
				t.Errorf("got %+v", c)
			}
			_, err := l.createAs(everyScope, as("d"))
			wantExists(t, "once it was received", err)
		})
	}
}

// TestResultOfDeletion: who is deleted is not there for any request, and nothing
// is called.
func TestResultOfDeletion(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]provisioner.WriteConfig{"at once": lifecycle, "with a grace": keeping} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, cfg, staff)
			id := l.id("ann")
			remove := func(ctx context.Context, opt provisioner.Options) error {
				_, err := l.p.DeleteUser(ctx, everyScope, id, nil, opt)
				return err
			}
			l.sentAway("UpdateAccessKey", remove)
			if err := remove(t.Context(), as("d")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got %v", err)
			}
			if writes, _ := l.calls(); len(writes) != 0 {
				t.Errorf("calls %v", writes)
			}
		})
	}
}

// TestResultOfGroup: the same for groups, over a restart, too.
func TestResultOfGroup(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"same process": false, "restart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			var got *provisioner.Change
			create := func(ctx context.Context, opt provisioner.Options) (err error) {
				got, err = l.p.CreateGroup(ctx, everyScope, planner.GroupWish{DisplayName: ptr("new"), AddMembers: []string{l.id("ann")}}, opt)
				return err
			}
			l.sentAway("CreateGroup", create)
			if restart {
				l.restart(lifecycle)
			}
			if err := create(t.Context(), as("d")); err != nil || got.ID != l.groupID("new") || got.Group == nil {
				t.Errorf("got %+v, %v", got, err)
			}
			wantExists(t, "once it was received", create(t.Context(), as("d")))
		})
	}
}

// TestResultAfterRestart: a creation that nobody waited for is known to the next
// process, until somebody has got it.
func TestResultAfterRestart(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.createSentAway()
	l.restart(lifecycle)
	_, err := l.createAs(everyScope, as("e"))
	wantExists(t, "another request", err)
	l.wantNew(l.createAs(everyScope, as("d")))
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "once it was received", err)
	l.restart(lifecycle)
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "and after another restart", err)
}

// TestReceivedBeforeRestart: what was received is not given again by the next
// process.
func TestReceivedBeforeRestart(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.createSentAway()
	l.wantNew(l.createAs(everyScope, as("d")))
	l.restart(lifecycle)
	_, err := l.createAs(everyScope, as("d"))
	wantExists(t, "after a restart", err)
}

// TestRetryAfterCrash: a creation that was undone after a crash is made by the
// retry.
func TestRetryAfterCrash(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.p.CrashAt(1, "before")
	if _, err := l.createAs(everyScope, as("d")); err == nil {
		t.Fatal("it did not crash")
	}
	l.restart(lifecycle)
	l.resume()
	if _, ok := l.User("new"); ok {
		t.Fatal("not undone")
	}
	l.must(l.createAs(everyScope, as("d")))
	_, err := l.createAs(everyScope, as("d"))
	wantExists(t, "the same", err)
	l.afterWindow()
	l.settled()
}
