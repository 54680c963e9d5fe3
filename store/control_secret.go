package store

import (
	"context"
	"crypto/rand"
)

// loadCursorKey reads the key, which the first process to open the file makes.
func (c *Control) loadCursorKey(ctx context.Context) error {
	var fresh [32]byte
	_, _ = rand.Read(fresh[:]) // never fails, it would crash the program
	return c.db.update(ctx, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `insert or ignore into secret (name, value) values ('cursor', ?)`, fresh[:])
		if err != nil {
			return err
		}
		var key []byte
		if err := tx.QueryRowContext(ctx, `select value from secret where name = 'cursor'`).Scan(&key); err != nil {
			return err
		}
		copy(c.cursorKey[:], key)
		return nil
	})
}

// CursorKey is what cursors and delta tokens are sealed with. It is the same as
// long as the file exists, so that they outlive a restart.
func (c *Control) CursorKey() [32]byte { return c.cursorKey }
