package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Change is what one generation did to one resource. A generation that only
// changed memberships of it says "member".
type Change struct {
	Generation Generation
	Ref        Ref
	What       string // "created", "updated", "member" or "deleted"
}

// Changes returns what the generations after from and up to to did, in order
// of generation, kind and id; at most limit changes.
func (tx *SnapshotTx) Changes(ctx context.Context, from, to int64, limit int) ([]Change, error) {
	var list []Change
	err := tx.readNow(ctx, func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			x := Change{Generation: Generation{Epoch: tx.gen.Epoch}}
			var at string
			if err := rows.Scan(&x.Generation.ID, &at, &x.Generation.Actor, &x.Ref.Kind, &x.Ref.ID, &x.What); err != nil {
				return err
			}
			t, err := parseTime(at)
			x.Generation.At = t
			list = append(list, x)
			return err
		}, `select g.id, g.at, g.actor, c.kind, c.id, c.what from change c join generation g on g.id = c.gen
			where c.gen > ? and c.gen <= ? order by c.gen, c.kind, c.id limit ?`, from, min(to, tx.gen.ID), limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return list, nil
}

// ViewAt runs fn on the account as it was in the newest generation committed at
// or before the given time. What merely ages is as it is now. A time before the
// first generation, or one whose history was pruned, is ErrNoGeneration.
func (s *Snapshot) ViewAt(ctx context.Context, at time.Time, fn func(*SnapshotTx) error) error {
	tx := &SnapshotTx{s: s, old: true}
	err := s.db.view(ctx, func(t *sql.Tx) (err error) {
		tx.gen, err = generationWhere(ctx, t, `at = (select max(at) from generation where at <= ?)`, formatTime(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("%w: at %s: %w", ErrNoGeneration, at.UTC().Format(time.RFC3339), err)
	}
	tx.gen.Epoch = s.Generation().Epoch
	return fn(tx)
}

// Prune forgets the rows that ended before the given time, and the generations
// that nobody can read any more. The newest generation always stays.
func (s *Snapshot) Prune(ctx context.Context, before time.Time) error {
	return s.Update(ctx, "", func(tx *SnapshotTx) error {
		var oldest int64
		err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&oldest) },
			// The generation that was newest at that time is still readable.
			`select coalesce(max(id), 0) from generation where at <= ?`, formatTime(before))
		if err != nil || oldest == 0 {
			return err
		}
		return tx.prune(ctx, oldest)
	})
}

func (tx *SnapshotTx) prune(ctx context.Context, oldest int64) error {
	for _, t := range tables {
		closed := ` (select row from ` + t.name + ` where to_gen <= ?)`
		if err := tx.exec(ctx, `delete from `+t.name+`_body where row in`+closed, oldest); err != nil {
			return fmt.Errorf("prune %s: %w", t.name, err)
		}
		if err := tx.exec(ctx, `delete from `+t.name+` where to_gen <= ?`, oldest); err != nil {
			return fmt.Errorf("prune %s: %w", t.name, err)
		}
	}
	for _, text := range []string{
		`delete from membership where to_gen <= ?`,
		`delete from change where gen <= ?`,
		`delete from resource where deleted_gen <= ?`,
		`delete from generation where id < ?`,
	} {
		if err := tx.exec(ctx, text, oldest); err != nil {
			return fmt.Errorf("prune: %w", err)
		}
	}
	return nil
}
