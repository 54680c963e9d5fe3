package iamsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

// One test per way in which real IAM is known to differ from what a naive
// double would do.

const boundaryARN = "arn:aws:iam::aws:policy/PowerUserAccess"

func TestUniqueIDs(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	u := must[*iam.CreateUserOutput](t)(s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("Alice")}))
	g := must[*iam.CreateGroupOutput](t)(s.iam.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("devs")}))
	if id := *u.User.UserId; !strings.HasPrefix(id, "AIDA") || len(id) != 21 {
		t.Errorf("got user id %q", id)
	}
	if id := *g.Group.GroupId; !strings.HasPrefix(id, "AGPA") || len(id) != 21 {
		t.Errorf("got group id %q", id)
	}
	must[*iam.DeleteUserOutput](t)(s.iam.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("Alice")}))
	again := must[*iam.CreateUserOutput](t)(s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("Alice")}))
	if *again.User.UserId == *u.User.UserId {
		t.Error("an id was used again")
	}
}

func TestNamesIgnoreCase(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("Alice")
	_, err := s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("alice")})
	s.wantCode(err, "EntityAlreadyExists")
	if got := httpStatus(err); got != 409 {
		t.Errorf("got status %d, want 409", got)
	}
	got := must[*iam.GetUserOutput](t)(s.iam.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("ALICE")}))
	if *got.User.UserName != "Alice" || *got.User.Arn != "arn:aws:iam::123456789012:user/Alice" {
		t.Errorf("got %s %s, want the stored spelling", *got.User.UserName, *got.User.Arn)
	}
	_, err = s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("Alice"), NewUserName: aws.String("ALICE")})
	s.wantCode(err, "EntityAlreadyExists")
}

func TestCreateUserValidation(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	for _, tt := range []struct{ name, user, path, want string }{
		{"64 characters", strings.Repeat("a", 64), "/", ""},
		{"65 characters", strings.Repeat("a", 65), "/", "ValidationError"},
		{"blank in name", "bad name!", "/", "ValidationError"},
		{"all allowed characters", "a+b=c,d.e@f-g_h", "/", ""},
		{"path without slashes", "u1", "nopath", "ValidationError"},
		{"empty path segment alone", "u2", "//", "ValidationError"},
		{"empty path segment inside", "u3", "/a//b/", ""},
		{"DEL in path", "u4", "/a\x7f/", "ValidationError"},
		{"letters beyond ASCII in path", "u5", "/é/", "ValidationError"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &tt.user, Path: &tt.path})
			s.wantCode(err, tt.want)
		})
	}
}

func TestBoundaryIsStored(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	out := must[*iam.CreateUserOutput](t)(s.iam.CreateUser(t.Context(), &iam.CreateUserInput{
		UserName: aws.String("bounded"), PermissionsBoundary: aws.String(boundaryARN)}))
	got := must[*iam.GetUserOutput](t)(s.iam.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("bounded")}))
	gaad := must[*iam.GetAccountAuthorizationDetailsOutput](t)(s.iam.GetAccountAuthorizationDetails(t.Context(),
		&iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{iamtypes.EntityTypeUser}}))
	for _, b := range []*iamtypes.AttachedPermissionsBoundary{
		out.User.PermissionsBoundary, got.User.PermissionsBoundary, gaad.UserDetailList[1].PermissionsBoundary,
	} {
		if b == nil || *b.PermissionsBoundaryArn != boundaryARN {
			t.Errorf("got boundary %v", b)
		}
	}
	_, err := s.iam.DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("bounded")})
	s.wantCode(err, "")
	_, err = s.iam.DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("bounded")})
	s.wantCode(err, "NoSuchEntity")
}

func TestRenameKeepsEverything(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	before := must[*iam.CreateUserOutput](t)(s.iam.CreateUser(t.Context(), &iam.CreateUserInput{
		UserName: aws.String("old"), Tags: []iamtypes.Tag{{Key: aws.String("Team"), Value: aws.String("x")}}}))
	s.user("other")
	s.group("devs")
	must[*iam.AddUserToGroupOutput](t)(s.iam.AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{UserName: aws.String("old"), GroupName: aws.String("devs")}))
	must[*iam.CreateAccessKeyOutput](t)(s.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("old")}))
	_, err := s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("old"), NewUserName: aws.String("other")})
	s.wantCode(err, "EntityAlreadyExists")
	must[*iam.UpdateUserOutput](t)(s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{
		UserName: aws.String("old"), NewUserName: aws.String("new"), NewPath: aws.String("/p/")}))
	after := must[*iam.GetUserOutput](t)(s.iam.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("new")}))
	if *after.User.UserId != *before.User.UserId || len(after.User.Tags) != 1 || *after.User.Path != "/p/" {
		t.Errorf("got %+v", after.User)
	}
	keys := must[*iam.ListAccessKeysOutput](t)(s.iam.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("new")}))
	if len(keys.AccessKeyMetadata) != 1 || *keys.AccessKeyMetadata[0].UserName != "new" {
		t.Errorf("got keys %+v", keys.AccessKeyMetadata)
	}
	groups := must[*iam.ListGroupsForUserOutput](t)(s.iam.ListGroupsForUser(t.Context(), &iam.ListGroupsForUserInput{UserName: aws.String("new")}))
	if len(groups.Groups) != 1 {
		t.Errorf("got %d groups, want 1", len(groups.Groups))
	}
	must[*iam.UpdateGroupOutput](t)(s.iam.UpdateGroup(t.Context(), &iam.UpdateGroupInput{GroupName: aws.String("devs"), NewPath: aws.String("/q/")}))
	g := must[*iam.GetGroupOutput](t)(s.iam.GetGroup(t.Context(), &iam.GetGroupInput{GroupName: aws.String("devs")}))
	if *g.Group.Path != "/q/" || len(g.Users) != 1 {
		t.Errorf("got path %s and %d members", *g.Group.Path, len(g.Users))
	}
}

func TestDeleteGroupConflicts(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	s.group("g")
	must[*iam.AddUserToGroupOutput](t)(s.iam.AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{UserName: aws.String("u"), GroupName: aws.String("g")}))
	_, err := s.iam.DeleteGroup(t.Context(), &iam.DeleteGroupInput{GroupName: aws.String("g")})
	s.wantCode(err, "DeleteConflict")
	for range 2 { // a second removal is no error
		_, err = s.iam.RemoveUserFromGroup(t.Context(), &iam.RemoveUserFromGroupInput{UserName: aws.String("u"), GroupName: aws.String("g")})
		s.wantCode(err, "")
	}
	must[*iam.AttachGroupPolicyOutput](t)(s.iam.AttachGroupPolicy(t.Context(), &iam.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: aws.String(boundaryARN)}))
	_, err = s.iam.DeleteGroup(t.Context(), &iam.DeleteGroupInput{GroupName: aws.String("g")})
	s.wantCode(err, "DeleteConflict")
}

func TestTenGroupsTenPolicies(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	for i := range 11 {
		want := ""
		if i == 10 {
			want = "LimitExceeded"
		}
		g := fmt.Sprintf("g%d", i)
		s.group(g)
		for range 2 { // joining twice is no error
			_, err := s.iam.AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{UserName: aws.String("u"), GroupName: &g})
			s.wantCode(err, want)
		}
		p := s.AddPolicy(iamsim.Policy{Name: g}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
		for range 2 {
			_, err := s.iam.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("u"), PolicyArn: &p.ARN})
			s.wantCode(err, want)
		}
	}
	_, err := s.iam.DetachUserPolicy(t.Context(), &iam.DetachUserPolicyInput{UserName: aws.String("u"), PolicyArn: aws.String(boundaryARN)})
	s.wantCode(err, "NoSuchEntity")
}

func TestPasswords(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	create := func(password string) error {
		_, err := s.iam.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: &password, PasswordResetRequired: true})
		return err
	}
	s.wantCode(create("weak"), "PasswordPolicyViolation")
	s.wantCode(create("onlylowercase"), "PasswordPolicyViolation")
	s.Advance(time.Hour)
	s.wantCode(create("Str0ng-enough"), "")
	s.wantCode(create("Str0ng-enough"), "EntityAlreadyExists")
	got := must[*iam.GetLoginProfileOutput](t)(s.iam.GetLoginProfile(t.Context(), &iam.GetLoginProfileInput{UserName: aws.String("u")}))
	u, _ := s.User("u")
	if !got.LoginProfile.PasswordResetRequired || !got.LoginProfile.CreateDate.After(u.Created) {
		t.Errorf("got %+v", got.LoginProfile)
	}
}

func TestTags(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	tag := func(key, value string) error {
		_, err := s.iam.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("u"), Tags: []iamtypes.Tag{{Key: &key, Value: &value}}})
		return err
	}
	s.wantCode(tag("Team", "a"), "")
	s.wantCode(tag("team", "b"), "")
	got := must[*iam.ListUserTagsOutput](t)(s.iam.ListUserTags(t.Context(), &iam.ListUserTagsInput{UserName: aws.String("u")}))
	if len(got.Tags) != 1 || *got.Tags[0].Key != "team" || *got.Tags[0].Value != "b" {
		t.Errorf("got tags %+v", got.Tags)
	}
	for _, bad := range []string{"O'Brien", "Smith, John", "a&b", "(x)", "a;b", "#", "%"} {
		s.wantCode(tag("name", bad), "ValidationError")
	}
	s.wantCode(tag("name", "Zoë Ångström 李"), "")
	s.wantCode(tag("name", "aws:value"), "")
	s.wantCode(tag("AWS:key", "x"), "InvalidInput")
	many := func(n int) error {
		var tags []iamtypes.Tag
		for i := range n {
			tags = append(tags, iamtypes.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("")})
		}
		_, err := s.iam.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("u"), Tags: tags})
		return err
	}
	s.wantCode(many(51), "ValidationError")
	s.wantCode(many(49), "LimitExceeded") // with the two that are there
	s.wantCode(many(48), "")
}

func TestAssumeRoleRefusals(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	assume := func(arn string, seconds int32) error {
		_, err := s.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("test"), DurationSeconds: &seconds})
		return err
	}
	s.wantCode(assume("arn:aws:iam::123456789012:role/absent", 3600), "AccessDenied")
	s.wantCode(assume(s.RoleARN(), 99999), "ValidationError")
	s.wantCode(assume(s.RoleARN(), 43200), "")
	short := s.AddRole(iamsim.Role{Name: "short", Trust: trustAccount})
	s.wantCode(assume("arn:aws:iam::123456789012:role/"+short.Name, 3601), "ValidationError")
	s.wantCode(assume("arn:aws:iam::123456789012:role/"+short.Name, 3600), "")
}

const trustAccount = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
