package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// execution carries one plan out. Intent is committed before each call and the
// outcome after it, at the latest together with the next intent.
type execution struct {
	p      *Provisioner
	plan   *planner.Plan
	job    *job // nil: no request began it, or an earlier process
	actor  Actor
	before *planner.Subject
	x      *planner.Subject // as it is after the steps so far
	fresh  bool             // the object may not show everywhere yet

	created time.Time // of the journal entry
	seen    int64     // generation of the snapshot when the plan was made
	marks   []mark    // outcomes and intents not committed yet
	doubt   bool      // the outcome of some step is not known
	resumed bool      // by another process than the one that began it
	// lastCall is when the last call whose effect still stands may have been made.
	lastCall time.Time
	unseen   []int  // steps whose effect is to be undone and does not show
	note     string // what the journal says of an earlier try
	states   []store.StepState
	calls    []string // made so far, with what became of them
	bornID   string   // of what the plan created, until the journal knows

	supersedes []string // unfinished plans that this one decides anew
	recorded   bool     // we had deactivated the user before
	// forgetDeactivation takes back what was remembered for nothing.
	forgetDeactivation bool

	// What the snapshot shows afterwards.
	user       *store.User
	group      *store.Group
	generation store.Generation
}

// errCrashed ends an execution as a crash would: nothing is written any more.
var errCrashed = errors.New("the process died")

func newExecution(p *Provisioner, plan *planner.Plan, actor Actor, x *planner.Subject) *execution {
	return &execution{p: p, plan: plan, actor: actor, before: x.Clone(), x: x, states: make([]store.StepState, len(plan.Steps))}
}

// run carries out the steps, and stops at the first that fails. Those after it
// were not called, whatever was intended.
func (e *execution) run(ctx context.Context) error {
	for i := range e.plan.Steps {
		err := e.runStep(ctx, i)
		if err == nil {
			continue
		}
		for j := i + 1; j < len(e.states) && e.states[j] == store.StepIntended && !errors.Is(err, errCrashed); j++ {
			e.mark(j, store.StepPlanned, "")
		}
		return err
	}
	return nil
}

func (e *execution) runStep(ctx context.Context, i int) error {
	if e.states[i] != store.StepIntended {
		e.intend(i)
	}
	if len(e.marks) > 0 && e.states[i] == store.StepIntended && e.uncommitted(i) {
		err := e.p.account.State.Update(ctx, func(tx *store.StateTx) error { return e.flush(ctx, tx) })
		if err != nil {
			return fmt.Errorf("journal step %d: %w", i, err)
		}
	}
	s := &e.plan.Steps[i]
	state, err := e.addressed(ctx, s)
	if errors.Is(err, errCrashed) {
		return err
	}
	if err != nil {
		// Without a clear answer it may have taken effect all the same.
		if errors.Is(kindOf(err), ErrUnavailable) && !refusedHere(err) {
			e.doubt = true
			e.mark(i, store.StepIntended, err.Error())
		} else {
			e.mark(i, store.StepFailed, err.Error())
			e.doubt = e.doubt || awsapi.ErrorCode(err) == "NoSuchEntity" // the object may have another name by now
		}
		e.calls = append(e.calls, s.Logged()+" failed: "+err.Error())
		return err
	}
	e.mark(i, state, "")
	e.calls = append(e.calls, s.Logged())
	e.fresh = e.fresh || s.Param("new-name") != ""
	s.Apply(e.x)
	return nil
}

// attempt makes the call until it succeeds, or fails in a way that trying again
// cannot help.
func (e *execution) attempt(ctx context.Context, s *planner.Step) (store.StepState, error) {
	w := e.p.writes
	giveUp := time.Now().Add(w.freshFor)
	wait := w.backoff
	for try := 1; ; try++ {
		state, err := e.once(ctx, s)
		if err == nil || errors.Is(err, errCrashed) {
			return state, err
		}
		notYet := awsapi.ErrorCode(err) == "NoSuchEntity" && time.Now().Before(giveUp) && (e.fresh || e.memberMoved(ctx, s))
		if !notYet && s.SettledBy(awsapi.ErrorCode(err)) && !e.elsewhere(ctx, s) || e.reassigned(ctx, s, err) {
			return store.StepSkipped, nil
		}
		kind := kindOf(err)
		if !notYet && (kind == nil || try >= w.attempts) {
			return "", err
		}
		if awsapi.IsUnauthenticated(err) {
			e.p.conn.Forget()
		}
		if !pause(ctx, jittered(wait)) {
			return "", err
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// elsewhere reports whether "there is none" may be about the object itself and not
// about what is to be taken from it: then nothing was taken. A plan that only
// rolls forward looks again anyway.
func (e *execution) elsewhere(ctx context.Context, s *planner.Step) bool {
	if e.plan.Direction == planner.Forward || s.Action == "DeleteUser" || s.Action == "DeleteGroup" {
		return false
	}
	var err error
	switch ref := e.plan.Object; {
	case ref.ID == "":
	case ref.Kind == store.KindGroup:
		_, err = e.p.getGroup(ctx, ref.ID, s.Param("group"))
	default:
		_, err = e.p.getUser(ctx, ref.ID, s.Param("user"))
	}
	return errors.Is(err, store.ErrNotFound)
}

// once makes one call, and looks closer where the answer to an earlier attempt
// may have been lost.
func (e *execution) once(ctx context.Context, s *planner.Step) (store.StepState, error) {
	w := e.p.writes
	if err := w.pace.wait(ctx, e.plan.Direction == planner.Forward); err != nil {
		return "", err
	}
	if w.crash != nil && w.crash("before", s) {
		return "", errCrashed
	}
	out, err := s.Call(ctx, w.iam)
	e.lastCall = e.p.now()
	if w.crash != nil && w.crash("after", s) {
		return "", errCrashed
	}
	if err != nil {
		if out = e.recognise(ctx, s, err); out == nil {
			return "", err
		}
	}
	e.adopt(out)
	return store.StepDone, nil
}

func jittered(d time.Duration) time.Duration {
	return d - d/4 + time.Duration(randomBelow(int64(d/2)+1))
}

// adopt takes over what a Create call made.
func (e *execution) adopt(out *planner.Created) {
	switch {
	case out == nil:
	case out.User != nil:
		e.x.Born = out
		e.named(aws.ToString(out.User.UserId), store.KindUser)
	case out.Group != nil:
		e.x.Born = out
		e.named(aws.ToString(out.Group.GroupId), store.KindGroup)
	}
}

// named gives all steps the id of the object that now exists.
func (e *execution) named(id string, kind store.Kind) {
	e.fresh, e.bornID = true, id
	e.plan.Object.ID = id
	for i := range e.plan.Steps {
		s := &e.plan.Steps[i]
		for _, t := range []*planner.Step{s, s.Inverse} {
			if t == nil {
				continue
			}
			if kind == store.KindUser && t.UserID == "" {
				t.UserID = id
			}
			if kind == store.KindGroup && t.GroupID == "" {
				t.GroupID = id
			}
		}
	}
}
