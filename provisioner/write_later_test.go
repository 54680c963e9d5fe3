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
	"iamscim/store"
)

// TestRetry: a deactivation that fails for the time being stays journaled, is
// tried again, and gives way to another decision.
func TestRetry(t *testing.T) {
	t.Parallel()
	throttle := iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1}
	deactivate := func(t *testing.T, l *writeLab, id string) {
		t.Helper()
		l.fault(throttle)
		var pending *provisioner.PendingError
		if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); !errors.As(err, &pending) || !errors.Is(err, provisioner.ErrThrottled) {
			t.Fatalf("got %v", err)
		}
		l.ClearFaults()
		if u := l.user(id); u.Active {
			t.Error("the deny does not show")
		}
		if _, err := l.update(id, planner.UserWish{UserName: ptr("other")}); !errors.As(err, &pending) {
			t.Errorf("an unrelated write: got %v", err)
		}
	}
	t.Run("done later", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		deactivate(t, l, id)
		l.Advance(60e9)
		if err := l.p.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if u, _ := l.User("ann"); u.Keys[0].Status != "Inactive" {
			t.Error("not finished")
		}
		l.afterWindow()
		l.settled()
	})
	t.Run("superseded", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		deactivate(t, l, id)
		c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		u, _ := l.User("ann")
		if !c.User.Active || u.Keys[0].Status != "Active" || len(u.Attached) != 1 || u.SSHKeys[0].Status != "Active" {
			t.Errorf("not given back: %+v", u)
		}
		l.afterWindow()
		l.settled()
	})
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		deactivate(t, l, id)
		l.must(l.delete(id))
		l.settled()
	})
}

// TestDeleteConflict: what turns up while a user is being deleted is a follow-up
// of the same plan.
func TestDeleteConflict(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	added := false
	l.between.Store(ptr(func(action string) {
		if action == "DeleteUserPolicy" && !added {
			added = true
			l.EditUser("ann", func(u *iamsim.User) {
				u.Keys = append(u.Keys, iamsim.AccessKey{ID: "AKIALATE000000000000", Status: "Active"})
			})
		}
	}))
	c := l.must(l.delete(l.id("ann")))
	if _, ok := l.User("ann"); ok {
		t.Error("not deleted")
	}
	if c.User != nil || len(c.Plan.Steps) < 16 {
		t.Errorf("the follow-up is not part of the plan: %s", c.Plan)
	}
	l.settled()
}

// TestRecheck: a credential made before the deny was in force is found later.
func TestRecheck(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.must(l.update(l.id("ann"), planner.UserWish{Active: ptr(false)}))
	l.EditUser("ann", func(u *iamsim.User) {
		u.Keys = append(u.Keys[:1:1], iamsim.AccessKey{ID: "AKIALATE000000000000", Status: "Active"})
	})
	l.ResetCalls()
	l.Advance(60e9)
	l.p.Recheck(t.Context())
	writes, _ := l.calls()
	if diff := cmp.Diff([]string{"UpdateAccessKey AccessKeyId=AKIALATE000000000000 Status=Inactive UserName=ann"}, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestRecheckUndone: whoever is cut off may take that back until the deny is in
// force. What we wrote ourselves a moment ago does not hide it.
func TestRecheckUndone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit func(*iamsim.User)
		want string
	}{
		"a key":    {func(u *iamsim.User) { u.Keys[0].Status = "Active" }, "UpdateAccessKey AccessKeyId=AKIAACTIVE0000000000 Status=Inactive UserName=ann"},
		"the deny": {func(u *iamsim.User) { u.Attached = []string{readARN} }, "AttachUserPolicy PolicyArn=" + denyARN + " UserName=ann"},
	}
	deactivateAgain := func(l *writeLab, id string) { l.must(l.update(id, planner.UserWish{Active: ptr(false)})) }
	recheck := func(l *writeLab, _ string) { l.p.Recheck(l.t.Context()) }
	for name, c := range cases {
		for how, look := range map[string]func(*writeLab, string){"recheck": recheck, "again": deactivateAgain} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				id := l.id("ann")
				l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
				l.EditUser("ann", c.edit)
				l.ResetCalls()
				l.Advance(30e9)
				look(l, id)
				writes, _ := l.calls()
				if diff := cmp.Diff([]string{c.want}, writes); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				l.afterWindow()
				l.settled()
			})
		}
	}
}

// TestRecheckAfterCrash: the process that is to look again may be another one,
// though not long after: a deny that is gone by then may have been taken away by
// a reactivation that a backup knows nothing of.
func TestRecheckAfterCrash(t *testing.T) {
	t.Parallel()
	late := func(u *iamsim.User) {
		u.Keys = append(u.Keys[:1:1], iamsim.AccessKey{ID: "AKIALATE000000000000", Status: "Active"})
	}
	released := func(u *iamsim.User) { late(u); u.Attached = []string{readARN} }
	want := []string{"UpdateAccessKey AccessKeyId=AKIALATE000000000000 Status=Inactive UserName=ann"}
	cases := map[string]struct {
		after time.Duration
		edit  func(*iamsim.User)
		guard provisioner.GuardConfig
		want  []string
	}{
		"soon":      {time.Minute, late, provisioner.GuardConfig{}, want},
		"late":      {3 * time.Hour, late, provisioner.GuardConfig{}, want},
		"released":  {3 * time.Hour, released, provisioner.GuardConfig{}, nil},
		"protected": {time.Minute, late, provisioner.GuardConfig{Protect: []string{"ann"}}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.must(l.update(l.id("ann"), planner.UserWish{Active: ptr(false)}))
			l.EditUser("ann", c.edit)
			cfg := lifecycle
			cfg.Guard = c.guard
			l.restart(cfg)
			l.ResetCalls()
			l.Advance(c.after)
			l.p.Recheck(t.Context())
			l.p.Recheck(t.Context()) // once is enough
			writes, _ := l.calls()
			if diff := cmp.Diff(c.want, writes); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTagAttributes(t *testing.T) {
	t.Parallel()
	cfg := lifecycle
	cfg.TagAttributes = []string{"email", "department"}
	l := newWriteLab(t, iamsim.Config{}, cfg, staff)
	person := store.Person{Emails: []store.MultiValue{{Value: "n@example.com"}}, Enterprise: store.Enterprise{Department: "R&D (west)"}}
	c := l.must(l.create(planner.UserWish{UserName: ptr("new"), Person: &person}))
	u, _ := l.User("new")
	if len(u.Tags) != 3 || u.Tags[2].Value != "R D  west" {
		t.Errorf("tags %v", u.Tags)
	}
	person.Enterprise.Department = ""
	person.Emails[0].Value = "new@example.com"
	l.calls()
	l.must(l.update(c.ID, planner.UserWish{Person: &person}))
	writes, _ := l.calls()
	if diff := cmp.Diff([]string{"TagUser UserName=new", "UntagUser TagKeys.member.1=department UserName=new"}, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	l.afterWindow()
	l.settled()
}

// BenchmarkAddMember: adding one member costs the same whatever the group.
func BenchmarkAddMember(b *testing.B) {
	for _, n := range []int{10, 1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := newWriteLab(b, iamsim.Config{UserLimit: 6000}, lifecycle, func(a *iamsim.Account) {
				staff(a)
				a.AddGroup(iamsim.Group{Name: "big"})
				for i := range n {
					name := fmt.Sprintf("u%d", i)
					a.AddUser(iamsim.User{Name: name})
					a.Join(name, "big")
				}
			})
			ann, big := l.id("ann"), l.groupID("big")
			i, calls := 0, 0
			for b.Loop() {
				w := planner.GroupWish{AddMembers: []string{ann}}
				if i++; i%2 == 0 {
					w = planner.GroupWish{RemoveMembers: []string{ann}}
				}
				l.must(l.updateGroup(big, w))
				_, reads := l.calls()
				for _, n := range reads {
					calls += n
				}
			}
			b.ReportMetric(float64(calls)/float64(i), "reads/op")
		})
	}
}
