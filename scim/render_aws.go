package scim

import "iamscim/store"

// awsUser writes the extension that says what IAM knows of a user.
func (s *setting) awsUser(p *pen, u *store.User, groups []*store.Group) {
	mark := p.begin(awsUserURN, '{')
	s.identity(p, u.ARN, u.Path)
	p.text("identityType", u.IdentityType)
	p.text("identityTypeRule", u.IdentityTypeRule)
	p.flagIfKnown("consoleAccess", u.ConsoleAccess)
	p.momentIfKnown("passwordLastUsed", u.Activity.PasswordLastUsed)
	p.momentIfKnown("passwordLastChanged", u.PasswordLastChanged)
	p.flagIfKnown("mfaActive", u.MFAActive)
	s.credentials(p, u)
	p.momentIfKnown("lastActivity", u.Activity.Last())
	p.text("permissionsBoundary", u.Boundary)
	inline(p, u.Inline)
	attached(p, "attachedPolicies", u.Attached)
	inherited(p, groups)
	disabledBy(p, u.DisabledBy)
	tags(p, u.Tags)
	sources := p.begin("attributeSources", '[')
	for _, a := range u.AttributeSources {
		element := p.element()
		p.text("attribute", a.Attribute)
		p.text("source", a.Source)
		p.endElement(element)
	}
	p.end(sources, ']')
	p.flag("managed", u.Managed)
	p.moment("observedAt", u.Activity.ObservedAt)
	p.momentIfKnown("reportedAt", u.Activity.ReportedAt)
	p.momentIfKnown("detailsAt", u.Activity.DetailsAt)
	if s.file() {
		s.notKnown(p, u)
	}
	p.end(mark, '}')
}

func (s *setting) identity(p *pen, arn, path string) {
	p.text("arn", arn)
	p.text("accountId", s.accountID)
	p.text("path", path)
}

func (s *setting) credentials(p *pen, u *store.User) {
	mark := p.begin("mfaDevices", '[')
	for i := range u.MFADevices {
		d := &u.MFADevices[i]
		element := p.element()
		p.text("serialNumber", d.SerialNumber)
		p.text("type", d.Type)
		p.momentIfKnown("enabled", d.Enabled)
		p.endElement(element)
	}
	p.end(mark, ']')
	s.accessKeys(p, u)
	mark = p.begin("sshPublicKeys", '[')
	for i := range u.SSHPublicKeys {
		k := &u.SSHPublicKeys[i]
		element := p.element()
		p.text("id", k.ID)
		p.text("status", k.Status)
		p.momentIfKnown("created", k.Created)
		p.endElement(element)
	}
	p.end(mark, ']')
	mark = p.begin("serviceSpecificCredentials", '[')
	for i := range u.ServiceCredentials {
		c := &u.ServiceCredentials[i]
		element := p.element()
		p.text("id", c.ID)
		p.text("service", c.Service)
		p.text("user", c.User)
		p.text("status", c.Status)
		p.momentIfKnown("created", c.Created)
		p.momentIfKnown("expires", c.Expires)
		p.endElement(element)
	}
	p.end(mark, ']')
}

// accessKeys joins the keys with their last use.
func (s *setting) accessKeys(p *pen, u *store.User) {
	mark := p.begin("accessKeys", '[')
	for i := range u.AccessKeys {
		k := &u.AccessKeys[i]
		element := p.element()
		p.text("id", k.ID)
		p.text("status", k.Status)
		p.momentIfKnown("created", k.Created)
		p.momentIfKnown("lastRotated", k.LastRotated)
		if use, known := s.useOf(u, i); known {
			p.momentIfKnown("lastUsed", use.LastUsed)
			p.text("lastUsedService", use.Service)
			p.text("lastUsedRegion", use.Region)
		}
		p.endElement(element)
	}
	p.end(mark, ']')
}

// useOf is the last use of a user's access key, which is kept in the order of
// the keys but may not be known of all.
func (s *setting) useOf(u *store.User, i int) (use store.KeyUse, known bool) {
	if s.latest != nil {
		return s.latest.useOf(u, i)
	}
	if i >= len(u.Activity.Keys) {
		return use, false
	}
	return u.Activity.Keys[i], true
}

// inline writes embedded policies.
func inline(p *pen, policies []store.InlinePolicy) {
	mark := p.begin("inlinePolicies", '[')
	for i := range policies {
		element := p.element()
		p.text("name", policies[i].Name)
		p.text("document", policies[i].Document)
		p.endElement(element)
	}
	p.end(mark, ']')
}

// attached writes every managed policy, those that deny included: here are
// facts, not entitlements.
func attached(p *pen, name string, policies []store.PolicyRef) {
	mark := p.begin(name, '[')
	for i := range policies {
		element := p.element()
		p.text("value", policies[i].ARN)
		p.text("display", policies[i].Name)
		p.endElement(element)
	}
	p.end(mark, ']')
}

// inherited writes what a user has through groups, embedded policies included:
// their value names the group, because their name alone is not unique.
func inherited(p *pen, groups []*store.Group) {
	mark := p.begin("inheritedPolicies", '[')
	for _, g := range groups {
		for i := range g.Attached {
			inheritedPolicy(p, g.Attached[i].ARN, g.Attached[i].Name, g.ID)
		}
		for i := range g.Inline {
			inheritedPolicy(p, g.ARN+"#"+g.Inline[i].Name, g.Inline[i].Name, g.ID)
		}
	}
	p.end(mark, ']')
}

func inheritedPolicy(p *pen, value, display, group string) {
	element := p.element()
	p.text("value", value)
	p.text("display", display)
	p.text("group", group)
	p.endElement(element)
}

func disabledBy(p *pen, denies []store.Deny) {
	mark := p.begin("disabledBy", '[')
	for i := range denies {
		d := &denies[i]
		element := p.element()
		p.text("type", d.Type)
		p.text("value", d.Value)
		p.text("group", d.Group)
		p.flag("ours", d.Ours)
		p.endElement(element)
	}
	p.end(mark, ']')
}

func tags(p *pen, all []store.Tag) {
	mark := p.begin("tags", '[')
	for i := range all {
		element := p.element()
		p.text("key", all[i].Key)
		p.text("value", all[i].Value)
		p.endElement(element)
	}
	p.end(mark, ']')
}
