package provisioner

import (
	"context"
	"errors"
	"fmt"

	"iamscim/store"
)

// readdress gives the other end of a membership step, which the plan does not
// hold, the name it has by now: IAM is called by name, and somebody else may have
// that of a user or group who was renamed or deleted since the plan was made.
// There is nothing to read while the snapshot is what it was then. gone says that
// there is no other end any more.
func (e *execution) readdress(ctx context.Context, s *Step) (gone bool, err error) {
	if s.UserID == "" || s.GroupID == "" || e.p.account.Snapshot.Generation().ID == e.seen {
		return false, nil
	}
	param, name := "user", ""
	if e.plan.Object.Kind == store.KindGroup {
		name, err = e.userNamed(ctx, s)
	} else {
		param = "group"
		name, err = e.groupNamed(ctx, s)
	}
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s.setName(param, name)
	if s.Inverse != nil {
		s.Inverse.setName(param, name)
	}
	return false, nil
}

func (e *execution) userNamed(ctx context.Context, s *Step) (string, error) {
	u, err := e.p.user(ctx, s.UserID)
	if err != nil {
		return "", fmt.Errorf("read member: %w: %w", ErrUnavailable, err)
	}
	if u != nil {
		return u.Name, nil
	}
	// Not shown, but perhaps there: a user who was deleted and is kept.
	found, err := e.p.getUser(ctx, s.UserID, s.param("user"))
	if err != nil {
		return "", err
	}
	return deref(found.UserName), nil
}

func (e *execution) groupNamed(ctx context.Context, s *Step) (string, error) {
	g, err := e.p.knownGroup(ctx, s.GroupID)
	if err == nil {
		return g.Name, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	found, err := e.p.getGroup(ctx, s.GroupID, s.param("group"))
	if err != nil {
		return "", err
	}
	return deref(found.GroupName), nil
}

// addressed is attempt for a step whose other end may have moved. Whoever is gone
// is in no group.
func (e *execution) addressed(ctx context.Context, s *Step) (store.StepState, error) {
	gone, err := e.readdress(ctx, s)
	switch {
	case err != nil:
		return "", err
	case gone && s.Action == "RemoveUserFromGroup":
		return store.StepSkipped, nil
	case gone && e.plan.Object.Kind == store.KindGroup:
		return "", &InvalidError{Attribute: "members", Reason: fmt.Sprintf("there is no user %q", s.UserID)}
	case gone:
		return "", &InvalidError{Attribute: "groups", Reason: fmt.Sprintf("there is no group %q", s.GroupID)}
	}
	return e.attempt(ctx, s)
}

// refusedHere reports whether it was not AWS that refused: it was not asked.
func refusedHere(err error) bool {
	var invalid *InvalidError
	return errors.As(err, &invalid)
}
