package iamsim

import (
	"slices"
	"time"
)

// The objects of an account. They are immutable once stored: change a clone.

// Status of a key, certificate or service credential.
const (
	active   = "Active"
	inactive = "Inactive"
)

// Tag is one IAM tag.
type Tag struct{ Key, Value string }

// InlinePolicy is a policy embedded in a user, group or role.
type InlinePolicy struct{ Name, Document string }

// Grants is what a user, group or role has been given, in the order given.
type Grants struct {
	Attached []string // ARNs of managed policies
	Inline   []InlinePolicy
}

func (g Grants) clone() Grants {
	return Grants{Attached: slices.Clone(g.Attached), Inline: slices.Clone(g.Inline)}
}

// User is an IAM user with everything that belongs to it.
type User struct {
	ID, Name, Path   string
	Created          time.Time
	PasswordLastUsed time.Time
	Login            *LoginProfile // nil: no password
	Keys             []AccessKey
	MFA              []MFADevice
	SSHKeys          []SSHKey
	Certificates     []Certificate
	Credentials      []ServiceCredential
	Groups           []string // GroupIds in the order joined
	Grants
	Tags     []Tag
	Boundary string // policy ARN
}

func (u *User) clone() *User {
	c := *u
	if u.Login != nil {
		login := *u.Login
		login.Earlier = slices.Clone(u.Login.Earlier)
		c.Login = &login
	}
	c.Keys = slices.Clone(u.Keys)
	c.MFA = slices.Clone(u.MFA)
	c.SSHKeys = slices.Clone(u.SSHKeys)
	c.Certificates = slices.Clone(u.Certificates)
	c.Credentials = slices.Clone(u.Credentials)
	c.Groups = slices.Clone(u.Groups)
	c.Grants = u.Grants.clone()
	c.Tags = slices.Clone(u.Tags)
	return &c
}

// LoginProfile is a console password.
type LoginProfile struct {
	Created       time.Time
	Changed       time.Time
	Password      string
	ResetRequired bool
	Earlier       []string // earlier passwords, the latest first
}

// AccessKey is a long-term key with its last use.
type AccessKey struct {
	ID, Secret, Status      string
	Created                 time.Time
	LastUsed                time.Time // zero: never
	LastRegion, LastService string
}

// MFADevice is a device assigned to a user. A virtual one also has a VirtualDevice.
type MFADevice struct {
	Serial  string
	Enabled time.Time
}

// VirtualDevice is a virtual MFA device, assigned or not.
type VirtualDevice struct {
	Serial  string
	Seed    string // base32
	Created time.Time
	Tags    []Tag
}

// SSHKey is a public key for CodeCommit.
type SSHKey struct {
	ID, Body, Fingerprint, Status string
	Uploaded                      time.Time
}

// Certificate is an X.509 signing certificate.
type Certificate struct {
	ID, Body, Status string
	Uploaded         time.Time
}

// ServiceCredential is a service-specific user name and password, or API key.
type ServiceCredential struct {
	ID, Service, UserName, Alias, Secret, Status string
	Created, Expires                             time.Time
}

// Group is an IAM group. Its members are the users that name it.
type Group struct {
	ID, Name, Path string
	Created        time.Time
	Grants
}

func (g *Group) clone() *Group {
	c := *g
	c.Grants = g.Grants.clone()
	return &c
}

// Role is an IAM role.
type Role struct {
	ID, Name, Path, Description string
	Created                     time.Time
	MaxSession                  time.Duration
	Trust                       string
	LastUsed                    time.Time
	LastRegion                  string
	Grants
	Tags     []Tag
	Boundary string
}

func (r *Role) clone() *Role {
	c := *r
	c.Grants = r.Grants.clone()
	c.Tags = slices.Clone(r.Tags)
	return &c
}

// Policy is a managed policy, of the customer or of AWS.
type Policy struct {
	ID, Name, Path, ARN, Description string
	Created, Updated                 time.Time
	Versions                         []PolicyVersion // newest first
	Default                          string
	Issued                           int // versions ever made; ids are never reused
	Tags                             []Tag
	AWSManaged                       bool
}

// PolicyVersion is one document of a managed policy.
type PolicyVersion struct {
	ID, Document string
	Created      time.Time
}

func (p *Policy) clone() *Policy {
	c := *p
	c.Versions = slices.Clone(p.Versions)
	c.Tags = slices.Clone(p.Tags)
	return &c
}

func (p *Policy) version(id string) (PolicyVersion, bool) {
	for _, v := range p.Versions {
		if v.ID == id {
			return v, true
		}
	}
	return PolicyVersion{}, false
}

func (p *Policy) document() string {
	v, _ := p.version(p.Default)
	return v.Document
}

// rootUser is the account's owner.
type rootUser struct {
	created, lastUsed, mfa time.Time
	keys                   []AccessKey
}

// passwordPolicy is the account's own password policy.
type passwordPolicy struct {
	minLength, maxAge, reuse               int
	upper, lower, number, symbol           bool
	usersMayChange, hardExpiry, hardExpSet bool
}
