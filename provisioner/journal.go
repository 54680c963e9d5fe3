package provisioner

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// mark is a state of a step on its way into the journal.
type mark struct {
	seq     int
	state   store.StepState
	problem string
}

// begin journals the plan, with the intent of its first calls, and what a
// deactivation is about to take. From here on the plan does not stop halfway.
func (e *execution) begin(ctx context.Context, digest string) error {
	e.plan.ID = rand.Text()
	j := &store.JournalPlan{
		ID: e.plan.ID, Kind: e.plan.Kind, Direction: string(e.plan.Direction), Digest: digest, State: store.PlanRunning, Actor: e.actor.Credential,
		Objects: []store.JournalObject{{Kind: e.plan.Object.Kind, ID: e.plan.Object.ID, Name: store.Fold(e.plan.Name)}},
	}
	steps, err := journaled(e.plan.Steps)
	if err != nil {
		return err
	}
	j.Steps = steps
	e.intend(0)
	err = e.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := tx.AddPlan(ctx, j); err != nil {
			return err
		}
		if err := e.flush(ctx, tx); err != nil {
			return err
		}
		for _, id := range e.supersedes {
			if err := tx.SetPlanState(ctx, id, store.PlanSuperseded, time.Time{}, "by "+e.plan.ID); err != nil {
				return err
			}
		}
		if _, err := tx.Deactivation(ctx, e.plan.Object.ID); err == nil {
			e.recorded = true
		}
		if err := e.remember(ctx, tx); err != nil {
			return err
		}
		return e.intendDeletion(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("journal the plan: %w", err)
	}
	e.created = j.Created
	return nil
}

// remember writes what must be known before the first call of a deactivation.
func (e *execution) remember(ctx context.Context, tx *store.StateTx) error {
	a := &e.plan.After
	if e.plan.Kind != planner.KindDeactivate || !a.Inactive {
		return nil
	}
	id := e.plan.Object.ID
	if err := tx.PutDeactivation(ctx, id, a.Taken, e.actor.Credential); err != nil {
		return err
	}
	if err := tx.AddRemembered(ctx, id, a.Taken); err != nil {
		return err
	}
	if a.Deny == "" {
		return nil
	}
	return tx.AddDeny(ctx, id, a.Deny)
}

func journaled(steps []planner.Step) ([]store.JournalStep, error) {
	out := make([]store.JournalStep, len(steps))
	for i := range steps {
		call, err := json.Marshal(&steps[i])
		if err != nil {
			return nil, fmt.Errorf("journal %s: %w", steps[i].Action, err)
		}
		out[i] = store.JournalStep{Call: call}
		if steps[i].Inverse == nil {
			continue
		}
		if out[i].Inverse, err = json.Marshal(steps[i].Inverse); err != nil {
			return nil, fmt.Errorf("journal %s: %w", steps[i].Action, err)
		}
	}
	return out, nil
}

// intend marks step i as about to be called, and with it those that follow and
// need no intent of their own.
func (e *execution) intend(i int) {
	for ; i < len(e.plan.Steps); i++ {
		e.mark(i, store.StepIntended, "")
		if !e.plan.Steps[i].Together() {
			return
		}
	}
}

func (e *execution) mark(i int, state store.StepState, problem string) {
	e.states[i] = state
	e.marks = append(e.marks, mark{i, state, problem})
}

// flush commits the marks as part of a transaction.
func (e *execution) flush(ctx context.Context, tx *store.StateTx) error {
	if e.bornID != "" {
		if err := tx.AddPlanObjects(ctx, e.plan.ID, store.JournalObject{Kind: e.plan.Object.Kind, ID: e.bornID}); err != nil {
			return err
		}
		e.bornID = ""
	}
	for first, last := range runs(e.marks) {
		if err := tx.SetPlanSteps(ctx, e.plan.ID, first.seq, last.seq, first.state, first.problem); err != nil {
			return err
		}
	}
	for _, m := range e.marks {
		if deny := e.refusedDeny(m); deny != "" {
			if err := tx.DropDeny(ctx, e.plan.Object.ID, deny); err != nil {
				return err
			}
		}
	}
	e.marks = nil
	return nil
}

// runs yields the first and last of marks that say the same of steps that follow
// each other: a change of many members has few.
func runs(marks []mark) func(yield func(first, last mark) bool) {
	return func(yield func(first, last mark) bool) {
		for i := 0; i < len(marks); {
			j := i
			for j+1 < len(marks) && marks[j+1].seq == marks[j].seq+1 && marks[j+1].state == marks[i].state && marks[j+1].problem == marks[i].problem {
				j++
			}
			if !yield(marks[i], marks[j]) {
				return
			}
			i = j + 1
		}
	}
}

// refusedDeny is the deny that a failed step was to place: it is not ours, in
// case somebody else places it.
func (e *execution) refusedDeny(m mark) string {
	s := &e.plan.Steps[m.seq]
	switch {
	case m.state != store.StepFailed || e.plan.Kind != planner.KindDeactivate:
		return ""
	case s.Action == "AttachUserPolicy":
		return s.Param("policy")
	case s.Action == "PutUserPolicy":
		return s.Param("name")
	}
	return ""
}

// uncommitted reports whether the intent of step i is not on the disk yet.
func (e *execution) uncommitted(i int) bool {
	for _, m := range e.marks {
		if m.seq == i && m.state == store.StepIntended {
			return true
		}
	}
	return false
}

// blocked refuses to write to an object whose plan is unfinished. A plan that
// is tried again and again gives way to a wish that decides the same anew: those
// are the kinds in decides.
func (r *request) blocked(ctx context.Context, o store.JournalObject, decides ...string) error {
	var open []*store.JournalPlan
	err := r.p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		open, err = tx.OpenPlansOf(ctx, o)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	for _, j := range open {
		if j.State != store.PlanRetry || !slices.Contains(decides, j.Kind) {
			return &PendingError{PlanID: j.ID, RetryAfter: soon, Reason: waitsFor(j), Err: errors.New(j.Note)}
		}
		if !r.opt.DryRun {
			r.supersedes = append(r.supersedes, j.ID)
		}
	}
	return nil
}
