package provisioner

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// readdress gives the other end of a membership step, which the plan does not
// hold, the name it has by now: IAM is called by name, and somebody else may have
// that of a user or group who was renamed or deleted since the plan was made.
// There is nothing to do while the snapshot is what it was then, or names them so.
// gone says that there is no other end any more.
func (e *execution) readdress(ctx context.Context, s *planner.Step) (gone bool, err error) {
	if s.UserID == "" || s.GroupID == "" || e.p.account.Snapshot.Generation().ID == e.seen {
		return false, nil
	}
	shown, err := e.otherEnd(ctx, s)
	if err != nil || shown == s.Param(e.otherParam()) {
		return false, err
	}
	_, err = e.nameOther(ctx, s, shown)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// otherParam is the parameter that names the other end.
func (e *execution) otherParam() string {
	if e.plan.Object.Kind == store.KindGroup {
		return "user"
	}
	return "group"
}

// otherEnd is the name of the other end in the snapshot, or "".
func (e *execution) otherEnd(ctx context.Context, s *planner.Step) (name string, err error) {
	err = e.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		if e.otherParam() == "group" {
			g, err := groupIn(ctx, tx, s.GroupID)
			if err == nil {
				name = g.Name
			}
			return err
		}
		u, err := userIn(ctx, tx, s.UserID)
		if err == nil {
			name = u.Name
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("read a membership: %w: %w", ErrUnavailable, err)
	}
	return name, nil
}

// nameOther asks IAM, by the id, for the name of the other end: first by the name
// that the step has, then by the one that is shown, then among all.
func (e *execution) nameOther(ctx context.Context, s *planner.Step, shown string) (moved bool, err error) {
	param, has := e.otherParam(), s.Param(e.otherParam())
	if shown == "" {
		shown = has
	}
	name := ""
	if param == "user" {
		name, err = e.p.userNameNow(ctx, s.UserID, has, shown)
	} else {
		name, err = e.p.groupNameNow(ctx, s.GroupID, has, shown)
	}
	if err != nil || name == has {
		return false, err
	}
	s.SetName(param, name)
	if s.Inverse != nil {
		s.Inverse.SetName(param, name)
	}
	return true, nil
}

func (p *Provisioner) userNameNow(ctx context.Context, id, has, shown string) (string, error) {
	u, err := p.getUser(ctx, id, has)
	if errors.Is(err, store.ErrNotFound) {
		u, err = p.findUser(ctx, &store.User{ID: id, Name: shown})
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(u.UserName), nil
}

func (p *Provisioner) groupNameNow(ctx context.Context, id, has, shown string) (string, error) {
	g, err := p.getGroup(ctx, id, has)
	if errors.Is(err, store.ErrNotFound) {
		g, err = p.findGroup(ctx, &store.Group{ID: id, Name: shown})
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(g.GroupName), nil
}

// addressed is attempt for a step whose other end may have moved. Whoever is gone
// is in no group.
func (e *execution) addressed(ctx context.Context, s *planner.Step) (store.StepState, error) {
	gone, err := e.readdress(ctx, s)
	switch {
	case err != nil:
		return "", err
	case gone && s.Action == "RemoveUserFromGroup":
		return store.StepSkipped, nil
	case gone && e.plan.Object.Kind == store.KindGroup:
		return "", &planner.InvalidError{Attribute: "members", Reason: fmt.Sprintf("there is no user %q", s.UserID)}
	case gone:
		return "", &planner.InvalidError{Attribute: "groups", Reason: fmt.Sprintf("there is no group %q", s.GroupID)}
	}
	return e.attempt(ctx, s)
}

// refusedHere reports whether it was not AWS that refused: it was not asked.
func refusedHere(err error) bool {
	var invalid *planner.InvalidError
	return errors.As(err, &invalid)
}
