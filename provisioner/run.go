package provisioner

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

// firstRetry is the wait after the first failure; it doubles up to Interval.
const firstRetry = 5 * time.Second

// Run refreshes at once and then every Interval, and reads details in
// between, until ctx is done. A failure is retried sooner than a success is
// repeated, with growing pauses; it never ends Run.
func (p *Provisioner) Run(ctx context.Context) error {
	if err := p.loadHeld(ctx); err != nil {
		return err
	}
	if _, err := p.loadKnown(ctx); err != nil {
		return err
	}
	if err := p.hideKept(ctx); err != nil {
		return err
	}
	if err := p.firstCheck(ctx); err != nil {
		return err
	}
	if err := p.Awake(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.readDetailsForever(ctx) })
	wg.Go(func() { p.runWrites(ctx) })
	wg.Go(func() { p.deleteForever(ctx) })
	wg.Go(func() { p.watchCapability(ctx) })
	wg.Go(func() { p.pruneForever(ctx) })
	wg.Go(func() { p.tidyForever(ctx) })
	defer wg.Wait()
	failures := 0
	for {
		report, err := p.Refresh(ctx, RefreshOptions{})
		if ctx.Err() != nil {
			return nil
		}
		p.report(ctx, report, err)
		var held *store.HeldError
		if err == nil {
			p.refreshed(ctx)
		}
		if err == nil || errors.As(err, &held) {
			failures = 0
		} else {
			failures++
		}
		if !pause(ctx, p.delay(failures)) {
			return nil
		}
	}
}

// pruneEvery is how often history older than Config.History is forgotten.
const pruneEvery = 12 * time.Hour

func (p *Provisioner) pruneForever(ctx context.Context) {
	for {
		if err := p.account.Snapshot.Prune(ctx, p.now().Add(-p.cfg.History)); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "history was not pruned", "err", err)
		}
		if !pause(ctx, pruneEvery) {
			return
		}
	}
}

// delay is how long to wait before the next refresh, jittered by a tenth so
// that many accounts do not ask AWS in the same second.
func (p *Provisioner) delay(failures int) time.Duration {
	d := p.cfg.Interval
	if failures > 0 {
		d = min(d, firstRetry<<min(failures-1, 16))
	}
	return d - d/10 + rand.N(d/5+1)
}

// report logs what a refresh of the loop did: the one place that does.
func (p *Provisioner) report(ctx context.Context, r *Report, err error) {
	if err == nil {
		p.log.InfoContext(ctx, "refreshed snapshot", "users", r.Counts[store.KindUser], "groups", r.Counts[store.KindGroup],
			"roles", r.Counts[store.KindRole], "policies", r.Counts[store.KindPolicy], "generation", r.Outcome.Generation.ID,
			"new", r.Outcome.New, "flags", len(r.Flags), "took", r.Took)
		return
	}
	var ce *awsapi.ConnectError
	var held *store.HeldError
	switch {
	case errors.As(err, &held):
		p.log.ErrorContext(ctx, "observation held; the old one is served until an operator confirms", "id", held.ID, "losses", held.Losses)
	case errors.As(err, &ce):
		p.log.ErrorContext(ctx, "aws does not let us in; the old snapshot is served", "problem", ce.Problem, "remedy", ce.Remedy, "err", ce.Err)
	default:
		p.log.WarnContext(ctx, "refresh failed; the old snapshot is served", "err", err)
	}
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
