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

// undo takes the completed steps back, in reverse. That they were ours is proved
// by the live read before the plan, which did not show their effect, and by the
// answers of AWS. Where an answer is missing, it is proved by another live read,
// which does. What that does not show may show yet: then it is errLate, and for
// Resume to look again. It returns what could not be undone.
func (e *execution) undo(ctx context.Context) (left []string, err error) {
	err = e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := e.flush(ctx, tx); err != nil {
			return err
		}
		return tx.SetPlanState(ctx, e.plan.ID, store.PlanUndoing, time.Time{}, "")
	})
	if err != nil {
		return nil, fmt.Errorf("journal the undoing: %w", err)
	}
	if !e.anythingDone() {
		return nil, nil
	}
	if e.doubt {
		err := e.prove(ctx)
		switch {
		case errors.Is(err, store.ErrNotFound) && e.creates() && e.late():
			return nil, errLate
		case errors.Is(err, store.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
	}
	for i := len(e.plan.Steps) - 1; i >= 0; i-- {
		problem, err := e.undoStep(ctx, i)
		if err != nil {
			return left, err
		}
		if problem != "" {
			left = append(left, problem)
		}
	}
	if len(e.unseen) > 0 {
		return left, errLate
	}
	return left, nil
}

// errLate is why an undoing is not over.
var errLate = fmt.Errorf("%w: IAM may not show yet what was done", ErrConflict)

// late reports whether a live read may not show yet what the plan did.
func (e *execution) late() bool {
	return e.doubt && e.p.now().Before(e.shownBy())
}

// shownBy is when IAM shows whatever the plan did.
func (e *execution) shownBy() time.Time { return e.lastCall.Add(e.p.writes.cfg.ConsistencyWindow) }

func (e *execution) creates() bool { return e.plan.Creates() }

func (e *execution) anythingDone() bool {
	for _, s := range e.states {
		if attempted(s) {
			return true
		}
	}
	return false
}

// attempted reports whether a step in that state may have taken effect.
func attempted(s store.StepState) bool { return s == store.StepDone || s == store.StepIntended }

// undoStep takes one step back. problem says why that is not possible at all.
func (e *execution) undoStep(ctx context.Context, i int) (problem string, err error) {
	s := &e.plan.Steps[i]
	switch {
	case !attempted(e.states[i]):
		return "", nil
	case s.Inverse == nil && e.states[i] == store.StepDone:
		return s.Logged() + " cannot be undone", nil
	case s.Inverse == nil:
		return "", nil
	case !e.shows(s) && e.late():
		e.unseen = append(e.unseen, i)
		return "", nil
	case !e.shows(s): // it never took effect, or an earlier process took it back
		e.mark(i, store.StepUndone, "")
		return "", nil
	}
	return e.takeBack(ctx, i)
}

// inverse is the step that takes a step back, with the name that the plan's
// object has now.
func (e *execution) inverse(s *planner.Step) *planner.Step {
	inverse := *s.Inverse
	inverse.Params = append([]planner.Param{}, inverse.Params...)
	if e.x.User != nil && inverse.UserID == e.x.User.ID {
		inverse.SetName("user", e.x.User.Name)
	}
	if e.x.Group != nil && inverse.GroupID == e.x.Group.ID {
		inverse.SetName("group", e.x.Group.Name)
	}
	return &inverse
}

// takeBack calls the inverse of step i.
func (e *execution) takeBack(ctx context.Context, i int) (problem string, err error) {
	s, called := &e.plan.Steps[i], e.lastCall
	inverse := e.inverse(s)
	state, err := e.addressed(ctx, inverse)
	e.lastCall = called // what is taken back need not be waited for
	switch {
	case refusedHere(err): // whoever is to be in the group again is gone
		e.mark(i, store.StepSkipped, "")
		return "", nil
	case errors.Is(err, errCrashed), err != nil && kindOf(err) != nil && awsapi.ErrorCode(err) != "DeleteConflict":
		return "", fmt.Errorf("undo %s: %w", s.Logged(), err)
	case err != nil: // a conflict with what others added meanwhile does not pass
		e.calls = append(e.calls, inverse.Logged()+" failed: "+err.Error())
		return fmt.Sprintf("%s was not undone: %s", s.Logged(), awsapi.ErrorMessage(err)), nil
	}
	e.calls = append(e.calls, inverse.Logged())
	if state == store.StepSkipped && inverse.Action != "RemoveUserFromGroup" && e.p.now().Before(e.shownBy()) {
		e.doubt, e.unseen = true, append(e.unseen, i) // that there is nothing to take back may be out of date
		return "", nil
	}
	e.mark(i, store.StepUndone, "")
	inverse.Apply(e.x)
	if inverse.Action == "DeleteUser" || inverse.Action == "DeleteGroup" {
		e.unseen = nil // whatever it was went with what the plan had made
	}
	return "", nil
}

// shows reports whether the effect of a step is there.
func (e *execution) shows(s *planner.Step) bool {
	if s.Action == "CreateUser" {
		return e.x.User != nil
	}
	if s.Action == "CreateGroup" {
		return e.x.Group != nil
	}
	after := e.x.Clone()
	s.Apply(after)
	return planner.Alike(e.x, after)
}
