package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ReadSnapshot opens the snapshot file of an account in a data directory, which
// the caller holds the Lock of, for reading only: an Update fails. The file is
// left as it is: it is not created, migrated, or moved aside if it is damaged;
// beside it SQLite leaves an empty -wal and a -shm. One that is not there is
// fs.ErrNotExist.
func ReadSnapshot(ctx context.Context, dir, accountID string) (*Snapshot, error) {
	if !isAccountID(accountID) {
		return nil, fmt.Errorf("read account %q: an AWS account id has twelve digits", accountID)
	}
	files, err := fs.Sub(snapshotSchema, "schema/snapshot")
	if err != nil {
		return nil, err
	}
	db, err := readDatabase(ctx, databaseConfig{path: filepath.Join(dir, accountID+".snapshot.db"), migrations: files, synchronous: "normal"})
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	s := &Snapshot{db: db, accountID: accountID, now: time.Now, prepared: newStatements(db.r), results: newResultCache(), writer: make(chan struct{}, 1)}
	if err := db.view(ctx, func(tx *transaction) error { return s.load(ctx, tx) }); err != nil {
		return nil, fmt.Errorf("read snapshot: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// readDatabase opens a file of exactly the version that this program writes.
// Its writer cannot write either.
func readDatabase(ctx context.Context, cfg databaseConfig) (_ *database, err error) {
	if _, err := os.Stat(cfg.path); err != nil {
		return nil, err
	}
	d := &database{path: cfg.path}
	defer func() {
		if err = corruption(err); err == nil {
			return
		}
		if errors.Is(err, errCorrupt) {
			err = fmt.Errorf("%w; the next observation begins it anew, without its history", err)
		}
		err = errors.Join(err, d.close())
	}()
	if d.r, err = sql.Open("sqlite", dsn(cfg, "mode", "ro", "_pragma", "query_only(1)")); err != nil {
		return nil, fmt.Errorf("open reader: %w", err)
	}
	d.w = d.r
	if err := d.check(ctx); err != nil {
		return nil, fmt.Errorf("check %s: %w", filepath.Base(cfg.path), err)
	}
	if err := d.current(ctx, cfg.migrations); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(cfg.path), err)
	}
	return d, nil
}

// current checks that there is nothing to migrate.
func (d *database) current(ctx context.Context, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := d.r.QueryRowContext(ctx, `pragma user_version`).Scan(&version); err != nil {
		return err
	}
	if version < len(names) {
		return fmt.Errorf("the file is of an older version (%d) than this program reads (%d): a server or a refresh brings it up to date", version, len(names))
	}
	return d.migrate(ctx, files) // only to say that it is of a newer one
}
