package store

import (
	"context"
	"database/sql"
	"slices"
)

// merge puts the snapshot's version of protected things into an observation.
type merge struct {
	tx    *SnapshotTx
	o     *observed
	index map[Ref]int // of a resource in the observation
}

// whole keeps the row of a protected user or group.
func (m *merge) whole(ctx context.Context, p Protection) error {
	kind := map[Thing]Kind{ThingUser: KindUser, ThingGroup: KindGroup}[p.Thing]
	if kind == "" {
		return nil
	}
	kept, err := m.stored(ctx, kind, p.ID)
	if err != nil {
		return err
	}
	i, seen := m.index[Ref{kind, p.ID}]
	switch {
	case kept == nil && seen:
		m.drop(kind, i)
	case kept != nil && seen:
		m.o.resources[kind][i] = withForeignDeny(kept, m.o.resources[kind][i])
	case kept != nil:
		m.o.kept[Ref{kind, p.ID}] = true
		return m.keepMemberships(ctx, kind, p.ID)
	}
	return nil
}

// drop leaves a hole, so that the other indices stay right; compare skips it.
func (m *merge) drop(kind Kind, i int) {
	m.o.resources[kind][i] = nil
}

// stored returns the snapshot's version, or nil.
func (m *merge) stored(ctx context.Context, kind Kind, id string) (any, error) {
	switch kind {
	case KindUser:
		list, err := m.tx.Users(ctx, id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	default:
		list, err := m.tx.Groups(ctx, id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	}
}

// withForeignDeny: a deny that somebody else placed always wins, also over our
// own fresher write.
func withForeignDeny(kept, seen any) any {
	u, ok := kept.(*User)
	if !ok {
		return kept
	}
	other := seen.(*User)
	if other.Active {
		return u
	}
	for _, d := range other.DisabledBy {
		if d.Ours || slices.ContainsFunc(u.DisabledBy, func(x Deny) bool { return x.Type == d.Type && x.Value == d.Value && x.Group == d.Group }) {
			continue
		}
		u.DisabledBy, u.Active = append(u.DisabledBy, d), false
	}
	for _, p := range other.Attached {
		foreign := slices.ContainsFunc(u.DisabledBy, func(d Deny) bool { return !d.Ours && d.Value == p.ARN })
		if foreign && p.Deny && indexPolicy(u.Attached, p.ARN) < 0 {
			u.Attached = append(u.Attached, p)
		}
	}
	return u
}

// keepMemberships of a resource that the observation does not know yet.
func (m *merge) keepMemberships(ctx context.Context, kind Kind, id string) error {
	column := map[Kind]string{KindUser: "user_id", KindGroup: "group_id"}[kind]
	return conn{w: m.tx.w}.each(ctx, func(rows *sql.Rows) error {
		var p pair
		err := rows.Scan(&p.user, &p.group)
		m.o.memberships[p] = struct{}{}
		return err
	}, `select user_id, group_id from membership where `+column+` = ? and `+isCurrent, id)
}

func (m *merge) membership(ctx context.Context, p Protection) error {
	if p.Thing != ThingMembership {
		return nil
	}
	n, err := m.tx.count(ctx, `select count(*) from membership where group_id = ? and user_id = ? and `+isCurrent, p.Other, p.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		m.o.memberships[pair{p.ID, p.Other}] = struct{}{}
	} else {
		delete(m.o.memberships, pair{p.ID, p.Other})
	}
	return nil
}

// part keeps a protected attachment or credential inside a resource that is
// otherwise taken from the observation.
func (m *merge) part(ctx context.Context, p Protection) error {
	if p.Thing != ThingAttachment && p.Thing != ThingCredential {
		return nil
	}
	for _, kind := range []Kind{KindUser, KindGroup} {
		i, seen := m.index[Ref{kind, p.ID}]
		if !seen {
			continue
		}
		kept, err := m.stored(ctx, kind, p.ID)
		if err != nil || kept == nil {
			return err
		}
		m.mergePart(kind, i, kept, p)
	}
	return nil
}

func (m *merge) mergePart(kind Kind, i int, kept any, p Protection) {
	if kind == KindGroup {
		g := *m.o.resources[kind][i].(*Group)
		g.Attached = mergePolicy(g.Attached, kept.(*Group).Attached, p.Other)
		m.o.resources[kind][i] = &g
		return
	}
	u, old := *m.o.resources[kind][i].(*User), kept.(*User)
	if p.Thing == ThingAttachment {
		mergeAttachment(&u, old, p.Other)
	} else {
		m.mergeCredential(&u, old, p.Other)
	}
	m.o.resources[kind][i] = &u
}

func indexPolicy(list []PolicyRef, arn string) int {
	return slices.IndexFunc(list, func(p PolicyRef) bool { return p.ARN == arn })
}

// mergePolicy gives seen the kept version of one attachment.
func mergePolicy(seen, kept []PolicyRef, arn string) []PolicyRef {
	return mergeElement(seen, kept, func(p *PolicyRef) bool { return p.ARN == arn })
}

// mergeElement gives seen the kept version of the one element that is matches,
// or its absence, without touching the caller's list.
func mergeElement[T any](seen, kept []T, is func(*T) bool) []T {
	find := func(list []T) int { return slices.IndexFunc(list, func(x T) bool { return is(&x) }) }
	i, j := find(seen), find(kept)
	switch {
	case i < 0 && j < 0:
		return seen
	case j < 0:
		return slices.Delete(slices.Clone(seen), i, i+1)
	case i < 0:
		return append(slices.Clip(seen), kept[j])
	}
	seen = slices.Clone(seen)
	seen[i] = kept[j]
	return seen
}

// mergeAttachment: whether a user is active follows from what denies them, so a
// kept attachment brings its deny along, unless the deny is somebody else's.
func mergeAttachment(u, old *User, arn string) {
	foreign := func(list []Deny) bool {
		return slices.ContainsFunc(list, func(d Deny) bool { return d.Value == arn && d.Type == "attachedPolicy" && !d.Ours })
	}
	if foreign(u.DisabledBy) {
		return
	}
	u.Attached = mergePolicy(u.Attached, old.Attached, arn)
	before := u.DisabledBy
	u.DisabledBy = mergeElement(before, old.DisabledBy, func(d *Deny) bool { return d.Value == arn && d.Type == "attachedPolicy" })
	if len(before) > 0 || len(u.DisabledBy) > 0 {
		u.Active = len(u.DisabledBy) == 0
	}
}

// mergeCredential keeps one credential, whatever kind it is of. A list that is
// not known stays so.
func (m *merge) mergeCredential(u, old *User, id string) {
	if u.AccessKeys != nil {
		m.mergeKey(u, old, id)
	}
	if u.SSHPublicKeys != nil {
		u.SSHPublicKeys = mergeElement(u.SSHPublicKeys, old.SSHPublicKeys, func(c *Credential) bool { return c.ID == id })
	}
	if u.Certificates != nil {
		u.Certificates = mergeElement(u.Certificates, old.Certificates, func(c *Certificate) bool { return c.ID == id })
	}
	if u.ServiceCredentials != nil {
		u.ServiceCredentials = mergeElement(u.ServiceCredentials, old.ServiceCredentials, func(c *ServiceCredential) bool { return c.ID == id })
	}
}

// mergeKey keeps Activity.Keys in step, which are in the order of the keys.
func (m *merge) mergeKey(u, old *User, id string) {
	is := func(k AccessKey) bool { return k.ID == id }
	gone := slices.IndexFunc(u.AccessKeys, is)
	u.AccessKeys = mergeElement(u.AccessKeys, old.AccessKeys, func(k *AccessKey) bool { return is(*k) })
	if gone < 0 || slices.ContainsFunc(u.AccessKeys, is) {
		return
	}
	m.o.activities = slices.Clone(m.o.activities)
	for i := range m.o.activities {
		a := &m.o.activities[i]
		if a.UserID == u.ID && gone < len(a.Keys) {
			a.Keys = slices.Delete(slices.Clone(a.Keys), gone, gone+1)
		}
	}
}
