package iamsim_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base32"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
)

// TestDeleteUserConflicts gives a user everything a user can have, and takes it
// away again; DeleteUser is a conflict until the last of it is gone.
func TestDeleteUserConflicts(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	name, ctx := aws.String("u"), t.Context()
	key := newKey(t)

	must[*iam.CreateLoginProfileOutput](t)(s.iam.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: name, Password: aws.String("Str0ng-enough")}))
	access := must[*iam.CreateAccessKeyOutput](t)(s.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))
	ssh := must[*iam.UploadSSHPublicKeyOutput](t)(s.iam.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: name, SSHPublicKeyBody: aws.String(publicPEM(t, key))}))
	cert := must[*iam.UploadSigningCertificateOutput](t)(s.iam.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: name, CertificateBody: aws.String(certificatePEM(t, key))}))
	cred := must[*iam.CreateServiceSpecificCredentialOutput](t)(s.iam.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: name, ServiceName: aws.String("codecommit.amazonaws.com")}))
	serial := s.enableMFA(t, "u", "u-phone")
	s.group("g")
	must[*iam.AddUserToGroupOutput](t)(s.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: name, GroupName: aws.String("g")}))
	must[*iam.PutUserPolicyOutput](t)(s.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowS3)}))
	must[*iam.AttachUserPolicyOutput](t)(s.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(boundaryARN)}))

	for _, step := range []struct {
		what string
		undo func() error
	}{
		{"login profile", func() error {
			_, err := s.iam.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: name})
			return err
		}},
		{"access key", func() error {
			_, err := s.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: access.AccessKey.AccessKeyId})
			return err
		}},
		{"MFA", func() error {
			_, err := s.iam.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: name, SerialNumber: &serial})
			return err
		}},
		{"SSH key", func() error {
			_, err := s.iam.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: name, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId})
			return err
		}},
		{"certificate", func() error {
			_, err := s.iam.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: name, CertificateId: cert.Certificate.CertificateId})
			return err
		}},
		{"service credential", func() error {
			_, err := s.iam.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: name, ServiceSpecificCredentialId: cred.ServiceSpecificCredential.ServiceSpecificCredentialId})
			return err
		}},
		{"group", func() error {
			_, err := s.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: name, GroupName: aws.String("g")})
			return err
		}},
		{"inline policy", func() error {
			_, err := s.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")})
			return err
		}},
		{"attached policy", func() error {
			_, err := s.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: aws.String(boundaryARN)})
			return err
		}},
	} {
		_, err := s.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
		if code(err) != "DeleteConflict" {
			t.Errorf("with %s: got %v, want DeleteConflict", step.what, err)
		}
		if err := step.undo(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
	}
	_, err := s.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	s.wantCode(err, "")
	// The virtual device outlives its user and keeps its name.
	_, err = s.iam.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("u-phone")})
	s.wantCode(err, "EntityAlreadyExists")
	_, err = s.iam.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	s.wantCode(err, "")
}

const allowS3 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`

// enableMFA makes a virtual device and assigns it with two codes.
func (s *server) enableMFA(t *testing.T, user, device string) string {
	t.Helper()
	d := must[*iam.CreateVirtualMFADeviceOutput](t)(s.iam.CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &device})).VirtualMFADevice
	enable := func(one, two string) error {
		_, err := s.iam.EnableMFADevice(t.Context(), &iam.EnableMFADeviceInput{
			UserName: &user, SerialNumber: d.SerialNumber, AuthenticationCode1: &one, AuthenticationCode2: &two})
		return err
	}
	now := s.Now()
	one, two := totp(t, d.Base32StringSeed, now), totp(t, d.Base32StringSeed, now.Add(30*time.Second))
	s.wantCode(enable(two, one), "InvalidAuthenticationCode")
	s.wantCode(enable("12345", two), "ValidationError")
	s.wantCode(enable(one, two), "")
	s.wantCode(enable(one, two), "EntityAlreadyExists")
	return *d.SerialNumber
}

// totp is RFC 6238, independent of the simulator's own.
func totp(t *testing.T, seed []byte, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(seed))
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha1.New, key)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := h.Sum(nil)
	i := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[i:i+4])&0x7fffffff)%1000000)
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func certificatePEM(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
