package provisioner

import (
	"context"

	"iamscim/store"
)

// preview is the resource as a plan would leave it.
func (r *request) preview(ctx context.Context, before, after *subject, plan *Plan) (*Change, error) {
	c := &Change{ID: plan.Object.ID, Plan: plan, Generation: r.p.account.Snapshot.Generation()}
	m, err := r.p.memoryOf(ctx, plan.Object)
	if err != nil {
		return nil, err
	}
	a := &plan.after
	e := newExecution(r.p, plan, r.actor, after)
	err = r.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		if u := after.user; u != nil {
			if a.person != nil {
				m.persons[u.ID] = *a.person
			}
			if a.inactive {
				m.deactivated[u.ID] = store.Deactivation{Denies: []string{a.deny}}
			}
			if a.forget {
				delete(m.deactivated, u.ID)
			}
			if before.user == nil {
				u.ARN = r.p.newPlanner().arn("user", u.Path, u.Name)
			}
			c.User = u
			return e.judgeUser(ctx, tx, m, u)
		}
		if g := after.group; g != nil {
			if a.group != nil {
				m.groups[g.ID] = *a.group
			}
			if before.group == nil {
				g.ARN = r.p.newPlanner().arn("group", g.Path, g.Name)
			}
			remember(g, m)
			c.Group = g
			return r.p.compose(ctx, tx, m, nil, func(s *single) error {
				s.describe(g.Attached)
				return nil
			})
		}
		return nil
	})
	return c, err
}
