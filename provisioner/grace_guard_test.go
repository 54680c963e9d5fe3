package provisioner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// TestKeptBrake: each counts once, when they are cut off; while the brake is
// latched nobody is deleted.
func TestKeptBrake(t *testing.T) {
	t.Parallel()
	cfg := managing("/scim/")
	cfg.Write.DeleteAfter = grace
	l := newGuardLab(t, setup{fill: crowd(40), config: cfg})
	person := func(i int) string { return fmt.Sprintf("person%02d", i) }
	for i := range 10 {
		l.must(l.delete(l.id(person(i))))
	}
	if s := l.brake(); s.Lost != 10 || s.Latched {
		t.Errorf("after ten: %+v", s)
	}
	l.ResetCalls()
	_, err := l.delete(l.id(person(10)))
	wantDenied(t, err, "brake")
	_, err = l.delete(l.id(person(11)))
	wantDenied(t, err, "brake") // not let through as a single deactivation
	l.unchanged()
	l.Advance(grace)
	l.p.DeleteDue(t.Context())
	l.unchanged()
	if err := l.p.ReleaseBrake(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	l.p.DeleteDue(t.Context())
	if s := l.brake(); s.Lost != 0 || s.Latched || len(l.keptUsers()) != 0 {
		t.Errorf("deleted: %+v, kept %d", s, len(l.keptUsers()))
	}
}

// TestKeptMember: a client that replaces the members does not see the user, and
// does not take them out.
func TestKeptMember(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, func(a *iamsim.Account) {
		staff(a)
		a.AddUser(iamsim.User{Name: "bob"})
	})
	dev := l.groupID("dev")
	l.must(l.delete(l.id("ann")))
	l.afterWindow()
	l.ResetCalls()
	l.must(l.updateGroup(dev, planner.GroupWish{Members: &[]string{l.id("bob")}}))
	l.wantCalls("AddUserToGroup GroupName=dev UserName=bob")
	_, err := l.p.DeleteGroup(t.Context(), everyScope, dev, nil, provisioner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.wantCalls("RemoveUserFromGroup GroupName=dev UserName=ann", "RemoveUserFromGroup GroupName=dev UserName=bob", "DeleteGroup GroupName=dev")
	l.afterWindow()
	l.settled()
}

// TestDeleteLaterRefused: whoever could not be deleted is not deactivated
// either, and a deletion that is refused when it is due is tried again.
func TestDeleteLaterRefused(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	id := l.id("ann")
	protecting := keeping
	protecting.Guard.Protect = []string{"ann"}
	l.restart(protecting)
	_, err := l.delete(id)
	wantDenied(t, err, planner.RuleProtected)
	l.unchanged()
	l.restart(keeping)
	l.must(l.delete(id))
	l.restart(protecting)
	l.Advance(grace)
	l.ResetCalls()
	l.p.DeleteDue(t.Context())
	l.p.DeleteDue(t.Context())
	l.unchanged()
	l.restart(keeping)
	l.fault(iamsim.Fault{Action: "DeleteUser", Code: "ServiceFailure", Count: -1})
	l.p.DeleteDue(t.Context())
	l.ClearFaults()
	if len(l.keptUsers()) != 1 {
		t.Error("given up")
	}
	l.Advance(time.Minute)
	l.p.DeleteDue(t.Context())
	if err := l.p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, there := l.User("ann"); there || len(l.keptUsers()) != 0 {
		t.Errorf("in IAM %v, kept %+v", there, l.keptUsers())
	}
}

func TestDeleteLaterDry(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	c, err := l.p.DeleteUser(t.Context(), everyScope, l.id("ann"), nil, provisioner.Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Plan.Steps) != len(deactivation) || len(c.Plan.Notes) != 1 || !strings.Contains(c.Plan.Notes[0], "deleted after") || len(c.Plan.Losing) != 1 {
		t.Errorf("%v, notes %q, losing %v", c.Plan, c.Plan.Notes, c.Plan.Losing)
	}
	l.unchanged()
}

// TestKeptRecheck: what a kept user made before the deny was in force is taken,
// too.
func TestKeptRecheck(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	id := l.id("ann")
	l.must(l.delete(id))
	l.EditUser("ann", func(u *iamsim.User) {
		u.Keys = append(u.Keys, iamsim.AccessKey{ID: "AKIALATE000000000000", Status: "Active"})
	})
	l.Advance(time.Minute)
	l.ResetCalls()
	l.p.Recheck(t.Context())
	l.wantCalls("UpdateAccessKey AccessKeyId=AKIALATE000000000000 Status=Inactive UserName=ann")
	l.wantKept(id)
}

// TestRunDeletes: nobody has to ask.
func TestRunDeletes(t *testing.T) {
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	l.lives(0)
	l.must(l.delete(l.id("ann")))
	l.lives(grace)
	l.restart(keeping)
	gone := make(chan struct{})
	l.after("DeleteUser", 1, func() { close(gone) })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.p.Run(ctx) }()
	<-gone
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := l.p.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if _, there := l.User("ann"); there || len(l.keptUsers()) != 0 {
		t.Errorf("in IAM %v, kept %+v", there, l.keptUsers())
	}
}
