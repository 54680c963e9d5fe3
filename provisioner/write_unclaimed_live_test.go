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
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// asUser is an update of a user that can be sent away.
func (l *writeLab) asUser(id string, w planner.UserWish) func(context.Context, provisioner.Options) error {
	return func(ctx context.Context, opt provisioner.Options) error {
		_, err := l.p.UpdateUser(ctx, everyScope, id, func(*store.User) (planner.UserWish, error) { return w, nil }, opt)
		return err
	}
}

func (l *writeLab) asGroup(id string, w planner.GroupWish) func(context.Context, provisioner.Options) error {
	return func(ctx context.Context, opt provisioner.Options) error {
		_, err := l.p.UpdateGroup(ctx, everyScope, id, func(*store.Group) (planner.GroupWish, error) { return w, nil }, opt)
		return err
	}
}

// TestDeactivatedAgain: whoever got access back since is deactivated by an equal
// request, and not only said to be, also if the snapshot does not know.
func TestDeactivatedAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]func(l *writeLab, id string){
		"through us": func(l *writeLab, id string) { l.must(l.update(id, planner.UserWish{Active: ptr(true)})) },
		"in IAM": func(l *writeLab, _ string) {
			c, ann := l.client(), aws.String("ann")
			_, err := c.UpdateAccessKey(l.t.Context(), &iam.UpdateAccessKeyInput{UserName: ann, AccessKeyId: aws.String("AKIAACTIVE0000000000"), Status: "Active"})
			_, err2 := c.DetachUserPolicy(l.t.Context(), &iam.DetachUserPolicyInput{UserName: ann, PolicyArn: aws.String(awsDenyAll)})
			if err := errors.Join(err, err2); err != nil {
				l.t.Fatal(err)
			}
		},
	}
	for name, reactivate := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			id := l.id("ann")
			deactivate := l.asUser(id, planner.UserWish{Active: ptr(false)})
			l.sentAway("UpdateAccessKey", deactivate)
			reactivate(l, id)
			if u, _ := l.User("ann"); u.Keys[0].Status != "Active" {
				t.Fatal("not reactivated")
			}
			if err := deactivate(t.Context(), as("d")); err != nil {
				t.Errorf("got %v", err)
			}
			u, _ := l.User("ann")
			if !slices.Contains(u.Attached, awsDenyAll) || u.Keys[0].Status != "Inactive" {
				t.Errorf("said to be deactivated, but has %v and key %s", u.Attached, u.Keys[0].Status)
			}
		})
	}
}

// TestMemberAgain: a member who came back since is taken out by an equal request,
// and one who was taken out comes back.
func TestMemberAgain(t *testing.T) {
	t.Parallel()
	for _, away := range []string{"through us", "in IAM"} {
		for _, action := range []string{"RemoveUserFromGroup", "AddUserToGroup"} {
			t.Run(action+" "+away, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				group, wish, undone := "dev", planner.GroupWish{RemoveMembers: []string{l.id("ann")}}, planner.GroupWish{AddMembers: []string{l.id("ann")}}
				if action == "AddUserToGroup" {
					group, wish, undone = "ops", undone, wish
				}
				change := l.asGroup(l.groupID(group), wish)
				l.sentAway(action, change)
				want := l.memberOf("ann", group)
				if away == "through us" {
					l.must(l.updateGroup(l.groupID(group), undone))
				} else {
					l.turnMember("ann", group, action)
				}
				if l.memberOf("ann", group) == want {
					t.Fatal("nothing was undone")
				}
				if err := change(t.Context(), as("d")); err != nil {
					t.Errorf("got %v", err)
				}
				if l.memberOf("ann", group) != want {
					t.Error("answered as done, but it is not")
				}
			})
		}
	}
}

func (l *writeLab) memberOf(user, group string) bool {
	l.t.Helper()
	out, err := l.client().ListGroupsForUser(l.t.Context(), &iam.ListGroupsForUserInput{UserName: &user})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, g := range out.Groups {
		if aws.ToString(g.GroupName) == group {
			return true
		}
	}
	return false
}

// turnMember takes back in IAM what an action did.
func (l *writeLab) turnMember(user, group, action string) {
	l.t.Helper()
	var err error
	if action == "AddUserToGroup" {
		_, err = l.client().RemoveUserFromGroup(l.t.Context(), &iam.RemoveUserFromGroupInput{UserName: &user, GroupName: &group})
	} else {
		_, err = l.client().AddUserToGroup(l.t.Context(), &iam.AddUserToGroupInput{UserName: &user, GroupName: &group})
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// TestFailureIsNotRemembered: what failed is tried by an equal request.
func TestFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.fault(iamsim.Fault{Action: "RemoveUserFromGroup", Code: "AccessDenied", Count: 1})
	remove := l.asGroup(l.groupID("dev"), planner.GroupWish{RemoveMembers: []string{l.id("ann")}})
	l.sentAway("RemoveUserFromGroup", remove)
	l.ClearFaults()
	if !l.memberOf("ann", "dev") {
		t.Fatal("it did not fail")
	}
	if err := remove(t.Context(), as("d")); err != nil || l.memberOf("ann", "dev") {
		t.Errorf("got %v, still a member: %v", err, l.memberOf("ann", "dev"))
	}
}

// TestCreatedIsLookedAt: a creation is answered from memory only if IAM has what
// it made, by that name.
func TestCreatedIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"same process": false, "restart": true} {
		t.Run("deleted in IAM, "+name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.createSentAway()
			id := l.id("new")
			l.afterWindow()
			if _, err := l.client().DetachUserPolicy(t.Context(), &iam.DetachUserPolicyInput{UserName: aws.String("new"), PolicyArn: aws.String(readARN)}); err != nil {
				t.Fatal(err)
			}
			deleteUser(t, l.client(), "new")
			if restart {
				l.restart(lifecycle)
			}
			c := l.must(l.createAs(everyScope, as("d")))
			if u, ok := l.User("new"); !ok || c.ID == id || u.ID != c.ID {
				t.Errorf("got %s, it was %s", c.ID, id)
			}
		})
		t.Run("renamed, "+name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.createSentAway()
			id := l.id("new")
			l.must(l.update(id, planner.UserWish{UserName: ptr("somebody")}))
			if restart {
				l.restart(lifecycle)
			}
			c := l.must(l.createAs(everyScope, as("d")))
			if c.ID == id || c.User.UserName != "new" {
				t.Errorf("asked for new, got %s %q", c.ID, c.User.UserName)
			}
		})
		t.Run("changed in IAM, "+name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.createSentAway()
			l.afterWindow()
			if _, err := l.client().DetachUserPolicy(t.Context(), &iam.DetachUserPolicyInput{UserName: aws.String("new"), PolicyArn: aws.String(readARN)}); err != nil {
				t.Fatal(err)
			}
			l.calls()
			if restart {
				l.restart(lifecycle)
			}
			c := l.must(l.createAs(everyScope, as("d")))
			if c.ID != l.id("new") || len(c.User.Attached) != 0 || len(l.user(c.ID).Attached) != 0 {
				t.Errorf("got %+v", c.User)
			}
			if writes, _ := l.calls(); len(writes) != 0 {
				t.Errorf("calls %v", writes)
			}
		})
	}
}

// TestCreatedIsKept: who is out of SCIM is not given again.
func TestCreatedIsKept(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, keeping, staff)
	l.createSentAway()
	l.must(l.delete(l.id("new")))
	_, err := l.createAs(everyScope, as("d"))
	var kept *provisioner.KeptNameError
	if !errors.As(err, &kept) {
		t.Errorf("got %v", err)
	}
}

// TestUnreadableIsKept: if IAM does not say whether it is there, the next gets it.
func TestUnreadableIsKept(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	l.createSentAway()
	l.fault(iamsim.Fault{Action: "GetUser", Code: "AccessDenied", Count: -1})
	var denied *planner.DeniedError
	if _, err := l.createAs(everyScope, as("d")); !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
	l.ClearFaults()
	l.calls()
	l.wantNew(l.createAs(everyScope, as("d")))
}

// TestDigestsWritten: the journal has digests of creations only, and none of a
// request with a password.
func TestDigestsWritten(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	create := func(w planner.UserWish) func(context.Context, provisioner.Options) error {
		return func(ctx context.Context, opt provisioner.Options) error {
			_, err := l.p.CreateUser(ctx, everyScope, w, opt)
			return err
		}
	}
	cases := []struct {
		name, action, want string
		request            func(context.Context, provisioner.Options) error
	}{
		{"creation", "CreateUser", "tok d", create(planner.UserWish{UserName: ptr("new")})},
		{"with a password", "CreateUser", "", create(planner.UserWish{UserName: ptr("secret"), Password: ptr("Correct-Horse-1")})},
		{"update", "AttachUserPolicy", "", l.asUser(l.id("ann"), planner.UserWish{Entitlements: &[]string{readARN, auditARN}})},
	}
	for _, c := range cases {
		arrived, release := l.hold(c.action)
		done := make(chan error)
		go func() { done <- c.request(t.Context(), as("d")) }()
		<-arrived
		err := l.account.State.View(t.Context(), func(tx *store.StateTx) error {
			open, err := tx.OpenPlans(t.Context())
			if err == nil && (len(open) != 1 || open[0].Digest != c.want) {
				t.Errorf("%s: the journal has %+v", c.name, open)
			}
			return err
		})
		release()
		if err := errors.Join(err, <-done); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		l.drained()
	}
}
