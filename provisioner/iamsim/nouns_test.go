package iamsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

func TestAccountAlias(t *testing.T) {
	s := newServer(t, iamsim.Config{Alias: "first"})
	aliases := func() string {
		return strings.Join(must[*iam.ListAccountAliasesOutput](t)(s.iam.ListAccountAliases(t.Context(), &iam.ListAccountAliasesInput{})).AccountAliases, " ")
	}
	if got := aliases(); got != "first" {
		t.Errorf("got %q", got)
	}
	must[*iam.CreateAccountAliasOutput](t)(s.iam.CreateAccountAlias(t.Context(), &iam.CreateAccountAliasInput{AccountAlias: aws.String("second")}))
	if got := aliases(); got != "second" {
		t.Errorf("got %q", got)
	}
	_, err := s.iam.CreateAccountAlias(t.Context(), &iam.CreateAccountAliasInput{AccountAlias: aws.String("Not-valid")})
	s.wantCode(err, "ValidationError")
	for _, want := range []string{"", "NoSuchEntity"} {
		_, err = s.iam.DeleteAccountAlias(t.Context(), &iam.DeleteAccountAliasInput{AccountAlias: aws.String("second")})
		s.wantCode(err, want)
	}
	if got := aliases(); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestPasswordPolicy(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ctx := t.Context()
	_, err := s.iam.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	s.wantCode(err, "NoSuchEntity")
	must[*iam.UpdateAccountPasswordPolicyOutput](t)(s.iam.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(12), RequireSymbols: true, RequireNumbers: true, RequireUppercaseCharacters: true,
		RequireLowercaseCharacters: true, MaxPasswordAge: aws.Int32(90), PasswordReusePrevention: aws.Int32(3), HardExpiry: aws.Bool(false),
		AllowUsersToChangePassword: true,
	}))
	p := must[*iam.GetAccountPasswordPolicyOutput](t)(s.iam.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})).PasswordPolicy
	if *p.MinimumPasswordLength != 12 || !p.ExpirePasswords || *p.MaxPasswordAge != 90 || *p.HardExpiry {
		t.Errorf("got %+v", p)
	}
	u := s.AddUser(iamsim.User{Name: "u", Keys: []iamsim.AccessKey{{}}})
	for password, want := range map[string]string{
		"Short-1": "minimum length", "nouppercase-123": "uppercase", "NOLOWERCASE-123": "lowercase",
		"NoNumbers-atall": "number", "NoSymbols1atall": "symbols",
	} {
		_, err = s.iam.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: &password})
		s.wantCode(err, "PasswordPolicyViolation")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", password, err, want)
		}
	}
	must[*iam.CreateLoginProfileOutput](t)(s.iam.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("Long-enough-12")}))
	// The password policy lets a user without any permission change the own password.
	own, _ := s.clients(u.Keys[0].ID, u.Keys[0].Secret, "")
	change := func(old, next string) error {
		_, err := own.ChangePassword(ctx, &iam.ChangePasswordInput{OldPassword: &old, NewPassword: &next})
		return err
	}
	s.wantCode(change("wrong", "Another-good-12"), "AccessDenied")
	s.wantCode(change("Long-enough-12", "weak"), "PasswordPolicyViolation")
	s.wantCode(change("Long-enough-12", "Another-good-12"), "")
	must[*iam.DeleteAccountPasswordPolicyOutput](t)(s.iam.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{}))
	s.wantCode(change("Another-good-12", "Long-enough-12"), "AccessDenied")
	_, err = s.iam.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
	s.wantCode(err, "NoSuchEntity")
}

func TestRoles(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ctx, name := t.Context(), aws.String("r")
	create := func(trust string) error {
		_, err := s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust, Description: aws.String("d")})
		return err
	}
	s.wantCode(create(allowS3), "MalformedPolicyDocument")
	s.wantCode(create(trustAccount), "")
	s.wantCode(create(trustAccount), "EntityAlreadyExists")
	must[*iam.UpdateRoleOutput](t)(s.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)}))
	must[*iam.UpdateRoleDescriptionOutput](t)(s.iam.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("e")}))
	must[*iam.UpdateAssumeRolePolicyOutput](t)(s.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(trustAccount)}))
	must[*iam.PutRolePermissionsBoundaryOutput](t)(s.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String(boundaryARN)}))
	must[*iam.TagRoleOutput](t)(s.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))
	r := must[*iam.GetRoleOutput](t)(s.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("R")})).Role
	if *r.RoleName != "r" || *r.Description != "e" || *r.MaxSessionDuration != 7200 || r.PermissionsBoundary == nil || len(r.Tags) != 1 {
		t.Errorf("got %+v", r)
	}
	all := must[*iam.ListRolesOutput](t)(s.iam.ListRoles(ctx, &iam.ListRolesInput{}))
	if last := all.Roles[len(all.Roles)-1]; last.Tags != nil || last.PermissionsBoundary != nil {
		t.Errorf("ListRoles shows what it does not on AWS: %+v", last)
	}
	must[*iam.UntagRoleOutput](t)(s.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"A"}}))
	if tags := must[*iam.ListRoleTagsOutput](t)(s.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name})).Tags; len(tags) != 0 {
		t.Errorf("got tags %v", tags)
	}
	profiles := must[*iam.ListInstanceProfilesForRoleOutput](t)(s.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))
	if len(profiles.InstanceProfiles) != 0 {
		t.Errorf("got %d instance profiles", len(profiles.InstanceProfiles))
	}
	must[*iam.DeleteRolePermissionsBoundaryOutput](t)(s.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))
	_, err := s.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	s.wantCode(err, "")
	s.AddRole(iamsim.Role{Name: "AWSServiceRoleForSupport", Path: "/aws-service-role/support.amazonaws.com/", Trust: trustAccount})
	_, err = s.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("AWSServiceRoleForSupport")})
	s.wantCode(err, "UnmodifiableEntity")
	if got := len(s.Roles()); got != 3 {
		t.Errorf("got %d roles, want 3", got)
	}
}

func TestPolicyAndDeviceTags(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ctx := t.Context()
	arn := must[*iam.CreatePolicyOutput](t)(s.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(allowS3)})).Policy.Arn
	tags := []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	must[*iam.TagPolicyOutput](t)(s.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: arn, Tags: tags}))
	if got := must[*iam.ListPolicyTagsOutput](t)(s.iam.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: arn})).Tags; len(got) != 1 {
		t.Errorf("got %v", got)
	}
	must[*iam.UntagPolicyOutput](t)(s.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: arn, TagKeys: []string{"a"}}))
	serial := s.AddVirtualDevice("phone")
	must[*iam.TagMFADeviceOutput](t)(s.iam.TagMFADevice(ctx, &iam.TagMFADeviceInput{SerialNumber: &serial, Tags: tags}))
	if got := must[*iam.ListMFADeviceTagsOutput](t)(s.iam.ListMFADeviceTags(ctx, &iam.ListMFADeviceTagsInput{SerialNumber: &serial})).Tags; len(got) != 1 {
		t.Errorf("got %v", got)
	}
	must[*iam.UntagMFADeviceOutput](t)(s.iam.UntagMFADevice(ctx, &iam.UntagMFADeviceInput{SerialNumber: &serial, TagKeys: []string{"a"}}))
	versions := must[*iam.ListPolicyVersionsOutput](t)(s.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))
	if len(versions.Versions) != 1 || !versions.Versions[0].IsDefaultVersion {
		t.Errorf("got %+v", versions.Versions)
	}
	_, err := s.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: aws.String(boundaryARN), Tags: tags})
	s.wantCode(err, "AccessDenied")
}

func TestEntitiesForPolicy(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	arn := "arn:aws:iam::aws:policy/ReadOnlyAccess"
	given := iamsim.Grants{Attached: []string{arn}}
	s.AddUser(iamsim.User{Name: "u", Path: "/p/", Grants: given})
	s.AddUser(iamsim.User{Name: "bounded", Boundary: arn})
	s.AddGroup(iamsim.Group{Name: "g", Grants: given})
	s.AddRole(iamsim.Role{Name: "r", Grants: given, Trust: trustAccount})
	for _, tt := range []struct {
		name string
		in   iam.ListEntitiesForPolicyInput
		want string
	}{
		{"all", iam.ListEntitiesForPolicyInput{}, "g r bounded u"},
		{"users", iam.ListEntitiesForPolicyInput{EntityFilter: "User"}, "bounded u"},
		{"attached", iam.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsPolicy"}, "g r u"},
		{"boundary", iam.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsBoundary"}, "bounded"},
		{"path", iam.ListEntitiesForPolicyInput{PathPrefix: aws.String("/p/")}, "u"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.PolicyArn, tt.in.MaxItems = &arn, aws.Int32(1)
			var names []string
			p := iam.NewListEntitiesForPolicyPaginator(s.iam, &tt.in)
			for p.HasMorePages() {
				page := must[*iam.ListEntitiesForPolicyOutput](t)(p.NextPage(t.Context()))
				for _, x := range page.PolicyGroups {
					names = append(names, *x.GroupName)
				}
				for _, x := range page.PolicyRoles {
					names = append(names, *x.RoleName)
				}
				for _, x := range page.PolicyUsers {
					names = append(names, *x.UserName)
				}
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	_, err := s.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: &arn, EntityFilter: "AWSManagedPolicy"})
	s.wantCode(err, "ValidationError")
}

func TestKeysOfServices(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	ctx, name := t.Context(), aws.String("u")
	key := newKey(t)
	ssh := must[*iam.UploadSSHPublicKeyOutput](t)(s.iam.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: name, SSHPublicKeyBody: aws.String(publicPEM(t, key))})).SSHPublicKey
	if !strings.HasPrefix(*ssh.SSHPublicKeyId, "APKA") || len(*ssh.Fingerprint) != 47 {
		t.Errorf("got %+v", ssh)
	}
	asPEM := must[*iam.GetSSHPublicKeyOutput](t)(s.iam.GetSSHPublicKey(ctx, &iam.GetSSHPublicKeyInput{UserName: name, SSHPublicKeyId: ssh.SSHPublicKeyId, Encoding: "PEM"}))
	if got := *asPEM.SSHPublicKey.SSHPublicKeyBody; got != publicPEM(t, key) {
		t.Errorf("got %s", got)
	}
	_, err := s.iam.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: name, SSHPublicKeyBody: ssh.SSHPublicKeyBody})
	s.wantCode(err, "DuplicateSSHPublicKey")
	cert := must[*iam.UploadSigningCertificateOutput](t)(s.iam.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: name, CertificateBody: aws.String(certificatePEM(t, key))})).Certificate
	cred := must[*iam.CreateServiceSpecificCredentialOutput](t)(s.iam.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{
		UserName: name, ServiceName: aws.String("bedrock.amazonaws.com"), CredentialAgeDays: aws.Int32(30)})).ServiceSpecificCredential
	if cred.ExpirationDate == nil || cred.ServiceCredentialSecret == nil || cred.ServicePassword != nil {
		t.Errorf("got %+v", cred)
	}
	for status, want := range map[iamtypes.StatusType]string{"Inactive": "", "Expired": "InvalidInput", "Nonsense": "ValidationError"} {
		_, err = s.iam.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: name, SSHPublicKeyId: ssh.SSHPublicKeyId, Status: status})
		s.wantCode(err, want)
		_, err = s.iam.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: name, CertificateId: cert.CertificateId, Status: status})
		s.wantCode(err, want)
		_, err = s.iam.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{UserName: name, ServiceSpecificCredentialId: cred.ServiceSpecificCredentialId, Status: status})
		s.wantCode(err, want)
	}
	reset := must[*iam.ResetServiceSpecificCredentialOutput](t)(s.iam.ResetServiceSpecificCredential(ctx, &iam.ResetServiceSpecificCredentialInput{UserName: name, ServiceSpecificCredentialId: cred.ServiceSpecificCredentialId}))
	if *reset.ServiceSpecificCredential.ServiceCredentialSecret == *cred.ServiceCredentialSecret {
		t.Error("a reset kept the secret")
	}
	_, err = s.iam.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), UserName: name})
	s.wantCode(err, "ValidationError")
	all := must[*iam.ListServiceSpecificCredentialsOutput](t)(s.iam.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)}))
	if len(all.ServiceSpecificCredentials) != 1 || *all.ServiceSpecificCredentials[0].UserName != "u" {
		t.Errorf("got %+v", all.ServiceSpecificCredentials)
	}
}

func TestSessionTokenWithMFA(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	serial := s.enableMFA(t, "bootstrap", "phone")
	seed := s.VirtualDevices()[0].Seed
	get := func(code string) (*sts.GetSessionTokenOutput, error) {
		return s.sts.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &code})
	}
	_, err := get("000000")
	s.wantCode(err, "AccessDenied")
	c := must[*sts.GetSessionTokenOutput](t)(get(totp(t, []byte(seed), s.Now()))).Credentials
	client, _ := s.clients(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	_, err = client.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "")
}

func TestListPolicies(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddPolicy(iamsim.Policy{Name: "mine", Path: "/p/"}, allowS3)
	s.AddUser(iamsim.User{Name: "u", Boundary: boundaryARN})
	for _, tt := range []struct {
		name string
		in   iam.ListPoliciesInput
		want string
	}{
		{"local", iam.ListPoliciesInput{Scope: "Local"}, "mine"},
		{"attached", iam.ListPoliciesInput{Scope: "AWS", OnlyAttached: true}, "AdministratorAccess IAMFullAccess IAMReadOnlyAccess PowerUserAccess"},
		{"boundaries", iam.ListPoliciesInput{PolicyUsageFilter: "PermissionsBoundary"}, "PowerUserAccess"},
		{"path", iam.ListPoliciesInput{PathPrefix: aws.String("/p/")}, "mine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			for _, p := range must[*iam.ListPoliciesOutput](t)(s.iam.ListPolicies(t.Context(), &tt.in)).Policies {
				names = append(names, *p.PolicyName)
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRootDevice(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	devices := func() []iamtypes.VirtualMFADevice {
		return must[*iam.ListVirtualMFADevicesOutput](t)(s.iam.ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{AssignmentStatus: "Assigned"})).VirtualMFADevices
	}
	if d := devices(); len(d) != 1 || d[0].User.UserName != nil || *d[0].User.Arn != "arn:aws:iam::123456789012:root" {
		t.Errorf("got %+v", d)
	}
	s.SetRoot(time.Time{}, time.Time{})
	if d := devices(); len(d) != 0 {
		t.Errorf("got %+v", d)
	}
}
