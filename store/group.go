package store

import "time"

// Group is an IAM group as this server shows it. Its members are memberships
// and are read on their own (SnapshotTx.Members): a group may have thousands.
type Group struct {
	ID          string         `json:"id"`          // GroupId, AGPA…
	Name        string         `json:"name"`        // GroupName, IAM's spelling
	DisplayName string         `json:"displayName"` // decoded, or the long name of the state file
	Path        string         `json:"path"`
	ARN         string         `json:"arn"`
	Created     time.Time      `json:"created"`
	ExternalID  string         `json:"externalId,omitempty"`
	Inline      []InlinePolicy `json:"inline,omitempty"`
	Attached    []PolicyRef    `json:"attached,omitempty"`
	Managed     bool           `json:"managed,omitempty"`

	// Set by the store when read.
	Shape        int64     `json:"-"` // generation of the last change of the group itself
	Changed      int64     `json:"-"` // the same, memberships included
	LastModified time.Time `json:"-"` // commit time of Changed
}

// Member is one membership seen from the group.
type Member struct {
	ID       string // UserId
	UserName string // filled only when names were asked for
}

// Policy is a managed policy: every customer-managed one, every AWS-managed
// one in use, every grantable one.
type Policy struct {
	ID          string     `json:"id"` // PolicyId, ANPA…
	ARN         string     `json:"arn"`
	Name        string     `json:"name"`
	Path        string     `json:"path"`
	Created     *time.Time `json:"created,omitempty"`
	Updated     *time.Time `json:"updated,omitempty"`
	Default     string     `json:"defaultVersion,omitempty"`
	Document    string     `json:"document,omitempty"` // of the default version; JSON text
	Description string     `json:"description,omitempty"`
	AWSManaged  bool       `json:"awsManaged,omitempty"`
	Attachable  bool       `json:"attachable,omitempty"`
	Grantable   bool       `json:"grantable,omitempty"`
	Deny        bool       `json:"deny,omitempty"`
	Tags        []Tag      `json:"tags,omitempty"`

	Attachments  int64     `json:"-"` // number of users, groups and roles it is attached to; merely ages
	Changed      int64     `json:"-"`
	LastModified time.Time `json:"-"`
}

// Role is an IAM role.
type Role struct {
	ID          string         `json:"id"` // RoleId, AROA…
	ARN         string         `json:"arn"`
	Name        string         `json:"name"`
	Path        string         `json:"path"`
	Created     time.Time      `json:"created"`
	Description string         `json:"description,omitempty"`
	MaxSession  int64          `json:"maxSession,omitempty"` // seconds; 0 if unknown
	Trust       string         `json:"trust,omitempty"`      // assume-role policy document, JSON text
	Trusted     TrustSummary   `json:"trusted,omitzero"`
	Boundary    string         `json:"boundary,omitempty"`
	Tags        []Tag          `json:"tags,omitempty"`
	Inline      []InlinePolicy `json:"inline,omitempty"`
	Attached    []PolicyRef    `json:"attached,omitempty"`

	LastUsed       *time.Time `json:"-"` // merely ages
	LastUsedRegion string     `json:"-"`
	Changed        int64      `json:"-"`
	LastModified   time.Time  `json:"-"`
}

// TrustSummary says who may assume a role, for a reader in a hurry.
type TrustSummary struct {
	Services     []string `json:"services,omitempty"`     // lambda.amazonaws.com
	Accounts     []string `json:"accounts,omitempty"`     // account ids
	Principals   []string `json:"principals,omitempty"`   // user and role ARNs, "*"
	Federated    []string `json:"federated,omitempty"`    // provider ARNs and names
	CrossAccount bool     `json:"crossAccount,omitempty"` // trusts an account other than its own
	Conditional  bool     `json:"conditional,omitempty"`  // some statement has a Condition
}
