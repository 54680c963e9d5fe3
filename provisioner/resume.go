package provisioner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// Resume takes up the plans that an earlier process left unfinished. Each
// re-reads first: deactivations and deletions are planned anew and rolled
// forward, all others are undone. A plan that is older than
// WriteConfig.ResumeMaxAge waits for an operator and blocks writes to its
// objects. Run calls it; the error is about the journal, not about a plan.
func (p *Provisioner) Resume(ctx context.Context) error {
	open, err := p.OpenPlans(ctx)
	if err != nil {
		return err
	}
	for _, j := range open {
		switch {
		case j.State == store.PlanWaiting || j.State == store.PlanRetry && j.RetryAt.After(p.now()) && p.young(j):
		case !p.young(j):
			if err := p.park(ctx, j); err != nil {
				return err
			}
		default:
			_ = p.takeUp(ctx, j) // it was logged, and is tried again
		}
	}
	return nil
}

// OpenPlans lists the plans that are not finished, oldest first.
func (p *Provisioner) OpenPlans(ctx context.Context) (open []*store.JournalPlan, err error) {
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		open, err = tx.OpenPlans(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return open, nil
}

func (p *Provisioner) young(j *store.JournalPlan) bool {
	return p.now().Sub(j.Updated) <= p.writes.cfg.ResumeMaxAge
}

func (p *Provisioner) park(ctx context.Context, j *store.JournalPlan) error {
	const note = "it was left unfinished too long ago; an operator decides"
	err := p.account.State.Update(ctx, func(tx *store.StateTx) error {
		return tx.SetPlanState(ctx, j.ID, store.PlanWaiting, time.Time{}, note)
	})
	if err != nil {
		return fmt.Errorf("hold plan %s: %w", j.ID, err)
	}
	p.log.ErrorContext(ctx, "an old plan waits for an operator", "plan", j.ID, "kind", j.Kind, "updated", j.Updated)
	return nil
}

// jobOf is a job that holds the objects of a plan.
func jobOf(j *store.JournalPlan) *job {
	var keys []string
	for _, o := range j.Objects {
		if o.ID == "" && o.Name == "" {
			continue
		}
		if o.Kind == store.KindGroup {
			keys = append(keys, groupKey(o.ID, o.Name))
		} else {
			keys = append(keys, userKey(o.ID, o.Name))
		}
	}
	return newJob("", keys...)
}

// takeUp carries on with one plan, unless a request has its object.
func (p *Provisioner) takeUp(ctx context.Context, j *store.JournalPlan) error {
	work := jobOf(j)
	if p.writes.queue.enter(work) != nil {
		return nil
	}
	defer p.writes.queue.leave(work)
	work.planID.Store(j.ID)
	close(work.background)
	j, err := p.stillOpen(ctx, j.ID)
	if err == nil && j != nil {
		err = p.resume(context.WithoutCancel(ctx), j)
	}
	if err != nil && !errors.Is(err, errCrashed) {
		work.err = err
		p.log.WarnContext(ctx, "a plan is still unfinished", "plan", work.plan(), "err", err)
	}
	return err
}

// stillOpen reads a plan again, now that its objects are ours: whoever had them
// may have finished it. Then it is nil.
func (p *Provisioner) stillOpen(ctx context.Context, id string) (j *store.JournalPlan, err error) {
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		j, err = tx.JournalPlan(ctx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	switch j.State {
	case store.PlanRunning, store.PlanUndoing, store.PlanRetry, store.PlanWaiting:
		return j, nil
	}
	return nil, nil
}

// resume rebuilds the execution of a journaled plan.
func (p *Provisioner) resume(ctx context.Context, j *store.JournalPlan) error {
	e, err := p.restored(j)
	if err != nil {
		return err
	}
	fresh, err := p.isFresh(ctx, e.self().Thing, e.plan.Object.ID)
	if err != nil {
		return err
	}
	e.fresh = e.fresh || fresh
	if err := e.recall(ctx); err != nil {
		return err
	}
	if e.plan.Direction == planner.Forward {
		return e.rollOn(ctx)
	}
	left, err := e.undo(ctx)
	switch {
	case errors.Is(err, errCrashed):
		return err
	case err != nil:
		e.end(ctx, store.PlanRetry, "undo-pending", err.Error())
		return err
	case len(left) > 0:
		e.plan.Notes = append(e.plan.Notes, left...)
		e.end(ctx, store.PlanFailed, "partly-undone", fmt.Sprintf("left: %v", left))
	default:
		e.end(ctx, store.PlanUndone, "undone", "it was interrupted")
	}
	return nil
}

func (p *Provisioner) restored(j *store.JournalPlan) (*execution, error) {
	if j.Damage != nil {
		return nil, fmt.Errorf("plan %s: %w", j.ID, j.Damage)
	}
	plan := &planner.Plan{ID: j.ID, Kind: j.Kind, Direction: planner.Direction(j.Direction)}
	plan.After.Forgotten = j.Kind == planner.KindDeleteUser || j.Kind == planner.KindDeleteGroup
	for _, o := range j.Objects {
		plan.Object.Kind = o.Kind
		if o.ID != "" {
			plan.Object.ID = o.ID
		}
		if o.Name != "" {
			plan.Name = o.Name
		}
	}
	e := newExecution(p, plan, Actor{Credential: j.Actor}, &planner.Subject{})
	e.created, e.resumed, e.doubt, e.note = j.Created, true, true, j.Note
	for i, s := range j.Steps {
		var step planner.Step
		if err := json.Unmarshal(s.Call, &step); err != nil {
			return nil, fmt.Errorf("plan %s: step %d: %w", j.ID, i, err)
		}
		if len(s.Inverse) > 0 {
			step.Inverse = &planner.Step{}
			if err := json.Unmarshal(s.Inverse, step.Inverse); err != nil {
				return nil, fmt.Errorf("plan %s: inverse of step %d: %w", j.ID, i, err)
			}
		}
		if !step.Known() {
			return nil, fmt.Errorf("plan %s: step %d: unknown action %q", j.ID, i, step.Action)
		}
		plan.Steps = append(plan.Steps, step)
		e.states = append(e.states, s.State)
		for _, at := range []time.Time{s.Intended, s.Ended} {
			if attempted(s.State) && at.After(e.lastCall) {
				e.lastCall = at
			}
		}
	}
	if e.creates() && plan.Object.ID != "" {
		e.named(plan.Object.ID, plan.Object.Kind)
	}
	return e, nil
}

// rollOn plans what is left of a deactivation or deletion and does it.
func (e *execution) rollOn(ctx context.Context) error {
	again := map[string]replan{
		planner.KindDeactivate: e.p.replanDeactivation(e), planner.KindDeleteUser: e.p.replanDeletion(e), planner.KindDeleteGroup: e.p.replanGroupDeletion(e),
	}[e.plan.Kind]
	if again == nil {
		return fmt.Errorf("plan %s: unknown kind %q", e.plan.ID, e.plan.Kind)
	}
	next, x, err := again(ctx)
	if errors.Is(err, store.ErrNotFound) {
		if err := e.vanished(); err != nil {
			e.end(ctx, store.PlanSuperseded, "superseded", err.Error())
			return e.p.forgetUser(ctx, e.plan.Object.ID)
		}
		return e.finish(ctx)
	}
	if err != nil {
		return err
	}
	e.x, e.before = x, x.Clone()
	e.settleIntents()
	if len(next.Steps) == 0 {
		return e.finish(ctx)
	}
	if err := e.spared(ctx, next, x); err != nil {
		e.parked(ctx, err)
		return err
	}
	from, err := e.follow(ctx, next)
	if err != nil {
		return err
	}
	err = e.rollFrom(ctx, from, again)
	switch {
	case err == nil:
		return e.finish(ctx)
	case errors.Is(err, errCrashed):
		return err
	}
	return e.halt(ctx, err)
}

// settleIntents settles by the live read what an earlier process was about to
// do: it is done, or as good as never begun, and then part of what is left.
func (e *execution) settleIntents() {
	for i := range e.plan.Steps {
		s := &e.plan.Steps[i]
		switch {
		case e.states[i] != store.StepIntended:
		case e.shows(s) && s.Action != "DeleteVirtualMFADevice": // which no read shows
			e.mark(i, store.StepSkipped, "")
		default:
			e.mark(i, store.StepPlanned, "")
		}
	}
}
