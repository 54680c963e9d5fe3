package provisioner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
)

// TestCrashWhileUndoing: the last call is refused, and the process dies while
// it takes the others back, once before and once after each call.
func TestCrashWhileUndoing(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if s.forward {
			continue
		}
		last := len(s.actions) - 1
		for n := range last {
			for _, point := range []string{"before", "after"} {
				t.Run(fmt.Sprintf("%s/%d/%s", s.name, n, point), func(t *testing.T) {
					t.Parallel()
					l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
					before := l.picture()
					if err := l.Fault(iamsim.Fault{Action: s.actions[last], Code: "AccessDenied"}); err != nil {
						t.Fatal(err)
					}
					l.p.CrashAt(last+1+n, point)
					if err := s.run(l); err == nil {
						t.Fatal("it did not crash")
					}
					l.restart(lifecycle)
					if err := l.p.Resume(t.Context()); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(before, l.picture()); diff != "" {
						t.Errorf("not undone (-want +got):\n%s", diff)
					}
					l.afterWindow()
					l.resume()
					l.settled()
				})
			}
		}
	}
}

// TestLostAndLate: the answer to each call is lost, and IAM shows what was
// written late, too.
func TestLostAndLate(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		for _, action := range []string{s.actions[0], s.actions[len(s.actions)-1]} {
			t.Run(s.name+"/"+action, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				if err := l.SetDelay("*", 60*time.Millisecond); err != nil {
					t.Fatal(err)
				}
				if err := l.Fault(iamsim.Fault{Action: action, Kind: iamsim.FaultDrop, After: true}); err != nil {
					t.Fatal(err)
				}
				if err := s.run(l); err != nil || !s.done(l) {
					t.Errorf("got %v\n%s", err, l.picture())
				}
				time.Sleep(70 * time.Millisecond)
				l.afterWindow()
				l.settled()
			})
		}
	}
}

// TestGoneBetweenReads: the answer to the deletion is lost, and IAM shows it in
// the middle of the look at what is left.
func TestGoneBetweenReads(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	if err := l.SetDelay("DeleteUser", time.Minute); err != nil {
		t.Fatal(err)
	}
	l.fault(iamsim.Fault{Action: "DeleteUser", Kind: iamsim.FaultDrop, After: true, Count: 1})
	l.between.Store(ptr(func(action string) {
		if action == "GetUser" && l.Calls()["DeleteUser"] > 0 {
			l.Advance(2 * time.Minute)
		}
	}))
	l.must(l.delete(l.id("ann")))
	l.afterWindow()
	l.settled()
}
