package provisioner

import (
	"context"
	"errors"
	"fmt"

	"iamscim/provisioner/observer"
	"iamscim/store"
)

// swap publishes an observation, unless it would lose too much.
func (p *Provisioner) swap(ctx context.Context, obs *store.Observation, c *observer.Composer, report *Report) error {
	confirmed, err := p.consumeConfirmation(ctx)
	if err != nil {
		return err
	}
	outcome, err := p.account.Snapshot.Replace(ctx, obs, store.ReplaceOptions{MaxLoss: p.cfg.MaxLoss, Confirmed: confirmed})
	var held *store.HeldError
	if errors.As(err, &held) {
		report.Held = held
		return errors.Join(fmt.Errorf("refresh: %w; confirm it by its id %s if the loss is real", err, held.ID), p.hold(ctx, held))
	}
	if err != nil {
		return fmt.Errorf("publish the observation: %w", err)
	}
	report.Outcome = outcome
	p.note(func(h *Health) {
		h.observed(obs.Started)
		h.sources(obs.Sources)
		h.Snapshot.Flags = c.Flags
	})
	p.wakeDetails(len(obs.Users), c.Urgent)
	p.writes.graces.doubt(c.Doubtful)
	return p.clearHeld(ctx)
}

// wakeDetails has the details read of whom this refresh found new or changed.
func (p *Provisioner) wakeDetails(users int, urgent []string) {
	p.users.Store(int64(users))
	for _, id := range urgent {
		p.rotation.urgent[id] = true
	}
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

// keepSources keeps what costs calls and does not change: the report as it
// came, and versions of AWS managed policies.
func (p *Provisioner) keepSources(ctx context.Context, f *observer.Facts) error {
	if f.NewReport == nil && len(f.NewDocuments) == 0 {
		return nil
	}
	err := p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		if f.NewReport != nil {
			if err := tx.PutSource(ctx, observer.ReportSource, f.Report.At, f.NewReport); err != nil {
				return err
			}
		}
		for _, d := range f.NewDocuments {
			if err := tx.PutPolicyDocument(ctx, d.ARN, d.Version, d.Text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep sources: %w", err)
	}
	return nil
}

// consumeConfirmation takes an operator's release, if there is one. It is gone
// before it is used: should this process die in between, the operator is asked
// again, which is better than a second loss released by the same word.
func (p *Provisioner) consumeConfirmation(ctx context.Context) (string, error) {
	err := p.account.State.View(ctx, func(tx *store.StateTx) error {
		_, err := tx.Confirmation(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the confirmation: %w", err)
	}
	var id string
	err = p.account.State.Update(ctx, func(tx *store.StateTx) error {
		c, err := tx.ConsumeConfirmation(ctx)
		if c != nil {
			id = c.ID
		}
		return err
	})
	return id, err
}

// hold remembers the observation that was refused, across restarts.
func (p *Provisioner) hold(ctx context.Context, held *store.HeldError) error {
	if err := p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.Hold(ctx, held) }); err != nil {
		return fmt.Errorf("remember the held observation: %w", err)
	}
	return p.loadHeld(ctx)
}

// loadHeld tells Health what is held.
func (p *Provisioner) loadHeld(ctx context.Context) error {
	var held *store.Held
	err := p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		held, err = tx.Held(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		p.note(func(h *Health) { h.Held = nil })
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the held observation: %w", err)
	}
	p.note(func(h *Health) { h.Held = &HeldHealth{ID: held.ID, Losses: held.Losses, Since: &held.Since} })
	return nil
}

// clearHeld forgets it after a success. It looks before it writes, because a
// write to the state file waits for the disk.
func (p *Provisioner) clearHeld(ctx context.Context) error {
	err := p.account.State.View(ctx, func(tx *store.StateTx) error {
		_, err := tx.Held(ctx)
		return err
	})
	if err == nil {
		err = p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.ClearHeld(ctx) })
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("clear the held observation: %w", err)
	}
	p.note(func(h *Health) { h.Held = nil })
	return nil
}
