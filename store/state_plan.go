package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// PlanState is where a journaled plan stands.
type PlanState string

// The states of a plan. Running, undoing, retry and waiting are open: while a
// plan is open, other writes to its objects wait.
const (
	PlanRunning    PlanState = "running"
	PlanUndoing    PlanState = "undoing"
	PlanRetry      PlanState = "retry"   // to be tried again at RetryAt
	PlanWaiting    PlanState = "waiting" // for an operator
	PlanDone       PlanState = "done"
	PlanUndone     PlanState = "undone"
	PlanSuperseded PlanState = "superseded"
	PlanFailed     PlanState = "failed" // and nothing can be done about it
)

// StepState is where a step of a plan stands.
type StepState string

// The states of a step.
const (
	StepPlanned  StepState = "planned"
	StepIntended StepState = "intended" // its call may have been made
	StepDone     StepState = "done"
	StepFailed   StepState = "failed"
	StepUndone   StepState = "undone"
	StepSkipped  StepState = "skipped" // it was so already
)

// JournalPlan is one plan of the journal. Once it is over it has no Steps.
type JournalPlan struct {
	ID        string
	Kind      string
	Direction string // "forward" or "undo"
	Digest    string
	State     PlanState
	Actor     string
	Created   time.Time
	Updated   time.Time
	RetryAt   time.Time // zero: none
	Note      string
	Objects   []JournalObject
	Steps     []JournalStep
	// Damage is why its steps cannot be read; nil: they can. One plan that cannot
	// keeps nobody from the others.
	Damage error
}

// JournalObject is an object a plan touches; one that does not exist yet has
// its name instead of an id.
type JournalObject struct {
	Kind Kind
	ID   string
	Name string
}

// JournalStep is one IAM call of a plan. Call and Inverse are JSON and never
// hold a secret; a step without an inverse is final.
type JournalStep struct {
	Call     json.RawMessage
	Inverse  json.RawMessage
	State    StepState
	Intended time.Time
	Ended    time.Time
	Error    string
}

// journalCall is the part of a step that does not change.
type journalCall struct {
	Call    json.RawMessage `json:"call"`
	Inverse json.RawMessage `json:"inverse,omitempty"`
}

// AddPlan begins a plan; Created and Updated are set by the store.
func (tx *StateTx) AddPlan(ctx context.Context, p *JournalPlan) error {
	p.Created = tx.now().UTC().Round(0)
	p.Updated = p.Created
	const insert = `insert into plan (id, kind, direction, digest, state, actor, created, updated, retry_at, note)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.tx.ExecContext(ctx, insert, p.ID, p.Kind, p.Direction, p.Digest, p.State, p.Actor,
		formatTime(p.Created), formatTime(p.Updated), timeOrNil(p.RetryAt), p.Note)
	if err != nil {
		return fmt.Errorf("add plan: %w", err)
	}
	if err := tx.AddPlanObjects(ctx, p.ID, p.Objects...); err != nil {
		return err
	}
	return tx.AddPlanSteps(ctx, p.ID, 0, p.Steps)
}

// AddPlanObjects names further objects of a plan.
func (tx *StateTx) AddPlanObjects(ctx context.Context, id string, objects ...JournalObject) error {
	const insert = `insert into plan_object (plan_id, kind, id, name) values (?, ?, ?, ?) on conflict do nothing`
	for _, o := range objects {
		if _, err := tx.tx.ExecContext(ctx, insert, id, o.Kind, o.ID, o.Name); err != nil {
			return fmt.Errorf("add object of plan %s: %w", id, err)
		}
	}
	return nil
}

// AddPlanSteps appends steps, the first of which gets the number first. They begin
// as planned.
func (tx *StateTx) AddPlanSteps(ctx context.Context, id string, first int, steps []JournalStep) error {
	if len(steps) == 0 {
		return nil
	}
	calls := make([]journalCall, len(steps))
	for i, s := range steps {
		calls[i] = journalCall{s.Call, s.Inverse}
	}
	text, err := json.Marshal(calls)
	if err == nil {
		_, err = tx.tx.ExecContext(ctx, `insert into plan_call (plan_id, first, calls) values (?, ?, ?)`, id, first, string(text))
	}
	if err != nil {
		return fmt.Errorf("add steps from %d of plan %s: %w", first, id, err)
	}
	return nil
}

// SetPlanSteps moves all steps from first to last on. StepIntended sets their time
// of intent, any other state their end.
func (tx *StateTx) SetPlanSteps(ctx context.Context, id string, first, last int, state StepState, problem string) error {
	now := formatTime(tx.now())
	_, err := tx.tx.ExecContext(ctx, `insert into plan_mark (plan_id, number, first, last, state, at, error)
		select ?1, coalesce(max(number) + 1, 0), ?2, ?3, ?4, ?5, ?6 from plan_mark where plan_id = ?1`, id, first, last, state, now, problem)
	if err != nil {
		return fmt.Errorf("steps from %d of plan %s: %w", first, id, err)
	}
	_, err = tx.tx.ExecContext(ctx, `update plan set updated = ? where id = ?`, now, id)
	return err
}

// SetPlanState moves a plan on; a zero retryAt is none. One that is over loses its
// steps.
func (tx *StateTx) SetPlanState(ctx context.Context, id string, state PlanState, retryAt time.Time, note string) error {
	_, err := tx.tx.ExecContext(ctx, `update plan set state = ?, updated = ?, retry_at = ?, note = ? where id = ?`,
		state, formatTime(tx.now()), timeOrNil(retryAt), note, id)
	if err != nil {
		return fmt.Errorf("plan %s: %w", id, err)
	}
	if state.over() {
		return tx.forgetCalls(ctx, id)
	}
	return nil
}

const planColumns = `select p.id, p.kind, p.direction, p.digest, p.state, p.actor, p.created, p.updated, p.retry_at, p.note from plan p `

const planOpen = `p.state in ('running', 'undoing', 'retry', 'waiting')`

// OpenPlans returns the plans that are not finished, oldest first, with their
// objects and steps.
func (tx *StateTx) OpenPlans(ctx context.Context) ([]*JournalPlan, error) {
	return tx.plans(ctx, planColumns+`where `+planOpen+` order by p.created, p.id`)
}

// OpenPlansOf returns the unfinished plans that touch an object, by its id or,
// for what is being made, by its name.
func (tx *StateTx) OpenPlansOf(ctx context.Context, o JournalObject) ([]*JournalPlan, error) {
	const match = `exists (select 1 from plan_object x where x.plan_id = p.id and x.kind = ?1 and (x.id = ?2 and ?2 <> '' or x.name = ?3 and ?3 <> ''))`
	return tx.plans(ctx, planColumns+`where `+planOpen+` and `+match+` order by p.created, p.id`, o.Kind, o.ID, o.Name)
}

// JournalPlan returns one plan, or ErrNotFound.
func (tx *StateTx) JournalPlan(ctx context.Context, id string) (*JournalPlan, error) {
	list, err := tx.plans(ctx, planColumns+`where p.id = ?`, id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", id, err)
	}
	return list[0], nil
}

func (tx *StateTx) plans(ctx context.Context, query string, args ...any) ([]*JournalPlan, error) {
	var list []*JournalPlan
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		p := &JournalPlan{}
		list = append(list, p)
		return scan(&p.ID, &p.Kind, &p.Direction, &p.Digest, &p.State, &p.Actor,
			timeValue{&p.Created}, timeValue{&p.Updated}, timeValue{&p.RetryAt}, &p.Note)
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read plans: %w", err)
	}
	for _, p := range list {
		if err := tx.planParts(ctx, p); err != nil {
			return nil, fmt.Errorf("read plan %s: %w", p.ID, err)
		}
	}
	return list, nil
}

func (tx *StateTx) planParts(ctx context.Context, p *JournalPlan) error {
	err := eachRow(ctx, tx.tx, `select kind, id, name from plan_object where plan_id = ? order by kind, id, name`, func(scan scanFunc) error {
		var o JournalObject
		err := scan(&o.Kind, &o.ID, &o.Name)
		p.Objects = append(p.Objects, o)
		return err
	}, p.ID)
	if err != nil {
		return err
	}
	return tx.planSteps(ctx, p)
}

// planSteps reads the calls of a plan, and replays what became of them.
func (tx *StateTx) planSteps(ctx context.Context, p *JournalPlan) error {
	err := eachRow(ctx, tx.tx, `select calls from plan_call where plan_id = ? order by first`, func(scan scanFunc) error {
		var text string
		var calls []journalCall
		if err := scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &calls); err != nil {
			p.Damage = fmt.Errorf("calls: %w", err)
		}
		for _, c := range calls {
			p.Steps = append(p.Steps, JournalStep{Call: c.Call, Inverse: c.Inverse, State: StepPlanned})
		}
		return nil
	}, p.ID)
	if err != nil {
		return err
	}
	return eachRow(ctx, tx.tx, `select first, last, state, at, error from plan_mark where plan_id = ? order by number`, func(scan scanFunc) error {
		var first, last int
		var state StepState
		var at time.Time
		var problem string
		if err := scan(&first, &last, &state, timeValue{&at}, &problem); err != nil {
			return err
		}
		if first < 0 || last >= len(p.Steps) {
			p.Damage = cmp.Or(p.Damage, fmt.Errorf("there are no steps %d to %d", first, last))
			return nil
		}
		for i := first; i <= last; i++ {
			p.Steps[i].moveOn(state, at, problem)
		}
		return nil
	}, p.ID)
}

func (s *JournalStep) moveOn(state StepState, at time.Time, problem string) {
	s.State, s.Error = state, problem
	if state == StepIntended {
		s.Intended = at
	} else {
		s.Ended = at
	}
}

// PrunePlans forgets plans that were finished before the given time; what they
// did stays in the audit log.
func (tx *StateTx) PrunePlans(ctx context.Context, before time.Time) error {
	_, err := tx.tx.ExecContext(ctx, `delete from plan where updated < ? and `+planOver, formatTime(before))
	if err != nil {
		return fmt.Errorf("prune plans: %w", err)
	}
	return nil
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return formatTime(t)
}
