package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// as is the options of a request with a digest.
func as(digest string) provisioner.Options { return provisioner.Options{Digest: digest} }

// createAs creates the user new.
func (l *writeLab) createAs(a provisioner.Actor, opt provisioner.Options) (*provisioner.Change, error) {
	return l.p.CreateUser(l.t.Context(), a, planner.UserWish{UserName: ptr("new"), Entitlements: &[]string{readARN}}, opt)
}

// sentAway makes a request whose time ends while an action is under way, and
// waits for the end of its plan.
func (l *writeLab) sentAway(action string, request func(context.Context, provisioner.Options) error) {
	l.t.Helper()
	_, release := l.hold(action)
	opt := as("d")
	opt.Wait = 50 * time.Millisecond
	var pending *provisioner.PendingError
	if err := request(l.t.Context(), opt); !errors.As(err, &pending) {
		l.t.Fatalf("got %v", err)
	}
	release()
	l.drained()
}

func (l *writeLab) drained() {
	l.t.Helper()
	if err := l.p.Drain(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.between.Store(ptr(func(string) {}))
	l.calls()
}

func (l *writeLab) createSentAway() {
	l.t.Helper()
	l.sentAway("CreateUser", func(_ context.Context, opt provisioner.Options) error {
		_, err := l.createAs(everyScope, opt)
		return err
	})
}

func wantExists(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("%s: got %v, want that it exists", what, err)
	}
}

// wantNew checks that a request is answered with the user new without any call
// that changes something.
func (l *writeLab) wantNew(c *provisioner.Change, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
	if c.ID != l.id("new") || c.User == nil || c.User.Changed != l.user(c.ID).Changed {
		l.t.Errorf("got %+v", c)
	}
	if writes, _ := l.calls(); len(writes) != 0 {
		l.t.Errorf("calls %v", writes)
	}
}

// TestRetryAfterTheEnd: the result of a creation that nobody waited for is for the
// next equal request, and for no other.
func TestRetryAfterTheEnd(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.createSentAway()
	other := everyScope
	other.Credential = "other"
	_, err := l.createAs(other, as("d"))
	wantExists(t, "another credential", err)
	_, err = l.createAs(everyScope, as("e"))
	wantExists(t, "another request", err)
	_, err = l.createAs(everyScope, provisioner.Options{})
	wantExists(t, "a request without a digest", err)
	_, err = l.createAs(everyScope, provisioner.Options{Digest: "d", DryRun: true})
	wantExists(t, "a dry run", err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	// Whatever it comes to, nobody receives it.
	_, _ = l.p.CreateUser(gone, everyScope, planner.UserWish{UserName: ptr("new")}, as("d"))
	l.drained()
	l.wantNew(l.createAs(everyScope, as("d")))
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "once it was received", err)
	l.afterWindow()
	l.settled()
}

// TestAnsweredIsNotRepeated: who has got the answer does not get it again, over
// restarts, too.
func TestAnsweredIsNotRepeated(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.must(l.createAs(everyScope, as("d")))
	_, err := l.createAs(everyScope, as("d"))
	wantExists(t, "the same", err)
	l.restart(lifecycle)
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "after a restart", err)
}

// TestJoinedIsReceived: who joined has received the result.
func TestJoinedIsReceived(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	arrived, release := l.hold("CreateUser")
	opt := as("d")
	opt.Wait = 50 * time.Millisecond
	var pending *provisioner.PendingError
	if _, err := l.createAs(everyScope, opt); !errors.As(err, &pending) {
		t.Fatalf("got %v", err)
	}
	<-arrived
	joined := make(chan error)
	go func() {
		_, err := l.createAs(everyScope, as("d"))
		joined <- err
	}()
	eventually(t, "it joins", func() bool { return l.p.Joined() == 1 })
	release()
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	_, err := l.createAs(everyScope, as("d"))
	wantExists(t, "once it was received", err)
	l.restart(lifecycle)
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "after a restart", err)
}

// TestConnectionBroke: a client that hangs up after the first call gets the
// result by its retry.
func TestConnectionBroke(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	arrived, release := l.hold("CreateUser")
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		<-arrived
		hangUp()
	}()
	_, err := l.p.CreateUser(ctx, everyScope, planner.UserWish{UserName: ptr("new")}, as("d"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	l.drained()
	l.wantNew(l.createAs(everyScope, as("d")))
	_, err = l.createAs(everyScope, as("d"))
	wantExists(t, "once it was received", err)
}

// TestResultTooOld: after ten minutes nobody asks for the result any more.
func TestResultTooOld(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %v", restart), func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.createSentAway()
			l.Advance(10*time.Minute + time.Second)
			if restart {
				l.restart(lifecycle)
			}
			_, err := l.createAs(everyScope, as("d"))
			wantExists(t, "after ten minutes", err)
		})
	}
}

// TestResultOfFailure: a failure is no result; the request is carried out anew.
func TestResultOfFailure(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.fault(iamsim.Fault{Action: "AttachUserPolicy", Code: "LimitExceeded", Count: 1})
	l.createSentAway()
	if _, ok := l.User("new"); ok {
		t.Fatal("not undone")
	}
	l.must(l.createAs(everyScope, as("d")))
	l.afterWindow()
	l.settled()
}

// TestUnfinishedIsNoResult: what is tried again later has come to no end.
func TestUnfinishedIsNoResult(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	id := l.id("ann")
	l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1})
	deactivate := func(ctx context.Context, opt provisioner.Options) error {
		edit := func(*store.User) (planner.UserWish, error) { return planner.UserWish{Active: ptr(false)}, nil }
		_, err := l.p.UpdateUser(ctx, everyScope, id, edit, opt)
		return err
	}
	l.sentAway("UpdateAccessKey", deactivate)
	l.ClearFaults()
	if err := deactivate(t.Context(), as("d")); err != nil {
		t.Errorf("got %v", err)
	}
	if u, _ := l.User("ann"); u.Keys[0].Status != "Inactive" {
		t.Error("not deactivated")
	}
	l.afterWindow()
	l.settled()
}
