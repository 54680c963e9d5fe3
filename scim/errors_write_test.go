package scim

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/provisioner"
	"iamscim/provisioner/planner"
	"iamscim/scim/tree"
	"iamscim/store"
)

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	rows := []struct {
		err     error
		status  int
		keyword scimerrors.ScimType
		detail  string
		retry   string
	}{
		{tree.Errorf(scimerrors.ScimTypeNoTarget, "Nothing."), 400, scimerrors.ScimTypeNoTarget, "Nothing.", ""},
		{&planner.InvalidError{Attribute: "userName", Reason: "too long"}, 400, scimerrors.ScimTypeInvalidValue, "userName: too long.", ""},
		{&planner.InvalidError{Attribute: "members", Reason: "too many", TooMany: true}, 400, scimerrors.ScimTypeTooMany, "members: too many.", ""},
		{&planner.DeniedError{Rule: planner.RuleReadOnly, Reason: "this server only reads"}, 403, "", "This server only reads.", ""},
		{&planner.DeniedError{Rule: planner.RuleProtected, Reason: "the user is ours"}, 403, "", "Refused by the rule protected: the user is ours.", ""},
		{&planner.DeniedError{Rule: planner.RuleAWS, Reason: "internal", Action: "iam:CreateUser", Resource: "arn:x"}, 403, "", "AWS does not allow this server to call iam:CreateUser on arn:x.", ""},
		{&planner.DeniedError{Rule: planner.RuleAWS, Reason: "internal", Action: "iam:CreateUser"}, 403, "", "AWS does not allow this server to call iam:CreateUser.", ""},
		{&provisioner.PendingError{PlanID: "x", RetryAfter: 1500 * time.Millisecond, Err: provisioner.ErrThrottled}, 503, "", "A change of this resource is still under way; try again shortly.", "2"},
		{&provisioner.PendingError{RetryAfter: time.Minute, Reason: "the brake is latched", Err: errors.New("secret")}, 503, "", "The brake is latched.", "60"},
		{&provisioner.PreconditionError{Reason: "it has changed"}, 412, "", "It has changed.", ""},
		{store.ErrExists, 409, scimerrors.ScimTypeUniqueness, scimerrors.ScimErrorUniqueness.Detail, ""},
		{provisioner.ErrThrottled, 503, "", "AWS asks for patience; try again shortly.", "5"},
		{provisioner.ErrConflict, 503, "", "Something else is changing this in AWS; try again shortly.", "5"},
		{provisioner.ErrUnavailable, 503, "", "AWS cannot be reached, or does not accept the credentials of this server.", "30"},
		{&provisioner.PartialError{Left: []string{"iam:X user=a"}, Goes: true, Err: provisioner.ErrThrottled}, 503, "",
			"AWS asks for patience; try again shortly. The change may have been made in part; this server goes on with it.", "5"},
		{&provisioner.PartialError{Left: []string{"iam:X user=a", "iam:Y user=a"}, Err: store.ErrExists}, 409, scimerrors.ScimTypeUniqueness,
			scimerrors.ScimErrorUniqueness.Detail + " The change was made in part, and this stays: iam:X user=a, iam:Y user=a.", ""},
	}
	for _, row := range rows {
		got, header := replyTo(fmt.Errorf("update user: %w", row.err))
		if got.Status != row.status || got.ScimType != row.keyword || got.Detail != row.detail || header.Get("Retry-After") != row.retry {
			t.Errorf("%v: %+v %v", row.err, got, header)
		}
	}
	if got, _ := replyTo(fmt.Errorf("secret")); got.Status != http.StatusInternalServerError {
		t.Errorf("%+v", got)
	}
}
