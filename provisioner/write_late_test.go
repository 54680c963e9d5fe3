package provisioner_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// TestCrashAndLate: the process dies behind a call, and IAM does not show yet
// what the call did when the next process looks. It is found all the same.
func TestCrashAndLate(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		for n, action := range s.actions {
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				before := l.picture()
				if err := l.SetDelay(action, 45*time.Second); err != nil {
					t.Fatal(err)
				}
				l.p.CrashAt(n, "after")
				if err := s.run(l); err == nil {
					t.Fatal("it did not crash")
				}
				l.restart(lifecycle)
				for range 5 { // before it shows, after it does, and when nothing can show any more
					if err := l.p.Resume(t.Context()); err != nil {
						t.Fatal(err)
					}
					l.Advance(40 * time.Second)
				}
				if s.forward {
					if !s.done(l) {
						t.Errorf("not finished: %s", l.picture())
					}
				} else if diff := cmp.Diff(before, l.picture()); diff != "" {
					t.Errorf("not undone (-want +got):\n%s", diff)
				}
				l.afterWindow()
				l.settled()
			})
		}
	}
}

// TestUndoAndLate: the last call is refused, and IAM does not show yet what an
// earlier one did when that is to be taken back.
func TestUndoAndLate(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if s.forward {
			continue
		}
		last := len(s.actions) - 1
		for _, action := range s.actions[:last] {
			t.Run(s.name+"/"+action, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				before := l.picture()
				if err := l.SetDelay(action, 45*time.Second); err != nil {
					t.Fatal(err)
				}
				l.fault(iamsim.Fault{Action: s.actions[last], Code: "AccessDenied"})
				err := s.run(l)
				var kind *planner.DeniedError
				if !errors.As(err, &kind) && !errors.Is(err, provisioner.ErrUnavailable) {
					t.Errorf("got %v", err)
				}
				for range 5 {
					l.Advance(40 * time.Second)
					l.resume()
				}
				if diff := cmp.Diff(before, l.picture()); diff != "" {
					t.Errorf("not undone (-want +got):\n%s", diff)
				}
				l.afterWindow()
				l.settled()
			})
		}
	}
}

// TestCrashAndOutage: AWS cannot be asked, for longer than IAM takes to show
// something, whether it made what the process that died asked for. That is no
// answer.
func TestCrashAndOutage(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if s.actions[0] != "CreateUser" && s.actions[0] != "CreateGroup" {
			continue
		}
		for _, code := range []string{"ServiceFailure", "AccessDenied", "Throttling"} {
			t.Run(s.name+"/"+code, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				before := l.picture()
				l.p.CrashAt(0, "after")
				if err := s.run(l); err == nil {
					t.Fatal("it did not crash")
				}
				l.restart(lifecycle)
				for _, action := range []string{"GetUser", "GetGroup", "ListUsers", "ListGroups"} {
					l.fault(iamsim.Fault{Action: action, Code: code, Count: -1})
				}
				l.afterWindow()
				l.resume()
				if len(l.open()) != 1 {
					t.Error("taken for undone")
				}
				l.ClearFaults()
				l.afterWindow()
				l.resume()
				if diff := cmp.Diff(before, l.picture()); diff != "" {
					t.Errorf("not undone (-want +got):\n%s", diff)
				}
				l.settled()
			})
		}
	}
}
