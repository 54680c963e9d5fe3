package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

//go:embed schema/state/*.sql
var stateSchema embed.FS

// State is the state file of one account: what IAM cannot say. It is durable
// and backed up, and a damaged one is refused, never rebuilt. It is safe for
// concurrent use: one writer, many readers.
type State struct {
	db  *database
	now func() time.Time
}

// StateTx is one transaction on the state; it must not outlive the function it
// was handed to.
type StateTx struct {
	auditLog
}

// OpenState opens or creates the file; a file of another account is
// ErrOtherAccount.
func OpenState(ctx context.Context, path, accountID string, now func() time.Time) (*State, error) {
	db, err := openDurable(ctx, path, stateSchema, "schema/state")
	if err != nil {
		return nil, err
	}
	s := &State{db: db, now: now}
	if err := s.bind(ctx, accountID); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Base(path), err), s.Close())
	}
	return s, nil
}

// openDurable opens a file that holds what nobody can give back, so every
// commit reaches the disk and damage needs a human.
func openDurable(ctx context.Context, path string, schema fs.FS, dir string) (*database, error) {
	migrations, err := fs.Sub(schema, dir)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, databaseConfig{path: path, migrations: migrations, synchronous: "full"})
	if errors.Is(err, errCorrupt) {
		return nil, fmt.Errorf("open %s: %w; it is never rebuilt, because AWS cannot give back what it holds: "+
			"stop the server, keep a copy of the file with its -wal and -shm, and put a backup in its place; "+
			"only without a backup move it away and start anew", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

// bind makes the file accountID's, or checks that it is.
func (s *State) bind(ctx context.Context, accountID string) error {
	return s.Update(ctx, func(tx *StateTx) error {
		const insert = `insert into meta (name, value) values ('account', ?) on conflict (name) do nothing`
		if _, err := tx.tx.ExecContext(ctx, insert, accountID); err != nil {
			return err
		}
		var owner string
		if err := tx.tx.QueryRowContext(ctx, `select value from meta where name = 'account'`).Scan(&owner); err != nil {
			return err
		}
		if owner != accountID {
			return fmt.Errorf("%w: it belongs to %s, not to %s", ErrOtherAccount, owner, accountID)
		}
		return nil
	})
}

// Close closes the file.
func (s *State) Close() error { return s.db.close() }

// View runs fn on a consistent read-only view.
func (s *State) View(ctx context.Context, fn func(*StateTx) error) error {
	return s.db.view(ctx, func(tx *transaction) error { return fn(s.tx(tx)) })
}

// Update runs fn in a write transaction and commits, to the disk, if it
// returns nil.
func (s *State) Update(ctx context.Context, fn func(*StateTx) error) error {
	return s.db.update(ctx, func(tx *transaction) error { return fn(s.tx(tx)) })
}

func (s *State) tx(tx *transaction) *StateTx { return &StateTx{auditLog{tx: tx, now: s.now}} }

// Writable reports whether a commit still reaches the disk, by making one. It
// costs an fsync; whoever asks often should remember the answer for a while.
func (s *State) Writable(ctx context.Context) error {
	return s.Update(ctx, func(tx *StateTx) error {
		const upsert = `insert into meta (name, value) values ('checked', ?)
			on conflict (name) do update set value = excluded.value`
		_, err := tx.tx.ExecContext(ctx, upsert, formatTime(s.now()))
		return err
	})
}
