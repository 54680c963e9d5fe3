package awsapi

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ConnectError says what is wrong with the way into AWS, and what to do about
// it. Both sentences are for the operator.
type ConnectError struct {
	Problem string
	Remedy  string
	Err     error // what AWS or the network said; may be nil
	passing bool  // it is not about the credentials, and may be over soon
}

func (e *ConnectError) Error() string {
	text := e.Problem + "; " + e.Remedy
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

func (e *ConnectError) Unwrap() error { return e.Err }

// noCredentials is for the first step of the chain, before any call of ours.
func noCredentials(err error) error {
	var ce *ConnectError
	if errors.As(err, &ce) {
		return ce
	}
	// A web identity or a profile's role is exchanged for credentials at STS. An
	// instance's metadata that does not answer is no credentials, though.
	var op *smithy.OperationError
	if errors.As(err, &op) && innermost(op).ServiceID == sts.ServiceID {
		return diagnose(err)
	}
	return &ConnectError{
		Problem: "no usable AWS credentials were found",
		Remedy: "give an access key (IAMSCIM_AWS_ACCESS_KEY_ID and IAMSCIM_AWS_SECRET_ACCESS_KEY), set AWS_PROFILE or AWS_ACCESS_KEY_ID, " +
			"or run where a role is attached (EC2, ECS, EKS)",
		Err: err,
	}
}

// diagnose turns the failure of a sign-in call into a *ConnectError.
func diagnose(err error) error {
	var ce *ConnectError
	if errors.As(err, &ce) {
		return ce
	}
	if ce := credentialProblem(err); ce != nil {
		return ce
	}
	return &ConnectError{
		Problem: "AWS refused to say who we are",
		Remedy:  "see what it answered; if it persists, check the endpoint and the AWS Health Dashboard",
		Err:     err,
		passing: httpStatus(err) >= http.StatusInternalServerError || IsThrottled(err),
	}
}

// rejections is what AWS says of credentials it does not accept, by error code.
var rejections = map[string]ConnectError{
	"InvalidClientTokenId": {
		Problem: "AWS does not know the access key id",
		Remedy:  "check that the key exists, is active, and belongs to this partition; create a new one if it was deleted",
	},
	"UnrecognizedClientException": {
		Problem: "AWS does not know the access key id",
		Remedy:  "check that the key exists, is active, and belongs to this partition; create a new one if it was deleted",
	},
	"SignatureDoesNotMatch": {
		Problem: "AWS rejects the signature",
		Remedy:  "check the secret access key for missing or extra characters, and that this machine's clock is right",
	},
	"RequestExpired": {
		Problem: "AWS rejects the signature as too old",
		Remedy:  "set this machine's clock (NTP); AWS allows five minutes of difference",
	},
	"ExpiredToken": {
		Problem: "the session credentials have expired",
		Remedy:  "get new session credentials, or use a role or an access key that this program can renew by itself",
	},
	"ExpiredTokenException": {
		Problem: "the session credentials have expired",
		Remedy:  "get new session credentials, or use a role or an access key that this program can renew by itself",
	},
	"MissingAuthenticationToken": {
		Problem: "the request reached AWS unsigned",
		Remedy:  "check that no proxy on the way removes the Authorization header",
	},
}

// credentialProblem recognises what an error says about our credentials or the
// endpoint; nil if it says nothing about either.
func credentialProblem(err error) *ConnectError {
	if r, ok := rejections[ErrorCode(err)]; ok {
		r.Err = err
		r.Remedy += clockHint(err)
		return &r
	}
	var op *smithy.OperationError
	if errors.As(err, &op) && innermost(op).OperationName == "AssumeRole" && IsForbidden(err) {
		return &ConnectError{
			Problem: "the role cannot be assumed",
			Remedy: "check that the role exists, that its trust policy names this caller (and the external id, if one is given here or demanded there), " +
				"and that the caller is allowed sts:AssumeRole on it",
			Err: err,
		}
	}
	if unreachable(err) {
		return &ConnectError{
			Problem: "the AWS endpoint cannot be reached",
			Remedy:  "check the network, DNS, proxy and AWS_ENDPOINT_URL; a private network needs a route or a VPC endpoint for IAM and STS",
			Err:     err,
			passing: true,
		}
	}
	return nil
}

// Diagnose turns an error of AWS into what it means for the credentials, or
// nil if it says nothing about them.
func (c *Connection) Diagnose(err error) *ConnectError {
	var ce *ConnectError
	if errors.As(err, &ce) {
		return ce
	}
	return credentialProblem(err)
}

// DiagnoseRead explains a read that AWS refused and without which there is no
// observation, as a *ConnectError; any other error is returned as it is.
func DiagnoseRead(err error) error {
	action := DeniedAction(err)
	if action == "" || !IsForbidden(err) || credentialProblem(err) != nil {
		return err
	}
	return &ConnectError{
		Problem: "AWS does not allow the credentials " + action,
		Remedy:  "attach the AWS-managed policy IAMReadOnlyAccess, or the read policy of docs/iam-policy.json, to the role or user in use, and look for a permissions boundary or service control policy that denies it",
		Err:     err,
	}
}

// clockHint compares this machine's clock with the answer's Date header.
func clockHint(err error) string {
	var re *smithyhttp.ResponseError
	if !errors.As(err, &re) || re.Response == nil {
		return ""
	}
	date, perr := http.ParseTime(re.Response.Header.Get("Date"))
	if perr != nil {
		return ""
	}
	if off := time.Since(date); off.Abs() > 4*time.Minute {
		return fmt.Sprintf("; this clock and that of AWS differ by %s", off.Abs().Round(time.Second))
	}
	return ""
}
