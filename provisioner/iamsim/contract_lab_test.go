package iamsim_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// lab is the bench of one contract case. It collects what went wrong instead
// of failing a test, because a deviation that is known is expected.
type lab struct {
	ctx      context.Context
	iam      *iam.Client
	sts      *sts.Client
	number   int
	problems []string
}

// name makes a name no other case uses.
func (l *lab) name(base string) string { return fmt.Sprintf("%s-%d", base, l.number) }

func (l *lab) failf(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// ok demands success.
func (l *lab) ok(err error) bool {
	if err != nil {
		l.failf("got %s, want success", codeOf(err))
	}
	return err == nil
}

// refused demands an error with the code.
func (l *lab) refused(err error, code string) {
	if got := codeOf(err); got != code {
		l.failf("got %s, want %s", got, code)
	}
}

func (l *lab) want(holds bool, format string, args ...any) {
	if !holds {
		l.failf(format, args...)
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return "success"
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return err.Error()
}

// Ready-made objects. A failure to make one is a problem of the case.

func (l *lab) user(base string) string {
	name := l.name(base)
	_, err := l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: &name})
	l.ok(err)
	return name
}

func (l *lab) group(base string) string {
	name := l.name(base)
	_, err := l.iam.CreateGroup(l.ctx, &iam.CreateGroupInput{GroupName: &name})
	l.ok(err)
	return name
}

func (l *lab) join(user, group string) error {
	_, err := l.iam.AddUserToGroup(l.ctx, &iam.AddUserToGroupInput{UserName: &user, GroupName: &group})
	return err
}

const readBucket = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`

func (l *lab) policy(base string) string {
	out, err := l.iam.CreatePolicy(l.ctx, &iam.CreatePolicyInput{PolicyName: aws.String(l.name(base)), PolicyDocument: aws.String(readBucket)})
	if !l.ok(err) {
		return ""
	}
	return *out.Policy.Arn
}

func (l *lab) attach(user, arn string) error {
	_, err := l.iam.AttachUserPolicy(l.ctx, &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: &arn})
	return err
}

func (l *lab) put(user, name, document string) error {
	_, err := l.iam.PutUserPolicy(l.ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: &name, PolicyDocument: &document})
	return err
}

func (l *lab) tag(user string, pairs ...string) error {
	_, err := l.iam.TagUser(l.ctx, &iam.TagUserInput{UserName: &user, Tags: tagsOf(pairs...)})
	return err
}

func tagsOf(pairs ...string) []iamtypes.Tag {
	var tags []iamtypes.Tag
	for i := 0; i+1 < len(pairs); i += 2 {
		tags = append(tags, iamtypes.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return tags
}

// get reads a user back; on a failure it returns an empty one.
func (l *lab) get(name string) *iamtypes.User {
	out, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{UserName: &name})
	if !l.ok(err) {
		return &iamtypes.User{}
	}
	return out.User
}

func (l *lab) key(user string) *iamtypes.AccessKey {
	out, err := l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if !l.ok(err) {
		return &iamtypes.AccessKey{}
	}
	return out.AccessKey
}

const goodPassword = "Correct-Horse-7-Battery"

func (l *lab) login(user, password string) error {
	_, err := l.iam.CreateLoginProfile(l.ctx, &iam.CreateLoginProfileInput{UserName: &user, Password: &password})
	return err
}

func (l *lab) deleteUser(name string) error {
	_, err := l.iam.DeleteUser(l.ctx, &iam.DeleteUserInput{UserName: &name})
	return err
}

func (l *lab) rename(from, to string) error {
	_, err := l.iam.UpdateUser(l.ctx, &iam.UpdateUserInput{UserName: &from, NewUserName: &to})
	return err
}

// members returns the names in a group, through all pages.
func (l *lab) members(group string) []string {
	var names []string
	pages := iam.NewGetGroupPaginator(l.iam, &iam.GetGroupInput{GroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.ctx)
		if !l.ok(err) {
			return names
		}
		for _, u := range page.Users {
			names = append(names, *u.UserName)
		}
	}
	return names
}

// users returns all users under a path, through all pages.
func (l *lab) users(prefix string, items int32) []iamtypes.User {
	var users []iamtypes.User
	pages := iam.NewListUsersPaginator(l.iam, &iam.ListUsersInput{PathPrefix: &prefix, MaxItems: &items})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.ctx)
		if !l.ok(err) {
			return users
		}
		l.want(len(page.Users) <= int(items), "a page of %d items, asked for %d", len(page.Users), items)
		users = append(users, page.Users...)
	}
	return users
}
