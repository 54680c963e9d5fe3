package iamsim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
)

// TestPasswordReuse: the policy remembers, whoever changes the password.
func TestPasswordReuse(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	_, err := s.iam.UpdateAccountPasswordPolicy(t.Context(), &iam.UpdateAccountPasswordPolicyInput{PasswordReusePrevention: aws.Int32(2)})
	s.wantCode(err, "")
	client := s.as("u", allow(`"Action":"iam:ChangePassword","Resource":"*"`))
	_, err = s.iam.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("password-1")})
	s.wantCode(err, "")
	administrator := func(password string) error {
		_, err := s.iam.UpdateLoginProfile(t.Context(), &iam.UpdateLoginProfileInput{UserName: aws.String("u"), Password: &password})
		return err
	}
	user := func(old, password string) error {
		_, err := client.ChangePassword(t.Context(), &iam.ChangePasswordInput{OldPassword: &old, NewPassword: &password})
		return err
	}
	s.wantCode(administrator("password-1"), "PasswordPolicyViolation")
	s.wantCode(administrator("password-2"), "")
	s.wantCode(user("password-2", "password-1"), "PasswordPolicyViolation")
	s.wantCode(user("password-2", "password-3"), "")
	s.wantCode(user("password-3", "password-1"), "") // two others were in use since
	_, err = s.iam.DeleteAccountPasswordPolicy(t.Context(), &iam.DeleteAccountPasswordPolicyInput{})
	s.wantCode(err, "")
	s.wantCode(administrator("Password-1"), "")
	s.wantCode(administrator("Password-1"), "") // nothing remembers without a policy
}

func TestOnlyUsersChangeTheirPassword(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	id, secret := s.RootCredentials()
	root, _ := s.clients(id, secret, "")
	_, err := root.ChangePassword(t.Context(), &iam.ChangePasswordInput{OldPassword: aws.String("a"), NewPassword: aws.String("b")})
	s.wantCode(err, "InvalidUserType")
}
