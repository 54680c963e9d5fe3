package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/store"
)

// Awake notes that this process has the state file. If nobody had it for longer
// than WriteConfig.ResumeMaxAge, it may be a backup that was restored: then the
// deletions that it holds pending may have been cancelled since, and wait for an
// operator (ReleasePlan). Run calls it.
func (p *Provisioner) Awake(ctx context.Context) error {
	var held int64
	var gap time.Duration
	err := p.account.State.Update(ctx, func(tx *store.StateTx) error {
		last, err := tx.StillAlive(ctx)
		if err != nil {
			return err
		}
		if gap = p.now().Sub(last); gap <= max(p.writes.cfg.ResumeMaxAge, 2*retryAfter) {
			return nil
		}
		held, err = tx.HoldPendingDeletions(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("look how old the state is: %w", err)
	}
	if held > 0 {
		p.log.ErrorContext(ctx, "the state was not used for long and may be a backup; pending deletions wait for an operator", "deletions", held, "unused", gap)
	}
	return nil
}

// releaseDeletion lets a pending deletion go on; false says that none of that
// plan waits.
func (p *Provisioner) releaseDeletion(ctx context.Context, planID string) (bool, error) {
	err := p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.ReleasePendingDeletion(ctx, planID) })
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
