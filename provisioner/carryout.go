package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"iamscim/store"
)

// carryOut takes plans for one object, one after the other, past the guards,
// through the journal and IAM, and into the snapshot. A dry run stops at the
// guards.
func (r *request) carryOut(ctx context.Context, x *subject, plans ...*Plan) (*Change, error) {
	whole := joined(plans)
	after := x.clone()
	for i := range whole.Steps {
		whole.Steps[i].apply(after)
	}
	if err := r.p.guard(ctx, r.actor, r.opt, x, whole, after); err != nil {
		return nil, r.refused(ctx, whole.Kind, whole.Object, err)
	}
	if r.opt.DryRun {
		return r.preview(ctx, x, after, whole)
	}
	var calls []string // of the plans so far
	done := &Change{ID: whole.Object.ID, Plan: whole, User: x.user, Group: x.group, Generation: r.p.account.Snapshot.Generation()}
	for _, plan := range plans {
		if plan.empty() {
			continue
		}
		e, err := r.execute(ctx, x, plan)
		if err != nil {
			return nil, besides(err, calls)
		}
		for s := range e.done {
			calls = append(calls, s.logged())
		}
		x = e.x
		if x.user != nil {
			x.user.Active = e.activeAfter("done")
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
func joined(plans []*Plan) *Plan {
	last := plans[len(plans)-1]
	whole := &Plan{Kind: last.Kind, Direction: last.Direction, Object: last.Object, Name: last.Name, after: last.after}
	for _, p := range plans {
		whole.Steps = append(whole.Steps, p.Steps...)
		whole.Notes = append(whole.Notes, p.Notes...)
		if p.Kind == kindDeactivate && !p.empty() {
			whole.Kind = kindDeactivate
			whole.after.inactive = p.after.inactive
		}
	}
	return whole
}

// execute carries one plan out.
func (r *request) execute(ctx context.Context, x *subject, plan *Plan) (*execution, error) {
	e := newExecution(r.p, plan, r.actor, x.clone())
	e.seen, e.supersedes, r.supersedes = r.seen, r.supersedes, nil
	if err := r.commit(); err != nil {
		return nil, err
	}
	if len(plan.Steps) == 0 && len(e.supersedes) == 0 && plan.Kind != kindDeactivate {
		return e, e.finish(ctx)
	}
	if plan.Object.ID != "" {
		thing := map[store.Kind]store.Thing{store.KindUser: store.ThingUser, store.KindGroup: store.ThingGroup}[plan.Object.Kind]
		var err error
		if e.fresh, err = r.p.isFresh(ctx, thing, plan.Object.ID); err != nil {
			return nil, err
		}
	}
	if err := e.begin(ctx, r.job.digest); err != nil {
		return nil, err
	}
	r.job.planID.Store(plan.ID)
	return e, e.carry(ctx)
}

// carry runs a journaled plan to its end, whichever it is.
func (e *execution) carry(ctx context.Context) error {
	var err error
	switch e.plan.Kind {
	case kindDeactivate:
		err = e.roll(ctx, e.p.replanDeactivation(e))
	case kindDeleteUser:
		err = e.roll(ctx, e.p.replanDeletion(e))
	case kindDeleteGroup:
		err = e.roll(ctx, e.p.replanGroupDeletion(e))
	default:
		err = e.run(ctx)
	}
	switch {
	case err == nil:
		return e.finish(ctx)
	case errors.Is(err, errCrashed):
		return err
	case e.plan.Direction == Forward:
		return e.halt(ctx, err)
	}
	return e.fail(ctx, err)
}

// fail undoes a plan and says what went wrong.
func (e *execution) fail(ctx context.Context, cause error) error {
	failure := e.explain(ctx, cause)
	left, err := e.undo(ctx)
	if errors.Is(err, errCrashed) {
		return err
	}
	if err != nil {
		e.end(ctx, store.PlanRetry, "undo-pending", fmt.Sprintf("%v; undoing: %v", failure, err))
		return e.partial(failure, true)
	}
	state, outcome, note := store.PlanUndone, "undone", failure.Error()
	if len(left) > 0 {
		state, outcome, note = store.PlanFailed, "partly-undone", fmt.Sprintf("%v; left: %v", failure, left)
		e.plan.Notes = append(e.plan.Notes, left...)
	}
	e.end(ctx, state, outcome, note)
	return e.partial(failure, false)
}

// partial adds to a failure what is not as it was.
func (e *execution) partial(failure error, goes bool) error {
	var left []string
	for i := range e.plan.Steps {
		if e.states[i] == store.StepDone || goes && attempted(e.states[i]) {
			left = append(left, e.plan.Steps[i].logged())
		}
	}
	if len(left) == 0 {
		return failure
	}
	return &PartialError{PlanID: e.plan.ID, Left: left, Goes: goes, Err: failure}
}

// halt leaves a plan that only rolls forward for later, or for an operator,
// unless it could do nothing at all and trying again cannot help.
func (e *execution) halt(ctx context.Context, cause error) error {
	if e.parked(ctx, cause) {
		return cause
	}
	failure := e.explain(ctx, cause)
	if errors.Is(cause, store.ErrNotFound) || !e.anythingDone() && !mayPass(cause) && !temporary(cause) {
		e.forgetDeactivation = true
		e.end(ctx, store.PlanFailed, "failed", failure.Error())
		return failure
	}
	e.end(ctx, store.PlanRetry, "pending", e.told(cause))
	if err := e.publish(ctx); err != nil {
		e.p.log.WarnContext(ctx, "the snapshot does not show a plan that is under way", "plan", e.plan.ID, "err", err)
	}
	if !temporary(failure) {
		return e.partial(failure, true)
	}
	return &PendingError{PlanID: e.plan.ID, RetryAfter: retryAfter, Err: failure}
}

// told is a failure without what differs each time, such as AWS's request ids.
func (e *execution) told(cause error) string {
	s := e.failing()
	if s == nil {
		return cause.Error()
	}
	return s.logged() + ": " + apiMessage(cause)
}

// end writes how a plan that did not succeed ended. That it is to be tried again
// for the same reason as before is no news.
func (e *execution) end(ctx context.Context, state store.PlanState, outcome, note string) {
	var at time.Time
	if state == store.PlanRetry {
		at = e.p.now().Add(e.patience())
	}
	news := state != store.PlanRetry || note != e.note
	err := e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := e.flush(ctx, tx); err != nil {
			return err
		}
		if err := tx.SetPlanState(ctx, e.plan.ID, state, at, note); err != nil {
			return err
		}
		if err := e.forgetUntaken(ctx, tx); err != nil {
			return err
		}
		if e.forgetDeactivation && e.plan.after.inactive && !e.recorded {
			if err := tx.DeleteDeactivation(ctx, e.plan.Object.ID); err != nil {
				return err
			}
		}
		if !news {
			return nil
		}
		_, err := tx.AppendAudit(ctx, e.audit(outcome, note))
		return err
	})
	if err != nil {
		e.p.log.ErrorContext(ctx, "the journal cannot be written", "plan", e.plan.ID, "err", err)
	}
	level := slog.LevelWarn
	if !news {
		level = slog.LevelDebug
	}
	e.p.log.Log(ctx, level, "a change did not succeed", "plan", e.plan.ID, "kind", e.plan.Kind, "outcome", outcome, "err", note)
	if err := e.showUndone(ctx); err != nil {
		e.p.log.WarnContext(ctx, "the snapshot may show what was undone", "plan", e.plan.ID, "err", err)
	}
}

// showUndone publishes what an undone plan left, and protects it from old reads.
// An observation may have seen the plan halfway: protecting that would keep it.
// What an earlier process made is left to be observed. What does not show is
// taken for undone, as it is going to be.
func (e *execution) showUndone(ctx context.Context) error {
	states := e.states
	defer func() { e.states = states }()
	e.states = slices.Clone(states)
	for _, i := range e.unseen {
		e.states[i] = store.StepUndone
	}
	known := e.x.user != nil || e.x.group != nil
	if e.creates() {
		known = known && e.x.born != nil || e.states[0] == store.StepUndone
	}
	if e.plan.Direction == Undo && known && e.plan.Object.ID != "" {
		return e.publish(ctx)
	}
	return e.p.account.Snapshot.Update(ctx, e.actor.Credential, func(tx *store.SnapshotTx) error {
		return tx.Protect(ctx, e.p.window(), e.touched()...)
	})
}

// finish writes what is to be remembered, and publishes the result. After the
// commit to the state file the change has happened, whatever comes.
func (e *execution) finish(ctx context.Context) error {
	err := e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if e.plan.ID != "" {
			if err := e.flush(ctx, tx); err != nil {
				return err
			}
			if err := tx.SetPlanState(ctx, e.plan.ID, store.PlanDone, time.Time{}, ""); err != nil {
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
	if len(e.plan.Notes) > 0 {
		e.p.log.WarnContext(ctx, "a change has shortcomings", "plan", e.plan.ID, "object", e.plan.Object.ID, "notes", e.plan.Notes)
	}
	e.p.log.InfoContext(ctx, "changed", "plan", e.plan.ID, "kind", e.plan.Kind, "object", e.plan.Object.ID, "calls", len(e.calls), "request_id", e.actor.RequestID)
	return e.publish(ctx)
}

// conclude writes into the state file what the plan is to leave there.
func (e *execution) conclude(ctx context.Context, tx *store.StateTx) error {
	a, ref, who := &e.plan.after, e.plan.Object, e.actor.Credential
	if a.forgotten {
		return errors.Join(tx.DeletePerson(ctx, ref.ID), tx.DeleteDeactivation(ctx, ref.ID), tx.DeleteGroupAttributes(ctx, ref.ID),
			tx.DeleteOwnership(ctx, ref), tx.DropPendingDeletion(ctx, ref.ID))
	}
	errs := []error{e.forgetUntaken(ctx, tx)}
	if a.owned {
		errs = append(errs, tx.PutOwnership(ctx, ref, store.Created, who))
	}
	if a.person != nil {
		errs = append(errs, tx.PutPerson(ctx, ref.ID, *a.person, who))
	}
	if a.group != nil {
		errs = append(errs, tx.PutGroupAttributes(ctx, ref.ID, *a.group, who))
	}
	if a.inactive && e.plan.Kind == kindCreateUser {
		errs = append(errs, tx.PutDeactivation(ctx, ref.ID, nil, who), tx.AddDeny(ctx, ref.ID, a.deny))
	}
	if a.forget {
		errs = append(errs, tx.DeleteDeactivation(ctx, ref.ID))
	}
	if e.plan.Kind == kindDeactivate {
		errs = append(errs, e.recheckLater(ctx, tx))
	}
	return errors.Join(append(errs, e.scheduleDeletion(ctx, tx))...)
}
