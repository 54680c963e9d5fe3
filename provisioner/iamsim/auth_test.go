package iamsim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

func TestSignatures(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	id, secret := s.Credentials()
	u := s.AddUser(iamsim.User{Name: "u", Keys: []iamsim.AccessKey{{Status: "Inactive"}}})
	for _, tt := range []struct{ name, id, secret, token, want string }{
		{"good", id, secret, "", ""},
		{"unknown key", "AKIAABCDEFGHIJKLMNOP", secret, "", "InvalidClientTokenId"},
		{"wrong secret", id, secret + "x", "", "SignatureDoesNotMatch"},
		{"inactive key", u.Keys[0].ID, u.Keys[0].Secret, "", "InvalidClientTokenId"},
		{"token with a long-term key", id, secret, "token", "InvalidClientTokenId"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, client := s.clients(tt.id, tt.secret, tt.token)
			_, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			s.wantCode(err, tt.want)
		})
	}
}

func TestUnsigned(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	body := strings.NewReader("Action=ListUsers&Version=2010-05-08")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 403 || !strings.Contains(string(text), "<Code>MissingAuthenticationToken</Code>") {
		t.Errorf("got %d %s", resp.StatusCode, text)
	}
}

func TestUnsupportedAction(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	_, err := s.iam.ListSAMLProviders(t.Context(), &iam.ListSAMLProvidersInput{})
	s.wantCode(err, "InvalidAction")
	if got := httpStatus(err); got != 400 {
		t.Errorf("got status %d, want 400", got)
	}
	if !strings.Contains(err.Error(), "ListSAMLProviders") {
		t.Errorf("%v does not name the action", err)
	}
}

// assume returns an IAM client with the role's session.
func (s *server) assume(client *sts.Client, in *sts.AssumeRoleInput) (*iam.Client, *sts.Client, error) {
	out, err := client.AssumeRole(s.ctx(), in)
	if err != nil {
		return nil, nil, err
	}
	c := out.Credentials
	i, st := s.clients(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	return i, st, nil
}

func TestSessions(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	arn := s.ReadOnlyRoleARN()
	reader, chained, err := s.assume(s.sts, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("test")})
	if err != nil {
		t.Fatal(err)
	}
	who := must[*sts.GetCallerIdentityOutput](t)(chained.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if got, want := *who.Arn, "arn:aws:sts::123456789012:assumed-role/iamscim-readonly/test"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = reader.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "")
	_, err = reader.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("x")})
	s.wantCode(err, "AccessDenied")
	want := "User: arn:aws:sts::123456789012:assumed-role/iamscim-readonly/test is not authorized to perform: iam:CreateUser on resource: " +
		"arn:aws:iam::123456789012:user/x because no identity-based policy allows the iam:CreateUser action"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	s.Advance(time.Hour)
	_, err = reader.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "ExpiredToken")
}

func TestRoleChaining(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddRole(iamsim.Role{Name: "target", Trust: trustAccount, MaxSession: 12 * time.Hour})
	s.AddRole(iamsim.Role{Name: "hop", Trust: trustAccount, Grants: iamsim.Grants{Attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}}})
	_, hop, err := s.assume(s.sts, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/hop"), RoleSessionName: aws.String("one")})
	if err != nil {
		t.Fatal(err)
	}
	for seconds, want := range map[int32]string{3600: "", 3601: "ValidationError"} {
		_, _, err = s.assume(hop, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::123456789012:role/target"), RoleSessionName: aws.String("two"), DurationSeconds: &seconds})
		s.wantCode(err, want)
	}
}

func TestExternalID(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddRole(iamsim.Role{Name: "guarded", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::123456789012:user/bootstrap"},"Action":"sts:AssumeRole",
		"Condition":{"StringEquals":{"sts:ExternalId":"s3cret"}}}]}`})
	for _, tt := range []struct {
		name string
		id   *string
		want string
	}{
		{"right", aws.String("s3cret"), ""},
		{"wrong", aws.String("other"), "AccessDenied"},
		{"missing", nil, "AccessDenied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := s.assume(s.sts, &sts.AssumeRoleInput{
				RoleArn: aws.String("arn:aws:iam::123456789012:role/guarded"), RoleSessionName: aws.String("test"), ExternalId: tt.id})
			s.wantCode(err, tt.want)
		})
	}
}

func TestRootMayNotAssume(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	id, secret := s.RootCredentials()
	_, root := s.clients(id, secret, "")
	_, _, err := s.assume(root, &sts.AssumeRoleInput{RoleArn: aws.String(s.RoleARN()), RoleSessionName: aws.String("test")})
	s.wantCode(err, "AccessDenied")
}

func allow(statement string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`
}

func TestAuthorisationBeforeExistence(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	client := s.as("weak", allow(`"Action":"iam:DeleteUser","Resource":"arn:aws:iam::123456789012:user/scim/*"`))
	_, err := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("absent")})
	s.wantCode(err, "AccessDenied")
	s.AddUser(iamsim.User{Name: "mine", Path: "/scim/"})
	s.AddUser(iamsim.User{Name: "theirs", Path: "/ops/"})
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("theirs")})
	s.wantCode(err, "AccessDenied")
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("MINE")})
	s.wantCode(err, "")
}

func TestCreateUserWithTagsNeedsTagUser(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	client := s.as("weak", allow(`"Action":"iam:CreateUser","Resource":"*"`))
	tags := []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("one"), Tags: tags})
	s.wantCode(err, "AccessDenied")
	_, err = client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("one")})
	s.wantCode(err, "")
}

func TestRenameNeedsBothARNs(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "u", Path: "/scim/"})
	client := s.as("weak", allow(`"Action":"iam:UpdateUser","Resource":"arn:aws:iam::123456789012:user/scim/*"`))
	_, err := client.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("u"), NewPath: aws.String("/ops/")})
	s.wantCode(err, "AccessDenied")
	_, err = client.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("u"), NewUserName: aws.String("v")})
	s.wantCode(err, "")
}

func TestMembershipIsAuthorisedOnTheGroup(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "u", Path: "/ops/"})
	s.AddGroup(iamsim.Group{Name: "g", Path: "/scim/"})
	s.AddGroup(iamsim.Group{Name: "h", Path: "/ops/"})
	client := s.as("weak", allow(`"Action":"iam:AddUserToGroup","Resource":"arn:aws:iam::123456789012:group/scim/*"`))
	for group, want := range map[string]string{"g": "", "h": "AccessDenied"} {
		_, err := client.AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{UserName: aws.String("u"), GroupName: &group})
		s.wantCode(err, want)
	}
}

func TestConditionKeys(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	client := s.as("weak", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}},
		{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+boundaryARN+`"}}},
		{"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["email"]}}},
		{"Effect":"Allow","Action":"iam:DeleteUser","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/email":"x"}}}]}`)
	for arn, want := range map[string]string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess": "", "arn:aws:iam::aws:policy/AdministratorAccess": "AccessDenied"} {
		_, err := client.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("u"), PolicyArn: &arn})
		s.wantCode(err, want)
	}
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("v")})
	s.wantCode(err, "AccessDenied")
	_, err = client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("v"), PermissionsBoundary: aws.String(boundaryARN)})
	s.wantCode(err, "")
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("v")})
	s.wantCode(err, "AccessDenied")
	for _, key := range []string{"other", "email"} {
		_, err = client.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("v"), Tags: []iamtypes.Tag{{Key: &key, Value: aws.String("x")}}})
		s.wantCode(err, map[string]string{"other": "AccessDenied", "email": ""}[key])
	}
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("v")})
	s.wantCode(err, "")
}

func TestDenies(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	client := s.as("strong", allow(`"Action":"*","Resource":"*"`))
	list := func() error { _, err := client.ListUsers(t.Context(), &iam.ListUsersInput{}); return err }
	s.wantCode(list(), "")
	if err := s.SetSCP(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}`); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, list(), "with an explicit deny in a service control policy")
	if err := s.SetSCP(); err != nil {
		t.Fatal(err)
	}
	s.wantCode(list(), "")
	s.EditUser("strong", func(u *iamsim.User) { u.Boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" })
	wantMessage(t, list(), "because no permissions boundary allows the iam:ListUsers action")
	s.EditUser("strong", func(u *iamsim.User) { u.Boundary = ""; u.Attached = []string{"arn:aws:iam::aws:policy/AWSDenyAll"} })
	wantMessage(t, list(), "with an explicit deny in an identity-based policy")
}

func wantMessage(t *testing.T, err error, want string) {
	t.Helper()
	if code(err) != "AccessDenied" || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want AccessDenied %s", err, want)
	}
}

func TestSessionPolicy(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	client, _, err := s.assume(s.sts, &sts.AssumeRoleInput{
		RoleArn: aws.String(s.RoleARN()), RoleSessionName: aws.String("test"),
		Policy: aws.String(allow(`"Action":"iam:ListUsers","Resource":"*"`)),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "")
	_, err = client.ListGroups(t.Context(), &iam.ListGroupsInput{})
	wantMessage(t, err, "because no session policy allows the iam:ListGroups action")
}

func TestGetSessionToken(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	out := must[*sts.GetSessionTokenOutput](t)(s.sts.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{}))
	c := out.Credentials
	client, st := s.clients(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	_, err := st.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	s.wantCode(err, "")
	_, err = client.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "InvalidClientTokenId")
	_, err = st.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	s.wantCode(err, "AccessDenied")
}
