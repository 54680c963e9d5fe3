package scim

import (
	"time"

	"iamscim/store"
)

// groupParts says which costly parts of a group to write.
type groupParts struct {
	members, display bool
	empty            bool // members is there even if nobody is a member
}

// group writes the whole Group. members is what parts asked for; nothing is
// known of them but what the membership itself says.
func (s *setting) group(b []byte, g *store.Group, members []store.Member, parts groupParts, version string) []byte {
	p := &pen{b: b}
	p.open()
	p.schemas(groupURN, awsGroupURN)
	p.text("id", g.ID)
	p.text("externalId", g.ExternalID)
	p.text("displayName", g.DisplayName)
	mark := p.begin("members", '[')
	for i := range members {
		element := p.element()
		p.text("value", members[i].ID)
		p.location("$ref", s.base, "/Users", members[i].ID)
		if parts.display {
			p.text("display", members[i].UserName)
		}
		p.text("type", "User")
		p.endElement(element)
	}
	p.end(mark, ']')
	if len(members) == 0 && parts.members && parts.empty {
		p.key("members")
		p.b = append(p.b, "[]"...)
	}
	extension := p.begin(awsGroupURN, '{')
	s.identity(p, g.ARN, g.Path)
	attached(p, "attachedPolicies", g.Attached)
	inline(p, g.Inline)
	p.flag("managed", g.Managed)
	p.end(extension, '}')
	s.meta(p, metaOf{"Group", "/Groups", g.ID, version, g.Created, g.LastModified})
	p.close()
	return p.b
}

// metaOf is what meta needs to know of a resource.
type metaOf struct {
	kind, endpoint, id, version string
	created, modified           time.Time
}

// meta writes RFC 7643 §3.1's meta; created and lastModified are always there.
func (s *setting) meta(p *pen, m metaOf) {
	switch {
	case m.modified.IsZero():
		m.modified = m.created
	case m.created.IsZero():
		m.created = m.modified
	}
	mark := p.begin("meta", '{')
	p.text("resourceType", m.kind)
	p.moment("created", m.created)
	p.commit("lastModified", m.modified)
	p.location("location", s.base, m.endpoint, m.id)
	if !s.file() {
		p.text("version", m.version)
	}
	p.end(mark, '}')
}
