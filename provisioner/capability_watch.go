package provisioner

import (
	"context"
	"errors"
	"time"

	"iamscim/provisioner/planner"
)

const (
	// capabilityEvery is how often it is asked without an occasion.
	capabilityEvery = time.Hour
	// capabilityRest is the least time between two checks: a client that is
	// refused again and again must not make us ask each time.
	capabilityRest = 30 * time.Second
)

// firstCheck asks at start, and says whether to start at all.
func (p *Provisioner) firstCheck(ctx context.Context) error {
	if err := p.ResolveProtected(ctx); err != nil {
		return err
	}
	err := p.CheckCapability(ctx)
	if errors.Is(err, ErrIncapable) || err == nil || ctx.Err() != nil {
		return err
	}
	p.log.WarnContext(ctx, "what the credentials allow is not known", "err", err)
	return nil
}

// watchCapability asks hourly, and whenever there is a reason to doubt what is
// known.
func (p *Provisioner) watchCapability(ctx context.Context) {
	ticker := time.NewTicker(capabilityEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-p.writes.capability.wake:
		}
		p.forgetChain() // the keys may be another principal's by now
		if err := p.CheckCapability(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "what the credentials allow is not known for sure", "err", err)
		}
		if !pause(ctx, capabilityRest) {
			return
		}
	}
}

// doubt makes watchCapability ask again soon.
func (p *Provisioner) doubt() {
	select {
	case p.writes.capability.wake <- struct{}{}:
	default: // it is about to
	}
}

// noticed looks at how a write ended: AWS may allow us less than was known.
func (p *Provisioner) noticed(err error) {
	var d *planner.DeniedError
	if errors.As(err, &d) && d.Rule == planner.RuleAWS {
		p.doubt()
	}
}

// refreshed is called after every refresh that succeeded.
func (p *Provisioner) refreshed(ctx context.Context) {
	if err := p.ResolveProtected(ctx); err != nil && ctx.Err() == nil {
		p.log.ErrorContext(ctx, "protected objects are not resolved", "err", err)
	}
	if c := p.Capability(); c.Source == "" && !p.writes.cfg.ReadOnly {
		p.doubt() // the first snapshot may tell what nobody else did
	}
}
