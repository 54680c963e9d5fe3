package planner

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

// The statuses of a credential.
const (
	StatusActive   = "Active"
	StatusInactive = "Inactive"
)

// credentialKinds are the credentials that can be inactive, in the order in
// which a deactivation takes them.
var credentialKinds = []struct{ kind, update, remove, param string }{
	{"accessKey", "UpdateAccessKey", "DeleteAccessKey", "key"},
	{"sshPublicKey", "UpdateSSHPublicKey", "DeleteSSHPublicKey", "ssh-key"},
	{"certificate", "UpdateSigningCertificate", "DeleteSigningCertificate", "certificate"},
	{"serviceCredential", "UpdateServiceSpecificCredential", "DeleteServiceSpecificCredential", "credential"},
}

var credentialTable = credentialActions()

// Credential is one credential, whatever its kind.
type Credential struct{ Kind, ID, Status string }

// CredentialsOf lists what a user holds, kind by kind. Those without an id were
// never listed and cannot be written.
func CredentialsOf(u *store.User) []Credential {
	var out []Credential
	for _, k := range u.AccessKeys {
		out = append(out, Credential{"accessKey", k.ID, k.Status})
	}
	for _, k := range u.SSHPublicKeys {
		out = append(out, Credential{"sshPublicKey", k.ID, k.Status})
	}
	for _, k := range u.Certificates {
		out = append(out, Credential{"certificate", k.ID, k.Status})
	}
	for _, k := range u.ServiceCredentials {
		out = append(out, Credential{"serviceCredential", k.ID, k.Status})
	}
	return slices.DeleteFunc(out, func(c Credential) bool { return c.ID == "" })
}

// Takes is the credential that a step makes inactive.
func Takes(s *Step) (c store.RememberedCredential, ok bool) {
	for _, k := range credentialKinds {
		if s.Action == k.update && s.Param("status") == StatusInactive {
			return store.RememberedCredential{Kind: k.kind, ID: s.Param(k.param)}, true
		}
	}
	return c, false
}

// setStatus is the step that makes a credential active or inactive.
func (t userTarget) setStatus(c Credential, status string) Step {
	for _, k := range credentialKinds {
		if k.kind == c.Kind {
			to := t.step(k.update).with(k.param, c.ID).with("status", status)
			return to.undoneBy(t.step(k.update).with(k.param, c.ID).with("status", opposite(status)))
		}
	}
	return Step{}
}

func opposite(status string) string {
	if status == StatusActive {
		return StatusInactive
	}
	return StatusActive
}

func (t userTarget) removeCredential(c Credential) Step {
	for _, k := range credentialKinds {
		if k.kind == c.Kind {
			return t.step(k.remove).with(k.param, c.ID).destroying()
		}
	}
	return Step{}
}

func credentialActions() map[string]action {
	table := map[string]action{
		"UpdateAccessKey":                 {call: callUpdateAccessKey},
		"UpdateSSHPublicKey":              {call: callUpdateSSHKey},
		"UpdateSigningCertificate":        {call: callUpdateCertificate},
		"UpdateServiceSpecificCredential": {call: callUpdateServiceCredential},
		"DeleteAccessKey":                 {call: callDeleteAccessKey},
		"DeleteSSHPublicKey":              {call: callDeleteSSHKey},
		"DeleteSigningCertificate":        {call: callDeleteCertificate},
		"DeleteServiceSpecificCredential": {call: callDeleteServiceCredential},
		"CreateLoginProfile":              {call: callCreateLogin, effect: onUser(setConsole(true)), scope: ScopePassword},
		"UpdateLoginProfile":              {call: callUpdateLogin, effect: onUser(setConsole(true)), scope: ScopePassword},
		"DeleteLoginProfile":              {call: callDeleteLogin, effect: onUser(setConsole(false)), settled: gone},
		"DeactivateMFADevice":             {call: callDeactivateMFA, effect: onUser(effectDeactivateMFA), settled: gone},
		"DeleteVirtualMFADevice":          {call: callDeleteVirtualMFA, settled: gone},
	}
	for _, k := range credentialKinds {
		update, remove := table[k.update], table[k.remove]
		update.effect, update.settled = onUser(func(u *store.User, s *Step) { EditCredential(u, k.kind, s.Param(k.param), s.Param("status")) }), gone
		remove.effect, remove.settled = onUser(func(u *store.User, s *Step) { EditCredential(u, k.kind, s.Param(k.param), "") }), gone
		table[k.update], table[k.remove] = update, remove
	}
	return table
}

func setConsole(on bool) func(*store.User, *Step) {
	return func(u *store.User, _ *Step) { u.ConsoleAccess = aws.Bool(on) }
}

// EditCredential sets the status of one credential, or removes it.
func EditCredential(u *store.User, kind, id, status string) {
	switch kind {
	case "accessKey":
		if i := slices.IndexFunc(u.AccessKeys, func(k store.AccessKey) bool { return k.ID == id }); i >= 0 && status == "" && i < len(u.Activity.Keys) {
			u.Activity.Keys = slices.Delete(slices.Clone(u.Activity.Keys), i, i+1)
		}
		u.AccessKeys = edited(u.AccessKeys, status, func(k *store.AccessKey) (string, *string) { return k.ID, &k.Status }, id)
	case "sshPublicKey":
		u.SSHPublicKeys = edited(u.SSHPublicKeys, status, func(k *store.Credential) (string, *string) { return k.ID, &k.Status }, id)
	case "certificate":
		u.Certificates = edited(u.Certificates, status, func(k *store.Certificate) (string, *string) { return k.ID, &k.Status }, id)
	case "serviceCredential":
		u.ServiceCredentials = edited(u.ServiceCredentials, status, func(k *store.ServiceCredential) (string, *string) { return k.ID, &k.Status }, id)
	}
}

func edited[T any](list []T, status string, part func(*T) (string, *string), id string) []T {
	list = slices.Clone(list)
	for i := range list {
		have, at := part(&list[i])
		if have != id {
			continue
		}
		if status == "" {
			return slices.Delete(list, i, i+1)
		}
		*at = status
	}
	return list
}

func effectDeactivateMFA(u *store.User, s *Step) {
	u.MFADevices = slices.DeleteFunc(slices.Clone(u.MFADevices), func(d store.MFADevice) bool { return d.SerialNumber == s.Param("device") })
	u.MFAActive = aws.Bool(len(u.MFADevices) > 0)
}

// User is the name of the user that the step is about, as the SDK takes it.
func (s *Step) User() *string { return aws.String(s.Param("user")) }

func (s *Step) status() iamtypes.StatusType { return iamtypes.StatusType(s.Param("status")) }

func callUpdateAccessKey(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: s.User(), AccessKeyId: aws.String(s.Param("key")), Status: s.status()})
	return nil, err
}

func callUpdateSSHKey(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: s.User(), SSHPublicKeyId: aws.String(s.Param("ssh-key")), Status: s.status()})
	return nil, err
}

func callUpdateCertificate(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: s.User(), CertificateId: aws.String(s.Param("certificate")), Status: s.status()})
	return nil, err
}

func callUpdateServiceCredential(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{
		UserName: s.User(), ServiceSpecificCredentialId: aws.String(s.Param("credential")), Status: s.status(),
	})
	return nil, err
}

func callDeleteAccessKey(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: s.User(), AccessKeyId: aws.String(s.Param("key"))})
	return nil, err
}

func callDeleteSSHKey(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: s.User(), SSHPublicKeyId: aws.String(s.Param("ssh-key"))})
	return nil, err
}

func callDeleteCertificate(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: s.User(), CertificateId: aws.String(s.Param("certificate"))})
	return nil, err
}

func callDeleteServiceCredential(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{
		UserName: s.User(), ServiceSpecificCredentialId: aws.String(s.Param("credential")),
	})
	return nil, err
}

func callCreateLogin(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: s.User(), Password: aws.String(s.secret())})
	if awsapi.ErrorCode(err) == "EntityAlreadyExists" { // the answer to our own first attempt was lost
		return callUpdateLogin(ctx, c, s)
	}
	return nil, err
}

func callUpdateLogin(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: s.User(), Password: aws.String(s.secret())})
	return nil, err
}

func callDeleteLogin(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: s.User()})
	return nil, err
}

func callDeactivateMFA(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: s.User(), SerialNumber: aws.String(s.Param("device"))})
	return nil, err
}

func callDeleteVirtualMFA(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(s.Param("device"))})
	return nil, err
}
