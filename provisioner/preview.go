package provisioner

import (
	"context"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// preview is the resource as a plan would leave it.
func (r *request) preview(ctx context.Context, before, after *planner.Subject, plan *planner.Plan) (*Change, error) {
	c := &Change{ID: plan.Object.ID, Plan: plan, Generation: r.p.account.Snapshot.Generation()}
	m, err := r.p.memoryOf(ctx, plan.Object)
	if err != nil {
		return nil, err
	}
	a := &plan.After
	e := newExecution(r.p, plan, r.actor, after)
	err = r.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		if u := after.User; u != nil {
			if a.Person != nil {
				m.Persons[u.ID] = *a.Person
			}
			if a.Inactive {
				m.Deactivated[u.ID] = store.Deactivation{Denies: []string{a.Deny}}
			}
			if a.Forget {
				delete(m.Deactivated, u.ID)
			}
			if before.User == nil {
				u.ARN = r.p.newPlanner().ARN("user", u.Path, u.Name)
			}
			c.User = u
			return e.judgeUser(ctx, tx, m, u)
		}
		if g := after.Group; g != nil {
			if a.Group != nil {
				m.Groups[g.ID] = *a.Group
			}
			if before.Group == nil {
				g.ARN = r.p.newPlanner().ARN("group", g.Path, g.Name)
			}
			remember(g, m)
			c.Group = g
			return r.p.compose(ctx, tx, m, nil, func(s *observer.Single) error {
				s.Describe(g.Attached)
				return nil
			})
		}
		return nil
	})
	return c, err
}
