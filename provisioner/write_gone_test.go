package provisioner_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestGone: an object that somebody else deleted is not found, and no longer
// shown; one that took its name is left alone.
func TestGone(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, func(a *iamsim.Account) {
		staff(a)
		a.AddUser(iamsim.User{Name: "bob"})
	})
	bob, ops := l.id("bob"), l.groupID("ops")
	if _, err := l.client().DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("bob")}); err != nil {
		t.Fatal(err)
	}
	successor := l.AddUser(iamsim.User{Name: "bob"})
	if _, err := l.delete(bob); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("delete: got %v", err)
	}
	if u, ok := l.User("bob"); !ok || u.ID != successor.ID {
		t.Error("the successor was deleted")
	}
	if l.user(bob) != nil {
		t.Error("the one who is gone is still shown")
	}
	l.ResetCalls()
	if _, err := l.update(bob, provisioner.UserWish{Active: ptr(false)}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("update: got %v", err)
	}
	if n := len(l.Journal()); n != 0 {
		t.Errorf("an unknown id cost %d calls", n)
	}
	group := &iam.DetachGroupPolicyInput{GroupName: aws.String("ops"), PolicyArn: aws.String(readARN)}
	if _, err := l.client().DetachGroupPolicy(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	if _, err := l.client().DeleteGroup(t.Context(), &iam.DeleteGroupInput{GroupName: aws.String("ops")}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.updateGroup(ops, provisioner.GroupWish{ExternalID: ptr("x")}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("group: got %v", err)
	}
}

// TestRenamedGroup: memberships are written by the name a group has now, though
// another group took the name that we know.
func TestRenamedGroup(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	ann, dev, ops := l.id("ann"), l.groupID("dev"), l.groupID("ops")
	rename := func(from, to string) {
		t.Helper()
		if _, err := l.client().UpdateGroup(t.Context(), &iam.UpdateGroupInput{GroupName: &from, NewGroupName: &to}); err != nil {
			t.Fatal(err)
		}
	}
	rename("ops", "x")
	rename("dev", "ops")
	rename("x", "dev")
	l.must(l.update(ann, provisioner.UserWish{Groups: &[]string{ops}}))
	if u, _ := l.User("ann"); !slices.Equal(u.Groups, []string{ops}) {
		t.Errorf("ann is in %v, want only %s", u.Groups, ops)
	}
	l.must(l.updateGroup(dev, provisioner.GroupWish{AddMembers: []string{ann}}))
	l.must(l.delete(ann))
	l.afterWindow()
	l.settled()
}

// TestLostGroup: an answer that is lost and a group of that name that is not
// empty: then it is not ours.
func TestLostGroup(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	if err := l.Fault(iamsim.Fault{Action: "CreateGroup", Kind: iamsim.FaultDrop, After: true}); err != nil {
		t.Fatal(err)
	}
	l.between.Store(ptr(func(action string) {
		if action == "CreateGroup" {
			l.Join("ann", "new")
		}
	}))
	_, err := l.p.CreateGroup(context.WithoutCancel(t.Context()), everyScope, provisioner.GroupWish{DisplayName: ptr("new")}, provisioner.Options{})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("got %v", err)
	}
	if _, ok := l.Group("new"); !ok {
		t.Error("a group with somebody in it was deleted")
	}
}

// TestWriteToOtherAccount: keys that were exchanged for another account's do not
// write there, even before a refresh has noticed.
func TestWriteToOtherAccount(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) { people(a, 2) })
	other, url := serveElsewhere(t, iamsim.Config{AccountID: "999999999999"})
	cfg := keysOf(other)
	cfg.RoleARN, cfg.Endpoint = other.RoleARN(), url
	l.conn = connect(t, cfg)
	l.restart(provisioner.WriteConfig{})
	if _, err := l.create(provisioner.UserWish{UserName: ptr("stranger")}); !errors.Is(err, store.ErrOtherAccount) {
		t.Errorf("got %v, want another account", err)
	}
	if n := other.Calls()["CreateUser"]; n > 0 {
		t.Errorf("the other account was asked %d times", n)
	}
}
