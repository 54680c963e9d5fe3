package iamsim_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const pageRename = "IAM User Guide, Rename an IAM user"

func renameCases() []contractCase {
	return []contractCase{
		{"UpdateUser", "keeps the id", pageRename, func(l *lab) {
			old := l.user("old")
			before := l.get(old)
			l.ok(l.rename(old, l.name("new")))
			l.want(aws.ToString(l.get(l.name("new")).UserId) == aws.ToString(before.UserId), "another id")
		}},
		{"UpdateUser", "keeps tags", pageRename, func(l *lab) {
			old := l.user("old")
			l.ok(l.tag(old, "team", "blue"))
			l.ok(l.rename(old, l.name("new")))
			l.want(len(l.get(l.name("new")).Tags) == 1, "tags are lost")
		}},
		{"UpdateUser", "keeps keys", pageRename, func(l *lab) {
			old, renamed := l.user("old"), l.name("new")
			l.key(old)
			l.ok(l.rename(old, renamed))
			out, err := l.iam.ListAccessKeys(l.ctx, &iam.ListAccessKeysInput{UserName: &renamed})
			l.want(l.ok(err) && len(out.AccessKeyMetadata) == 1 && *out.AccessKeyMetadata[0].UserName == renamed, "keys are lost or keep the old name")
		}},
		{"UpdateUser", "keeps memberships", pageRename, func(l *lab) {
			old, renamed, group := l.user("old"), l.name("new"), l.group("g")
			l.ok(l.join(old, group))
			l.ok(l.rename(old, renamed))
			l.want(slices.Equal(l.members(group), []string{renamed}), "members are %v", l.members(group))
		}},
		{"UpdateUser", "keeps policies", pageRename, func(l *lab) {
			old, renamed := l.user("old"), l.name("new")
			l.ok(l.attach(old, l.policy("p")))
			l.ok(l.put(old, "inline", readBucket))
			l.ok(l.rename(old, renamed))
			attached, err := l.iam.ListAttachedUserPolicies(l.ctx, &iam.ListAttachedUserPoliciesInput{UserName: &renamed})
			l.want(l.ok(err) && len(attached.AttachedPolicies) == 1, "attachments are lost")
			_, err = l.iam.GetUserPolicy(l.ctx, &iam.GetUserPolicyInput{UserName: &renamed, PolicyName: aws.String("inline")})
			l.ok(err)
		}},
		{"UpdateUser", "frees the old name", pageRename, func(l *lab) {
			old := l.user("old")
			l.ok(l.rename(old, l.name("new")))
			_, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{UserName: &old})
			l.refused(err, "NoSuchEntity")
		}},
		{"UpdateUser", "onto another user", "API_UpdateUser", func(l *lab) {
			l.refused(l.rename(l.user("one"), l.user("two")), "EntityAlreadyExists")
		}},
		{"UpdateUser", "onto another user in another case", "API_UpdateUser", func(l *lab) {
			l.refused(l.rename(l.user("one"), strings.ToUpper(l.user("two"))), "EntityAlreadyExists")
		}},
		{"UpdateUser", "in case only", observed, func(l *lab) {
			name := l.user("shira")
			l.refused(l.rename(name, strings.ToUpper(name)), "EntityAlreadyExists")
		}},
		{"UpdateUser", "to a bad name", "API_UpdateUser", func(l *lab) {
			l.refused(l.rename(l.user("one"), "bad name"), "ValidationError")
		}},
		{"UpdateUser", "of nobody", "API_UpdateUser", func(l *lab) {
			l.refused(l.rename(l.name("nobody"), l.name("new")), "NoSuchEntity")
		}},
		{"UpdateUser", "a new path", "API_UpdateUser", func(l *lab) {
			name := l.user("moved")
			_, err := l.iam.UpdateUser(l.ctx, &iam.UpdateUserInput{UserName: &name, NewPath: aws.String("/x/")})
			l.ok(err)
			l.want(strings.HasSuffix(aws.ToString(l.get(name).Arn), ":user/x/"+name), "the ARN has not moved")
		}},
	}
}

// conflict is a case about what stands in the way of deleting a user.
func conflict(name string, hinder func(l *lab, user string)) contractCase {
	return contractCase{"DeleteUser", name, "API_DeleteUser", func(l *lab) {
		user := l.user("held")
		hinder(l, user)
		l.refused(l.deleteUser(user), "DeleteConflict")
	}}
}

func deleteUserCases() []contractCase {
	return []contractCase{
		conflict("with a key", func(l *lab, u string) { l.key(u) }),
		conflict("with an inactive key", func(l *lab, u string) {
			k := l.key(u)
			_, err := l.iam.UpdateAccessKey(l.ctx, &iam.UpdateAccessKeyInput{UserName: &u, AccessKeyId: k.AccessKeyId, Status: "Inactive"})
			l.ok(err)
		}),
		conflict("with a password", func(l *lab, u string) { l.ok(l.login(u, goodPassword)) }),
		conflict("in a group", func(l *lab, u string) { l.ok(l.join(u, l.group("g"))) }),
		conflict("with an attached policy", func(l *lab, u string) { l.ok(l.attach(u, l.policy("p"))) }),
		conflict("with an inline policy", func(l *lab, u string) { l.ok(l.put(u, "p", readBucket)) }),
		conflict("with an MFA device", func(l *lab, u string) { l.enabledDevice(u) }),
		conflict("with an SSH key", func(l *lab, u string) { l.ok(l.uploadSSH(u, 0)) }),
		conflict("with a certificate", func(l *lab, u string) { l.ok(l.uploadCertificate(u, 0)) }),
		conflict("with a service credential", func(l *lab, u string) { l.ok(l.serviceCredential(u)) }),
		{"DeleteUser", "with nothing", "API_DeleteUser", func(l *lab) {
			l.ok(l.deleteUser(l.user("free")))
		}},
		{"DeleteUser", "with tags and a boundary", "API_DeleteUser", func(l *lab) {
			arn, name := l.policy("boundary"), l.name("user")
			_, err := l.createWith(func(in *iam.CreateUserInput) { in.Tags, in.PermissionsBoundary = tagsOf("a", "b"), &arn })
			l.ok(err)
			l.ok(l.deleteUser(name))
		}},
		{"DeleteUser", "of nobody", "API_DeleteUser", func(l *lab) {
			l.refused(l.deleteUser(l.name("nobody")), "NoSuchEntity")
		}},
		{"DeleteUser", "in another case", observed, func(l *lab) {
			l.ok(l.deleteUser(strings.ToUpper(l.user("cased"))))
		}},
		{"DeleteUser", "ids never come back", pageIDs, func(l *lab) {
			name := l.user("again")
			before := l.get(name)
			l.ok(l.deleteUser(name))
			l.user("again")
			l.want(aws.ToString(l.get(name).UserId) != aws.ToString(before.UserId), "the id came back")
		}},
	}
}

func (l *lab) tags(user string) map[string]string {
	tags := map[string]string{}
	pages := iam.NewListUserTagsPaginator(l.iam, &iam.ListUserTagsInput{UserName: &user})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.ctx)
		if !l.ok(err) {
			return nil
		}
		for _, t := range page.Tags {
			tags[*t.Key] = *t.Value
		}
	}
	return tags
}

const pageTags = "IAM User Guide, Tags for IAM resources"

func tagRefused(name, source, code string, pairs ...string) contractCase {
	return contractCase{"TagUser", name, source, func(l *lab) { l.refused(l.tag(l.user("t"), pairs...), code) }}
}

func tagCases() []contractCase {
	return []contractCase{
		tagRefused("an apostrophe", "API_Tag", "ValidationError", "name", "O'Brien"),
		tagRefused("an ampersand in the key", "API_Tag", "ValidationError", "a&b", "c"),
		tagRefused("a value of 257 characters", "API_Tag", "ValidationError", "k", strings.Repeat("v", 257)),
		tagRefused("a key of 129 characters", "API_Tag", "ValidationError", strings.Repeat("k", 129), "v"),
		tagRefused("keys that differ in case", pageTags, "InvalidInput", "Team", "a", "TEAM", "b"),
		tagRefused("a reserved key", pageTags, "InvalidInput", "aws:team", "b"),
		{"TagUser", "a key in another case", pageTags, func(l *lab) {
			user := l.user("t")
			l.ok(l.tag(user, "Team", "a"))
			l.ok(l.tag(user, "team", "b"))
			got := l.tags(user)
			l.want(len(got) == 1 && got["team"] == "b", "tags are %v", got)
		}},
		{"TagUser", "a 51st tag", observed, func(l *lab) {
			user := l.user("t")
			for at := range 5 {
				var pairs []string
				for i := range 10 {
					pairs = append(pairs, fmt.Sprintf("k%d-%d", at, i), "v")
				}
				l.ok(l.tag(user, pairs...))
			}
			l.refused(l.tag(user, "one-more", "v"), "LimitExceeded")
		}},
		{"TagUser", "letters of the world and an empty value", "API_Tag", func(l *lab) {
			user := l.user("t")
			l.ok(l.tag(user, "имя", "田中 花子", "empty", ""))
			l.want(l.tags(user)["имя"] == "田中 花子", "tags are %v", l.tags(user))
		}},
		{"TagUser", "of nobody", "API_TagUser", func(l *lab) {
			l.refused(l.tag(l.name("nobody"), "a", "b"), "NoSuchEntity")
		}},
		{"UntagUser", "a key in another case", pageTags, func(l *lab) {
			user := l.user("t")
			l.ok(l.tag(user, "Team", "a"))
			_, err := l.iam.UntagUser(l.ctx, &iam.UntagUserInput{UserName: &user, TagKeys: []string{"TEAM"}})
			l.want(l.ok(err) && len(l.tags(user)) == 0, "the tag is still there")
		}},
		{"UntagUser", "an absent key", observed, func(l *lab) {
			user := l.user("t")
			_, err := l.iam.UntagUser(l.ctx, &iam.UntagUserInput{UserName: &user, TagKeys: []string{"none"}})
			l.ok(err)
		}},
		{"ListUserTags", "of nobody", "API_ListUserTags", func(l *lab) {
			_, err := l.iam.ListUserTags(l.ctx, &iam.ListUserTagsInput{UserName: aws.String(l.name("nobody"))})
			l.refused(err, "NoSuchEntity")
		}},
	}
}
