package provisioner

import (
	"context"
	"errors"
	"time"

	"iamscim/store"
)

const (
	// upkeepEvery is how often the state file loses what it need not keep.
	upkeepEvery = time.Hour
	// planHistory is how long the ends of plans are kept to look at; what they did
	// is in the audit log for good.
	planHistory = 30 * 24 * time.Hour
	// digestHistory is longer than anybody sends the same request again.
	digestHistory = time.Hour
)

// Tidy forgets what the state file need not keep: old plans, what tells of the
// requests behind newer ones, and in its log what was erased. Run calls it.
func (p *Provisioner) Tidy(ctx context.Context) error {
	err := p.account.State.Update(ctx, func(tx *store.StateTx) error {
		return errors.Join(tx.PrunePlans(ctx, p.now().Add(-planHistory)), tx.ForgetDigests(ctx, p.now().Add(-digestHistory)))
	})
	return errors.Join(err, p.account.State.Wipe(ctx))
}

func (p *Provisioner) tidyForever(ctx context.Context) {
	for {
		if err := p.Tidy(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "the state still has what it need not keep; that is tried again", "err", err)
		}
		if !pause(ctx, upkeepEvery) {
			return
		}
	}
}

// erased wipes what a deletion has just taken from the state file. If somebody
// is reading, Tidy does it.
func (p *Provisioner) erased(ctx context.Context) {
	if err := p.account.State.Wipe(ctx); err != nil {
		p.log.WarnContext(ctx, "the log of the state still has what was erased; that is tried again", "err", err)
	}
}
