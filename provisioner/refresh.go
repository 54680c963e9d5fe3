package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// RefreshOptions are the choices of one refresh.
type RefreshOptions struct {
	// Confirm releases the held observation with this id, once; if another one
	// is held, or none, the refresh fails with store.ErrNotFound.
	Confirm string
	Actor   string // who confirms, for the record
	// Progress, if set, is called from the refreshing goroutine.
	Progress func(observer.Progress)
}

// Report is what a refresh did. Outcome is nil if nothing was published.
type Report struct {
	Started time.Time
	Took    time.Duration
	Counts  map[store.Kind]int
	Calls   map[string]int64 // by API action, every attempt
	Outcome *store.Outcome
	Held    *store.HeldError // set together with an error that wraps it
	Flags   []observer.Flag
}

// flight is a refresh under way; report and err are set when done is closed.
type flight struct {
	done   chan struct{}
	report *Report
	err    error
}

// errDeadline is why a refresh that takes too long ends.
var errDeadline = errors.New("the refresh took longer than its deadline")

// Refresh observes the account and publishes what it saw. There is one at a
// time: a caller meanwhile waits for the running one and gets its result.
//
// On any error the snapshot is what it was. An *awsapi.ConnectError means that
// AWS does not accept us (any more), a *store.HeldError that an operator must
// confirm the loss first; store.ErrOtherAccount that the credentials now
// belong to another account.
//
// IAM actions: sts:GetCallerIdentity and those of Permissions.
func (p *Provisioner) Refresh(ctx context.Context, opt RefreshOptions) (*Report, error) {
	for {
		f, mine := p.board()
		if mine {
			f.report, f.err = p.refresh(ctx, opt)
			p.land(f)
			return f.report, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("refresh: %w", ctx.Err())
		}
		// Somebody else's cancellation is not our result, and neither is a
		// refresh that began without our confirmation.
		if opt.Confirm == "" && !errors.Is(f.err, context.Canceled) {
			return f.report, f.err
		}
	}
}

// board joins the running refresh, or becomes it.
func (p *Provisioner) board() (f *flight, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running != nil {
		return p.running, false
	}
	p.running = &flight{done: make(chan struct{})}
	return p.running, true
}

func (p *Provisioner) land(f *flight) {
	p.mu.Lock()
	p.running = nil
	p.mu.Unlock()
	close(f.done)
}

// refresh does one, and keeps Health up to date whatever comes of it.
func (p *Provisioner) refresh(ctx context.Context, opt RefreshOptions) (*Report, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.cfg.Deadline, errDeadline)
	defer cancel()
	if err := p.take(ctx); err != nil {
		return nil, err
	}
	defer p.release()
	started := p.now()
	before := p.conn.Calls()
	report := &Report{Started: started}
	err := p.observeAndSwap(ctx, opt, report)
	report.Calls = p.conn.CallsSince(before)
	report.Took = p.now().Sub(started)
	p.note(func(h *Health) {
		h.Snapshot.LastAttempt, h.Snapshot.LastError = &started, ""
		if err != nil {
			h.Snapshot.LastError = err.Error()
		}
	})
	if ce := p.conn.Diagnose(err); ce != nil {
		p.note(func(h *Health) {
			h.Credentials.OK, h.Credentials.Problem, h.Credentials.Remedy = false, ce.Problem, ce.Remedy
		})
	}
	return report, err
}

// take waits for the turn.
func (p *Provisioner) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the running read: %w", context.Cause(ctx))
	}
}

func (p *Provisioner) release() { <-p.turn }

func (p *Provisioner) observeAndSwap(ctx context.Context, opt RefreshOptions, report *Report) error {
	if err := p.confirm(ctx, opt); err != nil {
		return err
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	prior, err := p.loadKnown(ctx)
	if err != nil {
		return err
	}
	if err := p.checkIdentity(ctx); err != nil {
		return err
	}
	tell := opt.Progress
	if tell == nil {
		tell = func(observer.Progress) {}
	}
	c, obs, err := p.look(ctx, prior, tell)
	if err != nil {
		return err
	}
	report.Counts = map[store.Kind]int{
		store.KindUser: len(obs.Users), store.KindGroup: len(obs.Groups), store.KindPolicy: len(obs.Policies), store.KindRole: len(obs.Roles),
	}
	report.Flags = c.Flags
	tell(observer.Progress{Action: "store", Done: len(obs.Users) + len(obs.Groups) + len(obs.Policies) + len(obs.Roles)})
	return p.swap(ctx, obs, c, report)
}

// confirm records an operator's release of the held observation.
func (p *Provisioner) confirm(ctx context.Context, opt RefreshOptions) error {
	if opt.Confirm == "" {
		return nil
	}
	err := p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.Confirm(ctx, opt.Confirm, opt.Actor) })
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}

// look reads the account and composes what was read.
func (p *Provisioner) look(ctx context.Context, prior *observer.Prior, tell func(observer.Progress)) (*observer.Composer, *store.Observation, error) {
	before := p.conn.Calls()
	o := &observer.Observer{
		IAM: p.conn.IAM, Log: p.log, Now: p.now, Prior: prior, Memo: p.memo, Tell: tell,
		Grantable: p.cfg.Grantable, PollFirst: p.reportPoll, PollFor: p.reportWait,
	}
	facts, err := o.Observe(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := p.keepSources(ctx, facts); err != nil {
		return nil, nil, err
	}
	memory, err := observer.LoadMemory(ctx, p.account.State)
	if err != nil {
		return nil, nil, fmt.Errorf("read the state file: %w", err)
	}
	// So that what composing leaves out is not taken for a loss.
	if err := p.hideKept(ctx); err != nil {
		return nil, nil, err
	}
	c := &observer.Composer{Settings: p.composing(), Facts: facts, Prior: prior, Memory: memory}
	obs := c.Compose()
	obs.APIs, obs.Took = p.conn.CallsSince(before), p.now().Sub(facts.Started)
	return c, obs, nil
}

// loadKnown reads the last generation, and tells Health how old it is before
// AWS is asked: a dead endpoint must not hide the age of what is served.
func (p *Provisioner) loadKnown(ctx context.Context) (*observer.Prior, error) {
	prior, err := observer.LoadPrior(ctx, p.account.Snapshot)
	if err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	if p.memo.Report == nil {
		p.memo.Report = prior.Report(ctx, p.log)
	}
	p.note(func(h *Health) {
		h.observed(prior.Status.Observed)
		h.sources(prior.Status.Sources)
	})
	return prior, nil
}

// checkIdentity asks who we are. Keys and secrets are read again if AWS
// rejects them, since they may have been rotated; and nothing is read with
// credentials of another account.
func (p *Provisioner) checkIdentity(ctx context.Context) error {
	id, err := p.conn.Identity(ctx)
	var ce *awsapi.ConnectError
	if errors.As(err, &ce) && awsapi.IsUnauthenticated(err) {
		p.log.WarnContext(ctx, "aws rejects the credentials; reading them again", "err", err)
		p.conn.Forget()
		id, err = p.conn.Identity(ctx)
	}
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if id.AccountID != p.account.ID {
		return fmt.Errorf("sign in: %w", &awsapi.ConnectError{
			Problem: fmt.Sprintf("these credentials belong to account %s, the data to account %s", id.AccountID, p.account.ID),
			Remedy:  "use credentials of the account the data directory was made for, or another data directory",
			Err:     store.ErrOtherAccount,
		})
	}
	expires, err := p.conn.Expires(ctx)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	p.note(func(h *Health) {
		h.Credentials = CredentialsHealth{OK: true, Caller: id.ARN, Role: p.conn.RoleARN}
		if !expires.IsZero() {
			h.Credentials.Expires = &expires
		}
	})
	return nil
}
