package iamsim_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

// TestKeysOfFewActions: iam:PolicyARN and iam:PermissionsBoundary are there
// only for the actions AWS lists; elsewhere a condition on them is not met.
func TestKeysOfFewActions(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "bounded", Boundary: boundaryARN})
	client := s.as("weak", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+boundaryARN+`"}}},
		{"Effect":"Allow","Action":"iam:GetPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"`+boundaryARN+`"}}}]}`)
	name, document := aws.String("bounded"), aws.String(allow(`"Action":"s3:*","Resource":"*"`))
	_, err := client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: document})
	s.wantCode(err, "")
	_, err = client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name})
	s.wantCode(err, "AccessDenied")
	_, err = client.TagUser(t.Context(), &iam.TagUserInput{UserName: name, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	s.wantCode(err, "AccessDenied")
	_, err = client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(boundaryARN)})
	s.wantCode(err, "AccessDenied")
}

// TestOlderSessionsCanBeRevoked: a deny by aws:TokenIssueTime ends what was
// issued before, and nothing else.
func TestOlderSessionsCanBeRevoked(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	session := func() *iam.Client {
		client, _, err := s.assume(s.sts, &sts.AssumeRoleInput{RoleArn: aws.String(s.RoleARN()), RoleSessionName: aws.String("test")})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	list := func(client *iam.Client) error {
		_, err := client.ListUsers(t.Context(), &iam.ListUsersInput{})
		return err
	}
	older := session()
	s.wantCode(list(older), "")
	s.Advance(time.Minute)
	revoke := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"` +
		s.Now().Format(time.RFC3339) + `"}}}]}`
	_, err := s.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("iamscim"), PolicyName: aws.String("AWSRevokeOlderSessions"), PolicyDocument: &revoke})
	s.wantCode(err, "")
	s.wantCode(list(older), "AccessDenied")
	s.Advance(time.Minute)
	s.wantCode(list(session()), "")
}

func TestSourceIP(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	for name, tt := range map[string]struct{ network, want string }{
		"inside":  {"127.0.0.0/8", ""},
		"outside": {"203.0.113.0/24", "AccessDenied"},
	} {
		client := s.as(name, allow(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"`+tt.network+`"}}`))
		_, err := client.ListUsers(t.Context(), &iam.ListUsersInput{})
		s.wantCode(err, tt.want)
	}
}

// TestWrongTokenCode: a wrong code is refused although the role asks for none.
func TestWrongTokenCode(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	serial := s.enableMFA(t, "bootstrap", "phone")
	assume := func(code *string) error {
		_, err := s.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String(s.RoleARN()), RoleSessionName: aws.String("test"), SerialNumber: &serial, TokenCode: code,
		})
		return err
	}
	s.wantCode(assume(aws.String("000000")), "AccessDenied")
	s.wantCode(assume(nil), "ValidationError")
	s.wantCode(assume(aws.String(totp(t, []byte(s.VirtualDevices()[0].Seed), s.Now()))), "")
}
