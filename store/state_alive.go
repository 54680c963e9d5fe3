package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// StillAlive notes that somebody works with the file now, and returns when that
// was noted last; zero: never. A long gap means that nobody did, or that the file
// is a backup and does not know what happened since.
func (tx *StateTx) StillAlive(ctx context.Context) (last time.Time, err error) {
	err = tx.tx.QueryRowContext(ctx, `select value from meta where name = 'alive'`).Scan(timeValue{&last})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return last, fmt.Errorf("read when the state was used: %w", err)
	}
	const upsert = `insert into meta (name, value) values ('alive', ?) on conflict (name) do update set value = excluded.value`
	if _, err := tx.tx.ExecContext(ctx, upsert, formatTime(tx.now())); err != nil {
		return last, fmt.Errorf("note that the state is used: %w", err)
	}
	return last, nil
}

// HoldPendingDeletions makes all pending deletions wait for an operator, and
// returns how many did not before.
func (tx *StateTx) HoldPendingDeletions(ctx context.Context) (n int64, err error) {
	r, err := tx.tx.ExecContext(ctx, `update pending_deletion set waits = 1 where since is not null and waits = 0`)
	if err != nil {
		return 0, fmt.Errorf("hold pending deletions: %w", err)
	}
	return r.RowsAffected()
}

// ReleasePendingDeletion lets one that waits go on, given the plan it came from;
// ErrNotFound says that there is none.
func (tx *StateTx) ReleasePendingDeletion(ctx context.Context, planID string) error {
	r, err := tx.tx.ExecContext(ctx, `update pending_deletion set waits = 0 where plan_id = ? and waits = 1`, planID)
	if err != nil {
		return fmt.Errorf("release the deletion of plan %s: %w", planID, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("deletion of plan %s that waits: %w", planID, ErrNotFound), err)
	}
	return nil
}
