package provisioner

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"iamscim/store"
)

// undo takes the completed steps back, in reverse. That they were ours is proved
// by the live read before the plan, which did not show their effect, and by the
// answers of AWS. Where an answer is missing, it is proved by another live read,
// which does. It returns what could not be undone.
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
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
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
	return left, nil
}

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
	if !attempted(e.states[i]) {
		return "", nil
	}
	if s.Inverse == nil {
		if e.states[i] == store.StepDone {
			return s.String() + " cannot be undone", nil
		}
		return "", nil
	}
	if !e.shows(s) { // it never took effect, or an earlier process took it back
		e.mark(i, store.StepUndone, "")
		return "", nil
	}
	inverse := *s.Inverse
	inverse.Params = append([]Param{}, inverse.Params...)
	if e.x.user != nil && inverse.UserID == e.x.user.ID {
		inverse.setName("user", e.x.user.Name)
	}
	if e.x.group != nil && inverse.GroupID == e.x.group.ID {
		inverse.setName("group", e.x.group.Name)
	}
	if _, err := e.attempt(ctx, &inverse); err != nil {
		// A conflict with what others added meanwhile does not pass.
		if errors.Is(err, errCrashed) || kindOf(err) != nil && errorCode(err) != "DeleteConflict" {
			return "", fmt.Errorf("undo %s: %w", s, err)
		}
		e.calls = append(e.calls, inverse.String()+" failed: "+err.Error())
		return fmt.Sprintf("%s was not undone: %s", s, apiMessage(err)), nil
	}
	e.calls = append(e.calls, inverse.String())
	e.mark(i, store.StepUndone, "")
	inverse.apply(e.x)
	return "", nil
}

// shows reports whether the effect of a step is there.
func (e *execution) shows(s *Step) bool {
	if s.Action == "CreateUser" {
		return e.x.user != nil
	}
	if s.Action == "CreateGroup" {
		return e.x.group != nil
	}
	after := e.x.clone()
	s.apply(after)
	return alike(e.x, after)
}

// alike compares what IAM knows of two subjects.
func alike(a, b *subject) bool {
	return reflect.DeepEqual(essence(a), essence(b))
}

func essence(x *subject) []any {
	out := []any{len(x.members)}
	for _, id := range sortedKeys(x.members) {
		out = append(out, id, x.members[id])
	}
	refs := func(list []store.PolicyRef) {
		out = append(out, len(list))
		for _, p := range list {
			out = append(out, p.ARN)
		}
	}
	if u := x.user; u != nil {
		out = append(out, u.ID, u.Name, u.Path, u.Boundary, len(u.Tags), len(u.Inline))
		for _, t := range u.Tags {
			out = append(out, t)
		}
		for _, p := range u.Inline {
			out = append(out, p)
		}
		refs(u.Attached)
		out = append(out, len(u.Groups))
		for _, g := range u.Groups {
			out = append(out, g)
		}
		for _, c := range credentialsOf(u) {
			out = append(out, c)
		}
		out = append(out, u.ConsoleAccess != nil && *u.ConsoleAccess, len(u.MFADevices))
	}
	if g := x.group; g != nil {
		out = append(out, g.ID, g.Name, g.Path, len(g.Inline))
		for _, p := range g.Inline {
			out = append(out, p)
		}
		refs(g.Attached)
	}
	return out
}

// prove replaces what is believed of the subject by what IAM shows.
func (e *execution) prove(ctx context.Context) error {
	x, err := e.p.proof(ctx, e)
	for wait, until := e.p.writes.backoff, time.Now().Add(e.p.writes.freshFor/3); errors.Is(err, store.ErrNotFound) && !e.resumed && time.Now().Before(until); wait *= 2 {
		if !pause(ctx, wait) {
			break
		}
		x, err = e.p.proof(ctx, e)
	}
	if err == nil {
		e.x = x
	}
	return err
}

// proof reads live what a plan may have done.
func (p *Provisioner) proof(ctx context.Context, e *execution) (*subject, error) {
	if e.plan.Object.Kind == store.KindGroup {
		return p.proofOfGroup(ctx, e)
	}
	known := &store.User{ID: e.plan.Object.ID, Name: e.nameNow()}
	if known.ID == "" {
		made := e.ourUser(ctx, &e.plan.Steps[0])
		if made == nil {
			return nil, fmt.Errorf("user %q: %w", e.plan.Name, store.ErrNotFound)
		}
		known.ID = deref(made.UserId)
		e.named(known.ID, store.KindUser)
	}
	l, err := p.readUser(ctx, known)
	if err != nil {
		return nil, err
	}
	u, err := p.bare(ctx, l)
	if err != nil {
		return nil, err
	}
	if !e.touchesCredentials() {
		return &subject{user: u}, nil
	}
	held, err := p.readCredentials(ctx, u.Name)
	if err != nil {
		return nil, err
	}
	held.put(u)
	return &subject{user: u}, nil
}

// nameNow is the name that the object has if every step so far took effect.
func (e *execution) nameNow() string {
	name := e.plan.Name
	for i := range e.plan.Steps {
		if next := e.plan.Steps[i].param("new-name"); next != "" && e.states[i] == store.StepDone {
			name = next
		}
	}
	return name
}

func (e *execution) touchesCredentials() bool {
	for i := range e.plan.Steps {
		if _, ok := credentialTable[e.plan.Steps[i].Action]; ok {
			return true
		}
	}
	return false
}

var credentialTable = credentialActions()

// bare is a user of exactly what the live read said, without what we know
// better: a proof must not prove itself.
func (p *Provisioner) bare(ctx context.Context, l *liveUser) (u *store.User, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		m, err := p.memoryOf(ctx, store.Ref{Kind: store.KindUser, ID: deref(l.user.UserId)})
		if err != nil {
			return err
		}
		return p.compose(ctx, tx, m, nil, func(s *single) error {
			u = s.live(l, nil, store.DecodeName(deref(l.user.UserName)))
			return nil
		})
	})
	return u, err
}

func (p *Provisioner) proofOfGroup(ctx context.Context, e *execution) (*subject, error) {
	known := &store.Group{ID: e.plan.Object.ID, Name: e.nameNow()}
	if known.ID == "" {
		made := e.ourGroup(ctx, &e.plan.Steps[0])
		if made == nil {
			return nil, fmt.Errorf("group %q: %w", e.plan.Name, store.ErrNotFound)
		}
		known.ID = deref(made.GroupId)
		e.named(known.ID, store.KindGroup)
	}
	l, err := p.readGroup(ctx, known)
	if err != nil {
		return nil, err
	}
	x := &subject{members: map[string]bool{}, group: &store.Group{
		ID: known.ID, Name: deref(l.group.GroupName), Path: deref(l.group.Path), ARN: deref(l.group.Arn),
	}}
	for _, a := range l.attached {
		x.group.Attached = withPolicy(x.group.Attached, deref(a.PolicyArn))
	}
	var touched []*store.User
	for i := range e.plan.Steps {
		if s := &e.plan.Steps[i]; s.UserID != "" && attempted(e.states[i]) {
			touched = append(touched, &store.User{ID: s.UserID, Name: s.param("user")})
		}
	}
	found, err := p.readTouched(ctx, touched)
	if err != nil {
		return nil, err
	}
	for id, m := range found {
		x.members[id] = slices.Contains(groupIDs(m.groups), known.ID)
	}
	return x, nil
}
