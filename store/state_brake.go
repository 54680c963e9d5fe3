package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Latch is one time the brake was tripped. The brake is latched while the
// newest one is not released.
type Latch struct {
	At         time.Time
	Reason     string
	Actor      string
	People     int       // who would have lost access, had the change been made
	Released   time.Time // zero: not yet
	ReleasedBy string
}

// LastLatch returns the newest latch, or ErrNotFound.
func (tx *StateTx) LastLatch(ctx context.Context) (*Latch, error) {
	var l Latch
	var by sql.NullString
	const query = `select latched, reason, actor, people, released, released_by from brake order by seq desc limit 1`
	err := tx.tx.QueryRowContext(ctx, query).Scan(timeValue{&l.At}, &l.Reason, &l.Actor, &l.People, timeValue{&l.Released}, &by)
	if err != nil {
		return nil, fmt.Errorf("brake: %w", translate(err))
	}
	l.ReleasedBy = by.String
	return &l, nil
}

// LatchBrake latches the brake; one that is latched already stays as it is.
func (tx *StateTx) LatchBrake(ctx context.Context, reason, actor string, people int) error {
	last, err := tx.LastLatch(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if last != nil && last.Released.IsZero() {
		return nil
	}
	const insert = `insert into brake (latched, reason, actor, people) values (?, ?, ?, ?)`
	if _, err = tx.tx.ExecContext(ctx, insert, formatTime(tx.now()), reason, actor, people); err != nil {
		return fmt.Errorf("latch the brake: %w", err)
	}
	return nil
}

// ReleaseBrake releases the brake; ErrNotFound says that it is not latched.
func (tx *StateTx) ReleaseBrake(ctx context.Context, actor string) error {
	r, err := tx.tx.ExecContext(ctx, `update brake set released = ?, released_by = ? where released is null`, formatTime(tx.now()), actor)
	if err != nil {
		return fmt.Errorf("release the brake: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("release the brake: it is not latched: %w", ErrNotFound), err)
	}
	return nil
}

// AddLosses records people who are about to lose access. Events older than
// before are dropped: no window reaches back that far.
func (tx *StateTx) AddLosses(ctx context.Context, actor string, before time.Time, userIDs ...string) error {
	if _, err := tx.tx.ExecContext(ctx, `delete from brake_event where at < ?`, formatTime(before)); err != nil {
		return fmt.Errorf("prune losses: %w", err)
	}
	now := formatTime(tx.now())
	for _, id := range userIDs {
		_, err := tx.tx.ExecContext(ctx, `insert into brake_event (at, user_id, plan_id, actor) values (?, ?, '', ?)`, now, id, actor)
		if err != nil {
			return fmt.Errorf("record the loss of %s: %w", id, err)
		}
	}
	return nil
}

// Losses returns who lost access since then, each with the latest time.
func (tx *StateTx) Losses(ctx context.Context, since time.Time) (map[string]time.Time, error) {
	lost := map[string]time.Time{}
	const query = `select user_id, max(at) from brake_event where at >= ? group by user_id order by user_id`
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var id string
		var at time.Time
		err := scan(&id, timeValue{&at})
		lost[id] = at
		return err
	}, formatTime(since))
	if err != nil {
		return nil, fmt.Errorf("read losses: %w", err)
	}
	return lost, nil
}
