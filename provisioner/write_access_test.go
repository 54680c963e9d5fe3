package provisioner_test

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/planner"
)

// access is something that a person or a group has or has not, how this server
// takes and gives it, and how somebody else does.
type access struct {
	name string
	// change has this server give or take it; with rename, under a new name as well.
	change       func(l *writeLab, give, rename bool) error
	others       func(l *writeLab, c *iam.Client, give bool) error
	has          func(l *writeLab) bool
	taken, given string // the calls
	rename       string // the action
}

func accesses() []access {
	members := func(l *writeLab, give bool) planner.GroupWish {
		return planner.GroupWish{Members: some(give, l.id("ann"))}
	}
	one := func(l *writeLab, give bool) planner.GroupWish {
		return planner.GroupWish{AddMembers: *some(give, l.id("ann")), RemoveMembers: *some(!give, l.id("ann"))}
	}
	groups := func(l *writeLab, give bool) planner.UserWish {
		return planner.UserWish{Groups: some(give, l.groupID("dev"))}
	}
	entitlements := func(_ *writeLab, give bool) planner.UserWish {
		return planner.UserWish{Entitlements: some(give, readARN)}
	}
	attached := func(_ *writeLab, give bool) planner.GroupWish {
		return planner.GroupWish{Policies: some(give, readARN)}
	}
	const leave, enter = "RemoveUserFromGroup GroupName=dev UserName=ann", "AddUserToGroup GroupName=dev UserName=ann"
	const user, group = "UserPolicy PolicyArn=" + readARN + " UserName=ann", "GroupPolicy GroupName=ops PolicyArn=" + readARN
	return []access{
		{"a member", changeGroup("dev", one), otherMember, isMember, leave, enter, "UpdateGroup"},
		{"all members", changeGroup("dev", members), otherMember, isMember, leave, enter, "UpdateGroup"},
		{"a group", changeUser(groups), otherMember, isMember, leave, enter, "UpdateUser"},
		{"an entitlement", changeUser(entitlements), otherEntitlement, isEntitled, "Detach" + user, "Attach" + user, "UpdateUser"},
		{"a policy of a group", changeGroup("ops", attached), otherPolicy, isAttached, "Detach" + group, "Attach" + group, "UpdateGroup"},
	}
}

func some(give bool, list ...string) *[]string {
	if !give {
		list = []string{}
	}
	return &list
}

func changeUser(wish func(*writeLab, bool) planner.UserWish) func(*writeLab, bool, bool) error {
	return func(l *writeLab, give, rename bool) error {
		w := wish(l, give)
		if rename {
			w.UserName = ptr("renamed")
		}
		_, err := l.update(l.id("ann"), w)
		return err
	}
}

func changeGroup(name string, wish func(*writeLab, bool) planner.GroupWish) func(*writeLab, bool, bool) error {
	return func(l *writeLab, give, rename bool) error {
		w := wish(l, give)
		if rename {
			w.DisplayName = ptr("renamed")
		}
		_, err := l.updateGroup(l.groupID(name), w)
		return err
	}
}

func otherMember(l *writeLab, c *iam.Client, give bool) (err error) {
	if give {
		_, err = c.AddUserToGroup(l.t.Context(), &iam.AddUserToGroupInput{UserName: ptr("ann"), GroupName: ptr("dev")})
	} else {
		_, err = c.RemoveUserFromGroup(l.t.Context(), &iam.RemoveUserFromGroupInput{UserName: ptr("ann"), GroupName: ptr("dev")})
	}
	return err
}

func isMember(l *writeLab) bool {
	u, _ := l.User("ann")
	return slices.Contains(u.Groups, l.groupID("dev"))
}

func otherEntitlement(l *writeLab, c *iam.Client, give bool) (err error) {
	if give {
		_, err = c.AttachUserPolicy(l.t.Context(), &iam.AttachUserPolicyInput{UserName: ptr("ann"), PolicyArn: ptr(readARN)})
	} else {
		_, err = c.DetachUserPolicy(l.t.Context(), &iam.DetachUserPolicyInput{UserName: ptr("ann"), PolicyArn: ptr(readARN)})
	}
	return err
}

func isEntitled(l *writeLab) bool {
	u, _ := l.User("ann")
	return slices.Contains(u.Attached, readARN)
}

func otherPolicy(l *writeLab, c *iam.Client, give bool) (err error) {
	if give {
		_, err = c.AttachGroupPolicy(l.t.Context(), &iam.AttachGroupPolicyInput{GroupName: ptr("ops"), PolicyArn: ptr(readARN)})
	} else {
		_, err = c.DetachGroupPolicy(l.t.Context(), &iam.DetachGroupPolicyInput{GroupName: ptr("ops"), PolicyArn: ptr(readARN)})
	}
	return err
}

func isAttached(l *writeLab) bool {
	g, _ := l.Group("ops")
	return slices.Contains(g.Attached, readARN)
}

// byOthers has somebody else give or take the access.
func (a *access) byOthers(l *writeLab, give bool) {
	l.t.Helper()
	if err := a.others(l, l.client(), give); err != nil || a.has(l) != give {
		l.t.Fatalf("given by others: %v, has it: %v", err, a.has(l))
	}
	l.calls()
}

// must has this server give or take it.
func (a *access) must(l *writeLab, give bool) {
	l.t.Helper()
	if err := a.change(l, give, false); err != nil {
		l.t.Fatal(err)
	}
}
