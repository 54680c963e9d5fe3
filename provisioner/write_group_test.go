package provisioner_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	ann := l.id("ann")
	long := strings.Repeat("部署", 20)
	c, err := l.p.CreateGroup(t.Context(), everyScope, planner.GroupWish{
		DisplayName: &long, ExternalID: ptr("ext-1"), Members: &[]string{ann}, Policies: &[]string{readARN},
	}, provisioner.Options{})
	l.must(c, err)
	writes, _ := l.calls()
	name, _ := store.EncodeGroupName(long)
	want := []string{
		"CreateGroup GroupName=" + name,
		"AttachGroupPolicy GroupName=" + name + " PolicyArn=" + readARN,
		"AddUserToGroup GroupName=" + name + " UserName=ann",
	}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if g := c.Group; g.DisplayName != long || g.ExternalID != "ext-1" || !g.Managed || len(g.Attached) != 1 {
		t.Errorf("created %+v", g)
	}
	if u := l.user(ann); len(u.Groups) != 2 {
		t.Errorf("ann is in %v", u.Groups)
	}
	l.afterWindow()
	l.settled()
	_, err = l.p.CreateGroup(t.Context(), everyScope, planner.GroupWish{DisplayName: &long}, provisioner.Options{})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("again: got %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		staff(a)
		for i := range 12 {
			name := fmt.Sprintf("u%02d", i)
			a.AddUser(iamsim.User{Name: name})
			a.Join(name, "ops")
		}
	})
	ann, ops := l.id("ann"), l.groupID("ops")
	c := l.must(l.updateGroup(ops, planner.GroupWish{AddMembers: []string{ann, l.id("u03")}, RemoveMembers: []string{l.id("u04"), "AIDANOBODY"}}))
	writes, reads := l.calls()
	want := []string{"RemoveUserFromGroup GroupName=ops UserName=u04", "AddUserToGroup GroupName=ops UserName=ann"}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	wantReads := map[string]int{"GetGroup": 1, "ListAttachedGroupPolicies": 1, "ListGroupPolicies": 1, "GetUser": 3, "ListGroupsForUser": 3, "GetCallerIdentity": 2}
	if diff := cmp.Diff(wantReads, reads); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
	if c.Group.Changed != c.Generation.ID || l.user(ann).Changed != c.Generation.ID {
		t.Errorf("generation %d, the group changed in %d, ann in %d", c.Generation.ID, c.Group.Changed, l.user(ann).Changed)
	}
	l.afterWindow()
	l.settled()
	_, err := l.updateGroup(ops, planner.GroupWish{AddMembers: []string{"AIDANOBODY"}})
	var invalid *planner.InvalidError
	if !errors.As(err, &invalid) || invalid.Attribute != "members" {
		t.Errorf("an unknown member: got %v", err)
	}
	l.must(l.updateGroup(ops, planner.GroupWish{Members: &[]string{l.id("u00"), l.id("u01")}, DisplayName: ptr("operations")}))
	writes, _ = l.calls()
	if len(writes) != 11 || writes[10] != "UpdateGroup GroupName=ops NewGroupName=operations" {
		t.Errorf("replaced by %v", writes)
	}
	l.afterWindow()
	l.settled()
}

func TestDeleteGroup(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		staff(a)
		a.Join("ann", "ops")
		a.AddGroup(iamsim.Group{Name: "frozen", Grants: iamsim.Grants{Attached: []string{denyARN}, Inline: []iamsim.InlinePolicy{{Name: "x", Document: listBuckets}}}})
		a.AddUser(iamsim.User{Name: "bob"})
		a.Join("bob", "frozen")
	})
	bob, frozen := l.id("bob"), l.groupID("frozen")
	if l.user(bob).Active {
		t.Fatal("a member of a denying group is active")
	}
	if _, err := l.p.DeleteGroup(t.Context(), everyScope, frozen, nil, provisioner.Options{}); err != nil {
		t.Fatal(err)
	}
	writes, _ := l.calls()
	want := []string{
		"RemoveUserFromGroup GroupName=frozen UserName=bob", "DeleteGroupPolicy GroupName=frozen PolicyName=x",
		"DetachGroupPolicy GroupName=frozen PolicyArn=" + denyARN, "DeleteGroup GroupName=frozen",
	}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if !l.user(bob).Active {
		t.Errorf("still inactive: %+v", l.user(bob).DisabledBy)
	}
	l.settled()
}

func TestGroupQuota(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		staff(a)
		for i := range 9 {
			name := fmt.Sprintf("g%d", i)
			a.AddGroup(iamsim.Group{Name: name})
			a.Join("ann", name)
		}
	})
	_, err := l.updateGroup(l.groupID("ops"), planner.GroupWish{AddMembers: []string{l.id("ann")}})
	var invalid *planner.InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("an eleventh group: got %v", err)
	}
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("calls %v", writes)
	}
}
