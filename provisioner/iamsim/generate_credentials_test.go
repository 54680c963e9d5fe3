package iamsim_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// report returns the credential report, which tells every date.
func (l *lab) report(tb testing.TB) string {
	tb.Helper()
	for range 10 {
		out, err := l.iam.GenerateCredentialReport(l.ctx, &iam.GenerateCredentialReportInput{})
		if err != nil {
			tb.Fatal(err)
		}
		if out.State == iamtypes.ReportStateTypeComplete {
			break
		}
	}
	out, err := l.iam.GetCredentialReport(l.ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		tb.Fatal(err)
	}
	return string(out.Content)
}

// checkCredentials counts the kinds of credentials over all users.
func checkCredentials(t *testing.T, l *lab, users []iamtypes.UserDetail) {
	found := map[string]int{}
	for _, u := range users {
		_, err := l.iam.GetLoginProfile(l.ctx, &iam.GetLoginProfileInput{UserName: u.UserName})
		keys, failed := l.iam.ListAccessKeys(l.ctx, &iam.ListAccessKeysInput{UserName: u.UserName})
		devices, broken := l.iam.ListMFADevices(l.ctx, &iam.ListMFADevicesInput{UserName: u.UserName})
		if failed != nil || broken != nil {
			t.Fatalf("%v, %v", failed, broken)
		}
		console, programmatic, factor := err == nil, len(keys.AccessKeyMetadata) > 0, len(devices.MFADevices) > 0
		switch {
		case console && !factor:
			found["password without MFA"]++
		case console && !programmatic:
			found["console only"]++
		case programmatic && !console:
			found["keys only"]++
		}
		for _, d := range devices.MFADevices {
			if !strings.Contains(*d.SerialNumber, ":mfa/") {
				found["MFA that is not virtual"]++
			}
		}
		for _, k := range keys.AccessKeyMetadata {
			if k.Status == "Inactive" {
				found["inactive key"]++
			}
		}
	}
	everything, err := l.iam.ListServiceSpecificCredentials(l.ctx, &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	found["service credential"] = len(everything.ServiceSpecificCredentials)
	ssh, err := l.iam.ListSSHPublicKeys(l.ctx, &iam.ListSSHPublicKeysInput{UserName: aws.String("mina.park")})
	if err != nil {
		t.Fatal(err)
	}
	found["SSH key"] = len(ssh.SSHPublicKeys)
	certificates, err := l.iam.ListSigningCertificates(l.ctx, &iam.ListSigningCertificatesInput{UserName: aws.String("mina.park")})
	if err != nil {
		t.Fatal(err)
	}
	found["certificate"] = len(certificates.Certificates)
	for _, kind := range []string{
		"password without MFA", "console only", "keys only", "MFA that is not virtual", "inactive key", "service credential", "SSH key", "certificate",
	} {
		if found[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
}
