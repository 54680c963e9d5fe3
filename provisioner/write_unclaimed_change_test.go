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

// TestResultOfUpdate: an update that somebody else changed since is made again.
func TestResultOfUpdate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		meanwhile   *[]string // entitlements
		conditional bool
		asked       int // how often edit is called by the retry
	}{
		"unchanged":   {nil, false, 0},
		"changed":     {&[]string{auditARN}, false, 1},
		"conditional": {nil, true, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			id, asked := l.id("ann"), 0
			var got *provisioner.Change
			update := func(ctx context.Context, opt provisioner.Options) (err error) {
				opt.Conditional = c.conditional
				got, err = l.p.UpdateUser(ctx, everyScope, id, func(*store.User) (planner.UserWish, error) {
					asked++
					return planner.UserWish{Entitlements: &[]string{}}, nil
				}, opt)
				return err
			}
			l.sentAway("DetachUserPolicy", update)
			if c.meanwhile != nil {
				l.must(l.update(id, planner.UserWish{Entitlements: c.meanwhile}))
			}
			asked = 0
			if err := update(t.Context(), as("d")); err != nil || len(got.User.Attached) != 0 {
				t.Errorf("got %+v, %v", got, err)
			}
			if asked != c.asked {
				t.Errorf("asked %d times, want %d", asked, c.asked)
			}
			if u, _ := l.User("ann"); len(u.Attached) != 0 {
				t.Errorf("the account has %v", u.Attached)
			}
			asked = 0
			if err := update(t.Context(), as("d")); err != nil || asked != 1 {
				t.Errorf("the third: %v, asked %d times", err, asked)
			}
			l.afterWindow()
			l.settled()
		})
	}
}

// TestResultOfDeletion: a deletion succeeds for its retry, and not for the next.
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
			if err := remove(t.Context(), as("d")); err != nil {
				t.Errorf("got %v", err)
			}
			if writes, _ := l.calls(); len(writes) != 0 {
				t.Errorf("calls %v", writes)
			}
			if err := remove(t.Context(), as("d")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("once it was received: got %v", err)
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
