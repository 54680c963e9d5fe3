package iamsim

import "fmt"

// apiError is a refusal as the Query protocol carries it.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// statuses holds the HTTP status of every code this account can answer
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
// the Errors section of each action).
var statuses = map[string]int{
	"AccessDenied":                  403,
	"ConcurrentModification":        409,
	"DeleteConflict":                409,
	"DuplicateCertificate":          409,
	"DuplicateSSHPublicKey":         400,
	"EntityAlreadyExists":           409,
	"EntityTemporarilyUnmodifiable": 409,
	"ExpiredToken":                  403,
	"IncompleteSignature":           400,
	"InternalFailure":               500,
	"InvalidAction":                 400,
	"InvalidAuthenticationCode":     403,
	"InvalidCertificate":            400,
	"InvalidClientTokenId":          403,
	"InvalidInput":                  400,
	"InvalidPublicKey":              400,
	"InvalidUserType":               400,
	"LimitExceeded":                 409,
	"MalformedCertificate":          400,
	"MalformedPolicyDocument":       400,
	"MissingAction":                 400,
	"MissingAuthenticationToken":    403,
	"NoSuchEntity":                  404,
	"NotSupportedService":           404,
	"PackedPolicyTooLarge":          400,
	"PasswordPolicyViolation":       400,
	"PolicyEvaluation":              500,
	"PolicyNotAttachable":           400,
	"ReportExpired":                 410,
	"ReportInProgress":              404,
	"ReportNotPresent":              410,
	"RequestExpired":                400,
	"ServiceFailure":                500,
	"ServiceUnavailable":            503,
	"SignatureDoesNotMatch":         403,
	"Throttling":                    400,
	"UnmodifiableEntity":            400,
	"UnrecognizedPublicKeyEncoding": 400,
	"ValidationError":               400,
}

func statusOf(code string) int {
	if s := statuses[code]; s != 0 {
		return s
	}
	return 400
}

// refuse returns the error of a code; every code used is in statuses.
func refuse(code, format string, args ...any) *apiError {
	return &apiError{status: statusOf(code), code: code, message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *apiError { return refuse("ValidationError", format, args...) }

// constraint words a failed model constraint as AWS does.
func constraint(at, format string, args ...any) *apiError {
	return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must %s",
		lowerFirst(at), fmt.Sprintf(format, args...))
}

func noSuchUser(name string) *apiError {
	return refuse("NoSuchEntity", "The user with name %s cannot be found.", name)
}

func noSuchGroup(name string) *apiError {
	return refuse("NoSuchEntity", "The group with name %s cannot be found.", name)
}

func noSuchRole(name string) *apiError {
	return refuse("NoSuchEntity", "The role with name %s cannot be found.", name)
}

func noSuchPolicy(arn string) *apiError {
	return refuse("NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
}

func overLimit(what string, limit int) *apiError {
	return refuse("LimitExceeded", "Cannot exceed quota for %s: %d", what, limit)
}
