package store

import (
	"context"
	"fmt"
	"time"
)

// UnclaimedPlans returns the plans of a kind that were done since then and still
// have the digest of their request, earliest end first.
func (tx *StateTx) UnclaimedPlans(ctx context.Context, kind string, since time.Time) ([]*JournalPlan, error) {
	return tx.plans(ctx, planColumns+`where p.state = 'done' and p.kind = ? and p.digest <> '' and p.updated >= ? order by p.updated, p.id`,
		kind, formatTime(since))
}

// ClaimPlan takes the digest from a plan: somebody gets its result.
func (tx *StateTx) ClaimPlan(ctx context.Context, id string) error {
	if _, err := tx.tx.ExecContext(ctx, `update plan set digest = '' where id = ?`, id); err != nil {
		return fmt.Errorf("claim plan %s: %w", id, err)
	}
	return nil
}
