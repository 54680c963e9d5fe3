package provisioner_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

const grace = 30 * 24 * time.Hour

var keeping = provisioner.WriteConfig{DeleteAfter: grace}

// deactivation is what cuts off Ann of staff.
var deactivation = []string{
	"AttachUserPolicy PolicyArn=" + awsDenyAll + " UserName=ann",
	"UpdateAccessKey AccessKeyId=AKIAACTIVE0000000000 Status=Inactive UserName=ann",
	"UpdateSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 Status=Inactive UserName=ann",
	"UpdateServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 Status=Inactive UserName=ann",
}

// deletion is what then deletes her.
var deletion = []string{
	"DeleteLoginProfile UserName=ann",
	"DeleteAccessKey AccessKeyId=AKIAACTIVE0000000000 UserName=ann",
	"DeleteAccessKey AccessKeyId=AKIASLEEP00000000000 UserName=ann",
	"DeleteServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 UserName=ann",
	"DeleteSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 UserName=ann",
	"RemoveUserFromGroup GroupName=dev UserName=ann",
	"DeleteUserPolicy PolicyName=own UserName=ann",
	"DetachUserPolicy PolicyArn=" + readARN + " UserName=ann",
	"DetachUserPolicy PolicyArn=" + awsDenyAll + " UserName=ann",
	"DeleteUser UserName=ann",
}

// keptUsers lists who waits for their deletion.
func (l *writeLab) keptUsers() (list []store.PendingDeletion) {
	l.t.Helper()
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) (err error) {
		list, err = tx.PendingDeletions(l.t.Context())
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return list
}

// wantKept checks that a user is gone from SCIM and not from IAM.
func (l *writeLab) wantKept(id string) {
	l.t.Helper()
	if list := l.keptUsers(); len(list) != 1 || list[0].UserID != id {
		l.t.Errorf("kept are %+v", list)
	}
	if u := l.user(id); u != nil {
		l.t.Errorf("still shown: %+v", u)
	}
	u, ok := l.User("ann")
	if !ok || !slices.Contains(u.Attached, awsDenyAll) || u.Keys[0].Status != "Inactive" {
		l.t.Errorf("in IAM: %v, %+v", ok, u)
	}
	if _, err := l.update(id, planner.UserWish{Active: ptr(true)}); !errors.Is(err, store.ErrNotFound) {
		l.t.Errorf("reactivation: got %v", err)
	}
	if _, err := l.delete(id); !errors.Is(err, store.ErrNotFound) {
		l.t.Errorf("deleted again: got %v", err)
	}
}

// audited lists action and outcome of the audit log from an entry on.
func (l *writeLab) audited() (list []string) {
	l.t.Helper()
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) error {
		all, err := tx.Audit(l.t.Context(), 0, 1000)
		for _, e := range all {
			list = append(list, e.Action+" "+e.Outcome)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return list
}

func (l *writeLab) wantCalls(want ...string) {
	l.t.Helper()
	writes, _ := l.calls()
	if diff := cmp.Diff(want, writes); diff != "" {
		l.t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestDeleteLater is the whole life, through refreshes and a restart.
func TestDeleteLater(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{Now: still()}, keeping, staff)
	id, dev, started := l.id("ann"), l.groupID("dev"), l.Now()
	l.must(l.delete(id))
	l.wantCalls(deactivation...)
	l.wantKept(id)
	if got := l.keptUsers()[0]; !got.Due.Equal(started.Add(grace)) || got.Actor != "tok" || got.UserName != "ann" {
		t.Errorf("pending: %+v", got)
	}
	l.view(func(tx *store.SnapshotTx) error {
		members, err := tx.Members(t.Context(), dev, false)
		if len(members) != 0 {
			t.Errorf("still a member: %+v", members)
		}
		return err
	})
	l.settled()
	l.afterWindow()
	l.settled() // the deny is not taken away, nor the user brought back
	l.p.Recheck(t.Context())
	l.p.DeleteDue(t.Context())
	l.restart(keeping)
	if err := l.p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.settled()
	l.p.DeleteDue(t.Context())
	l.wantCalls()
	l.wantKept(id)

	l.Advance(grace)
	l.ResetCalls()
	l.p.DeleteDue(t.Context())
	l.wantCalls(deletion...)
	if _, there := l.User("ann"); there || len(l.keptUsers()) != 0 {
		t.Errorf("in IAM %v, kept %+v", there, l.keptUsers())
	}
	want := []string{"user.delete.schedule done", "user.deactivate done", "user.delete done"}
	if diff := cmp.Diff(want, l.audited()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	l.afterWindow()
	l.settled()
	l.must(l.create(planner.UserWish{UserName: ptr("Ann")}))
}

// TestDeleteLaterInactive: the deletion of somebody who is deactivated already
// takes no call at first.
func TestDeleteLaterInactive(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	id := l.id("ann")
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	l.ResetCalls()
	l.must(l.delete(id))
	l.wantCalls()
	l.wantKept(id)
	l.Advance(grace)
	l.ResetCalls()
	l.p.DeleteDue(t.Context())
	l.wantCalls(deletion...)
}

// TestDeletionCancelled: whoever is given access again in IAM is not deleted.
func TestDeletionCancelled(t *testing.T) {
	t.Parallel()
	lift := func(u *iamsim.User) {
		u.Attached = slices.DeleteFunc(u.Attached, func(arn string) bool { return arn == awsDenyAll })
		u.Keys[0].Status = "Active"
	}
	wantShown := func(t *testing.T, l *writeLab, id string) {
		t.Helper()
		l.unchanged()
		if u := l.user(id); u == nil || !u.Active || !slices.Contains(u.Groups, l.groupID("dev")) {
			t.Errorf("shown: %+v", u)
		}
		if got := l.audited(); got[len(got)-1] != "user.delete.cancel done" {
			t.Errorf("audit: %v", got)
		}
		l.afterWindow()
		l.settled()
		l.Advance(2 * grace)
		l.p.DeleteDue(t.Context())
		if _, there := l.User("ann"); !there {
			t.Error("deleted after all")
		}
	}
	t.Run("found when due", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, keeping, staff)
		id := l.id("ann")
		l.must(l.delete(id))
		l.EditUser("ann", lift)
		l.Advance(grace)
		l.ResetCalls()
		l.p.DeleteDue(t.Context())
		wantShown(t, l, id)
	})
	t.Run("found by an observation", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, keeping, staff)
		id := l.id("ann")
		l.must(l.delete(id))
		l.afterWindow()
		l.EditUser("ann", lift)
		l.refresh()
		l.ResetCalls()
		l.p.DeleteDue(t.Context())
		wantShown(t, l, id)
	})
	t.Run("another of that name", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, keeping, staff)
		l.must(l.delete(l.id("ann")))
		l.EditUser("ann", func(u *iamsim.User) { u.Name = "old-ann" })
		l.AddUser(iamsim.User{Name: "ann"})
		l.Advance(grace)
		l.ResetCalls()
		l.p.DeleteDue(t.Context())
		writes, _ := l.calls()
		if len(writes) == 0 || slices.ContainsFunc(writes, func(w string) bool { return !strings.HasSuffix(w, "UserName=old-ann") }) {
			t.Errorf("calls %v", writes)
		}
		if _, there := l.User("ann"); !there {
			t.Error("the wrong one was deleted")
		}
	})
}

// TestDeletedByHand: with the user the name is free, too.
func TestDeletedByHand(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann"}) })
	l.must(l.delete(l.id("ann")))
	l.afterWindow()
	l.EditUser("ann", func(u *iamsim.User) { u.Attached = nil })
	deleteUser(t, l.client(), "ann")
	l.refresh()
	l.p.DeleteDue(t.Context())
	if list := l.keptUsers(); len(list) != 0 {
		t.Errorf("kept: %+v", list)
	}
	l.must(l.create(planner.UserWish{UserName: ptr("ann")}))
}

func TestKeptName(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{Now: still()}, keeping, func(a *iamsim.Account) {
		staff(a)
		a.AddUser(iamsim.User{Name: "bob"})
	})
	due := l.Now().Add(grace)
	l.must(l.delete(l.id("ann")))
	l.afterWindow()
	l.ResetCalls()
	wantKeptName := func(t *testing.T, err error) {
		t.Helper()
		var kept *provisioner.KeptNameError
		if !errors.As(err, &kept) || !errors.Is(err, store.ErrExists) || kept.Name != "ann" || !kept.Until.Equal(due) {
			t.Errorf("got %v", err)
		}
		l.unchanged()
	}
	_, err := l.create(planner.UserWish{UserName: ptr("Ann")})
	wantKeptName(t, err)
	_, err = l.update(l.id("bob"), planner.UserWish{UserName: ptr("ANN")})
	wantKeptName(t, err)

	l.EditUser("ann", func(u *iamsim.User) { u.Name = "anna" })
	l.refresh()
	l.p.DeleteDue(t.Context())
	l.ResetCalls()
	_, err = l.create(planner.UserWish{UserName: ptr("anna")})
	var kept *provisioner.KeptNameError
	if !errors.As(err, &kept) || kept.Name != "anna" {
		t.Errorf("renamed behind our back: got %v", err)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	id := l.id("ann")
	l.must(l.delete(id))
	if _, err := l.p.Adopt(t.Context(), writer, "ann"); err == nil {
		t.Error("restored without the scope admin")
	}
	l.afterWindow()
	l.ResetCalls()
	got, err := l.p.Adopt(t.Context(), admin, "Ann")
	want := []provisioner.Adopted{{Object: store.Ref{Kind: store.KindUser, ID: id}, Name: "ann", Restored: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	l.unchanged()
	if u := l.user(id); u == nil || u.Active || !u.Managed || len(u.DisabledBy) != 2 || !u.DisabledBy[0].Ours {
		t.Fatalf("restored: %+v", u)
	}
	l.settled()
	c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	if u, _ := l.User("ann"); !c.User.Active || u.Keys[0].Status != "Active" || len(u.Attached) != 1 {
		t.Errorf("reactivated: %+v, %+v", c.User, u)
	}
	l.Advance(2 * grace)
	l.p.DeleteDue(t.Context())
	if _, there := l.User("ann"); !there {
		t.Error("deleted after all")
	}
}
