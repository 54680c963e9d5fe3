package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// What an operator decides about unfinished plans.

// ReleasePlan lets a waiting plan go on, or a pending deletion that came of it, as
// an operator decided. What is protected stays so, and a server that only reads
// writes nothing: that is a *DeniedError.
func (p *Provisioner) ReleasePlan(ctx context.Context, id string) error {
	if p.writes.cfg.ReadOnly {
		return fmt.Errorf("release plan %s: %w", id, &planner.DeniedError{Rule: planner.RuleReadOnly, Reason: "this server only reads"})
	}
	if done, err := p.releaseDeletion(ctx, id); done || err != nil {
		return err
	}
	j, err := p.stillOpen(ctx, id)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if j == nil || j.State != store.PlanWaiting {
		return fmt.Errorf("release plan %s: %w: it is not waiting", id, store.ErrNotFound)
	}
	var d *planner.DeniedError
	if err := p.takeUp(ctx, j); errors.As(err, &d) && d.Rule == planner.RuleProtected {
		return fmt.Errorf("release plan %s: %w", id, err)
	}
	return nil // it is under way
}

// actionCancelPlan is what the audit log calls it.
const actionCancelPlan = "plan.cancel"

// CancelPlan gives up a plan that waits or is tried again and again, as an
// operator decided: what it did so far stays, and its objects may be written
// again. A user whom it had begun to cut off stays deactivated, and gets back what
// is still there by a reactivation. store.ErrNotFound says that there is no such
// plan, a *PendingError that it is under way at the moment.
func (p *Provisioner) CancelPlan(ctx context.Context, a Actor, id string) error {
	j, err := p.stillOpen(ctx, id)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if j == nil {
		return fmt.Errorf("cancel plan %s: %w: it is finished", id, store.ErrNotFound)
	}
	work := jobOf(j)
	if p.writes.queue.enter(work) != nil {
		return &PendingError{PlanID: id, RetryAfter: soon, Err: errUnfinished}
	}
	defer p.writes.queue.leave(work)
	if j, err = p.stillOpen(ctx, id); err != nil || j == nil {
		return errors.Join(err, fmt.Errorf("cancel plan %s: %w: it has just been finished", id, store.ErrNotFound))
	}
	if err := p.giveUp(ctx, a, j); err != nil {
		return fmt.Errorf("cancel plan %s: %w", id, err)
	}
	p.log.WarnContext(ctx, "an operator gave up a change", "plan", id, "kind", j.Kind, "credential", a.Credential)
	return nil
}

// giveUp writes it down, with how far the steps had come.
func (p *Provisioner) giveUp(ctx context.Context, a Actor, j *store.JournalPlan) error {
	state := store.PlanSuperseded
	if j.Direction == string(planner.Undo) {
		state = store.PlanFailed
	}
	body := auditBody{RequestID: a.RequestID, Plan: j.ID}
	ref := store.Ref{}
	forget := func(context.Context, *store.StateTx) error { return nil }
	if e, err := p.restored(j); err != nil { // which must not keep anybody from giving it up
		body.Notes = []string{err.Error()}
	} else {
		body.Name, ref, forget = e.plan.Name, e.plan.Object, e.keepTaken
		for i := range e.plan.Steps {
			body.Notes = append(body.Notes, string(e.states[i])+" "+e.plan.Steps[i].Logged())
		}
	}
	return p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := tx.SetPlanState(ctx, j.ID, state, time.Time{}, "an operator gave it up"); err != nil {
			return err
		}
		return errors.Join(forget(ctx, tx), appendAudit(ctx, tx, a, actionCancelPlan, ref, body))
	})
}
