package iamsim

import "strings"

// moves is what may happen in one step of Live; more frequent things are there
// more than once.
var moves = []func(*life){
	hire, hire, hire, dismiss, renameUser, moveUser, tagSomebody, tagSomebody, untagSomebody,
	formGroup, formGroup, dissolveGroup, renameGroup, join, join, join, join, leave, leave,
	attach, attach, detach, writeInline, eraseInline, bound, unbound,
	giveKey, giveKey, toggleKey, rotateKey, dropKey, setPassword, setPassword, changeLogin, dropPassword,
	giveDevice, takeDevice, giveServiceCredential, dropServiceCredential,
	writePolicy, revisePolicy, chooseVersion, makeRole, dropRole,
}

const aPassword = "Correct-horse-7"

func hire(l *life) {
	name := l.fresh("person")
	if l.rng.IntN(10) == 0 {
		name = strings.ToUpper(l.victim())
	}
	l.do("CreateUser", "UserName", name, "Path", choose(l, "/", "/people/", "/scim/"),
		"Tags.member.1.Key", "email", "Tags.member.1.Value", name+"@example.com")
}

// dismiss tries at once, and tidies up when that is refused, in the order that
// takes access away first.
func dismiss(l *life) {
	name := l.victim()
	if l.do("DeleteUser", "UserName", name) != "DeleteConflict" {
		return
	}
	u, ok := l.User(name)
	if !ok {
		return
	}
	if u.Login != nil {
		l.do("DeleteLoginProfile", "UserName", name)
	}
	for _, k := range u.Keys {
		l.do("DeleteAccessKey", "UserName", name, "AccessKeyId", k.ID)
	}
	for _, k := range u.Credentials {
		l.do("DeleteServiceSpecificCredential", "UserName", name, "ServiceSpecificCredentialId", k.ID)
	}
	for _, m := range u.MFA {
		l.do("DeactivateMFADevice", "UserName", name, "SerialNumber", m.Serial)
		l.do("DeleteVirtualMFADevice", "SerialNumber", m.Serial)
	}
	l.strip(u)
	l.do("DeleteUser", "UserName", name)
}

func (l *life) strip(u User) {
	for _, id := range u.Groups {
		if g := l.groupNamed(id); g != "" {
			l.do("RemoveUserFromGroup", "UserName", u.Name, "GroupName", g)
		}
	}
	for _, p := range u.Inline {
		l.do("DeleteUserPolicy", "UserName", u.Name, "PolicyName", p.Name)
	}
	for _, arn := range u.Attached {
		l.do("DetachUserPolicy", "UserName", u.Name, "PolicyArn", arn)
	}
}

func (l *life) groupNamed(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g := l.groups.current(id); g != nil {
		return g.Name
	}
	return ""
}

func renameUser(l *life) {
	l.do("UpdateUser", "UserName", l.victim(), "NewUserName", l.fresh("person"))
}

func moveUser(l *life) {
	l.do("UpdateUser", "UserName", l.victim(), "NewPath", choose(l, "/", "/people/", "/scim/", "/left/"))
}

func tagSomebody(l *life) {
	l.do("TagUser", "UserName", l.victim(), "Tags.member.1.Key", choose(l, "email", "Team", "team", "owner"),
		"Tags.member.1.Value", choose(l, "red", "Ångström", "a b", "O'Brien"))
}

func untagSomebody(l *life) {
	l.do("UntagUser", "UserName", l.victim(), "TagKeys.member.1", choose(l, "TEAM", "owner"))
}

func formGroup(l *life) {
	l.do("CreateGroup", "GroupName", l.fresh("team"), "Path", choose(l, "/", "/scim/"))
}

func dissolveGroup(l *life) {
	name := pick(l, l.groups)
	if l.do("DeleteGroup", "GroupName", name) != "DeleteConflict" || l.rng.IntN(2) == 0 {
		return
	}
	for _, u := range l.Users() {
		for _, id := range u.Groups {
			if l.groupNamed(id) == name {
				l.do("RemoveUserFromGroup", "UserName", u.Name, "GroupName", name)
			}
		}
	}
	l.do("DeleteGroup", "GroupName", name)
}

func renameGroup(l *life) {
	l.do("UpdateGroup", "GroupName", pick(l, l.groups), "NewGroupName", l.fresh("team"))
}

func join(l *life) { l.do("AddUserToGroup", "UserName", l.victim(), "GroupName", pick(l, l.groups)) }
func leave(l *life) {
	l.do("RemoveUserFromGroup", "UserName", l.victim(), "GroupName", pick(l, l.groups))
}

func (l *life) policyARN() string {
	if all := l.Policies(); len(all) > 0 && l.rng.IntN(2) == 0 {
		return choose(l, all...).ARN
	}
	return l.managedARN(choose(l, "AmazonS3ReadOnlyAccess", "PowerUserAccess", "AWSDenyAll", "NoSuchPolicy"))
}

func attach(l *life) {
	if l.rng.IntN(2) == 0 {
		l.do("AttachGroupPolicy", "GroupName", pick(l, l.groups), "PolicyArn", l.policyARN())
		return
	}
	l.do("AttachUserPolicy", "UserName", l.victim(), "PolicyArn", l.policyARN())
}

func detach(l *life) { l.do("DetachUserPolicy", "UserName", l.victim(), "PolicyArn", l.policyARN()) }

func (l *life) document() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` +
		choose(l, "s3:Get*", "ec2:Describe*", "logs:*") + `","Resource":"*"}]}`
}

func writeInline(l *life) {
	l.do("PutUserPolicy", "UserName", l.victim(), "PolicyName", choose(l, "extra", "temporary"), "PolicyDocument", l.document())
}

func eraseInline(l *life) {
	l.do("DeleteUserPolicy", "UserName", l.victim(), "PolicyName", choose(l, "extra", "temporary"))
}

func bound(l *life) {
	l.do("PutUserPermissionsBoundary", "UserName", l.victim(), "PermissionsBoundary", l.policyARN())
}

func unbound(l *life) { l.do("DeleteUserPermissionsBoundary", "UserName", l.victim()) }

func giveKey(l *life) { l.do("CreateAccessKey", "UserName", l.victim()) }

// withKey calls f with a user who has a key.
func (l *life) withKey(f func(user, key string)) {
	if u, ok := l.User(l.victim()); ok && len(u.Keys) > 0 {
		f(u.Name, choose(l, u.Keys...).ID)
	}
}

func toggleKey(l *life) {
	l.withKey(func(user, key string) {
		l.do("UpdateAccessKey", "UserName", user, "AccessKeyId", key, "Status", choose(l, active, inactive, "Expired"))
	})
}

func rotateKey(l *life) {
	l.withKey(func(user, key string) {
		if l.do("CreateAccessKey", "UserName", user) == "" {
			l.do("DeleteAccessKey", "UserName", user, "AccessKeyId", key)
		}
	})
}

func dropKey(l *life) {
	l.withKey(func(user, key string) { l.do("DeleteAccessKey", "UserName", user, "AccessKeyId", key) })
}

func setPassword(l *life) {
	l.do("CreateLoginProfile", "UserName", l.victim(), "Password", choose(l, aPassword, "weak"), "PasswordResetRequired", "true")
}

func changeLogin(l *life) {
	l.do("UpdateLoginProfile", "UserName", l.victim(), "PasswordResetRequired", "false")
}

func dropPassword(l *life) { l.do("DeleteLoginProfile", "UserName", l.victim()) }

// giveDevice makes a virtual device and enables it with its first two codes.
func giveDevice(l *life) {
	name := l.fresh("phone")
	if l.do("CreateVirtualMFADevice", "VirtualMFADeviceName", name) != "" {
		return
	}
	serial, seed := l.arn("mfa/"+name), ""
	for _, d := range l.VirtualDevices() {
		if d.Serial == serial {
			seed = d.Seed
		}
	}
	now := l.Now()
	l.do("EnableMFADevice", "UserName", l.victim(), "SerialNumber", serial,
		"AuthenticationCode1", oneTimeCode(seed, now), "AuthenticationCode2", oneTimeCode(seed, now.Add(codeStep)))
}

func takeDevice(l *life) {
	u, ok := l.User(l.victim())
	if !ok || len(u.MFA) == 0 {
		return
	}
	l.do("DeactivateMFADevice", "UserName", u.Name, "SerialNumber", u.MFA[0].Serial)
	l.do("DeleteVirtualMFADevice", "SerialNumber", u.MFA[0].Serial)
}

func giveServiceCredential(l *life) {
	l.do("CreateServiceSpecificCredential", "UserName", l.victim(),
		"ServiceName", choose(l, "codecommit.amazonaws.com", "bedrock.amazonaws.com", "nosuch.amazonaws.com"))
}

func dropServiceCredential(l *life) {
	if u, ok := l.User(l.victim()); ok && len(u.Credentials) > 0 {
		l.do("DeleteServiceSpecificCredential", "UserName", u.Name, "ServiceSpecificCredentialId", u.Credentials[0].ID)
	}
}

func writePolicy(l *life) {
	l.do("CreatePolicy", "PolicyName", l.fresh("policy"), "PolicyDocument", l.document())
}

func revisePolicy(l *life) {
	l.do("CreatePolicyVersion", "PolicyArn", l.policyARN(), "PolicyDocument", l.document(), "SetAsDefault", choose(l, "true", "false"))
}

func chooseVersion(l *life) {
	arn := l.policyARN()
	l.do("SetDefaultPolicyVersion", "PolicyArn", arn, "VersionId", choose(l, "v1", "v2", "v9"))
	l.do("DeletePolicyVersion", "PolicyArn", arn, "VersionId", choose(l, "v1", "v2", "v3"))
}

func makeRole(l *life) {
	l.do("CreateRole", "RoleName", l.fresh("role"), "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
}

func dropRole(l *life) { l.do("DeleteRole", "RoleName", pick(l, l.roles)) }
