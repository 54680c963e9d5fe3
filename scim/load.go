package scim

import (
	"context"
	"slices"

	"iamscim/store"
)

// loader renders what a page needs in one view of the snapshot.
type loader struct {
	content *content
	tx      *store.SnapshotTx
	setting setting
	parts   groupParts
}

func (c *content) loader(tx *store.SnapshotTx, base string, parts groupParts) *loader {
	return &loader{content: c, tx: tx, parts: parts, setting: setting{
		base:      base,
		accountID: c.opt.AccountID,
		versions:  newVersions(tx.Generation().Epoch, c.digest),
	}}
}

// fragments renders the resources with these ids in their order, leaving out
// those that do not exist.
func (l *loader) fragments(ctx context.Context, res *resourceType, ids []string) ([]fragment, error) {
	switch {
	case res.okta && res.kind == store.KindPolicy:
		return l.oktaPolicies(ctx, ids)
	case res.okta:
		return l.oktaRoles(ctx, ids)
	case res.kind == store.KindUser:
		return l.users(ctx, ids)
	case res.kind == store.KindGroup:
		return l.groups(ctx, ids)
	case res.kind == store.KindPolicy:
		return l.policies(ctx, ids)
	}
	return l.roles(ctx, ids)
}

func (l *loader) users(ctx context.Context, ids []string) ([]fragment, error) {
	users, err := l.tx.Users(ctx, ids...)
	if err != nil {
		return nil, err
	}
	groups, err := l.groupsOf(ctx, users)
	if err != nil {
		return nil, err
	}
	if l.setting.latest, err = l.latest(ctx, users); err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(users))
	var own []*store.Group
	for i, u := range users {
		own = own[:0]
		for _, id := range u.Groups {
			if g := groups[id]; g != nil {
				own = append(own, g)
			}
		}
		f := &fragments[i]
		f.id, f.modified, f.etag = u.ID, u.LastModified, l.setting.versions.ofUser(u, own)
		f.observed = u.Activity.ObservedAt
		f.body = l.setting.user(make([]byte, 0, 2048), u, own, f.etag)
		for _, g := range own {
			f.groups = append(f.groups, groupShape{g.ID, g.Shape})
		}
	}
	return fragments, nil
}

// groupsOf returns every group that one of the users is in.
func (l *loader) groupsOf(ctx context.Context, users []*store.User) (map[string]*store.Group, error) {
	var ids []string
	for _, u := range users {
		ids = append(ids, u.Groups...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	byID, missing := l.content.cache.known(l.tx.Generation().ID, slices.Compact(ids))
	if len(missing) == 0 {
		return byID, nil
	}
	groups, err := l.tx.Groups(ctx, missing...)
	if err != nil {
		return nil, err
	}
	l.content.cache.know(l.tx.Moment(), groups)
	for _, g := range groups {
		byID[g.ID] = g
	}
	return byID, nil
}

func (l *loader) groups(ctx context.Context, ids []string) ([]fragment, error) {
	groups, err := l.tx.Groups(ctx, ids...)
	if err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(groups))
	for i, g := range groups {
		var members []store.Member
		if l.parts.members { // else not a single row of theirs is touched
			if members, err = l.tx.Members(ctx, g.ID, l.parts.display); err != nil {
				return nil, err
			}
		}
		f := &fragments[i]
		f.id, f.modified, f.etag = g.ID, g.LastModified, l.setting.versions.of(g.Changed)
		f.body = l.setting.group(make([]byte, 0, 1024+160*len(members)), g, members, l.parts, f.etag)
	}
	return fragments, nil
}

func (l *loader) policies(ctx context.Context, ids []string) ([]fragment, error) {
	policies, err := l.tx.Policies(ctx, ids...)
	if err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(policies))
	for i, x := range policies {
		f := &fragments[i]
		f.id, f.modified, f.etag = x.ID, x.LastModified, l.setting.versions.of(x.Changed)
		f.body = l.setting.entitlement(make([]byte, 0, 2048), x, f.etag)
	}
	return fragments, nil
}

func (l *loader) roles(ctx context.Context, ids []string) ([]fragment, error) {
	roles, err := l.tx.Roles(ctx, ids...)
	if err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(roles))
	for i, r := range roles {
		f := &fragments[i]
		f.id, f.modified, f.etag = r.ID, r.LastModified, l.setting.versions.of(r.Changed)
		f.body = l.setting.role(make([]byte, 0, 2048), r, f.etag)
	}
	return fragments, nil
}
