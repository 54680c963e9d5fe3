package iamsim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

func trustIn(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
}

const annARN = "arn:aws:iam::123456789012:user/people/ann"

// TestTrustedPrincipals: a trust policy names who exists, or is refused.
func TestTrustedPrincipals(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ann := s.AddUser(iamsim.User{Name: "ann", Path: "/people/"})
	s.AddGroup(iamsim.Group{Name: "g"})
	for i, tt := range []struct{ name, principal, want string }{
		{"a user", `{"AWS":"` + annARN + `"}`, ""},
		{"a user's id", `{"AWS":"` + ann.ID + `"}`, ""},
		{"a role", `{"AWS":"` + s.RoleARN() + `"}`, ""},
		{"the account", `{"AWS":["123456789012","arn:aws:iam::123456789012:root"]}`, ""},
		{"another account and its user", `{"AWS":["210987654321","arn:aws:iam::210987654321:user/x"]}`, ""},
		{"a session", `{"AWS":"arn:aws:sts::123456789012:assumed-role/iamscim/s"}`, ""},
		{"everybody", `"*"`, ""},
		{"a service", `{"Service":"ec2.amazonaws.com"}`, ""},
		{"nobody", `{"AWS":"arn:aws:iam::123456789012:user/nobody"}`, "MalformedPolicyDocument"},
		{"a user without the path", `{"AWS":"arn:aws:iam::123456789012:user/ann"}`, "MalformedPolicyDocument"},
		{"an id of nobody", `{"AWS":"AIDAAAAAAAAAAAAAAAAAA"}`, "MalformedPolicyDocument"},
		{"a group", `{"AWS":"arn:aws:iam::123456789012:group/g"}`, "MalformedPolicyDocument"},
		{"a wildcard in an ARN", `{"AWS":"arn:aws:iam::123456789012:user/people/*"}`, "MalformedPolicyDocument"},
		{"another partition", `{"AWS":"arn:aws-cn:iam::123456789012:root"}`, "MalformedPolicyDocument"},
		{"a service that is none", `{"Service":"nonsense"}`, "MalformedPolicyDocument"},
		{"another kind", `{"Robot":"x"}`, "MalformedPolicyDocument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trust := trustIn(tt.principal)
			_, err := s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r" + string(rune('a'+i))), AssumeRolePolicyDocument: &trust})
			s.wantCode(err, tt.want)
			_, err = s.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("iamscim-readonly"), PolicyDocument: &trust})
			s.wantCode(err, tt.want)
		})
	}
}

// TestTrustFollowsTheUser: a rename keeps the trust, a deletion ends it for good.
func TestTrustFollowsTheUser(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ann := s.AddUser(iamsim.User{Name: "ann", Path: "/people/", Keys: []iamsim.AccessKey{{}}})
	_, asAnn := s.clients(ann.Keys[0].ID, ann.Keys[0].Secret, "")
	trust := trustIn(`{"AWS":"` + annARN + `"}`)
	must[*iam.CreateRoleOutput](t)(s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust}))
	assume := func() error {
		_, err := asAnn.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/r"), RoleSessionName: aws.String("test")})
		return err
	}
	s.wantCode(assume(), "")
	must[*iam.UpdateUserOutput](t)(s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("ann"), NewUserName: aws.String("anna"), NewPath: aws.String("/")}))
	s.wantTrust("r", `"arn:aws:iam::123456789012:user/anna"`)
	s.wantCode(assume(), "")

	s.EditUser("anna", func(u *iamsim.User) { u.Keys = nil })
	must[*iam.DeleteUserOutput](t)(s.iam.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("anna")}))
	s.wantTrust("r", `"`+ann.ID+`"`)
	again := s.AddUser(iamsim.User{Name: "anna", Keys: []iamsim.AccessKey{{}}})
	_, asAnn = s.clients(again.Keys[0].ID, again.Keys[0].Secret, "")
	s.wantCode(assume(), "AccessDenied")
}

func (s *server) wantTrust(role, want string) {
	s.t.Helper()
	out := must[*iam.GetRoleOutput](s.t)(s.iam.GetRole(s.ctx(), &iam.GetRoleInput{RoleName: &role}))
	text, err := url.PathUnescape(*out.Role.AssumeRolePolicyDocument)
	if err != nil || !strings.Contains(text, want) {
		s.t.Errorf("got trust policy %s, want %s in it", text, want)
	}
}
