package provisioner

import (
	"context"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// regrouped lists the users for whom something follows from what changed: all
// members if the group's policies did, those that came and went if it has any,
// and nobody otherwise.
func (e *execution) regrouped(ctx context.Context, tx *store.SnapshotTx, prev *store.Group) ([]string, error) {
	matters := func(g *store.Group) bool { return g != nil && len(g.Attached)+len(g.Inline) > 0 }
	policies := e.x.Group == nil
	var ids []string
	for s := range e.effects {
		if s.UserID != "" {
			ids = append(ids, s.UserID)
		} else if s.Action != "UpdateGroup" {
			policies = true
		}
	}
	if !matters(prev) && !matters(e.x.Group) {
		return nil, nil
	}
	if !policies || prev == nil {
		return ids, nil
	}
	members, err := tx.Members(ctx, prev.ID, false)
	for _, m := range members {
		ids = append(ids, m.ID)
	}
	return list.Unique(ids), err
}

// regroup recomputes what follows for users from their groups.
func (p *Provisioner) regroup(ctx context.Context, tx *store.SnapshotTx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	users, err := tx.Users(ctx, ids...)
	if err != nil {
		return err
	}
	var named []string
	for _, u := range users {
		named = append(named, u.Groups...)
	}
	groups, err := groupsIn(ctx, tx, list.Unique(named))
	if err != nil {
		return err
	}
	return p.compose(ctx, tx, nil, groups, func(s *observer.Single) error {
		for _, u := range users {
			s.Regroup(u)
			if err := tx.PutUser(ctx, u); err != nil {
				return err
			}
		}
		return nil
	})
}
