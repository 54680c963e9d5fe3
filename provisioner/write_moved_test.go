package provisioner_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// renamedAfter has somebody else rename ann after the first answer to an action.
func (l *writeLab) renamedAfter(action string) {
	l.after(action, 1, func() { l.EditUser("ann", func(u *iamsim.User) { u.Name = "zoe" }) })
}

// TestRenamedMeanwhile: somebody renames the user in the middle of a change. It
// does not succeed with half of it, and what was done is taken back.
func TestRenamedMeanwhile(t *testing.T) {
	t.Parallel()
	both := []string{readARN, auditARN}
	cases := map[string]struct {
		have  []string
		after string
		wish  planner.UserWish
	}{
		"what is to be removed": {both, "DetachUserPolicy", planner.UserWish{Entitlements: &[]string{}}},
		"what is to be added":   {both[:1], "DetachUserPolicy", planner.UserWish{Entitlements: &[]string{auditARN}}},
		"the name":              {both[:1], "DetachUserPolicy", planner.UserWish{Entitlements: &[]string{}, UserName: ptr("anna")}},
		"the path":              {both[:1], "DetachUserPolicy", planner.UserWish{Entitlements: &[]string{}, Path: ptr("/x/")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			id := l.id("ann")
			l.EditUser("ann", func(u *iamsim.User) { u.Attached = slices.Clone(c.have) })
			before, _ := l.User("ann")
			l.renamedAfter(c.after)
			_, err := l.update(id, c.wish)
			now, _ := l.User("zoe")
			if !errors.Is(err, provisioner.ErrConflict) {
				t.Errorf("got %v", err)
			}
			slices.Sort(now.Attached)
			slices.Sort(before.Attached)
			if !slices.Equal(now.Attached, before.Attached) || !slices.Equal(now.Groups, before.Groups) || now.Path != before.Path {
				t.Errorf("was %v in %v, is %v in %v", before.Attached, before.Groups, now.Attached, now.Groups)
			}
			l.afterWindow()
			l.resume()
			l.refresh()
			l.settled()
		})
	}
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
		id := l.id("ann")
		l.EditUser("ann", func(u *iamsim.User) { u.Attached = slices.Clone(both) })
		l.after("DetachUserPolicy", 1, func() {
			l.EditUser("ann", func(u *iamsim.User) {
				*u = iamsim.User{ID: u.ID, Name: u.Name, Path: u.Path, Created: u.Created}
			})
			deleteUser(t, l.client(), "ann")
		})
		if _, err := l.update(id, planner.UserWish{Entitlements: &[]string{}}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		l.afterWindow()
		l.resume()
		l.confirm()
		l.settled()
	})
}

// TestMemberRenamedMeanwhile: we rename a user, or delete them, while a group is
// being filled, and somebody else gets the name. They do not get the group.
func TestMemberRenamedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		t.Run(fmt.Sprintf("deleted %v", deleted), func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, func(a *iamsim.Account) {
				staff(a)
				a.AddUser(iamsim.User{Name: "bob"})
			})
			ann, bob, ops := l.id("ann"), l.id("bob"), l.groupID("ops")
			l.after("AddUserToGroup", 1, func() {
				if deleted {
					l.must(l.delete(bob))
				} else {
					l.must(l.update(bob, planner.UserWish{UserName: ptr("robert")}))
				}
				l.must(l.create(planner.UserWish{UserName: ptr("bob")}))
			})
			_, err := l.updateGroup(ops, planner.GroupWish{AddMembers: []string{ann, bob}})
			if u, _ := l.User("bob"); len(u.Groups) > 0 {
				t.Errorf("the new bob is in %v", u.Groups)
			}
			var invalid *planner.InvalidError
			robert, _ := l.User("robert")
			switch {
			case deleted && (!errors.As(err, &invalid) || len(l.groupsOf("ann")) != 1):
				t.Errorf("got %v, ann is in %v", err, l.groupsOf("ann"))
			case !deleted && (err != nil || !slices.Contains(robert.Groups, ops)):
				t.Errorf("got %v, robert is in %v", err, robert.Groups)
			}
			l.afterWindow()
			l.settled()
		})
	}
}

// TestGroupRenamedMeanwhile is the same from the other end.
func TestGroupRenamedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	ann, ops := l.id("ann"), l.groupID("ops")
	l.after("DetachUserPolicy", 1, func() {
		l.must(l.updateGroup(ops, planner.GroupWish{DisplayName: ptr("operations")}))
		l.must(l.p.CreateGroup(t.Context(), everyScope, planner.GroupWish{DisplayName: ptr("ops")}, provisioner.Options{}))
	})
	l.must(l.update(ann, planner.UserWish{Entitlements: &[]string{}, Groups: &[]string{ops}}))
	if u, _ := l.User("ann"); !slices.Equal(u.Groups, []string{ops}) {
		t.Errorf("ann is in %v, want %s", u.Groups, ops)
	}
	l.afterWindow()
	l.settled()
}

// TestRenamedBetweenProofs: somebody renames the user between two reads of an
// undoing. It looks again.
func TestRenamedBetweenProofs(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.p.CrashAt(0, "after")
	if _, err := l.update(l.id("ann"), planner.UserWish{Entitlements: &[]string{}}); err == nil {
		t.Fatal("it did not crash")
	}
	l.restart(lifecycle)
	l.renamedAfter("GetUser")
	l.resume()
	for _, j := range l.open() {
		t.Errorf("still %s: %s", j.State, j.Note)
	}
	if zoe, _ := l.User("zoe"); !slices.Equal(zoe.Attached, []string{readARN}) {
		t.Errorf("not undone: %v", zoe.Attached)
	}
}

// TestMemberRenamedBefore: the snapshot does not know yet that a member was
// renamed. The name that was read live counts, also when the change is undone.
func TestMemberRenamedBefore(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	ann, ops := l.id("ann"), l.groupID("ops")
	l.EditUser("ann", func(u *iamsim.User) { u.Name = "zoe" })
	before := l.groupsOf("zoe")
	l.p.CrashAt(0, "after")
	if _, err := l.updateGroup(ops, planner.GroupWish{AddMembers: []string{ann}}); err == nil {
		t.Fatal("it did not crash")
	}
	l.restart(lifecycle)
	l.resume()
	if after := l.groupsOf("zoe"); !slices.Equal(before, after) || len(l.open()) > 0 {
		t.Errorf("in %v, was in %v, open %+v", after, before, l.open())
	}
}
