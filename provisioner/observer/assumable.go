package observer

import (
	"cmp"
	"slices"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// roleIndex answers which roles a user can assume, without asking every role
// about every user.
type roleIndex struct {
	c     *Composer
	index *policy.RoleIndex
	byARN map[string]*store.Role
	// groupDocs holds the documents that come with a group, by GroupId.
	groupDocs map[string][]*policy.Document
}

func (c *Composer) roleIndex() *roleIndex {
	x := &roleIndex{c: c, byARN: make(map[string]*store.Role, len(c.obs.Roles)), groupDocs: make(map[string][]*policy.Document, len(c.groups))}
	roles := make([]*policy.Role, 0, len(c.obs.Roles))
	for i := range c.obs.Roles {
		r := &c.obs.Roles[i]
		x.byARN[r.ARN] = r
		roles = append(roles, policy.NewRole(r.ARN, c.document(r.Trust)))
	}
	x.index = policy.NewRoleIndex(roles)
	for _, g := range c.groups {
		x.groupDocs[g.ID] = c.documentsOf(g.Attached, g.Inline)
	}
	return x
}

// of lists the roles that u can, or possibly can, assume, by ARN. A boundary
// that cannot be read limits nothing here: it is better to show a role too
// many to a reviewer than one too few.
func (x *roleIndex) of(u *store.User) []store.RoleRef {
	identity := x.c.documentsOf(u.Attached, u.Inline)
	for _, id := range u.Groups {
		identity = append(identity, x.groupDocs[id]...)
	}
	var limit *policy.Document
	if p := x.c.Policies[u.Boundary]; p != nil {
		limit = x.c.document(p.Document)
	}
	principalTags := make(map[string]string, len(u.Tags))
	for _, t := range u.Tags {
		principalTags[t.Key] = t.Value
	}
	caller := policy.NewCaller(policy.Principal{
		ARN: u.ARN, AccountID: x.c.AccountID, Username: u.Name, UserID: u.ID, Type: policy.User, Tags: principalTags,
	}, identity, limit)
	var refs []store.RoleRef
	for _, g := range x.index.Assumable(caller) {
		r := x.byARN[g.Role.ARN]
		refs = append(refs, store.RoleRef{ID: r.ID, ARN: r.ARN, Name: r.Name, Type: g.As.String()})
	}
	slices.SortFunc(refs, func(a, b store.RoleRef) int { return cmp.Compare(a.ARN, b.ARN) })
	return refs
}

// documentsOf returns the readable documents behind attachments and inline policies.
func (c *Composer) documentsOf(attached []store.PolicyRef, inline []store.InlinePolicy) []*policy.Document {
	docs := make([]*policy.Document, 0, len(attached)+len(inline))
	for _, ref := range attached {
		if p := c.Policies[ref.ARN]; p != nil {
			docs = append(docs, c.document(p.Document))
		}
	}
	for _, p := range inline {
		docs = append(docs, c.document(p.Document))
	}
	return slices.DeleteFunc(docs, func(d *policy.Document) bool { return d == nil })
}
