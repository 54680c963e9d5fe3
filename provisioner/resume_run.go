package provisioner

import (
	"context"
	"time"

	"iamscim/store"
)

// runWrites resumes what was left, and then tries again what is due.
func (p *Provisioner) runWrites(ctx context.Context) {
	if p.writes.cfg.ReadOnly {
		return
	}
	for ctx.Err() == nil {
		if err := p.Resume(ctx); err != nil {
			p.log.ErrorContext(ctx, "unfinished plans cannot be resumed", "err", err)
		}
		p.Recheck(ctx)
		if !pause(ctx, p.nextTry(ctx)) {
			return
		}
	}
}

// nextTry is how long until a plan or a recheck is due, at most retryAfter.
func (p *Provisioner) nextTry(ctx context.Context) time.Duration {
	wait := retryAfter
	open, err := p.OpenPlans(ctx)
	if err != nil {
		return wait // Resume is about to say so
	}
	for _, j := range open {
		if j.State == store.PlanRetry && j.RetryAt.After(p.now()) { // the others were just tried
			wait = min(wait, j.RetryAt.Sub(p.now()))
		}
	}
	rechecks, err := p.rechecks(ctx)
	if err != nil {
		return wait // and Recheck this
	}
	for _, c := range rechecks {
		if c.At.After(p.now()) {
			wait = min(wait, c.At.Sub(p.now()))
		}
	}
	return max(wait, minWait)
}

// minWait is the least pause between two looks at the journal.
const minWait = 100 * time.Millisecond
