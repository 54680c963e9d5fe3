package awsapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// throttling lists the codes with which AWS asks for patience.
var throttling = map[string]bool{
	"Throttling": true, "ThrottlingException": true, "ThrottledException": true, "RequestLimitExceeded": true,
	"RequestThrottled": true, "RequestThrottledException": true, "TooManyRequestsException": true, "SlowDown": true,
}

// passing lists the codes of conflicts that pass by themselves. The SDK retries
// none of them.
var passing = map[string]bool{
	"ConcurrentModification": true, "EntityTemporarilyUnmodifiable": true, "DeleteConflict": true,
}

// wrongInput lists the codes that blame what was asked for.
var wrongInput = map[string]bool{
	"ValidationError": true, "InvalidInput": true, "MalformedPolicyDocument": true, "PolicyNotAttachable": true,
	"PasswordPolicyViolation": true, "InvalidUserType": true, "UnmodifiableEntity": true,
}

// ErrorCode is the code AWS gave, or "".
func ErrorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// ErrorMessage is what AWS said, without the SDK's own words; of an error that
// is not an answer of AWS it is the text.
func ErrorMessage(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return err.Error()
}

// DeniedAction names the IAM action that AWS refused, or "" if err is not about
// a call.
func DeniedAction(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return "iam:" + innermost(op).OperationName
	}
	return ""
}

// IsThrottled reports whether AWS asks for patience.
func IsThrottled(err error) bool { return throttling[ErrorCode(err)] }

// IsConflict reports whether another change is in the way, which passes by
// itself.
func IsConflict(err error) bool { return passing[ErrorCode(err)] }

// IsInvalidInput reports whether AWS blames what was asked for.
func IsInvalidInput(err error) bool { return wrongInput[ErrorCode(err)] }

// IsUnauthenticated reports whether AWS itself turned the credentials down.
func IsUnauthenticated(err error) bool {
	_, ok := rejections[ErrorCode(err)]
	return ok
}

// IsForbidden reports whether AWS knows us and does not allow the call. It goes
// by the status too, because some compatible services refuse without a code the
// SDK can read (observed: it arrives as UnknownError).
func IsForbidden(err error) bool {
	code := ErrorCode(err)
	refused := code == "AccessDenied" || code == "AccessDeniedException" || httpStatus(err) == http.StatusForbidden
	return refused && !IsUnauthenticated(err) // which is a 403, too
}

// IsUnavailable reports whether AWS has nothing to say about the call: it cannot
// be reached, does not accept the credentials, or fails itself.
func IsUnavailable(err error) bool {
	return IsUnauthenticated(err) || unreachable(err) || httpStatus(err) >= http.StatusInternalServerError
}

func unreachable(err error) bool {
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		return !errors.Is(err, context.Canceled)
	}
	return errors.Is(err, context.DeadlineExceeded)
}

func httpStatus(err error) int {
	var re *smithyhttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

// innermost finds the call that really failed: a failing AssumeRole arrives
// wrapped in the call that needed its credentials.
func innermost(op *smithy.OperationError) *smithy.OperationError {
	for {
		var inner *smithy.OperationError
		if !errors.As(op.Unwrap(), &inner) {
			return op
		}
		op = inner
	}
}
