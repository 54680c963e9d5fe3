package provisioner

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/store"
)

// liveUser is what IAM says about one user now. Nothing is decided on anything
// older.
type liveUser struct {
	at       time.Time // before the first call
	user     iamtypes.User
	attached []iamtypes.AttachedPolicy
	inline   []iamtypes.PolicyDetail
	groups   []iamtypes.Group
	held     *liveCredentials // nil: not asked
}

// liveGroup is what IAM says about one group now, without its members.
type liveGroup struct {
	at       time.Time
	group    iamtypes.Group
	attached []iamtypes.AttachedPolicy
	inline   []iamtypes.PolicyDetail
}

// liveCredentials is everything a user can sign in with, now.
type liveCredentials struct {
	details
	services []store.ServiceCredential
}

// put writes the credentials on a user, keeping what is known of their use.
func (c *liveCredentials) put(u *store.User) {
	uses := map[string]store.KeyUse{}
	for i, k := range u.AccessKeys {
		uses[k.ID] = useAt(u.Activity.Keys, i)
	}
	c.uses = make([]store.KeyUse, len(c.keys))
	for i, k := range c.keys {
		c.uses[i] = uses[k.ID]
	}
	c.apply(u)
	u.ServiceCredentials = c.services
}

// live composes the user, but for what follows from policies and groups.
func (s *single) live(l *liveUser, prev *store.User, shown string) *store.User {
	u := &store.User{
		ID: aws.ToString(l.user.UserId), Name: aws.ToString(l.user.UserName), UserName: shown, Path: aws.ToString(l.user.Path),
		ARN: aws.ToString(l.user.Arn), Created: aws.ToTime(l.user.CreateDate).UTC(), Tags: tags(l.user.Tags), Boundary: boundary(l.user.PermissionsBoundary),
	}
	u.Inline = s.inline(store.KindUser, u.ID, u.Name, l.inline)
	u.Attached = s.attached(l.attached)
	u.Groups = groupIDs(l.groups)
	s.facts.started, s.facts.listed = l.at, map[string]iamtypes.User{u.ID: l.user}
	if prev != nil {
		s.prior.users[u.ID] = prev
	}
	s.credentials(u)
	if l.held != nil {
		l.held.put(u)
	}
	identify(u, s.derive.IdentityTags)
	s.personOf(u, prev)
	_, u.Managed = s.memory.owned[store.Ref{Kind: store.KindUser, ID: u.ID}]
	return u
}

// personOf keeps derived attributes as they were shown while nothing they are
// derived from has changed: some are derived with a view to everybody else.
func (s *single) personOf(u, prev *store.User) {
	_, written := s.memory.persons[u.ID]
	same := prev != nil && prev.UserName == u.UserName && prev.IdentityType == u.IdentityType && slices.Equal(prev.Tags, u.Tags)
	if !written && same {
		u.Person, u.AttributeSources = prev.Person, prev.AttributeSources
		return
	}
	s.person(u)
}

// regroup keeps every deny but those of groups, which it finds anew.
func (s *single) regroup(u *store.User) {
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

func groupIDs(list []iamtypes.Group) []string {
	var ids []string
	for _, g := range list {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	slices.Sort(ids)
	return ids
}
