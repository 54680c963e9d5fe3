package provisioner

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// prove replaces what is believed of the subject by what IAM shows. It looks again
// if another write went between its reads, and for what was just made.
func (e *execution) prove(ctx context.Context) error {
	until := time.Now().Add(e.p.writes.freshFor / 3)
	for wait := e.p.writes.backoff; ; wait *= 2 {
		x, err := e.p.proof(ctx, e)
		if err == nil {
			e.x = x
			return nil
		}
		again := errors.Is(err, ErrConflict) || errors.Is(err, store.ErrNotFound) && !e.resumed
		if !again || time.Now().After(until) || !pause(ctx, jittered(wait)) {
			return err
		}
	}
}

// proof reads live what a plan may have done.
func (p *Provisioner) proof(ctx context.Context, e *execution) (*planner.Subject, error) {
	if e.plan.Object.Kind == store.KindGroup {
		return p.proofOfGroup(ctx, e)
	}
	known := &store.User{ID: e.plan.Object.ID, Name: e.nameNow()}
	if known.ID == "" {
		made, err := e.ourUser(ctx, &e.plan.Steps[0])
		if err != nil {
			return nil, err
		}
		known.ID = aws.ToString(made.UserId)
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
		return &planner.Subject{User: u}, nil
	}
	held, err := p.readCredentials(ctx, u.Name)
	if err != nil {
		return nil, err
	}
	held.Put(u)
	return &planner.Subject{User: u}, nil
}

// nameNow is the name that the object has if every step so far took effect.
func (e *execution) nameNow() string {
	name := e.plan.Name
	for i := range e.plan.Steps {
		if next := e.plan.Steps[i].Param("new-name"); next != "" && e.states[i] == store.StepDone {
			name = next
		}
	}
	return name
}

func (e *execution) touchesCredentials() bool {
	for i := range e.plan.Steps {
		if e.plan.Steps[i].OnCredential() {
			return true
		}
	}
	return false
}

// bare is a user of exactly what the live read said, without what we know
// better: a proof must not prove itself.
func (p *Provisioner) bare(ctx context.Context, l *observer.LiveUser) (u *store.User, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		m, err := p.memoryOf(ctx, store.Ref{Kind: store.KindUser, ID: aws.ToString(l.User.UserId)})
		if err != nil {
			return err
		}
		return p.compose(ctx, tx, m, nil, func(s *observer.Single) error {
			u = s.Live(l, nil, store.DecodeName(aws.ToString(l.User.UserName)))
			return nil
		})
	})
	return u, err
}

func (p *Provisioner) proofOfGroup(ctx context.Context, e *execution) (*planner.Subject, error) {
	known := &store.Group{ID: e.plan.Object.ID, Name: e.nameNow()}
	if known.ID == "" {
		made, err := e.ourGroup(ctx, &e.plan.Steps[0])
		if err != nil {
			return nil, err
		}
		known.ID = aws.ToString(made.GroupId)
		e.named(known.ID, store.KindGroup)
	}
	l, err := p.readGroup(ctx, known)
	if err != nil {
		return nil, err
	}
	x := &planner.Subject{Members: map[string]bool{}, Group: &store.Group{
		ID: known.ID, Name: aws.ToString(l.Group.GroupName), Path: aws.ToString(l.Group.Path), ARN: aws.ToString(l.Group.Arn),
	}}
	for _, a := range l.Attached {
		x.Group.Attached = planner.WithPolicy(x.Group.Attached, aws.ToString(a.PolicyArn))
	}
	var touched []*store.User
	for i := range e.plan.Steps {
		if s := &e.plan.Steps[i]; s.UserID != "" && attempted(e.states[i]) {
			touched = append(touched, &store.User{ID: s.UserID, Name: s.Param("user")})
		}
	}
	found, err := p.readTouched(ctx, touched)
	if err != nil {
		return nil, err
	}
	for id, m := range found {
		x.Members[id] = slices.Contains(observer.GroupIDs(m.groups), known.ID)
	}
	return x, nil
}
