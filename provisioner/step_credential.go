package provisioner

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
	statusActive   = "Active"
	statusInactive = "Inactive"
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

// credentialState is one credential, whatever its kind.
type credentialState struct{ kind, id, status string }

// credentialsOf lists what a user holds, kind by kind. Those without an id were
// never listed and cannot be written.
func credentialsOf(u *store.User) []credentialState {
	var out []credentialState
	for _, k := range u.AccessKeys {
		out = append(out, credentialState{"accessKey", k.ID, k.Status})
	}
	for _, k := range u.SSHPublicKeys {
		out = append(out, credentialState{"sshPublicKey", k.ID, k.Status})
	}
	for _, k := range u.Certificates {
		out = append(out, credentialState{"certificate", k.ID, k.Status})
	}
	for _, k := range u.ServiceCredentials {
		out = append(out, credentialState{"serviceCredential", k.ID, k.Status})
	}
	return slices.DeleteFunc(out, func(c credentialState) bool { return c.id == "" })
}

// takes is the credential that a step makes inactive.
func takes(s *Step) (c store.RememberedCredential, ok bool) {
	for _, k := range credentialKinds {
		if s.Action == k.update && s.param("status") == statusInactive {
			return store.RememberedCredential{Kind: k.kind, ID: s.param(k.param)}, true
		}
	}
	return c, false
}

// setStatus is the step that makes a credential active or inactive.
func (t userTarget) setStatus(c credentialState, status string) Step {
	for _, k := range credentialKinds {
		if k.kind == c.kind {
			to := t.step(k.update).with(k.param, c.id).with("status", status)
			return to.undoneBy(t.step(k.update).with(k.param, c.id).with("status", opposite(status)))
		}
	}
	return Step{}
}

func opposite(status string) string {
	if status == statusActive {
		return statusInactive
	}
	return statusActive
}

func (t userTarget) removeCredential(c credentialState) Step {
	for _, k := range credentialKinds {
		if k.kind == c.kind {
			return t.step(k.remove).with(k.param, c.id).destroying()
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
		update.effect, update.settled = onUser(func(u *store.User, s *Step) { editCredential(u, k.kind, s.param(k.param), s.param("status")) }), gone
		remove.effect, remove.settled = onUser(func(u *store.User, s *Step) { editCredential(u, k.kind, s.param(k.param), "") }), gone
		table[k.update], table[k.remove] = update, remove
	}
	return table
}

func setConsole(on bool) func(*store.User, *Step) {
	return func(u *store.User, _ *Step) { u.ConsoleAccess = aws.Bool(on) }
}

// editCredential sets the status of one credential, or removes it.
func editCredential(u *store.User, kind, id, status string) {
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
	u.MFADevices = slices.DeleteFunc(slices.Clone(u.MFADevices), func(d store.MFADevice) bool { return d.SerialNumber == s.param("device") })
	u.MFAActive = aws.Bool(len(u.MFADevices) > 0)
}

func (s *Step) user() *string { return aws.String(s.param("user")) }

func (s *Step) status() iamtypes.StatusType { return iamtypes.StatusType(s.param("status")) }

func callUpdateAccessKey(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: s.user(), AccessKeyId: aws.String(s.param("key")), Status: s.status()})
	return nil, err
}

func callUpdateSSHKey(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: s.user(), SSHPublicKeyId: aws.String(s.param("ssh-key")), Status: s.status()})
	return nil, err
}

func callUpdateCertificate(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: s.user(), CertificateId: aws.String(s.param("certificate")), Status: s.status()})
	return nil, err
}

func callUpdateServiceCredential(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{
		UserName: s.user(), ServiceSpecificCredentialId: aws.String(s.param("credential")), Status: s.status(),
	})
	return nil, err
}

func callDeleteAccessKey(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: s.user(), AccessKeyId: aws.String(s.param("key"))})
	return nil, err
}

func callDeleteSSHKey(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: s.user(), SSHPublicKeyId: aws.String(s.param("ssh-key"))})
	return nil, err
}

func callDeleteCertificate(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: s.user(), CertificateId: aws.String(s.param("certificate"))})
	return nil, err
}

func callDeleteServiceCredential(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{
		UserName: s.user(), ServiceSpecificCredentialId: aws.String(s.param("credential")),
	})
	return nil, err
}

func callCreateLogin(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: s.user(), Password: aws.String(s.secret())})
	if awsapi.ErrorCode(err) == "EntityAlreadyExists" { // the answer to our own first attempt was lost
		return callUpdateLogin(ctx, c, s)
	}
	return nil, err
}

func callUpdateLogin(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: s.user(), Password: aws.String(s.secret())})
	return nil, err
}

func callDeleteLogin(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: s.user()})
	return nil, err
}

func callDeactivateMFA(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: s.user(), SerialNumber: aws.String(s.param("device"))})
	return nil, err
}

func callDeleteVirtualMFA(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(s.param("device"))})
	return nil, err
}
