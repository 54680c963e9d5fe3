package scim

import (
	"encoding/base64"
	"encoding/pem"
	"slices"

	"iamscim/store"
)

// setting is what every rendering of one answer shares.
type setting struct {
	base      string // "https://host/scim/v2"; empty: see file
	accountID string
	versions  versions
	latest    latest // nil: users have it themselves
}

// file says that the answer is a file (export.go): it outlives the server, so it
// has no links and no versions.
func (s *setting) file() bool { return s.base == "" }

// user writes the whole User: design/mapping.md's table, core attributes in
// the order of RFC 7643 §4.1, then the extensions.
func (s *setting) user(b []byte, u *store.User, groups []*store.Group, version string) []byte {
	p := &pen{b: b}
	p.open()
	schemas := []string{userURN}
	if u.Person.Enterprise != (store.Enterprise{}) {
		schemas = append(schemas, enterpriseURN)
	}
	p.schemas(append(schemas, awsUserURN)...)
	p.text("id", u.ID)
	p.text("externalId", u.Person.ExternalID)
	p.text("userName", u.UserName)
	person(p, &u.Person)
	p.flag("active", u.Active)
	multiValues(p, "emails", u.Person.Emails)
	multiValues(p, "phoneNumbers", u.Person.PhoneNumbers)
	addresses(p, u.Person.Addresses)
	s.memberships(p, groups)
	access(p, u)
	certificates(p, u.Certificates)
	enterprise(p, &u.Person.Enterprise)
	s.awsUser(p, u, groups)
	s.meta(p, metaOf{"User", "/Users", u.ID, version, u.Created, u.LastModified})
	p.close()
	return p.b
}

func person(p *pen, x *store.Person) {
	mark := p.begin("name", '{')
	p.text("formatted", x.Name.Formatted)
	p.text("familyName", x.Name.FamilyName)
	p.text("givenName", x.Name.GivenName)
	p.text("middleName", x.Name.MiddleName)
	p.text("honorificPrefix", x.Name.HonorificPrefix)
	p.text("honorificSuffix", x.Name.HonorificSuffix)
	p.end(mark, '}')
	p.text("displayName", x.DisplayName)
	p.text("nickName", x.NickName)
	p.text("profileUrl", x.ProfileURL)
	p.text("title", x.Title)
	p.text("userType", x.UserType)
	p.text("preferredLanguage", x.PreferredLanguage)
	p.text("locale", x.Locale)
	p.text("timezone", x.Timezone)
}

// multiValues puts the primary element first: several readers take the first
// e-mail address without looking at primary.
func multiValues(p *pen, name string, values []store.MultiValue) {
	primary := slices.IndexFunc(values, func(v store.MultiValue) bool { return v.Primary != nil && *v.Primary })
	mark := p.begin(name, '[')
	if primary > 0 {
		multiValue(p, &values[primary])
	}
	for i := range values {
		if i != primary || primary <= 0 {
			multiValue(p, &values[i])
		}
	}
	p.end(mark, ']')
}

func multiValue(p *pen, v *store.MultiValue) {
	mark := p.element()
	p.text("value", v.Value)
	p.text("display", v.Display)
	p.text("type", v.Type)
	p.flagIfKnown("primary", v.Primary)
	p.endElement(mark)
}

func addresses(p *pen, values []store.Address) {
	mark := p.begin("addresses", '[')
	for i := range values {
		a := &values[i]
		element := p.element()
		p.text("formatted", a.Formatted)
		p.text("streetAddress", a.StreetAddress)
		p.text("locality", a.Locality)
		p.text("region", a.Region)
		p.text("postalCode", a.PostalCode)
		p.text("country", a.Country)
		p.text("type", a.Type)
		p.flagIfKnown("primary", a.Primary)
		p.endElement(element)
	}
	p.end(mark, ']')
}

// memberships writes groups: readers differ in which direction they read, so
// both are always there.
func (s *setting) memberships(p *pen, groups []*store.Group) {
	mark := p.begin("groups", '[')
	for _, g := range groups {
		element := p.element()
		p.text("value", g.ID)
		p.location("$ref", s.base, "/Groups", g.ID)
		p.text("display", g.DisplayName)
		p.text("type", "direct")
		p.endElement(element)
	}
	p.end(mark, ']')
}

// access writes entitlements and roles. What denies everything and what AWS
// quarantined a leaked key with give nobody anything.
func access(p *pen, u *store.User) {
	mark := p.begin("entitlements", '[')
	for i := range u.Attached {
		if a := &u.Attached[i]; !a.Deny && !a.Quarantine {
			labelled(p, a.ARN, a.Name, typeManagedPolicy)
		}
	}
	p.end(mark, ']')
	mark = p.begin("roles", '[')
	for i := range u.Roles {
		r := &u.Roles[i]
		labelled(p, r.ARN, r.Name, r.Type)
	}
	p.end(mark, ']')
}

func labelled(p *pen, value, display, kind string) {
	element := p.element()
	p.text("value", value)
	p.text("display", display)
	p.text("type", kind)
	p.endElement(element)
}

func certificates(p *pen, all []store.Certificate) {
	mark := p.begin("x509Certificates", '[')
	for i := range all {
		c := &all[i]
		element := p.element()
		if block, _ := pem.Decode([]byte(c.Body)); block != nil {
			p.text("value", base64.StdEncoding.EncodeToString(block.Bytes))
		}
		p.text("display", c.ID)
		p.text("type", c.Status)
		p.endElement(element)
	}
	p.end(mark, ']')
}

func enterprise(p *pen, e *store.Enterprise) {
	mark := p.begin(enterpriseURN, '{')
	p.text("employeeNumber", e.EmployeeNumber)
	p.text("costCenter", e.CostCenter)
	p.text("organization", e.Organization)
	p.text("division", e.Division)
	p.text("department", e.Department)
	manager := p.begin("manager", '{')
	p.text("value", e.Manager.Value)
	p.text("$ref", e.Manager.Ref)
	p.text("displayName", e.Manager.DisplayName)
	p.end(manager, '}')
	p.end(mark, '}')
}
