package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// maxRounds bounds how often a plan that only rolls forward looks again. What
// is left then is retried later.
const maxRounds = 6

// replan reads the object live and plans what is left to do; an empty plan is
// the end. A store.ErrNotFound means that the object is gone.
type replan func(context.Context) (*planner.Plan, *planner.Subject, error)

// roll carries out a plan that only rolls forward: it goes on past what fails,
// as far as the order allows, and looks again until nothing is left. IAM shows
// new credentials late, and somebody may have made one meanwhile.
func (e *execution) roll(ctx context.Context, again replan) error { return e.rollFrom(ctx, 0, again) }

func (e *execution) rollFrom(ctx context.Context, from int, again replan) error {
	for round := 1; ; round++ {
		err := e.rollOnce(ctx, from)
		if errors.Is(err, errCrashed) {
			return err
		}
		next, x, rerr := e.whatIsLeft(ctx, again)
		switch {
		case errors.Is(rerr, store.ErrNotFound):
			return e.vanished()
		case rerr != nil:
			return errors.Join(err, rerr)
		case len(next.Steps) == 0:
			e.plan.Notes = append(e.plan.Notes, next.Notes...)
			return nil
		case err != nil && (!mayPass(err) && !e.otherDeny(next) || round >= maxRounds):
			return err
		case round >= maxRounds:
			return fmt.Errorf("%w: there is always something new to remove", ErrConflict)
		}
		if err := e.spared(ctx, next, x); err != nil {
			return err
		}
		if from, err = e.follow(ctx, next); err != nil {
			return err
		}
		e.x = x
	}
}

// whatIsLeft looks again if the object went between two reads: whether it is
// gone is for the next look to say.
func (e *execution) whatIsLeft(ctx context.Context, again replan) (next *planner.Plan, x *planner.Subject, err error) {
	for round, wait := 1, e.p.writes.backoff; ; round, wait = round+1, 2*wait {
		next, x, err = again(ctx)
		if !errors.Is(err, ErrConflict) || round >= maxRounds || !pause(ctx, jittered(wait)) {
			return next, x, err
		}
	}
}

// otherDeny reports whether the follow-up tries another kind of deny.
func (e *execution) otherDeny(next *planner.Plan) bool {
	return e.plan.Kind == planner.KindDeactivate && e.refusals().Attached && next.After.Deny == planner.DenyInlineName
}

// mayPass reports whether looking again may lead further: the conflict may be
// over, the object may have another name by now, or the deny another place.
func mayPass(err error) bool {
	code := awsapi.ErrorCode(err)
	return kindOf(err) != nil || code == "LimitExceeded" || code == "NoSuchEntity"
}

// vanished: a user or group that is gone is what a deletion wants, and more
// than a deactivation does.
func (e *execution) vanished() error {
	e.x.User, e.x.Group = nil, nil
	if e.plan.Kind == planner.KindDeactivate {
		return fmt.Errorf("deactivate %q: %w", e.plan.Name, store.ErrNotFound)
	}
	return nil
}

// rollOnce runs the steps from one on. A deactivation takes what it can even
// if one call fails; a deletion must not skip a step.
func (e *execution) rollOnce(ctx context.Context, from int) error {
	var errs []error
	for i := from; i < len(e.plan.Steps); i++ {
		err := e.runStep(ctx, i)
		if errors.Is(err, errCrashed) {
			return err
		}
		if err == nil {
			continue
		}
		errs = append(errs, err)
		if e.plan.Kind != planner.KindDeactivate {
			break
		}
	}
	return errors.Join(errs...)
}

// follow appends a follow-up to the journal and to the plan.
func (e *execution) follow(ctx context.Context, next *planner.Plan) (from int, err error) {
	from = len(e.plan.Steps)
	steps, err := journaled(next.Steps)
	if err != nil {
		return 0, err
	}
	e.plan.Steps = append(e.plan.Steps, next.Steps...)
	e.plan.Notes = append(e.plan.Notes, next.Notes...)
	e.plan.After.Taken, e.plan.After.Deny, e.plan.After.Inactive = next.After.Taken, next.After.Deny, next.After.Inactive
	e.states = append(e.states, make([]store.StepState, len(next.Steps))...)
	err = e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := e.flush(ctx, tx); err != nil {
			return err
		}
		if err := tx.AddPlanSteps(ctx, e.plan.ID, from, steps); err != nil {
			return err
		}
		return e.remember(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("journal the follow-up: %w", err)
	}
	return from, nil
}

// retryAfter is the pause before an unfinished plan is tried again. What has
// failed for long is tried less often, but never more than maxRetryAfter apart.
const (
	retryAfter    = 30 * time.Second
	maxRetryAfter = 10 * time.Minute
)

func (e *execution) patience() time.Duration {
	wait := min(max(retryAfter, e.p.now().Sub(e.created)/4), maxRetryAfter, max(retryAfter, e.p.writes.cfg.ResumeMaxAge/2))
	if e.plan.Direction == planner.Undo && e.late() {
		wait = min(wait, e.shownBy().Sub(e.p.now()))
	}
	return wait
}

// replanDeactivation plans what is left of a deactivation, and learns from
// refusals where no deny fits.
func (p *Provisioner) replanDeactivation(e *execution) replan {
	return func(ctx context.Context) (*planner.Plan, *planner.Subject, error) {
		now, err := p.lookAt(ctx, &store.User{ID: e.plan.Object.ID, Name: e.plan.Name})
		if err != nil {
			return nil, nil, err
		}
		now.Full = e.refusals()
		// What this plan took away shows late, and must not be taken again.
		pl, err := p.planner(ctx, now.User.Groups)
		if err != nil {
			return nil, nil, err
		}
		e.settle(now.User)
		e.settle(now.Read)
		return pl.Deactivate(now.UserNow), &planner.Subject{User: now.User}, nil
	}
}

// settle lays what this plan did over a live read that may not show it yet.
func (e *execution) settle(u *store.User) {
	if !e.p.now().Before(e.shownBy()) {
		return
	}
	x := &planner.Subject{User: u}
	for i := range e.plan.Steps {
		if s := &e.plan.Steps[i]; e.states[i] == store.StepDone && s.Action != "CreateUser" && s.Action != "DeleteUser" {
			s.Apply(x)
		}
	}
}

// refusals says which denies IAM had no room for.
func (e *execution) refusals() planner.Full {
	var f planner.Full
	for i := range e.plan.Steps {
		failed := e.states[i] == store.StepFailed
		f.Attached = f.Attached || failed && e.plan.Steps[i].Action == "AttachUserPolicy"
		f.Inline = f.Inline || failed && e.plan.Steps[i].Action == "PutUserPolicy"
	}
	return f
}

// replanDeletion plans what is left of a user's deletion.
func (p *Provisioner) replanDeletion(e *execution) replan {
	return func(ctx context.Context) (*planner.Plan, *planner.Subject, error) {
		if e.deleted() {
			return &planner.Plan{}, &planner.Subject{}, nil
		}
		now, err := p.lookAt(ctx, &store.User{ID: e.plan.Object.ID, Name: e.plan.Name})
		if plan := e.orphans(); plan != nil && errors.Is(err, store.ErrNotFound) {
			return plan, &planner.Subject{}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if e.stale(now.User.Name) {
			return &planner.Plan{}, &planner.Subject{}, nil
		}
		now.Full = e.refusals()
		pl, err := p.planner(ctx, now.Whole().Groups)
		if err != nil {
			return nil, nil, err
		}
		plan := pl.DeleteUser(now.UserNow)
		e.addDevices(plan)
		return plan, &planner.Subject{User: now.User}, nil
	}
}

// deleted reports whether AWS said that it deleted the object.
func (e *execution) deleted() bool { return e.deletion(store.StepDone) != nil }

// deletion is the step that deletes the object itself, if it is in that state.
func (e *execution) deletion(state store.StepState) *planner.Step {
	for i := range e.plan.Steps {
		a := e.plan.Steps[i].Action
		if (a == "DeleteUser" || a == "DeleteGroup") && e.states[i] == state {
			return &e.plan.Steps[i]
		}
	}
	return nil
}

// stale reports whether a live read that still shows the object is out of date:
// asked to delete it by that very name, IAM said that there is none.
func (e *execution) stale(name string) bool {
	s := e.deletion(store.StepSkipped)
	return s != nil && (s.Param("user") == name || s.Param("group") == name)
}

// replanGroupDeletion plans what is left of a group's deletion.
func (p *Provisioner) replanGroupDeletion(e *execution) replan {
	return func(ctx context.Context) (*planner.Plan, *planner.Subject, error) {
		if e.deleted() {
			return &planner.Plan{}, &planner.Subject{}, nil
		}
		now, pl, err := p.wholeGroup(ctx, &store.Group{ID: e.plan.Object.ID, Name: e.plan.Name})
		if err != nil {
			return nil, nil, err
		}
		if e.stale(now.Group.Name) {
			return &planner.Plan{}, &planner.Subject{}, nil
		}
		plan, err := pl.DeleteGroup(now)
		if err != nil {
			return nil, nil, err
		}
		return plan, &planner.Subject{Group: now.Group, Members: now.Members}, nil
	}
}
