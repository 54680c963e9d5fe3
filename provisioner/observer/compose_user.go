package observer

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/store"
)

func (c *Composer) composeUsers() {
	names := make([]string, len(c.Facts.users))
	for i := range c.Facts.users {
		names[i] = aws.ToString(c.Facts.users[i].UserName)
	}
	shown := store.ShowNames(names)
	c.obs.Users = make([]store.User, 0, len(names))
	roles := c.roleIndex()
	for i := range c.Facts.users {
		d := &c.Facts.users[i]
		u := store.User{
			ID: aws.ToString(d.UserId), Name: names[i], UserName: shown[i], Path: aws.ToString(d.Path),
			ARN: aws.ToString(d.Arn), Created: aws.ToTime(d.CreateDate).UTC(), Tags: tags(d.Tags), Boundary: boundary(d.PermissionsBoundary),
		}
		if u.ID == "" || u.Name == "" {
			c.flag(store.KindUser, u.ID, u.Name, "it has no id or no name and is left out")
			continue
		}
		if _, kept := c.Memory.Kept[u.ID]; kept {
			c.leaveOut(&u, d)
			continue
		}
		c.access(&u, d)
		u.Roles = roles.of(&u)
		c.credentials(&u)
		Identify(&u, c.Derive.IdentityTags)
		c.person(&u)
		_, u.Managed = c.Memory.Owned[store.Ref{Kind: store.KindUser, ID: u.ID}]
		c.obs.Users = append(c.obs.Users, u)
		c.obs.Activities = append(c.obs.Activities, u.Activity)
	}
	c.missKept()
	c.linkManagers()
}

// access fills in policies and memberships and what follows from them.
func (c *Composer) access(u *store.User, d *iamtypes.UserDetail) {
	u.Inline = c.Inline(store.KindUser, u.ID, u.Name, d.UserPolicyList)
	u.Attached = c.Attached(d.AttachedManagedPolicies)
	for _, name := range d.GroupList {
		if g := c.groups[store.Fold(name)]; g != nil {
			u.Groups = append(u.Groups, g.ID)
		}
	}
	slices.Sort(u.Groups)
	c.judge(u)
}

// judge says whether the user is active, and what denies them everything.
func (c *Composer) judge(u *store.User) {
	record, recorded := c.Memory.Deactivated[u.ID]
	ours := func(deny string) bool { return recorded && slices.Contains(record.Denies, deny) }
	u.DisabledBy = nil
	for _, p := range u.Attached {
		if p.Deny {
			u.DisabledBy = append(u.DisabledBy, store.Deny{Type: "attachedPolicy", Value: p.ARN, Ours: ours(p.ARN)})
		}
	}
	for _, p := range u.Inline {
		if c.denies(p) {
			u.DisabledBy = append(u.DisabledBy, store.Deny{Type: "inlinePolicy", Value: p.Name, Ours: ours(p.Name)})
		}
	}
	for _, id := range u.Groups {
		if g := c.groupsByID[id]; g != nil {
			u.DisabledBy = append(u.DisabledBy, c.groupDenies(g)...)
		}
	}
	if recorded {
		u.DisabledBy = append(u.DisabledBy, store.Deny{Type: "record", Ours: true})
	}
	u.Active = len(u.DisabledBy) == 0
}

func (c *Composer) denies(p store.InlinePolicy) bool {
	doc := c.document(p.Document)
	return doc != nil && doc.DeniesEverything()
}

func (c *Composer) groupDenies(g *store.Group) []store.Deny {
	var denies []store.Deny
	for _, p := range g.Attached {
		if p.Deny {
			denies = append(denies, store.Deny{Type: "groupPolicy", Value: p.ARN, Group: g.ID})
		}
	}
	for _, p := range g.Inline {
		if c.denies(p) {
			denies = append(denies, store.Deny{Type: "groupPolicy", Value: p.Name, Group: g.ID})
		}
	}
	return denies
}
