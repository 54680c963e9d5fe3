package store

import (
	"context"
	"fmt"
	"time"
)

// Recheck says that a deactivated user is to be looked at once more.
type Recheck struct {
	UserID string
	At     time.Time // not before
	Actor  string    // who deactivated them
}

// PutRecheck writes it down, in place of an earlier one of that user.
func (tx *StateTx) PutRecheck(ctx context.Context, r Recheck) error {
	const upsert = `insert into recheck (user_id, at, actor) values (?, ?, ?)
		on conflict (user_id) do update set at = excluded.at, actor = excluded.actor`
	if _, err := tx.tx.ExecContext(ctx, upsert, r.UserID, formatTime(r.At), r.Actor); err != nil {
		return fmt.Errorf("recheck %s: %w", r.UserID, err)
	}
	return nil
}

// Rechecks returns all of them, those due first.
func (tx *StateTx) Rechecks(ctx context.Context) ([]Recheck, error) {
	var list []Recheck
	err := eachRow(ctx, tx.tx, `select user_id, at, actor from recheck order by at, user_id`, func(scan scanFunc) error {
		var r Recheck
		err := scan(&r.UserID, timeValue{&r.At}, &r.Actor)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rechecks: %w", err)
	}
	return list, nil
}

// DropRecheck forgets one that was done, unless the user was deactivated again
// since.
func (tx *StateTx) DropRecheck(ctx context.Context, r Recheck) error {
	_, err := tx.tx.ExecContext(ctx, `delete from recheck where user_id = ? and at = ?`, r.UserID, formatTime(r.At))
	if err != nil {
		return fmt.Errorf("drop the recheck of %s: %w", r.UserID, err)
	}
	return nil
}
