package scim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/provisioner"
	"iamscim/provisioner/planner"
	"iamscim/scim/tree"
)

// refusalOf returns what a client is told about an error that carries its own
// reason. Those reasons are about what the client sent, or about a rule that it
// ran into, and say nothing that is not its own.
func refusalOf(err error) (e scimerrors.ScimError, header http.Header, ok bool) {
	if bad, is := errors.AsType[*tree.Error](err); is {
		return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: bad.Keyword, Detail: bad.Reason}, nil, true
	}
	if pending, is := errors.AsType[*provisioner.PendingError](err); is {
		wait := max(1, int(pending.RetryAfter.Seconds()+0.999))
		return reply(http.StatusServiceUnavailable, pendingSentence(pending)),
			http.Header{"Retry-After": {strconv.Itoa(wait)}}, true
	}
	if denied, is := errors.AsType[*planner.DeniedError](err); is {
		return reply(http.StatusForbidden, deniedSentence(denied)), nil, true
	}
	if kept, is := errors.AsType[*provisioner.KeptNameError](err); is {
		return scimerrors.ScimError{Status: http.StatusConflict, ScimType: scimerrors.ScimTypeUniqueness, Detail: keptSentence(kept)}, nil, true
	}
	if invalid, is := errors.AsType[*planner.InvalidError](err); is {
		keyword := scimerrors.ScimTypeInvalidValue
		if invalid.TooMany {
			keyword = scimerrors.ScimTypeTooMany
		}
		return scimerrors.ScimError{
			Status: http.StatusBadRequest, ScimType: keyword, Detail: invalid.Error() + ".",
		}, nil, true
	}
	if stale, is := errors.AsType[*provisioner.PreconditionError](err); is {
		return reply(http.StatusPreconditionFailed, sentence(stale.Reason)), nil, true
	}
	return scimerrors.ScimError{}, nil, false
}

// pendingSentence says what a change has to wait for.
func pendingSentence(e *provisioner.PendingError) string {
	if e.Reason == "" {
		return "A change of this resource is still under way; try again shortly."
	}
	return sentence(e.Reason)
}

// keptSentence says why a name is taken that nobody is shown under, and how to
// get its user back.
func keptSentence(e *provisioner.KeptNameError) string {
	return fmt.Sprintf("The name belongs to a user who was deleted and is kept until %s, when the deletion becomes final. To get the user back, an administrator runs: iamscim adopt user/%s.",
		e.Until.UTC().Format(time.RFC3339), e.Name)
}

// partialSentence says that not everything is as it was before the request.
func partialSentence(e *provisioner.PartialError) string {
	if e.Goes {
		return "The change may have been made in part; this server goes on with it."
	}
	calls, more := e.Left, ""
	if n := len(calls) - 10; n > 0 {
		calls, more = calls[:10], fmt.Sprintf(" and %d more", n)
	}
	return "The change was made in part, and this stays: " + strings.Join(calls, ", ") + more + "."
}

// deniedSentence names the rule, so that the operator knows which setting to
// look at.
func deniedSentence(e *planner.DeniedError) string {
	switch e.Rule {
	case planner.RuleReadOnly:
		return sentence(e.Reason)
	case planner.RuleAWS:
		if e.Resource == "" {
			return fmt.Sprintf("AWS does not allow this server to call %s.", e.Action)
		}
		return fmt.Sprintf("AWS does not allow this server to call %s on %s.", e.Action, e.Resource)
	}
	return fmt.Sprintf("Refused by the rule %s: %s.", e.Rule, e.Reason)
}
