package scim

import (
	"time"

	"iamscim/store"
)

// entitlement writes a managed policy as draft-ietf-scim-roles-entitlements
// has it. Numbers are numbers; the draft's samples are not consistent there.
func (s *setting) entitlement(b []byte, x *store.Policy, version string) []byte {
	p := &pen{b: b}
	p.open()
	p.schemas(entitlementURN, awsEntitlementURN)
	p.text("id", x.ID)
	p.text("value", x.ARN)
	p.text("display", x.Name)
	p.text("type", typeManagedPolicy)
	p.flag("supported", x.Attachable)
	p.flag("limitedAssignmentsPermitted", false)
	p.whole("totalAssignmentsUsed", x.Attachments)
	mark := p.begin(awsEntitlementURN, '{')
	p.text("path", x.Path)
	p.text("description", x.Description)
	p.text("defaultVersion", x.Default)
	p.text("document", x.Document)
	p.flag("awsManaged", x.AWSManaged)
	p.flag("grantable", x.Grantable)
	p.flag("attachable", x.Attachable)
	p.flag("deny", x.Deny)
	p.momentIfKnown("updated", x.Updated)
	tags(p, x.Tags)
	p.end(mark, '}')
	var created time.Time
	if x.Created != nil {
		created = *x.Created
	}
	s.meta(p, metaOf{"Entitlement", "/Entitlements", x.ID, version, created, x.LastModified})
	p.close()
	return p.b
}

// role writes an IAM role.
func (s *setting) role(b []byte, r *store.Role, version string) []byte {
	p := &pen{b: b}
	p.open()
	p.schemas(roleURN, awsRoleURN)
	p.text("id", r.ID)
	p.text("value", r.ARN)
	p.text("display", r.Name)
	p.text("type", typeRole)
	p.flag("supported", true)
	mark := p.begin(awsRoleURN, '{')
	p.text("accountId", s.accountID)
	p.text("path", r.Path)
	p.text("description", r.Description)
	if r.MaxSession > 0 {
		p.whole("maxSessionDuration", r.MaxSession)
	}
	p.text("trustPolicy", r.Trust)
	trusted(p, &r.Trusted)
	p.flag("crossAccount", r.Trusted.CrossAccount)
	p.flag("conditional", r.Trusted.Conditional)
	p.momentIfKnown("lastUsed", r.LastUsed)
	p.text("lastUsedRegion", r.LastUsedRegion)
	p.text("permissionsBoundary", r.Boundary)
	attached(p, "attachedPolicies", r.Attached)
	inline(p, r.Inline)
	tags(p, r.Tags)
	p.end(mark, '}')
	s.meta(p, metaOf{"Role", "/Roles", r.ID, version, r.Created, r.LastModified})
	p.close()
	return p.b
}

func trusted(p *pen, t *store.TrustSummary) {
	mark := p.begin("trusted", '[')
	for _, who := range []struct {
		kind   string
		values []string
	}{{"service", t.Services}, {"account", t.Accounts}, {"principal", t.Principals}, {"federated", t.Federated}} {
		for _, v := range who.values {
			element := p.element()
			p.text("type", who.kind)
			p.text("value", v)
			p.endElement(element)
		}
	}
	p.end(mark, ']')
}
