package iamsim

import "time"

func accountOperations() []operation {
	return []operation{
		{name: "ListAccountAliases", takes: "Marker MaxItems", authorise: onAny, handle: listAccountAliases},
		{name: "CreateAccountAlias", needs: "AccountAlias", authorise: onAny, handle: createAccountAlias},
		{name: "DeleteAccountAlias", needs: "AccountAlias", authorise: onAny, handle: deleteAccountAlias},
		{name: "GetAccountSummary", authorise: onAny, handle: getAccountSummary},
		{name: "GetAccountPasswordPolicy", authorise: onAny, handle: getPasswordPolicy},
		{name: "UpdateAccountPasswordPolicy", authorise: onAny, handle: updatePasswordPolicy,
			takes: "AllowUsersToChangePassword HardExpiry MaxPasswordAge MinimumPasswordLength PasswordReusePrevention " +
				"RequireLowercaseCharacters RequireNumbers RequireSymbols RequireUppercaseCharacters"},
		{name: "DeleteAccountPasswordPolicy", authorise: onAny, handle: deletePasswordPolicy},
	}
}

func listAccountAliases(c *call) (fields, error) {
	if _, err := c.after(); err != nil {
		return nil, err
	}
	aliases := list{}
	if c.alias != "" {
		aliases = list{c.alias}
	}
	return fields{{"AccountAliases", aliases}, {"IsTruncated", false}}, nil
}

// createAccountAlias replaces the alias: an account has at most one
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html).
func createAccountAlias(c *call) (fields, error) {
	c.alias = c.get("AccountAlias")
	return nil, nil
}

func deleteAccountAlias(c *call) (fields, error) {
	if c.alias != c.get("AccountAlias") || c.alias == "" {
		return nil, refuse("NoSuchEntity", "The account alias %s cannot be found.", c.get("AccountAlias"))
	}
	c.alias = ""
	return nil, nil
}

// getAccountSummary answers the 34 keys of
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html.
func getAccountSummary(c *call) (fields, error) {
	used := c.usageOfAccount()
	return fields{{"SummaryMap", entries{
		{"Users", len(c.users.all(c.at))}, {"UsersQuota", c.cfg.UserLimit},
		{"Groups", len(c.groups.all(c.at))}, {"GroupsQuota", c.cfg.GroupLimit},
		{"Roles", len(c.roles.all(c.at))}, {"RolesQuota", rolesQuota},
		{"Policies", used.policies}, {"PoliciesQuota", policiesQuota},
		{"PolicyVersionsInUse", used.versions}, {"PolicyVersionsInUseQuota", 10000},
		{"MFADevices", used.devices}, {"MFADevicesInUse", used.devicesInUse},
		{"AccountMFAEnabled", flagCount(!c.root.mfa.IsZero())},
		{"AccountAccessKeysPresent", flagCount(len(c.root.keys) > 0)},
		{"AccountPasswordPresent", 1}, {"AccountSigningCertificatesPresent", 0},
		{"ServerCertificates", 0}, {"ServerCertificatesQuota", 20},
		{"InstanceProfiles", 0}, {"InstanceProfilesQuota", 1000}, {"Providers", 0},
		{"UserPolicySizeQuota", 2048}, {"GroupPolicySizeQuota", 5120}, {"RolePolicySizeQuota", 10240},
		{"PolicySizeQuota", policySizeQuota}, {"VersionsPerPolicyQuota", versionsQuota},
		{"AssumeRolePolicySizeQuota", trustPolicyQuota},
		{"AttachedPoliciesPerUserQuota", c.cfg.AttachLimit}, {"AttachedPoliciesPerRoleQuota", c.cfg.AttachLimit},
		{"AttachedPoliciesPerGroupQuota", 10},
		{"GroupsPerUserQuota", groupsPerUser}, {"AccessKeysPerUserQuota", accessKeysPerUser},
		{"SigningCertificatesPerUserQuota", certificatesPerUser}, {"GlobalEndpointTokenVersion", 1},
	}}}, nil
}

func flagCount(present bool) int {
	if present {
		return 1
	}
	return 0
}

type accountUsage struct{ policies, versions, devices, devicesInUse int }

func (c *call) usageOfAccount() accountUsage {
	var u accountUsage
	for _, p := range c.policies.all(c.at) {
		if !p.AWSManaged {
			u.policies++
			u.versions += len(p.Versions)
		}
	}
	u.devices = len(c.devices.all(c.at)) + flagCount(!c.root.mfa.IsZero())
	u.devicesInUse = flagCount(!c.root.mfa.IsZero())
	for _, x := range c.users.all(c.at) {
		u.devicesInUse += len(x.MFA)
	}
	return u
}

func getPasswordPolicy(c *call) (fields, error) {
	p := c.passwords
	if p == nil {
		return nil, refuse("NoSuchEntity", "The Password Policy with domain name %s cannot be found.", c.cfg.AccountID)
	}
	out := fields{
		{"MinimumPasswordLength", p.minLength}, {"RequireSymbols", p.symbol}, {"RequireNumbers", p.number},
		{"RequireUppercaseCharacters", p.upper}, {"RequireLowercaseCharacters", p.lower},
		{"AllowUsersToChangePassword", p.usersMayChange}, {"ExpirePasswords", p.maxAge > 0},
	}
	if p.maxAge > 0 {
		out = append(out, field{"MaxPasswordAge", p.maxAge})
	}
	if p.reuse > 0 {
		out = append(out, field{"PasswordReusePrevention", p.reuse})
	}
	if p.hardExpSet {
		out = append(out, field{"HardExpiry", p.hardExpiry})
	}
	return fields{{"PasswordPolicy", out}}, nil
}

// updatePasswordPolicy sets what is not given back to its default
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html).
func updatePasswordPolicy(c *call) (fields, error) {
	c.passwords = &passwordPolicy{
		minLength: c.number("MinimumPasswordLength", 6), maxAge: c.number("MaxPasswordAge", 0),
		reuse: c.number("PasswordReusePrevention", 0),
		upper: c.flag("RequireUppercaseCharacters"), lower: c.flag("RequireLowercaseCharacters"),
		number: c.flag("RequireNumbers"), symbol: c.flag("RequireSymbols"),
		usersMayChange: c.flag("AllowUsersToChangePassword"),
		hardExpiry:     c.flag("HardExpiry"), hardExpSet: c.has("HardExpiry"),
	}
	return nil, nil
}

func deletePasswordPolicy(c *call) (fields, error) {
	if c.passwords == nil {
		return nil, refuse("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
	}
	c.passwords = nil
	return nil, nil
}

// SetRoot sets what the API cannot reach of the root user: when it last signed
// in, and since when it has an MFA device; the zero time means never.
func (a *Account) SetRoot(lastUsed, mfaSince time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.root.lastUsed, a.root.mfa = lastUsed, mfaSince
}
