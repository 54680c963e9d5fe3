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

// crowd is an account with n people in a group and a few days behind them.
func crowd(n int) func(*iamsim.Account) {
	return func(a *iamsim.Account) {
		a.AddGroup(iamsim.Group{Name: "all", Path: "/scim/"})
		for i := range n {
			name := fmt.Sprintf("person%02d", i)
			a.AddUser(iamsim.User{Name: name, Path: "/scim/", Created: a.Now().Add(-72 * time.Hour)})
			a.Join(name, "all")
		}
	}
}

func (l *writeLab) deactivate(i int) error {
	_, err := l.update(l.id(fmt.Sprintf("person%02d", i)), planner.UserWish{Active: ptr(false)})
	return err
}

func (l *writeLab) brake() provisioner.BrakeState {
	l.t.Helper()
	s, err := l.p.Brake(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// unchanged checks that nothing was written to IAM.
func (l *writeLab) unchanged() {
	l.t.Helper()
	if writes, _ := l.calls(); len(writes) > 0 {
		l.t.Errorf("calls were made: %v", writes)
	}
}

func TestBrake(t *testing.T) {
	t.Parallel()
	cfg := managing("/scim/")
	l := newGuardLab(t, setup{fill: crowd(40), config: cfg})
	for i := range 10 {
		if err := l.deactivate(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.deactivate(3); err != nil { // again: nobody loses anything
		t.Error(err)
	}
	if s := l.brake(); s.Latched || s.Lost != 10 || s.Limit != 10 {
		t.Errorf("at the limit: %+v", s)
	}
	l.calls()
	wantDenied(t, l.deactivate(10), "brake")
	l.unchanged()
	if s := l.brake(); !s.Latched || s.Refused != 11 || s.Actor != "tok" || s.Since == nil {
		t.Errorf("latched: %+v", s)
	}

	// A restart does not release it. Single deactivations go on, slowly;
	// nothing else does.
	l.guarded(cfg)
	var pending *provisioner.PendingError
	if err := l.deactivate(10); !errors.As(err, &pending) || pending.RetryAfter <= 0 || pending.RetryAfter > time.Minute || pending.Reason == "" {
		t.Errorf("at once: got %v", err)
	}
	l.unchanged()
	l.Advance(time.Minute)
	if err := l.deactivate(10); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	if err := l.deactivate(11); !errors.As(err, &pending) {
		t.Errorf("the next one at once: got %v", err)
	}
	l.Advance(time.Minute)
	l.calls()
	_, err := l.delete(l.id("person12"))
	wantDenied(t, err, "brake")
	_, err = l.updateGroup(l.groupID("all"), planner.GroupWish{RemoveMembers: []string{l.id("person12")}})
	wantDenied(t, err, "brake")
	l.unchanged()

	t.Run("release", func(t *testing.T) {
		err := l.p.ReleaseBrake(t.Context(), writer)
		wantDenied(t, err, "scope")
		if err := l.p.ReleaseBrake(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		if err := l.p.ReleaseBrake(t.Context(), admin); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: got %v", err)
		}
		if s := l.brake(); s.Latched || s.Lost != 0 || s.Limit != 11 {
			t.Errorf("released: %+v", s)
		}
		if _, err := l.delete(l.id("person12")); err != nil {
			t.Error(err)
		}
	})
}

// TestBrakeRelease: what was refused can be done after the release, once.
func TestBrakeRelease(t *testing.T) {
	t.Parallel()
	fill := func(a *iamsim.Account) {
		crowd(29)(a)
		a.AddUser(iamsim.User{Name: "bystander", Path: "/scim/", Created: a.Now().Add(-72 * time.Hour)})
	}
	l := newGuardLab(t, setup{fill: fill, config: managing("/scim/")})
	none := planner.GroupWish{Members: &[]string{}}
	_, err := l.updateGroup(l.groupID("all"), none)
	wantDenied(t, err, "brake")
	l.unchanged()
	if err := l.p.ReleaseBrake(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if _, err := l.updateGroup(l.groupID("all"), none); err != nil {
		t.Fatal(err)
	}
	for i := range 29 { // they are counted already
		if err := l.deactivate(i); err != nil {
			t.Fatal(err)
		}
	}
	_, err = l.delete(l.id("bystander"))
	wantDenied(t, err, "brake")
}

func TestBrakeCounts(t *testing.T) {
	t.Parallel()
	t.Run("the share", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{fill: crowd(100), config: managing("/scim/")})
		if s := l.brake(); s.Limit != 20 {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("the window moves", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{fill: crowd(30), config: managing("/scim/")})
		for i := range 20 {
			if err := l.deactivate(i); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
			l.Advance(6*time.Minute + time.Second)
			l.signIn()
			l.guarded(managing("/scim/"))
		}
	})
	t.Run("people made in the same window", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{config: managing("/scim/")})
		for i := range 15 {
			c := l.must(l.create(planner.UserWish{UserName: ptr(fmt.Sprint("new", i))}))
			if _, err := l.delete(c.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("several changes asked at once", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{fill: crowd(30), config: managing("/scim/")})
		var people []string
		for i := range 11 {
			c, err := l.p.DeleteUser(t.Context(), writer, l.id(fmt.Sprintf("person%02d", i)), nil, provisioner.Options{DryRun: true, Unbraked: true})
			if err != nil {
				t.Fatal(err)
			}
			people = append(people, c.Plan.Losing...)
		}
		if err := l.p.AskBrake(t.Context(), writer, people[:10]); err != nil {
			t.Errorf("ten: %v", err)
		}
		if s := l.brake(); s.Lost != 0 {
			t.Errorf("asking counted them: %+v", s)
		}
		wantDenied(t, l.p.AskBrake(t.Context(), writer, people), "brake")
		if !l.brake().Latched {
			t.Error("it is not latched")
		}
		l.unchanged()
	})
	t.Run("a dry run latches nothing", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{fill: crowd(30), config: managing("/scim/")})
		_, err := l.p.DeleteGroup(t.Context(), writer, l.groupID("all"), nil, provisioner.Options{DryRun: true})
		wantDenied(t, err, "brake")
		if s := l.brake(); s.Latched {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		cfg := managing("/scim/")
		cfg.Write.Guard.Brake.Off = true
		l := newGuardLab(t, setup{fill: crowd(30), config: cfg})
		if _, err := l.p.DeleteGroup(t.Context(), writer, l.groupID("all"), nil, provisioner.Options{}); err != nil {
			t.Error(err)
		}
	})
}
