package provisioner

import (
	"context"
	"errors"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// spared asks once more whether the rest of a plan touches what is protected:
// an operator may have protected it since, perhaps to stop this very plan, and
// follow-ups touch what the plan did not name at first.
func (e *execution) spared(ctx context.Context, next *planner.Plan, x *planner.Subject) error {
	v := &verdict{p: e.p, cfg: &e.p.writes.cfg.Guard, actor: e.actor, before: x, plan: next, after: x}
	if err := v.load(ctx); err != nil {
		return err
	}
	return v.protection()
}

// parked leaves a plan that would touch what is protected for an operator.
func (e *execution) parked(ctx context.Context, cause error) bool {
	var d *planner.DeniedError
	if !errors.As(cause, &d) || d.Rule != planner.RuleProtected {
		return false
	}
	e.end(ctx, store.PlanWaiting, "waiting", d.Reason)
	return true
}
