package store

import (
	"encoding/pem"
	"strings"

	"encoding/base64"
)

// A search document holds the attributes that filters may name and no column
// holds, under their SCIM names; texts are folded unless case-exact, times are
// in the stored form. It is derived from the body alone.

// searchElement is an element of a multi-valued attribute in a search document.
type searchElement struct {
	ID          string `json:"id,omitempty"`
	Key         string `json:"key,omitempty"`
	Value       string `json:"value,omitempty"`
	Display     string `json:"display,omitempty"`
	Name        string `json:"name,omitempty"`
	Document    string `json:"document,omitempty"`
	Type        string `json:"type,omitempty"`
	Group       string `json:"group,omitempty"`
	Ours        *bool  `json:"ours,omitempty"`
	Attribute   string `json:"attribute,omitempty"`
	Source      string `json:"source,omitempty"`
	Status      string `json:"status,omitempty"`
	Serial      string `json:"serialNumber,omitempty"`
	Service     string `json:"service,omitempty"`
	User        string `json:"user,omitempty"`
	Created     string `json:"created,omitempty"`
	Enabled     string `json:"enabled,omitempty"`
	Expires     string `json:"expires,omitempty"`
	LastRotated string `json:"lastRotated,omitempty"`
}

type userDocument struct {
	Person
	Entitlements []searchElement `json:"entitlements,omitempty"`
	Roles        []searchElement `json:"roles,omitempty"`
	Certificates []searchElement `json:"x509Certificates,omitempty"`
	AWS          userAWS         `json:"aws"`
}

type userAWS struct {
	IdentityType        string          `json:"identityType,omitempty"`
	IdentityTypeRule    string          `json:"identityTypeRule,omitempty"`
	ConsoleAccess       *bool           `json:"consoleAccess,omitempty"`
	PasswordLastChanged string          `json:"passwordLastChanged,omitempty"`
	MFAActive           *bool           `json:"mfaActive,omitempty"`
	Boundary            string          `json:"permissionsBoundary,omitempty"`
	Managed             bool            `json:"managed"`
	MFADevices          []searchElement `json:"mfaDevices,omitempty"`
	AccessKeys          []searchElement `json:"accessKeys,omitempty"`
	SSHPublicKeys       []searchElement `json:"sshPublicKeys,omitempty"`
	ServiceCredentials  []searchElement `json:"serviceSpecificCredentials,omitempty"`
	Inline              []searchElement `json:"inlinePolicies,omitempty"`
	Attached            []searchElement `json:"attachedPolicies,omitempty"`
	DisabledBy          []searchElement `json:"disabledBy,omitempty"`
	Tags                []searchElement `json:"tags,omitempty"`
	AttributeSources    []searchElement `json:"attributeSources,omitempty"`
}

func userSearch(u *User) *userDocument {
	d := &userDocument{Person: foldPerson(u.Person)}
	d.Entitlements = searchPolicies(u.Attached, func(p *PolicyRef) bool { return !p.Deny && !p.Quarantine })
	d.Roles = searchList(u.Roles, func(r *RoleRef) searchElement {
		return searchElement{Value: r.ARN, Display: fold(r.Name), Type: fold(r.Type)}
	})
	d.Certificates = searchList(u.Certificates, func(c *Certificate) searchElement {
		return searchElement{Value: certificateValue(c.Body), Display: fold(c.ID)}
	})
	d.AWS = userAWS{
		IdentityType: fold(u.IdentityType), IdentityTypeRule: fold(u.IdentityTypeRule),
		ConsoleAccess: u.ConsoleAccess, PasswordLastChanged: timeOrEmpty(u.PasswordLastChanged),
		MFAActive: u.MFAActive, Boundary: u.Boundary, Managed: u.Managed,
		Inline: searchInline(u.Inline), Attached: searchPolicies(u.Attached, nil), Tags: searchTags(u.Tags),
		DisabledBy: searchList(u.DisabledBy, func(x *Deny) searchElement {
			return searchElement{Type: fold(x.Type), Value: x.Value, Group: x.Group, Ours: &x.Ours}
		}),
		AttributeSources: searchList(u.AttributeSources, func(s *AttributeSource) searchElement {
			return searchElement{Attribute: fold(s.Attribute), Source: fold(s.Source)}
		}),
	}
	searchCredentials(u, &d.AWS)
	return d
}

func searchCredentials(u *User, d *userAWS) {
	d.MFADevices = searchList(u.MFADevices, func(m *MFADevice) searchElement {
		return searchElement{Serial: m.SerialNumber, Type: fold(m.Type), Enabled: timeOrEmpty(m.Enabled)}
	})
	d.AccessKeys = searchList(u.AccessKeys, func(k *AccessKey) searchElement {
		return searchElement{ID: k.ID, Status: fold(k.Status), Created: timeOrEmpty(k.Created), LastRotated: timeOrEmpty(k.LastRotated)}
	})
	d.SSHPublicKeys = searchList(u.SSHPublicKeys, func(k *Credential) searchElement {
		return searchElement{ID: k.ID, Status: fold(k.Status), Created: timeOrEmpty(k.Created)}
	})
	d.ServiceCredentials = searchList(u.ServiceCredentials, func(k *ServiceCredential) searchElement {
		return searchElement{ID: k.ID, Service: fold(k.Service), User: fold(k.User), Status: fold(k.Status),
			Created: timeOrEmpty(k.Created), Expires: timeOrEmpty(k.Expires)}
	})
}

// foldPerson leaves externalId alone, which is case-exact.
func foldPerson(p Person) Person {
	for _, s := range []*string{
		&p.DisplayName, &p.NickName, &p.ProfileURL, &p.Title, &p.UserType, &p.PreferredLanguage, &p.Locale, &p.Timezone,
		&p.Name.Formatted, &p.Name.FamilyName, &p.Name.GivenName, &p.Name.MiddleName, &p.Name.HonorificPrefix, &p.Name.HonorificSuffix,
		&p.Enterprise.EmployeeNumber, &p.Enterprise.CostCenter, &p.Enterprise.Organization, &p.Enterprise.Division,
		&p.Enterprise.Department, &p.Enterprise.Manager.Value, &p.Enterprise.Manager.Ref, &p.Enterprise.Manager.DisplayName,
	} {
		*s = fold(*s)
	}
	p.Emails, p.PhoneNumbers = foldValues(p.Emails), foldValues(p.PhoneNumbers)
	p.Addresses = searchList(p.Addresses, func(a *Address) Address {
		return Address{fold(a.Formatted), fold(a.StreetAddress), fold(a.Locality), fold(a.Region),
			fold(a.PostalCode), fold(a.Country), fold(a.Type), a.Primary}
	})
	return p
}

func foldValues(list []MultiValue) []MultiValue {
	return searchList(list, func(m *MultiValue) MultiValue {
		return MultiValue{fold(m.Value), fold(m.Display), fold(m.Type), m.Primary}
	})
}

// certificateValue is the base64 text of the DER form, as RFC 7643 §4.1.2
// wants x509Certificates, or empty.
func certificateValue(body string) string {
	if block, _ := pem.Decode([]byte(strings.TrimSpace(body))); block != nil {
		return base64.StdEncoding.EncodeToString(block.Bytes)
	}
	return ""
}

// resourceDocument is the search document of groups, policies and roles.
type resourceDocument struct {
	AWS resourceAWS `json:"aws"`
}

type resourceAWS struct {
	Description  string          `json:"description,omitempty"`
	Default      string          `json:"defaultVersion,omitempty"`
	Updated      string          `json:"updated,omitempty"`
	AWSManaged   *bool           `json:"awsManaged,omitempty"`
	Attachable   *bool           `json:"attachable,omitempty"`
	Grantable    *bool           `json:"grantable,omitempty"`
	Deny         *bool           `json:"deny,omitempty"`
	Managed      *bool           `json:"managed,omitempty"`
	Boundary     string          `json:"permissionsBoundary,omitempty"`
	MaxSession   int64           `json:"maxSessionDuration,omitempty"`
	CrossAccount *bool           `json:"crossAccount,omitempty"`
	Conditional  *bool           `json:"conditional,omitempty"`
	Trusted      []searchElement `json:"trusted,omitempty"`
	Inline       []searchElement `json:"inlinePolicies,omitempty"`
	Attached     []searchElement `json:"attachedPolicies,omitempty"`
	Tags         []searchElement `json:"tags,omitempty"`
}

func groupSearch(g *Group) *resourceDocument {
	return &resourceDocument{AWS: resourceAWS{Managed: &g.Managed, Inline: searchInline(g.Inline), Attached: searchPolicies(g.Attached, nil)}}
}

func policySearch(p *Policy) *resourceDocument {
	return &resourceDocument{AWS: resourceAWS{
		Description: fold(p.Description), Default: p.Default, Updated: timeOrEmpty(p.Updated), AWSManaged: &p.AWSManaged,
		Attachable: &p.Attachable, Grantable: &p.Grantable, Deny: &p.Deny, Tags: searchTags(p.Tags),
	}}
}

func roleSearch(r *Role) *resourceDocument {
	d := &resourceDocument{AWS: resourceAWS{
		Description: fold(r.Description), Boundary: r.Boundary, MaxSession: r.MaxSession,
		CrossAccount: &r.Trusted.CrossAccount, Conditional: &r.Trusted.Conditional,
		Inline: searchInline(r.Inline), Attached: searchPolicies(r.Attached, nil), Tags: searchTags(r.Tags),
	}}
	for _, t := range []struct {
		kind   string
		values []string
	}{{"service", r.Trusted.Services}, {"account", r.Trusted.Accounts}, {"principal", r.Trusted.Principals}, {"federated", r.Trusted.Federated}} {
		for _, v := range t.values {
			d.AWS.Trusted = append(d.AWS.Trusted, searchElement{Type: t.kind, Value: v})
		}
	}
	return d
}

func searchList[S, D any](list []S, f func(*S) D) []D {
	if len(list) == 0 {
		return nil
	}
	out := make([]D, len(list))
	for i := range list {
		out[i] = f(&list[i])
	}
	return out
}

func searchPolicies(list []PolicyRef, keep func(*PolicyRef) bool) []searchElement {
	var out []searchElement
	for i := range list {
		if p := &list[i]; keep == nil || keep(p) {
			out = append(out, searchElement{Value: p.ARN, Display: fold(p.Name)})
		}
	}
	return out
}

func searchInline(list []InlinePolicy) []searchElement {
	return searchList(list, func(p *InlinePolicy) searchElement {
		return searchElement{Name: fold(p.Name), Document: p.Document}
	})
}

func searchTags(list []Tag) []searchElement {
	return searchList(list, func(t *Tag) searchElement {
		return searchElement{Key: fold(t.Key), Value: fold(t.Value)}
	})
}
