package provisioner_test

import (
	"slices"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestProtectedMeanwhile: what an operator protects is spared, even if it is
// half deactivated or deleted by then.
func TestProtectedMeanwhile(t *testing.T) {
	t.Parallel()
	protecting := lifecycle
	protecting.Guard.Protect = []string{"ann"}
	for _, s := range scenarios() {
		if !s.forward || s.name == "delete group" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.p.CrashAt(1, "before")
			if err := s.run(l); err == nil {
				t.Fatal("it did not crash")
			}
			l.restart(protecting)
			l.calls()
			l.resume()
			if writes, _ := l.calls(); len(writes) > 0 {
				t.Errorf("calls %v", writes)
			}
			open := l.open()
			if len(open) != 1 || open[0].State != store.PlanWaiting {
				t.Fatalf("open plans: %+v", open)
			}
			wantDenied(t, l.p.ReleasePlan(t.Context(), open[0].ID), planner.RuleProtected)
			l.restart(lifecycle)
			if err := l.p.ReleasePlan(t.Context(), open[0].ID); err != nil {
				t.Error(err)
			}
			if !s.done(l) {
				t.Error("not finished once it was allowed")
			}
			l.afterWindow()
			l.settled()
		})
	}
	t.Run("a member who came later", func(t *testing.T) {
		t.Parallel()
		protecting := lifecycle
		protecting.Guard.Protect = []string{"boss"}
		l := newWriteLab(t, iamsim.Config{}, protecting, func(a *iamsim.Account) {
			staff(a)
			a.AddUser(iamsim.User{Name: "boss"})
		})
		l.after("RemoveUserFromGroup", 1, func() { l.Join("boss", "dev") })
		_, err := l.p.DeleteGroup(t.Context(), everyScope, l.groupID("dev"), nil, provisioner.Options{})
		wantDenied(t, err, planner.RuleProtected)
		if boss, _ := l.User("boss"); !slices.Contains(boss.Groups, l.groupID("dev")) {
			t.Error("a protected user lost a group")
		}
		if open := l.open(); len(open) != 1 || open[0].State != store.PlanWaiting {
			t.Errorf("open plans: %+v", open)
		}
	})
}
