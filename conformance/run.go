package conformance

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"slices"
	"time"
)

// Options select and tame the checks of a run.
type Options struct {
	// Checks to run; nil means those of the function Checks.
	Checks []Check
	// Match, if set, selects checks by name.
	Match *regexp.Regexp
	// ReadOnly forbids every request that could change the server.
	ReadOnly bool
	// User has attributes that every user is made with: what a server demands and
	// its schemas do not say. ${unique} in a string is a name that nobody has.
	User map[string]any
	// Settle is how long a read may lag behind a write. A server without such
	// lag is never waited for.
	Settle time.Duration
}

// cleanupTimeout bounds the removal of what one check created.
const cleanupTimeout = time.Minute

// Run runs checks one after the other and yields each with its error, to be
// told apart by OutcomeOf. It does not modify c. What checks created is deleted
// also when the caller stops early or ctx is cancelled.
func Run(ctx context.Context, c *Client, o Options) iter.Seq2[Check, error] {
	return func(yield func(Check, error) bool) {
		run := c.begin(o)
		defer run.finish(ctx)
		for _, check := range o.selected() {
			if !yield(check, run.one(ctx, check)) {
				return
			}
		}
	}
}

func (o Options) selected() []Check {
	checks := o.Checks
	if checks == nil {
		checks = Checks()
	}
	if o.Match == nil {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), func(ck Check) bool { return !o.Match.MatchString(ck.Name) })
}

// one runs a check, and once more if the server did not answer: a connection
// that a server closes while it is about to be used again is nobody's fault.
func (c *Client) one(ctx context.Context, check Check) error {
	err := c.attempt(ctx, check)
	if OutcomeOf(err) == Errored && ctx.Err() == nil {
		c.HTTP.CloseIdleConnections()
		err = c.attempt(ctx, check)
	}
	return err
}

// attempt runs a check with a log and a list of leftovers of its own.
func (c *Client) attempt(ctx context.Context, check Check) error {
	if err := ctx.Err(); err != nil {
		return &TransportError{err}
	}
	own := *c
	own.log, own.leftovers = &exchanges{}, &[]string{}
	defer own.cleanup(ctx)
	err := check.Run(ctx, &own)
	if OutcomeOf(err) != Fail {
		return err
	}
	return &Failure{Reason: err.Error(), Exchanges: own.log.kept}
}

// finish deletes what checks shared.
func (c *Client) finish(ctx context.Context) {
	*c.leftovers = append(*c.leftovers, c.server.kept...)
	c.cleanup(ctx)
}

// leave notes a resource that is to be deleted when the check is over.
func (c *Client) leave(path string) { *c.leftovers = append(*c.leftovers, path) }

// cleanup deletes in the reverse order of creation. It goes on when ctx is
// cancelled: an interrupted run leaves no test users behind.
func (c *Client) cleanup(ctx context.Context) {
	if len(*c.leftovers) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	for _, path := range slices.Backward(*c.leftovers) {
		if _, err := c.send(ctx, del(path)); errors.Is(err, context.DeadlineExceeded) {
			return
		}
	}
	*c.leftovers = nil
}

// soon calls fn until it reports no failure or the time for reads to catch up
// with writes is over.
func (c *Client) soon(ctx context.Context, fn func() error) error {
	deadline := time.Now().Add(c.settle)
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := fn()
		if OutcomeOf(err) != Fail || time.Now().Add(wait).After(deadline) {
			return err
		}
		if !sleep(ctx, wait) {
			return &TransportError{ctx.Err()}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
