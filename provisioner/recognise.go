package provisioner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// clockSkew is how far AWS's clock and ours may be apart.
const clockSkew = 5 * time.Minute

// recognise decides whether an error means that an earlier attempt of ours did
// take effect and only its answer was lost. IAM has no client tokens. It
// returns nil if not.
func (e *execution) recognise(ctx context.Context, s *planner.Step, err error) *planner.Created {
	switch code := awsapi.ErrorCode(err); {
	case s.Action == "CreateUser" && code == "EntityAlreadyExists":
		if e.shown(ctx, func() error { _, err := e.p.writes.iam.GetUser(ctx, &iam.GetUserInput{UserName: s.User()}); return err }) {
			if u, err := e.ourUser(ctx, s); err == nil {
				return &planner.Created{User: u}
			}
		}
	case s.Action == "CreateGroup" && code == "EntityAlreadyExists":
		name := s.Param("group")
		if e.shown(ctx, func() error { _, err := e.p.getGroup(ctx, "", name); return err }) {
			if g, err := e.ourGroup(ctx, s); err == nil {
				return &planner.Created{Group: g}
			}
		}
	case s.Action == "UpdateUser" && code == "NoSuchEntity" && s.Param("new-name") != "":
		if _, err := e.p.getUser(ctx, s.UserID, s.Param("new-name")); err == nil {
			return &planner.Created{}
		}
	case s.Action == "UpdateGroup" && code == "NoSuchEntity" && s.Param("new-name") != "":
		if _, err := e.p.getGroup(ctx, s.GroupID, s.Param("new-name")); err == nil {
			return &planner.Created{}
		}
	}
	return nil
}

// shown waits until IAM shows what it says exists already.
func (e *execution) shown(ctx context.Context, read func() error) bool {
	wait, until := e.p.writes.backoff, time.Now().Add(e.p.writes.freshFor)
	for awsapi.ErrorCode(read()) == "NoSuchEntity" {
		if time.Now().After(until) || !pause(ctx, wait) {
			return false
		}
		wait = min(2*wait, time.Second)
	}
	return true
}

// ourUser returns the user of that name if this very step made it: the managed
// tag, the path and the time of creation all match. Else it is store.ErrNotFound;
// any other error is no answer.
func (e *execution) ourUser(ctx context.Context, s *planner.Step) (*iamtypes.User, error) {
	none := fmt.Errorf("user %q of this plan: %w", s.Param("user"), store.ErrNotFound)
	out, err := e.p.writes.iam.GetUser(ctx, &iam.GetUserInput{UserName: s.User()})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return nil, none
	}
	if err != nil {
		return nil, readError("user", s.Param("user"), err)
	}
	tag := ""
	for _, t := range out.User.Tags {
		if aws.ToString(t.Key) == planner.ManagedTag {
			tag = planner.ManagedTag + "=" + aws.ToString(t.Value)
		}
	}
	path := s.Param("path")
	if path == "" {
		path = "/"
	}
	if tag == "" || tag != s.Param("tag") || aws.ToString(out.User.Path) != path || !e.since(out.User.CreateDate) {
		return nil, none
	}
	return out.User, nil
}

// ourGroup returns the group of that name if it can only be ours: it was absent
// before, was made since, and is empty. Groups cannot be tagged. Errors are those
// of ourUser.
func (e *execution) ourGroup(ctx context.Context, s *planner.Step) (*iamtypes.Group, error) {
	name := s.Param("group")
	none := fmt.Errorf("group %q of this plan: %w", name, store.ErrNotFound)
	out, err := e.p.writes.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String(name), MaxItems: aws.Int32(1)})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return nil, none
	}
	if err != nil {
		return nil, readError("group", name, err)
	}
	if len(out.Users) > 0 || !e.since(out.Group.CreateDate) {
		return nil, none
	}
	attached, err := e.p.attachedToGroup(ctx, name)
	if err != nil {
		return nil, readError("group", name, err)
	}
	inline, err := e.p.inlineOfGroup(ctx, name)
	if err != nil {
		return nil, readError("group", name, err)
	}
	if len(attached)+len(inline) > 0 {
		return nil, none
	}
	return out.Group, nil
}

// since reports whether something was created after the plan was journaled.
func (e *execution) since(created *time.Time) bool {
	return created != nil && created.After(e.created.Add(-clockSkew))
}

// memberMoved reports whether a group's member has another name by now, and
// uses it: members are not held while a group is written to. One renamed a
// moment ago may not show under the new name yet.
func (e *execution) memberMoved(ctx context.Context, s *planner.Step) bool {
	if e.plan.Object.Kind != store.KindGroup || s.UserID == "" {
		return false
	}
	shown, err := e.otherEnd(ctx, s)
	if err != nil || shown == "" {
		return false
	}
	moved, err := e.nameOther(ctx, s, shown)
	if err != nil || moved {
		return err == nil
	}
	fresh, err := e.p.isFresh(ctx, store.ThingUser, s.UserID)
	return err == nil && fresh
}

func randomBelow(n int64) int64 { return rand.Int64N(n) }
