package provisioner

import (
	"context"
	"errors"
	"fmt"

	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// mayWrite refuses what can be refused before anything is read: no call of AWS
// is made for it.
func (p *Provisioner) mayWrite(ctx context.Context, a Actor, opt Options, kind string, ref store.Ref) error {
	var err error
	switch {
	case p.writes.cfg.ReadOnly && !opt.DryRun:
		err = &planner.DeniedError{Rule: planner.RuleReadOnly, Reason: "this server only reads"}
	case !a.Scopes[planner.ScopeWrite]:
		err = missingScope(planner.ScopeWrite)
	case !opt.DryRun:
		err = p.incapableOf(kind)
	}
	if err == nil {
		return nil
	}
	return p.refused(ctx, a, kind, ref, err)
}

func missingScope(scope string) error {
	return &planner.DeniedError{Rule: planner.RuleScope, Reason: fmt.Sprintf("the credential lacks the scope %q", scope)}
}

// guard is the one place where a plan may be refused: it sees the object as it
// is now, the calls, and the object as it would be. Nothing has been called yet.
func (p *Provisioner) guard(ctx context.Context, a Actor, opt Options, before *planner.Subject, plan *planner.Plan, after *planner.Subject) error {
	if plan.Empty() {
		return nil
	}
	if err := p.guardBoundary(a, plan); err != nil {
		return err
	}
	if err := guardScopes(a, before, plan); err != nil {
		return err
	}
	if err := p.guardCapability(plan); err != nil && !opt.DryRun {
		return err
	}
	return p.guardPlan(ctx, a, opt, before, plan, after)
}

// guardScopes: each step may need a scope of its own.
func guardScopes(a Actor, before *planner.Subject, plan *planner.Plan) error {
	if plan.Kind == planner.KindDeleteUser || plan.Kind == planner.KindDeleteGroup {
		return nil
	}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		scope := s.Scope()
		if scope != "" && !a.Scopes[scope] && !ofActive(before, plan, s) {
			return missingScope(scope)
		}
	}
	return nil
}

// ofActive reports whether a step is what active means and no entitlement: the
// deny that a deactivation places, and those that a reactivation takes away. One
// that somebody else placed is among them only once an operator released it.
func ofActive(before *planner.Subject, plan *planner.Plan, s *planner.Step) bool {
	switch s.Action {
	case "AttachUserPolicy":
		return policy.IsDenyAll(s.Param("policy")) && plan.CutsOff()
	case "DetachUserPolicy":
		return plan.Reactivates() && takesDeny(before, s)
	}
	return false
}

// refused audits a refusal and returns it.
func (r *request) refused(ctx context.Context, kind string, ref store.Ref, err error) error {
	return r.p.refused(ctx, r.actor, kind, ref, err)
}

func (p *Provisioner) refused(ctx context.Context, a Actor, kind string, ref store.Ref, err error) error {
	var d *planner.DeniedError
	if !errors.As(err, &d) {
		return err
	}
	entry, aerr := auditEntry(a, kind, ref, "denied", auditBody{RequestID: a.RequestID, Rule: d.Rule, Error: d.Reason})
	if aerr == nil {
		aerr = p.account.State.Update(ctx, func(tx *store.StateTx) error {
			_, err := tx.AppendAudit(ctx, entry)
			return err
		})
	}
	if aerr != nil {
		p.log.ErrorContext(ctx, "a refusal could not be audited", "err", aerr)
	}
	return err
}
