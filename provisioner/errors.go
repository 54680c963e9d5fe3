package provisioner

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

// Errors of a write that is worth trying again later; each caller answers them
// alike, each log line tells them apart.
var (
	ErrThrottled   = errors.New("throttled by aws")
	ErrUnavailable = errors.New("aws is not available")
	ErrConflict    = errors.New("in conflict with another change")
)

// PartialError says that a change failed and that not everything is as it was. It
// wraps why.
type PartialError struct {
	PlanID string
	Left   []string // calls that took effect and were not taken back
	Goes   bool     // this server goes on: it takes the rest back, or finishes it
	Err    error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("carried out in part (plan %s, %d calls): %v", e.PlanID, len(e.Left), e.Err)
}

func (e *PartialError) Unwrap() error { return e.Err }

var errUnfinished = errors.New("the change is not finished")

// PendingError says that a plan for the object is still under way, or what else
// the change has to wait for.
type PendingError struct {
	PlanID     string // empty if none had begun
	RetryAfter time.Duration
	// Reason is what it waits for, safe to show to the client; empty: a plan that
	// is under way.
	Reason string
	Err    error // why it could not be finished at once; may be nil
}

func (e *PendingError) Error() string {
	if e.PlanID == "" && e.Reason != "" {
		return e.Reason
	}
	if e.PlanID == "" { // the time ended before there was one
		return cmp.Or(e.Err, errUnfinished).Error()
	}
	if e.Err != nil {
		return fmt.Sprintf("plan %s is not finished: %v", e.PlanID, e.Err)
	}
	return fmt.Sprintf("plan %s is not finished", e.PlanID)
}

func (e *PendingError) Unwrap() error { return e.Err }

// PreconditionError says that the resource is no longer what the client
// thought it was.
type PreconditionError struct{ Reason string }

func (e *PreconditionError) Error() string { return e.Reason }

// temporary reports whether trying again may help, whatever it is about.
func temporary(err error) bool {
	return errors.Is(err, ErrThrottled) || errors.Is(err, ErrConflict) || errors.Is(err, ErrUnavailable) || errors.Is(err, store.ErrBusy)
}

// kindOf is the sentinel for an error of AWS that trying again may help, or nil.
func kindOf(err error) error {
	switch {
	case awsapi.IsThrottled(err):
		return ErrThrottled
	case awsapi.IsConflict(err):
		return ErrConflict
	case awsapi.IsUnavailable(err), awsapi.ErrorCode(err) == "": // no answer that could be read
		return ErrUnavailable
	}
	return nil
}
