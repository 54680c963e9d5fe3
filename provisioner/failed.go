package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// What becomes of a plan that did not succeed.

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
			left = append(left, e.plan.Steps[i].Logged())
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
	if err := e.publish(ctx, nil); err != nil {
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
	return s.Logged() + ": " + awsapi.ErrorMessage(cause)
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
		if e.forgetDeactivation && e.plan.After.Inactive && !e.recorded {
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
	known := e.x.User != nil || e.x.Group != nil
	if e.creates() {
		known = known && e.x.Born != nil || e.states[0] == store.StepUndone
	}
	if e.plan.Direction == planner.Undo && known && e.plan.Object.ID != "" {
		return e.publish(ctx, nil)
	}
	return e.p.account.Snapshot.Update(ctx, e.actor.Credential, func(tx *store.SnapshotTx) error {
		return tx.Protect(ctx, e.p.window(), e.touched()...)
	})
}
