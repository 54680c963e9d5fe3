package iamsim_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

var groupID = regexp.MustCompile(`^AGPA[A-Z2-7]{17}$`)

func groupRefused(name, source, code, group string) contractCase {
	return contractCase{"CreateGroup", name, source, func(l *lab) {
		_, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: &group})
		l.refused(err, code)
	}}
}

func (l *lab) updateGroup(in iam.UpdateGroupInput) error {
	_, err := l.iam.UpdateGroup(l.ctx, &in)
	return err
}

func (l *lab) deleteGroup(name string) error {
	_, err := l.iam.DeleteGroup(l.ctx, &iam.DeleteGroupInput{GroupName: &name})
	return err
}

func (l *lab) leave(user, group string) error {
	_, err := l.iam.RemoveUserFromGroup(l.ctx, &iam.RemoveUserFromGroupInput{UserName: &user, GroupName: &group})
	return err
}

func groupCases() []contractCase {
	return slices.Concat([]contractCase{
		groupRefused("129 characters", pageQuotas, "ValidationError", strings.Repeat("g", 129)),
		groupRefused("a blank in the name", "API_CreateGroup", "ValidationError", "my group"),
		groupRefused("an ampersand in the name", "API_CreateGroup", "ValidationError", "r&d"),
		{"CreateGroup", "what it answers", pageIDs, func(l *lab) {
			out, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: aws.String(l.name("g")), Path: aws.String("/x/")})
			if !l.ok(err) {
				return
			}
			l.want(groupID.MatchString(*out.Group.GroupId), "group id %q", *out.Group.GroupId)
			l.want(strings.HasSuffix(*out.Group.Arn, ":group/x/"+*out.Group.GroupName), "arn %q", *out.Group.Arn)
		}},
		{"CreateGroup", "128 characters", pageQuotas, func(l *lab) {
			_, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: aws.String(fmt.Sprintf("%0128d", l.number))})
			l.ok(err)
		}},
		{"CreateGroup", "an existing name", "API_CreateGroup", func(l *lab) {
			_, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: aws.String(l.group("twin"))})
			l.refused(err, "EntityAlreadyExists")
		}},
		{"CreateGroup", "a name that differs in case only", "API_CreateGroup", func(l *lab) {
			_, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: aws.String(strings.ToUpper(l.group("twin")))})
			l.refused(err, "EntityAlreadyExists")
		}},
		{"GetGroup", "in another case", observed, func(l *lab) {
			name := l.group("Mixed")
			out, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: aws.String(strings.ToUpper(name))})
			l.want(l.ok(err) && *out.Group.GroupName == name, "not the stored spelling")
		}},
		{"GetGroup", "of nothing", "API_GetGroup", func(l *lab) {
			_, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: aws.String(l.name("none"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetGroup", "truncated", "API_GetGroup", func(l *lab) {
			group := l.group("g")
			l.ok(l.join(l.user("a"), group))
			l.ok(l.join(l.user("b"), group))
			out, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: &group, MaxItems: aws.Int32(1)})
			l.want(l.ok(err) && out.IsTruncated && len(out.Users) == 1, "not truncated")
			l.want(len(l.members(group)) == 2, "members are %v", l.members(group))
		}},
		{"ListGroups", "MaxItems", "API_ListGroups", func(l *lab) {
			l.group("a")
			l.group("b")
			out, err := l.iam.ListGroups(l.ctx, &iam.ListGroupsInput{MaxItems: aws.Int32(1)})
			l.want(l.ok(err) && out.IsTruncated && len(out.Groups) == 1, "not truncated")
		}},
	}, changeGroupCases())
}

func changeGroupCases() []contractCase {
	return []contractCase{
		{"UpdateGroup", "keeps id and members", "API_UpdateGroup", func(l *lab) {
			group, user, renamed := l.group("old"), l.user("m"), l.name("new")
			before, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: &group})
			l.ok(err)
			l.ok(l.join(user, group))
			l.ok(l.updateGroup(iam.UpdateGroupInput{GroupName: &group, NewGroupName: &renamed}))
			after, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: &renamed})
			l.want(l.ok(err) && *after.Group.GroupId == *before.Group.GroupId && len(after.Users) == 1, "id or members are lost")
		}},
		{"UpdateGroup", "onto another group", "API_UpdateGroup", func(l *lab) {
			l.refused(l.updateGroup(iam.UpdateGroupInput{GroupName: aws.String(l.group("a")), NewGroupName: aws.String(l.group("b"))}), "EntityAlreadyExists")
		}},
		{"UpdateGroup", "only the path", "API_UpdateGroup", func(l *lab) {
			group := l.group("g")
			l.ok(l.updateGroup(iam.UpdateGroupInput{GroupName: &group, NewPath: aws.String("/moved/")}))
			out, err := l.iam.GetGroup(l.ctx, &iam.GetGroupInput{GroupName: &group})
			l.want(l.ok(err) && *out.Group.Path == "/moved/", "path is unchanged")
		}},
		{"UpdateGroup", "of nothing", "API_UpdateGroup", func(l *lab) {
			l.refused(l.updateGroup(iam.UpdateGroupInput{GroupName: aws.String(l.name("none")), NewPath: aws.String("/x/")}), "NoSuchEntity")
		}},
		{"DeleteGroup", "with a member", "API_DeleteGroup", func(l *lab) {
			group := l.group("g")
			l.ok(l.join(l.user("u"), group))
			l.refused(l.deleteGroup(group), "DeleteConflict")
		}},
		{"DeleteGroup", "with an attached policy", "API_DeleteGroup", func(l *lab) {
			group := l.group("g")
			_, err := l.iam.AttachGroupPolicy(l.ctx, &iam.AttachGroupPolicyInput{GroupName: &group, PolicyArn: aws.String(l.policy("p"))})
			l.ok(err)
			l.refused(l.deleteGroup(group), "DeleteConflict")
		}},
		{"DeleteGroup", "with an inline policy", "API_DeleteGroup", func(l *lab) {
			group := l.group("g")
			_, err := l.iam.PutGroupPolicy(l.ctx, &iam.PutGroupPolicyInput{GroupName: &group, PolicyName: aws.String("p"), PolicyDocument: aws.String(readBucket)})
			l.ok(err)
			l.refused(l.deleteGroup(group), "DeleteConflict")
		}},
		{"DeleteGroup", "with nothing", "API_DeleteGroup", func(l *lab) { l.ok(l.deleteGroup(l.group("g"))) }},
		{"DeleteGroup", "of nothing", "API_DeleteGroup", func(l *lab) { l.refused(l.deleteGroup(l.name("none")), "NoSuchEntity") }},
	}
}

func memberCases() []contractCase {
	return []contractCase{
		{"AddUserToGroup", "twice", observed, func(l *lab) {
			user, group := l.user("u"), l.group("g")
			l.ok(l.join(user, group))
			l.ok(l.join(user, group))
			l.want(len(l.members(group)) == 1, "members are %v", l.members(group))
		}},
		{"AddUserToGroup", "of nobody", "API_AddUserToGroup", func(l *lab) {
			l.refused(l.join(l.name("nobody"), l.group("g")), "NoSuchEntity")
		}},
		{"AddUserToGroup", "to no group", "API_AddUserToGroup", func(l *lab) {
			l.refused(l.join(l.user("u"), l.name("none")), "NoSuchEntity")
		}},
		{"AddUserToGroup", "an 11th group", pageQuotas, func(l *lab) {
			user := l.user("u")
			for i := range 10 {
				l.ok(l.join(user, l.group(fmt.Sprintf("g%d", i))))
			}
			l.refused(l.join(user, l.group("more")), "LimitExceeded")
		}},
		{"AddUserToGroup", "in another case", observed, func(l *lab) {
			user, group := l.user("User"), l.group("Group")
			l.ok(l.join(strings.ToUpper(user), strings.ToLower(group)))
			l.want(slices.Equal(l.members(group), []string{user}), "members are %v", l.members(group))
		}},
		{"RemoveUserFromGroup", "of a member", "API_RemoveUserFromGroup", func(l *lab) {
			user, group := l.user("u"), l.group("g")
			l.ok(l.join(user, group))
			l.ok(l.leave(user, group))
			l.want(len(l.members(group)) == 0, "members are %v", l.members(group))
		}},
		{"RemoveUserFromGroup", "of one who is no member", observed, func(l *lab) {
			l.ok(l.leave(l.user("u"), l.group("g")))
		}},
		{"RemoveUserFromGroup", "of nobody", "API_RemoveUserFromGroup", func(l *lab) {
			l.refused(l.leave(l.name("nobody"), l.group("g")), "NoSuchEntity")
		}},
		{"RemoveUserFromGroup", "from no group", "API_RemoveUserFromGroup", func(l *lab) {
			l.refused(l.leave(l.user("u"), l.name("none")), "NoSuchEntity")
		}},
		{"ListGroupsForUser", "of a member", "API_ListGroupsForUser", func(l *lab) {
			user, group := l.user("u"), l.group("g")
			l.ok(l.join(user, group))
			out, err := l.iam.ListGroupsForUser(l.ctx, &iam.ListGroupsForUserInput{UserName: &user})
			l.want(l.ok(err) && len(out.Groups) == 1 && *out.Groups[0].GroupName == group, "the group is not listed")
		}},
		{"ListGroupsForUser", "of nobody", "API_ListGroupsForUser", func(l *lab) {
			_, err := l.iam.ListGroupsForUser(l.ctx, &iam.ListGroupsForUserInput{UserName: aws.String(l.name("nobody"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetGroup", "after a member was deleted", "API_DeleteUser", func(l *lab) {
			user, group := l.user("u"), l.group("g")
			l.ok(l.join(user, group))
			l.ok(l.leave(user, group))
			l.ok(l.deleteUser(user))
			l.want(len(l.members(group)) == 0, "members are %v", l.members(group))
		}},
	}
}
