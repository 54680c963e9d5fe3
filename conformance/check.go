package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Level says how much a failure matters.
type Level int

// The levels are the words of RFC 2119.
const (
	Must Level = iota + 1
	Should
	May
)

func (l Level) String() string {
	switch l {
	case Must:
		return "MUST"
	case Should:
		return "SHOULD"
	case May:
		return "MAY"
	}
	return fmt.Sprintf("Level(%d)", int(l))
}

// Check is one requirement and the way to test it.
type Check struct {
	Name    string // "patch/remove-member"; stable, used for filters and reviews
	Section string // "RFC 7644 §3.5.2.2"
	Level   Level
	Text    string // the requirement in one sentence, printed on failure

	// Run tests the requirement. It is called by the function Run, which
	// prepares the Client, removes what the check created and classifies the
	// error.
	Run func(context.Context, *Client) error
}

// Checks returns every check of the protocol, in the order of a report. The
// sequences of particular clients are in [Clients].
func Checks() []Check {
	return slices.Concat(
		configChecks(), resourceTypeChecks(), schemaListChecks(), schemaChecks(), valueChecks(), characteristicChecks(),
		userChecks(), replaceChecks(), deleteChecks(), groupChecks(),
		patchAddChecks(), patchRemoveChecks(), patchReplaceChecks(), patchMemberChecks(), patchRequestChecks(),
		filterChecks(), filterLogicChecks(), filterErrorChecks(), grammarChecks(),
		sortChecks(), pagingChecks(), cursorChecks(), projectionChecks(), searchChecks(),
		etagChecks(), bulkChecks(), errorChecks(), contentChecks(), methodChecks(), authChecks(), hostileChecks(), profileChecks(),
	)
}

// ErrSkip is wrapped by the error of a check that does not apply.
var ErrSkip = errors.New("skipped")

// skip says why a check does not apply.
func skip(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSkip, fmt.Sprintf(format, args...))
}

// blocked turns what went wrong while preparing into a skip; what could not be
// reached stays a TransportError.
func blocked(doing string, err error) error {
	var transport *TransportError
	if err == nil || errors.Is(err, ErrSkip) || errors.As(err, &transport) {
		return err
	}
	return skip("blocked, because %s did not work: %v", doing, err)
}

// Failure is the error of a check whose requirement the server does not meet.
type Failure struct {
	Reason    string     // what the server did, and what it should have done
	Exchanges []Exchange // the last one shows it; the others led there
}

func (f *Failure) Error() string { return f.Reason }

// TransportError is the error of a check that could not be finished because
// the server did not answer.
type TransportError struct {
	Err error
}

func (e *TransportError) Error() string { return "no answer: " + e.Err.Error() }
func (e *TransportError) Unwrap() error { return e.Err }

// Outcome is how a check ended.
type Outcome string

// The four outcomes.
const (
	Pass    Outcome = "pass"
	Fail    Outcome = "fail"
	Skipped Outcome = "skip"
	Errored Outcome = "error"
)

// OutcomeOf classifies the error that Run yields with a check.
func OutcomeOf(err error) Outcome {
	var transport *TransportError
	switch {
	case err == nil:
		return Pass
	case errors.Is(err, ErrSkip):
		return Skipped
	case errors.As(err, &transport):
		return Errored
	}
	return Fail
}
