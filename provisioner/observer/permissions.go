package observer

// Permission is one IAM action the observation uses.
type Permission struct {
	Action    string
	Mandatory bool   // without it nothing can be published
	Gives     string // what is missing without it
}

// Permissions is everything the observation calls; IAMReadOnlyAccess holds all
// of it. sts:GetCallerIdentity needs no permission.
var Permissions = []Permission{
	{"iam:GetAccountAuthorizationDetails", true, "users, groups, memberships, policies, roles, tags"},
	{"iam:ListUsers", true, "the check that no user is missing, and when passwords were last used"},

	{"iam:GenerateCredentialReport", false, "a credential report not older than four hours"},
	{"iam:GetCredentialReport", false, "console access, password age, MFA, access keys and their last use"},
	{"iam:GetAccountSummary", false, "quotas, and the check that no group, role or policy is missing"},
	{"iam:ListAccountAliases", false, "the account's alias"},
	{"iam:ListRoles", false, "description and session length of roles"},
	{"iam:ListVirtualMFADevices", false, "virtual MFA devices"},
	{"iam:ListServiceSpecificCredentials", false, "service-specific credentials"},
	{"iam:ListPolicies", false, "AWS managed policies in use"},
	{"iam:GetPolicy", false, "AWS managed policies used only as a boundary, or grantable"},
	{"iam:GetPolicyVersion", false, "documents of AWS managed policies"},

	{"iam:ListAccessKeys", false, "ids of access keys"},
	{"iam:GetAccessKeyLastUsed", false, "last use of a key the report cannot tell from another"},
	{"iam:ListSSHPublicKeys", false, "SSH public keys"},
	{"iam:ListSigningCertificates", false, "signing certificates"},
	{"iam:ListMFADevices", false, "hardware and FIDO devices"},
	{"iam:GetLoginProfile", false, "console access of users younger than the credential report"},
}
