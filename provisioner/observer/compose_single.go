package observer

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/store"
)

// LiveUser is what IAM says about one user now. Nothing is decided on anything
// older.
type LiveUser struct {
	At       time.Time // before the first call
	User     iamtypes.User
	Attached []iamtypes.AttachedPolicy
	Inline   []iamtypes.PolicyDetail
	Groups   []iamtypes.Group
	Held     *LiveCredentials // nil: not asked
}

// LiveGroup is what IAM says about one group now, without its members.
type LiveGroup struct {
	At       time.Time
	Group    iamtypes.Group
	Attached []iamtypes.AttachedPolicy
	Inline   []iamtypes.PolicyDetail
}

// LiveCredentials is everything a user can sign in with, now.
type LiveCredentials struct {
	Details
	Services []store.ServiceCredential
}

// Put writes the credentials on a user, keeping what is known of their use.
func (c *LiveCredentials) Put(u *store.User) {
	uses := map[string]store.KeyUse{}
	for i, k := range u.AccessKeys {
		uses[k.ID] = useAt(u.Activity.Keys, i)
	}
	c.uses = make([]store.KeyUse, len(c.Keys))
	for i, k := range c.Keys {
		c.uses[i] = uses[k.ID]
	}
	c.apply(u)
	u.ServiceCredentials = c.Services
}

// Live composes the user, but for what follows from policies and groups.
func (s *Single) Live(l *LiveUser, prev *store.User, shown string) *store.User {
	u := &store.User{
		ID: aws.ToString(l.User.UserId), Name: aws.ToString(l.User.UserName), UserName: shown, Path: aws.ToString(l.User.Path),
		ARN: aws.ToString(l.User.Arn), Created: aws.ToTime(l.User.CreateDate).UTC(), Tags: tags(l.User.Tags), Boundary: boundary(l.User.PermissionsBoundary),
	}
	u.Inline = s.Inline(store.KindUser, u.ID, u.Name, l.Inline)
	u.Attached = s.Attached(l.Attached)
	u.Groups = GroupIDs(l.Groups)
	s.Facts.Started, s.Facts.listed = l.At, map[string]iamtypes.User{u.ID: l.User}
	if prev != nil {
		s.Prior.users[u.ID] = prev
	}
	s.credentials(u)
	if l.Held != nil {
		l.Held.Put(u)
	}
	Identify(u, s.Derive.IdentityTags)
	s.personOf(u, prev)
	_, u.Managed = s.Memory.Owned[store.Ref{Kind: store.KindUser, ID: u.ID}]
	return u
}

// personOf keeps derived attributes as they were shown while nothing they are
// derived from has changed: some are derived with a view to everybody else.
func (s *Single) personOf(u, prev *store.User) {
	_, written := s.Memory.Persons[u.ID]
	same := prev != nil && prev.UserName == u.UserName && prev.IdentityType == u.IdentityType && slices.Equal(prev.Tags, u.Tags)
	if !written && same {
		u.Person, u.AttributeSources = prev.Person, prev.AttributeSources
		return
	}
	s.person(u)
}

// Regroup keeps every deny but those of groups, which it finds anew.
func (s *Single) Regroup(u *store.User) {
	u.DisabledBy = slices.DeleteFunc(slices.Clone(u.DisabledBy), func(d store.Deny) bool { return d.Type == "groupPolicy" })
	record := len(u.DisabledBy)
	if record > 0 && u.DisabledBy[record-1].Type == "record" {
		record--
	}
	var denies []store.Deny
	for _, id := range u.Groups {
		if g := s.groupsByID[id]; g != nil {
			denies = append(denies, s.groupDenies(g)...)
		}
	}
	u.DisabledBy = slices.Insert(u.DisabledBy, record, denies...)
	if len(u.DisabledBy) == 0 {
		u.DisabledBy = nil
	}
	u.Active = len(u.DisabledBy) == 0
	for _, p := range u.Inline {
		s.parseQuietly(p.Document)
	}
	u.Roles = s.roles.of(u)
}

// GroupIDs are the ids of groups, sorted.
func GroupIDs(list []iamtypes.Group) []string {
	var ids []string
	for _, g := range list {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	slices.Sort(ids)
	return ids
}
