package provisioner_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner/iamsim"
)

// TestUndoneIsShown: an observation sees a plan that the process did not
// finish. Once the plan is undone, the snapshot shows that, and not what was
// observed in between, although it is protected from observations.
func TestUndoneIsShown(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if s.forward {
			continue
		}
		for n := range s.actions {
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				users, groups := l.shownUsers(), l.shownGroups()
				l.p.CrashAt(n, "after")
				if err := s.run(l); err == nil {
					t.Fatal("it did not crash")
				}
				l.restart(lifecycle)
				l.confirm()
				if err := l.p.Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(users, l.shownUsers(), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("users (-before +undone):\n%s", diff)
				}
				if diff := cmp.Diff(groups, l.shownGroups(), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("groups (-before +undone):\n%s", diff)
				}
			})
		}
	}
}
