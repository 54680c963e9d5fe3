package main

// The resources of an export as the tables need them. Times stay text: they are
// RFC 3339 in UTC already.

// named is an element of a list of policies, groups or roles.
type named struct {
	Value   string `json:"value"`
	Display string `json:"display"`
	Type    string `json:"type"`
	Group   string `json:"group"` // of a policy: through which it is inherited
}

type exportMeta struct {
	Created      string `json:"created"`
	LastModified string `json:"lastModified"`
}

type exportUser struct {
	ID          string `json:"id"`
	ExternalID  string `json:"externalId"`
	UserName    string `json:"userName"`
	DisplayName string `json:"displayName"`
	Name        struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	} `json:"name"`
	Title        string           `json:"title"`
	UserType     string           `json:"userType"`
	Active       bool             `json:"active"`
	Emails       []named          `json:"emails"` // the primary one first
	Groups       []named          `json:"groups"`
	Entitlements []named          `json:"entitlements"`
	Roles        []named          `json:"roles"`
	Certificates []named          `json:"x509Certificates"` // display is the id, type the status
	Enterprise   exportEnterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	AWS          exportAWSUser    `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:User"`
	Meta         exportMeta       `json:"meta"`
}

type exportEnterprise struct {
	EmployeeNumber string `json:"employeeNumber"`
	CostCenter     string `json:"costCenter"`
	Organization   string `json:"organization"`
	Division       string `json:"division"`
	Department     string `json:"department"`
	Manager        struct {
		Value       string `json:"value"`
		DisplayName string `json:"displayName"`
	} `json:"manager"`
}

type exportAWSUser struct {
	ARN                 string             `json:"arn"`
	Path                string             `json:"path"`
	IdentityType        string             `json:"identityType"`
	IdentityTypeRule    string             `json:"identityTypeRule"`
	ConsoleAccess       *bool              `json:"consoleAccess"`
	PasswordLastUsed    string             `json:"passwordLastUsed"`
	PasswordLastChanged string             `json:"passwordLastChanged"`
	MFAActive           *bool              `json:"mfaActive"`
	MFADevices          []exportMFA        `json:"mfaDevices"`
	AccessKeys          []exportCredential `json:"accessKeys"`
	SSHPublicKeys       []exportCredential `json:"sshPublicKeys"`
	ServiceCredentials  []exportCredential `json:"serviceSpecificCredentials"`
	LastActivity        string             `json:"lastActivity"`
	PermissionsBoundary string             `json:"permissionsBoundary"`
	InlinePolicies      []exportInline     `json:"inlinePolicies"`
	InheritedPolicies   []named            `json:"inheritedPolicies"`
	DisabledBy          []exportDeny       `json:"disabledBy"`
	Tags                []exportTag        `json:"tags"`
	Managed             bool               `json:"managed"`
	ObservedAt          string             `json:"observedAt"`
	NotKnown            []string           `json:"notKnown"`
}

type exportMFA struct {
	SerialNumber string `json:"serialNumber"`
	Type         string `json:"type"`
	Enabled      string `json:"enabled"`
}

// exportCredential is a key or a credential of a service; which it is tells what
// of it there can be.
type exportCredential struct {
	ID              string `json:"id"`
	Status          string `json:"status"`
	Created         string `json:"created"`
	LastRotated     string `json:"lastRotated"`
	LastUsed        string `json:"lastUsed"`
	LastUsedService string `json:"lastUsedService"`
	LastUsedRegion  string `json:"lastUsedRegion"`
	Expires         string `json:"expires"`
	Service         string `json:"service"`
}

type exportInline struct {
	Name string `json:"name"`
}

type exportDeny struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	Group string `json:"group"`
}

type exportTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type exportGroup struct {
	ID          string  `json:"id"`
	ExternalID  string  `json:"externalId"`
	DisplayName string  `json:"displayName"`
	Members     []named `json:"members"`
	AWS         struct {
		ARN              string         `json:"arn"`
		Path             string         `json:"path"`
		AttachedPolicies []named        `json:"attachedPolicies"`
		InlinePolicies   []exportInline `json:"inlinePolicies"`
		Managed          bool           `json:"managed"`
	} `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:Group"`
	Meta exportMeta `json:"meta"`
}

type exportPolicy struct {
	ID          string `json:"id"`
	ARN         string `json:"value"`
	Name        string `json:"display"`
	Attachments int64  `json:"totalAssignmentsUsed"`
	AWS         struct {
		Path        string      `json:"path"`
		Description string      `json:"description"`
		AWSManaged  bool        `json:"awsManaged"`
		Deny        bool        `json:"deny"`
		Updated     string      `json:"updated"`
		Tags        []exportTag `json:"tags"`
	} `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:Entitlement"`
	Meta exportMeta `json:"meta"`
}

type exportRole struct {
	ID   string `json:"id"`
	ARN  string `json:"value"`
	Name string `json:"display"`
	AWS  struct {
		Path                string         `json:"path"`
		Description         string         `json:"description"`
		MaxSession          *int64         `json:"maxSessionDuration"`
		Trusted             []named        `json:"trusted"`
		CrossAccount        bool           `json:"crossAccount"`
		Conditional         bool           `json:"conditional"`
		LastUsed            string         `json:"lastUsed"`
		LastUsedRegion      string         `json:"lastUsedRegion"`
		PermissionsBoundary string         `json:"permissionsBoundary"`
		AttachedPolicies    []named        `json:"attachedPolicies"`
		InlinePolicies      []exportInline `json:"inlinePolicies"`
		Tags                []exportTag    `json:"tags"`
	} `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:Role"`
	Meta exportMeta `json:"meta"`
}
