package store

import (
	"strings"
	"time"
)

// Kind names a kind of resource.
type Kind string

// The kinds of resource a snapshot holds.
const (
	KindUser   Kind = "User"
	KindGroup  Kind = "Group"
	KindPolicy Kind = "Policy"
	KindRole   Kind = "Role"
)

// Ref names one resource.
type Ref struct {
	Kind Kind
	ID   string
}

// User is an IAM user as this server shows it: what IAM says, plus what was
// derived from it when it was observed. The provisioner composes it; the
// store keeps it, versions it and finds it.
type User struct {
	ID       string    `json:"id"`   // UserId, AIDA…
	Name     string    `json:"name"` // UserName, IAM's spelling
	UserName string    `json:"userName"`
	Path     string    `json:"path"`
	ARN      string    `json:"arn"`
	Created  time.Time `json:"created"`

	Boundary string         `json:"boundary,omitempty"` // ARN of the permissions boundary
	Tags     []Tag          `json:"tags,omitempty"`
	Inline   []InlinePolicy `json:"inline,omitempty"`
	Attached []PolicyRef    `json:"attached,omitempty"` // directly attached managed policies
	Roles    []RoleRef      `json:"roles,omitempty"`    // roles this user can assume
	Groups   []string       `json:"-"`                  // GroupIDs; kept as memberships, sorted by id

	Active     bool   `json:"active"`
	DisabledBy []Deny `json:"disabledBy,omitempty"`

	IdentityType     string `json:"identityType,omitempty"` // "human" or "service"
	IdentityTypeRule string `json:"identityTypeRule,omitempty"`

	// Credential facts. A nil pointer or slice is "not known yet", never "none":
	// what is known to be none is a non-nil empty slice or a pointer to false.
	ConsoleAccess       *bool               `json:"consoleAccess,omitempty"`
	PasswordLastChanged *time.Time          `json:"passwordLastChanged,omitempty"`
	MFAActive           *bool               `json:"mfaActive,omitempty"`
	MFADevices          []MFADevice         `json:"mfaDevices,omitzero"`
	AccessKeys          []AccessKey         `json:"accessKeys,omitzero"`
	SSHPublicKeys       []Credential        `json:"sshPublicKeys,omitzero"`
	Certificates        []Certificate       `json:"certificates,omitzero"`
	ServiceCredentials  []ServiceCredential `json:"serviceCredentials,omitzero"`

	Person           Person            `json:"person,omitzero"`
	AttributeSources []AttributeSource `json:"attributeSources,omitempty"`
	Managed          bool              `json:"managed,omitempty"` // created or adopted by us

	// Set by the store when read.
	Activity     Activity  `json:"-"` // what merely ages; makes no generation
	Changed      int64     `json:"-"` // generation of the last change, memberships included
	LastModified time.Time `json:"-"` // commit time of Changed
}

// Tag is an IAM tag.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// TagValue returns the value of a tag, without space around it, and the key as it
// is spelled there: IAM holds keys equal regardless of case.
func TagValue(tags []Tag, key string) (value, spelling string) {
	for _, t := range tags {
		if strings.EqualFold(t.Key, key) {
			return strings.TrimSpace(t.Value), t.Key
		}
	}
	return "", ""
}

// InlinePolicy is a policy embedded in a user, group or role. Document is JSON text.
type InlinePolicy struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

// PolicyRef is a managed policy as something is attached to it. Deny marks one
// that denies everything, Quarantine one with which AWS froze a leaked key;
// neither is an entitlement.
type PolicyRef struct {
	ARN        string `json:"arn"`
	Name       string `json:"name"`
	ID         string `json:"id,omitempty"` // PolicyId, empty if unknown
	Deny       bool   `json:"deny,omitempty"`
	Quarantine bool   `json:"quarantine,omitempty"`
}

// RoleRef is a role a user can assume.
type RoleRef struct {
	ID   string `json:"id"` // RoleId
	ARN  string `json:"arn"`
	Name string `json:"name"`
	Type string `json:"type"` // "AssumableRole" or "PossiblyAssumable"
}

// Deny says what keeps a user inactive.
type Deny struct {
	Type  string `json:"type"`            // "attachedPolicy", "inlinePolicy", "groupPolicy" or "record"
	Value string `json:"value"`           // the policy's ARN or name
	Group string `json:"group,omitempty"` // GroupId, for groupPolicy
	Ours  bool   `json:"ours"`            // placed by this server
}

// AccessKey is a long-term access key. ID is empty until the key was listed:
// the credential report knows that a key exists, not which one.
type AccessKey struct {
	ID          string     `json:"id,omitempty"`
	Status      string     `json:"status"` // "Active", "Inactive" or "Expired"
	Created     *time.Time `json:"created,omitempty"`
	LastRotated *time.Time `json:"lastRotated,omitempty"`
}

// MFADevice is an assigned MFA device.
type MFADevice struct {
	SerialNumber string     `json:"serialNumber"` // ARN of a virtual device, serial of a hardware one
	Type         string     `json:"type"`         // "virtual", "hardware", "fido"
	Enabled      *time.Time `json:"enabled,omitempty"`
}

// Credential is an SSH public key.
type Credential struct {
	ID      string     `json:"id"`
	Status  string     `json:"status"`
	Created *time.Time `json:"created,omitempty"`
}

// Certificate is an X.509 signing certificate; Body is PEM and empty when only
// the credential report speaks of it.
type Certificate struct {
	ID      string     `json:"id"`
	Status  string     `json:"status"`
	Created *time.Time `json:"created,omitempty"`
	Body    string     `json:"body,omitempty"`
}

// ServiceCredential is a service-specific credential (CodeCommit, Bedrock, …).
type ServiceCredential struct {
	ID      string     `json:"id"`
	Service string     `json:"service"`
	User    string     `json:"user,omitempty"` // ServiceUserName
	Status  string     `json:"status"`
	Created *time.Time `json:"created,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
}

// AttributeSource says where a derived person attribute came from, for example
// {"emails", "tag:email"} or {"name", "userName"}.
type AttributeSource struct {
	Attribute string `json:"attribute"`
	Source    string `json:"source"`
}

// Activity is what merely ages. It makes no generation and belongs to no
// version; ObservedAt says how old it is.
type Activity struct {
	UserID           string     `json:"-"`
	ObservedAt       time.Time  `json:"observedAt"`                 // when IAM was last asked about this user
	ReportedAt       *time.Time `json:"reportedAt,omitempty"`       // time of the credential report used
	DetailsAt        *time.Time `json:"detailsAt,omitempty"`        // when the per-user credential lists were read
	PasswordLastUsed *time.Time `json:"passwordLastUsed,omitempty"` // nil: never, or not known
	Keys             []KeyUse   `json:"keys,omitempty"`             // in the order of User.AccessKeys
}

// KeyUse is the last use of an access key; a zero LastUsed means never.
type KeyUse struct {
	LastUsed *time.Time `json:"lastUsed,omitempty"`
	Service  string     `json:"service,omitempty"`
	Region   string     `json:"region,omitempty"`
}

// Last returns the latest use of the password or of any key, or nil.
func (a *Activity) Last() *time.Time {
	last := a.PasswordLastUsed
	for i := range a.Keys {
		if t := a.Keys[i].LastUsed; t != nil && (last == nil || t.After(*last)) {
			last = t
		}
	}
	return last
}
