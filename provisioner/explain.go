package provisioner

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// attributeOf names what a client asked for, by the step it became.
var attributeOf = map[string]string{
	"CreateUser": "userName", "UpdateUser": "userName", "CreateGroup": "displayName", "UpdateGroup": "displayName",
	"AttachUserPolicy": "entitlements", "DetachUserPolicy": "entitlements", "AttachGroupPolicy": "attachedPolicies", "DetachGroupPolicy": "attachedPolicies",
	"AddUserToGroup": "members", "RemoveUserFromGroup": "members", "PutUserPermissionsBoundary": "permissionsBoundary",
	"DeleteUserPermissionsBoundary": "permissionsBoundary", "CreateLoginProfile": "password", "UpdateLoginProfile": "password",
}

// explain gives the failure of a step its kind (mapping of errors, by code).
func (e *execution) explain(ctx context.Context, cause error) error {
	s := e.failing()
	if s == nil || refusedHere(cause) {
		return cause
	}
	code := awsapi.ErrorCode(cause)
	wrap := func(kind error) error { return fmt.Errorf("%s: %w: %w", s.Logged(), kind, cause) }
	switch {
	case code == "EntityAlreadyExists":
		return wrap(store.ErrExists)
	case awsapi.IsForbidden(cause):
		return wrap(e.denied(s, cause))
	case code == "LimitExceeded", awsapi.IsInvalidInput(cause):
		return wrap(&planner.InvalidError{Attribute: attributeOf[s.Action], Reason: awsapi.ErrorMessage(cause)})
	case code == "NoSuchEntity":
		return wrap(e.missing(ctx, s, cause))
	}
	if kind := kindOf(cause); kind != nil {
		return wrap(kind)
	}
	return fmt.Errorf("%s: %w", s.Logged(), cause)
}

// failing is the step that failed first, or whose outcome is not known.
func (e *execution) failing() *planner.Step {
	for _, state := range []store.StepState{store.StepFailed, store.StepIntended} {
		for i := range e.plan.Steps {
			if e.states[i] == state {
				return &e.plan.Steps[i]
			}
		}
	}
	return nil
}

func (e *execution) denied(s *planner.Step, cause error) error {
	d := &planner.DeniedError{Rule: planner.RuleAWS, Action: "iam:" + s.Action, Reason: awsapi.ErrorMessage(cause)}
	if len(s.Needs) > 0 {
		d.Resource = s.Needs[0].Resource
	}
	return d
}

// missing tells an object that is gone from one that was only referred to.
func (e *execution) missing(ctx context.Context, s *planner.Step, cause error) error {
	attribute := attributeOf[s.Action]
	ref := e.plan.Object
	if attribute == "members" && ref.Kind == store.KindUser {
		attribute = "groups"
	}
	if ref.ID == "" {
		return &planner.InvalidError{Attribute: "permissionsBoundary", Reason: awsapi.ErrorMessage(cause)} // all that a creation refers to
	}
	name, err := e.nameThere(ctx)
	gone := errors.Is(err, store.ErrNotFound)
	switch {
	case gone && e.creates():
		return fmt.Errorf("%w: what was created does not show yet", ErrUnavailable)
	case gone:
		return store.ErrNotFound
	case err == nil && name != e.nameNow():
		return fmt.Errorf("%w: it was renamed meanwhile", ErrConflict)
	}
	return &planner.InvalidError{Attribute: attribute, Reason: awsapi.ErrorMessage(cause)}
}

// nameThere is the name under which IAM has the plan's object.
func (e *execution) nameThere(ctx context.Context) (string, error) {
	ref := e.plan.Object
	if ref.Kind == store.KindGroup {
		g, err := e.p.findGroup(ctx, &store.Group{ID: ref.ID, Name: e.nameNow()})
		if err != nil {
			return "", err
		}
		return aws.ToString(g.GroupName), nil
	}
	u, err := e.p.findUser(ctx, &store.User{ID: ref.ID, Name: e.nameNow()})
	if err != nil {
		return "", err
	}
	return aws.ToString(u.UserName), nil
}
