package provisioner

import (
	"context"
	"errors"
	"fmt"

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
	if s == nil {
		return cause
	}
	code := errorCode(cause)
	wrap := func(kind error) error { return fmt.Errorf("%s: %w: %w", s, kind, cause) }
	switch {
	case code == "EntityAlreadyExists":
		return wrap(store.ErrExists)
	case forbidden(cause) && !rejected(cause):
		return wrap(e.denied(s, cause))
	case code == "LimitExceeded", wrongInput[code]:
		return wrap(&InvalidError{Attribute: attributeOf[s.Action], Reason: apiMessage(cause)})
	case code == "NoSuchEntity":
		return wrap(e.missing(ctx, s, cause))
	}
	if kind := kindOf(cause); kind != nil {
		return wrap(kind)
	}
	return fmt.Errorf("%s: %w", s, cause)
}

// failing is the step that failed first, or whose outcome is not known.
func (e *execution) failing() *Step {
	for _, state := range []store.StepState{store.StepFailed, store.StepIntended} {
		for i := range e.plan.Steps {
			if e.states[i] == state {
				return &e.plan.Steps[i]
			}
		}
	}
	return nil
}

func (e *execution) denied(s *Step, cause error) error {
	d := &DeniedError{Rule: RuleAWS, Action: "iam:" + s.Action, Reason: apiMessage(cause)}
	if len(s.Needs) > 0 {
		d.Resource = s.Needs[0].Resource
	}
	return d
}

// missing tells an object that is gone from one that was only referred to.
func (e *execution) missing(ctx context.Context, s *Step, cause error) error {
	attribute := attributeOf[s.Action]
	ref := e.plan.Object
	if attribute == "members" && ref.Kind == store.KindUser {
		attribute = "groups"
	}
	switch {
	case ref.ID == "":
		attribute = "permissionsBoundary" // all that a creation refers to
	case ref.Kind == store.KindUser:
		if _, err := e.p.getUser(ctx, ref.ID, e.nameNow()); errors.Is(err, store.ErrNotFound) {
			return store.ErrNotFound
		}
	case ref.Kind == store.KindGroup:
		if _, err := e.p.getGroup(ctx, ref.ID, e.nameNow()); errors.Is(err, store.ErrNotFound) {
			return store.ErrNotFound
		}
	}
	return &InvalidError{Attribute: attribute, Reason: apiMessage(cause)}
}
