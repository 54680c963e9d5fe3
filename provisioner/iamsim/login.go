package iamsim

import (
	"slices"
	"strings"
	"unicode"
)

func loginOperations() []operation {
	return []operation{
		{name: "GetLoginProfile", takes: "UserName", authorise: onUser, handle: getLoginProfile},
		{name: "CreateLoginProfile", takes: "UserName Password PasswordResetRequired", authorise: onUser, handle: createLoginProfile},
		{name: "UpdateLoginProfile", needs: "UserName", takes: "Password PasswordResetRequired", authorise: onUser, handle: updateLoginProfile},
		{name: "DeleteLoginProfile", takes: "UserName", authorise: onUser, handle: deleteLoginProfile},
		{name: "ChangePassword", needs: "OldPassword NewPassword", authorise: onOwnPassword, handle: changePassword},
	}
}

func noLogin(u *User) error {
	return refuse("NoSuchEntity", "Login Profile for User %s cannot be found.", u.Name)
}

func loginFields(u *User) fields {
	return fields{
		{"UserName", u.Name}, {"CreateDate", u.Login.Created}, {"PasswordResetRequired", u.Login.ResetRequired},
	}
}

func getLoginProfile(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	if u.Login == nil {
		return nil, noLogin(u)
	}
	return fields{{"LoginProfile", loginFields(u)}}, nil
}

func createLoginProfile(c *call) (fields, error) {
	var out fields
	err := c.changeUser(func(u *User) error {
		if u.Login != nil {
			return refuse("EntityAlreadyExists", "Login Profile for user %s already exists.", u.Name)
		}
		if err := c.checkPassword(u, c.get("Password")); err != nil {
			return err
		}
		u.Login = &LoginProfile{Created: c.at, Changed: c.at, Password: c.get("Password"), ResetRequired: c.flag("PasswordResetRequired")}
		out = loginFields(u)
		return nil
	})
	return fields{{"LoginProfile", out}}, err
}

// changeLogin refuses for a while after the profile was made, when the dial
// says so: "EntityTemporarilyUnmodifiable … Login Profile for User … cannot be
// modified while login profile is being created" (observed).
func (c *call) changeLogin(change func(*User) error) error {
	return c.changeUser(func(u *User) error {
		if u.Login == nil {
			return noLogin(u)
		}
		if err := c.settled(u.Login.Created, "Login Profile for User "+u.Name); err != nil {
			return err
		}
		return change(u)
	})
}

func updateLoginProfile(c *call) (fields, error) {
	return nil, c.changeLogin(func(u *User) error {
		if c.has("Password") {
			if err := c.replacePassword(u, c.get("Password")); err != nil {
				return err
			}
		}
		if c.has("PasswordResetRequired") {
			u.Login.ResetRequired = c.flag("PasswordResetRequired")
		}
		return nil
	})
}

func deleteLoginProfile(c *call) (fields, error) {
	return nil, c.changeLogin(func(u *User) error { u.Login = nil; return nil })
}

// onOwnPassword: users need no permission of their own when the account's
// password policy lets all users change their passwords.
func onOwnPassword(c *call) []need {
	if c.passwords != nil && c.passwords.usersMayChange {
		return nil
	}
	return onUser(c)
}

// changePassword is for IAM users only
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html, InvalidUserType).
func changePassword(c *call) (fields, error) {
	if c.who.userID == "" {
		return nil, refuse("InvalidUserType", "Only IAM Users can change their own password")
	}
	return nil, c.changeLogin(func(u *User) error {
		if u.Login.Password != c.get("OldPassword") {
			return refuse("AccessDenied", "The old password was incorrect.")
		}
		if err := c.replacePassword(u, c.get("NewPassword")); err != nil {
			return err
		}
		u.Login.ResetRequired = false
		return nil
	})
}

// maxReuse is the longest memory a password policy can ask for
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html).
const maxReuse = 24

// replacePassword refuses what the policy refuses and, with
// PasswordReusePrevention, the last so many passwords, of which the present one
// is the first.
func (c *call) replacePassword(u *User, password string) error {
	if err := c.checkPassword(u, password); err != nil {
		return err
	}
	used := append([]string{u.Login.Password}, u.Login.Earlier...)
	if p := c.passwords; p != nil && slices.Contains(used[:min(p.reuse, len(used))], password) {
		return refuse("PasswordPolicyViolation", "Password should not be any of the last %d passwords", p.reuse)
	}
	u.Login.Earlier = used[:min(maxReuse, len(used))]
	u.Login.Password, u.Login.Changed = password, c.at
	return nil
}

// checkPassword applies the account's password policy. Without one AWS demands
// eight characters, three of the four classes, and that the password is not the
// name of the account or an e-mail address
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html).
func (c *call) checkPassword(u *User, password string) error {
	for _, r := range password {
		if r < 0x20 || r == 0x7f || r > 0xff || unicode.IsControl(r) {
			return constraint("password", `satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)
		}
	}
	k := classify(password)
	p := c.passwords
	if p == nil {
		if k.count < 8 || k.classes() < 3 || strings.EqualFold(password, u.Name) || strings.EqualFold(password, c.alias) {
			return refuse("PasswordPolicyViolation", "Password does not conform to the account password policy.")
		}
		return nil
	}
	switch {
	case k.count < p.minLength:
		return refuse("PasswordPolicyViolation", "Password should have a minimum length of %d", p.minLength)
	case p.upper && !k.upper:
		return refuse("PasswordPolicyViolation", "Password should have at least one uppercase letter")
	case p.lower && !k.lower:
		return refuse("PasswordPolicyViolation", "Password should have at least one lowercase letter")
	case p.number && !k.number:
		return refuse("PasswordPolicyViolation", "Password should have at least one number")
	case p.symbol && !k.symbol:
		return refuse("PasswordPolicyViolation", "Password should have at least one of the following symbols: ! @ # $ %% ^ & * ( ) _ + - = [ ] { } | '")
	}
	return nil
}

type composition struct {
	upper, lower, number, symbol bool
	count                        int
}

func classify(password string) composition {
	var k composition
	for _, r := range password {
		k.count++
		switch {
		case r >= 'A' && r <= 'Z':
			k.upper = true
		case r >= 'a' && r <= 'z':
			k.lower = true
		case r >= '0' && r <= '9':
			k.number = true
		case strings.ContainsRune("!@#$%^&*()_+-=[]{}|'", r):
			k.symbol = true
		}
	}
	return k
}

func (k composition) classes() int {
	n := 0
	for _, has := range []bool{k.upper, k.lower, k.number, k.symbol} {
		if has {
			n++
		}
	}
	return n
}
