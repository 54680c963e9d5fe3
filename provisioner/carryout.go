package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// carryOut takes plans for one object, one after the other, past the guards,
// through the journal and IAM, and into the snapshot. A dry run stops at the
// guards.
func (r *request) carryOut(ctx context.Context, x *planner.Subject, plans ...*planner.Plan) (*Change, error) {
	whole := joined(plans)
	after := x.Clone()
	for i := range whole.Steps {
		whole.Steps[i].Apply(after)
	}
	if err := r.p.guard(ctx, r.actor, r.opt, x, whole, after); err != nil {
		return nil, r.refused(ctx, whole.Kind, whole.Object, err)
	}
	if r.opt.DryRun {
		return r.preview(ctx, x, after, whole)
	}
	var calls []string // of the plans so far
	done := &Change{ID: whole.Object.ID, Plan: whole, User: x.User, Group: x.Group, Generation: r.p.account.Snapshot.Generation()}
	for _, plan := range plans {
		if plan.Empty() {
			continue
		}
		e, err := r.execute(ctx, x, plan)
		if err != nil {
			return nil, besides(err, calls)
		}
		for s := range e.done {
			calls = append(calls, s.Logged())
		}
		x = e.x
		if x.User != nil {
			x.User.Active = e.activeAfter("done")
		}
		done.ID, done.User, done.Group, done.Generation = e.plan.Object.ID, e.user, e.group, e.generation
	}
	whole.Steps, whole.Notes = nil, nil
	for _, plan := range plans { // follow-ups and ids included
		whole.ID, whole.Steps, whole.Notes = plan.ID, append(whole.Steps, plan.Steps...), append(whole.Notes, plan.Notes...)
	}
	return done, nil
}

// besides adds to a failure what an earlier plan of the same request did, which
// stays: a user is deactivated although something else could not be changed.
func besides(failure error, calls []string) error {
	var partial *PartialError
	if len(calls) == 0 || errors.As(failure, &partial) {
		return failure
	}
	return &PartialError{Left: calls, Err: failure}
}

// joined is several plans as one, for guards and people.
func joined(plans []*planner.Plan) *planner.Plan {
	last := plans[len(plans)-1]
	whole := &planner.Plan{Kind: last.Kind, Direction: last.Direction, Object: last.Object, Name: last.Name, After: last.After}
	for _, p := range plans {
		whole.Steps = append(whole.Steps, p.Steps...)
		whole.Notes = append(whole.Notes, p.Notes...)
		if p.Kind == planner.KindDeactivate && !p.Empty() {
			whole.Kind = planner.KindDeactivate
			whole.After.Inactive = p.After.Inactive
		}
	}
	return whole
}

// execute carries one plan out.
func (r *request) execute(ctx context.Context, x *planner.Subject, plan *planner.Plan) (*execution, error) {
	e := newExecution(r.p, plan, r.actor, x.Clone())
	e.job, e.seen, e.supersedes, r.supersedes = r.job, r.seen, r.supersedes, nil
	if err := r.commit(); err != nil {
		return nil, err
	}
	if len(plan.Steps) == 0 && len(e.supersedes) == 0 && plan.Kind != planner.KindDeactivate {
		return e, e.finish(ctx)
	}
	if plan.Object.ID != "" {
		thing := map[store.Kind]store.Thing{store.KindUser: store.ThingUser, store.KindGroup: store.ThingGroup}[plan.Object.Kind]
		var err error
		if e.fresh, err = r.p.isFresh(ctx, thing, plan.Object.ID); err != nil {
			return nil, err
		}
	}
	if err := e.begin(ctx, r.job.written(plan)); err != nil {
		return nil, err
	}
	r.job.planID.Store(plan.ID)
	return e, e.carry(ctx)
}

// carry runs a journaled plan to its end, whichever it is.
func (e *execution) carry(ctx context.Context) error {
	var err error
	switch e.plan.Kind {
	case planner.KindDeactivate:
		err = e.roll(ctx, e.p.replanDeactivation(e))
	case planner.KindDeleteUser:
		err = e.roll(ctx, e.p.replanDeletion(e))
	case planner.KindDeleteGroup:
		err = e.roll(ctx, e.p.replanGroupDeletion(e))
	default:
		err = e.run(ctx)
	}
	switch {
	case err == nil:
		return e.finish(ctx)
	case errors.Is(err, errCrashed):
		return err
	case e.plan.Direction == planner.Forward:
		return e.halt(ctx, err)
	}
	return e.fail(ctx, err)
}

// finish journals the end and publishes the result. After the commit to the
// state file the change has happened, whatever comes.
func (e *execution) finish(ctx context.Context) error {
	journaled := sync.OnceValue(func() error { return e.journalEnd(ctx) })
	if e.plan.Kind == planner.KindUpdateGroup && e.plan.After.Group == nil {
		// What is published does not follow from what is written: both at once.
		go func() { _ = journaled() }() // its error is asked for below
		err := e.publish(ctx, journaled)
		return cmp.Or(journaled(), err)
	}
	if err := journaled(); err != nil {
		return err
	}
	return e.publish(ctx, journaled)
}

// journalEnd writes that the plan is done, and what is to be remembered.
func (e *execution) journalEnd(ctx context.Context) error {
	err := e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if e.plan.ID != "" {
			if err := e.flush(ctx, tx); err != nil {
				return err
			}
			if err := tx.SetPlanState(ctx, e.plan.ID, store.PlanDone, time.Time{}, ""); err != nil {
				return err
			}
			if err := e.answered(ctx, tx); err != nil {
				return err
			}
		}
		for _, id := range e.supersedes {
			if err := tx.SetPlanState(ctx, id, store.PlanSuperseded, time.Time{}, "by "+e.plan.ID); err != nil {
				return err
			}
		}
		if err := e.conclude(ctx, tx); err != nil {
			return err
		}
		_, err := tx.AppendAudit(ctx, e.audit("done", ""))
		return err
	})
	if err != nil {
		return fmt.Errorf("journal the end of plan %s: %w: %w", e.plan.ID, ErrUnavailable, err)
	}
	if e.plan.After.Forgotten {
		e.p.erased(ctx)
	}
	if len(e.plan.Notes) > 0 {
		e.p.log.WarnContext(ctx, "a change has shortcomings", "plan", e.plan.ID, "object", e.plan.Object.ID, "notes", e.plan.Notes)
	}
	e.p.log.InfoContext(ctx, "changed", "plan", e.plan.ID, "kind", e.plan.Kind, "object", e.plan.Object.ID, "calls", len(e.calls), "request_id", e.actor.RequestID)
	return nil
}

// conclude writes into the state file what the plan is to leave there.
func (e *execution) conclude(ctx context.Context, tx *store.StateTx) error {
	a, ref, who := &e.plan.After, e.plan.Object, e.actor.Credential
	if a.Forgotten {
		return errors.Join(tx.DeletePerson(ctx, ref.ID), tx.DeleteDeactivation(ctx, ref.ID), tx.DeleteGroupAttributes(ctx, ref.ID),
			tx.DeleteOwnership(ctx, ref), tx.DropPendingDeletion(ctx, ref.ID))
	}
	errs := []error{e.forgetUntaken(ctx, tx)}
	if a.Owned {
		errs = append(errs, tx.PutOwnership(ctx, ref, store.Created, who))
	}
	if a.Person != nil {
		errs = append(errs, tx.PutPerson(ctx, ref.ID, *a.Person, who))
	}
	if a.Group != nil {
		errs = append(errs, tx.PutGroupAttributes(ctx, ref.ID, *a.Group, who))
	}
	if a.Inactive && e.plan.Kind == planner.KindCreateUser {
		errs = append(errs, tx.PutDeactivation(ctx, ref.ID, nil, who), tx.AddDeny(ctx, ref.ID, a.Deny))
	}
	if a.Forget {
		errs = append(errs, tx.DeleteDeactivation(ctx, ref.ID))
	}
	if e.plan.Kind == planner.KindDeactivate {
		errs = append(errs, e.recheckLater(ctx, tx))
	}
	return errors.Join(append(errs, e.scheduleDeletion(ctx, tx))...)
}
