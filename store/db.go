package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errCorrupt marks a file that SQLite cannot read; the caller decides whether
// it may be replaced (the snapshot) or must be refused (state, control).
var errCorrupt = errors.New("database file is damaged")

// database is one SQLite file: a single writing connection, so that Go queues
// writers and SQLITE_BUSY cannot come from ourselves, and several that cannot
// write. Every pragma is in the connection string, because database/sql opens
// connections whenever it likes.
type database struct {
	path string
	w    *sql.DB // exactly one connection; every transaction is BEGIN IMMEDIATE
	r    *sql.DB // query_only connections

	reads, writes kept
}

// databaseConfig describes how a file is opened.
type databaseConfig struct {
	path        string
	migrations  fs.FS  // one .sql file a version, in the order of their names
	synchronous string // "full" for what must survive a power cut, else "normal"
}

// openDatabase opens or creates the file, checks it and brings its schema up to
// date. A damaged file is errCorrupt; one from a newer version is an error.
func openDatabase(ctx context.Context, cfg databaseConfig) (_ *database, err error) {
	if err := createPrivate(cfg.path); err != nil {
		return nil, err
	}
	d := &database{path: cfg.path}
	defer func() {
		if err != nil {
			err = errors.Join(corruption(err), d.close())
		}
	}()
	if d.w, err = sql.Open("sqlite", dsn(cfg, "_txlock", "immediate")); err != nil {
		return nil, fmt.Errorf("open writer: %w", err)
	}
	d.w.SetMaxOpenConns(1)
	if err := d.check(ctx); err != nil {
		return nil, fmt.Errorf("check %s: %w", filepath.Base(cfg.path), err)
	}
	if err := d.migrate(ctx, cfg.migrations); err != nil {
		return nil, fmt.Errorf("migrate %s: %w", filepath.Base(cfg.path), err)
	}
	if d.r, err = sql.Open("sqlite", dsn(cfg, "_pragma", "query_only(1)", "_pragma", "cache_size(-1000)")); err != nil {
		return nil, fmt.Errorf("open reader: %w", err)
	}
	// Each connection has a page cache of its own, half the usual one, so their
	// number bounds memory; the operating system has the pages, too.
	readers := min(max(4, 2*runtime.GOMAXPROCS(0)), 16)
	d.r.SetMaxOpenConns(readers)
	d.r.SetMaxIdleConns(readers)
	return d, nil
}

// createPrivate makes sure that the file exists and is nobody else's to read.
// SQLite gives its -wal and -shm files the mode of the database file.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// dsn is the connection string; extra are further parameters, name and value.
func dsn(cfg databaseConfig, extra ...string) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(5000)", "foreign_keys(1)", "journal_mode(wal)", "synchronous(" + cfg.synchronous + ")",
		"journal_size_limit(67108864)", // the log of a first observation is large and would stay so
		"temp_store(memory)",           // personal data has no business in the system's temporary files
	} {
		q.Add("_pragma", p)
	}
	if cfg.synchronous == "full" { // erased personal data must not survive in free pages of the file
		q.Add("_pragma", "secure_delete(1)")
	}
	for i := 0; i+1 < len(extra); i += 2 {
		q.Add(extra[i], extra[i+1])
	}
	// Escaped as a path, so that names with ?, # and % are what they seem.
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: cfg.path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// check reads the journal mode back, because a file system without shared
// memory silently keeps the old one, and asks SQLite whether the file is sound.
func (d *database) check(ctx context.Context) error {
	var mode, verdict string
	if err := d.w.QueryRowContext(ctx, `pragma journal_mode`).Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q, want wal: the file system does not support it", mode)
	}
	if err := d.w.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errCorrupt, verdict)
	}
	return nil
}

// migrate applies the files that the database has not seen, all in one
// transaction, and counts them in user_version.
func (d *database) migrate(ctx context.Context, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	return d.update(ctx, func(tx *transaction) error {
		var version int
		if err := tx.Tx.QueryRowContext(ctx, `pragma user_version`).Scan(&version); err != nil {
			return err
		}
		if version > len(names) {
			return fmt.Errorf("the file is of a newer version (%d) than this program knows (%d): run the newer program, or restore a backup made before the upgrade", version, len(names))
		}
		for i, name := range names[version:] {
			if err := applyMigration(ctx, tx, files, name, version+i+1); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

func applyMigration(ctx context.Context, tx *transaction, files fs.FS, name string, version int) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if _, err := tx.Tx.ExecContext(ctx, string(text)); err != nil { // many statements
		return err
	}
	_, err = tx.Tx.ExecContext(ctx, fmt.Sprintf(`pragma user_version = %d`, version))
	return err
}

// view runs fn in one read transaction.
func (d *database) view(ctx context.Context, fn func(*transaction) error) error {
	tx, err := d.reads.begin(ctx, d.r, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return fn(tx)
}

// update runs fn in a write transaction and commits if it returns nil. The
// rollback is deferred, so that a panic leaves the writer usable.
func (d *database) update(ctx context.Context, fn func(*transaction) error) error {
	tx, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// begin begins a write transaction.
func (d *database) begin(ctx context.Context) (*transaction, error) {
	tx, err := d.writes.begin(ctx, d.w, nil)
	if err != nil {
		return nil, busy(err)
	}
	return tx, nil
}

// busy adds ErrBusy to what SQLite says when it cannot begin to write.
func busy(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

func (d *database) close() error {
	errs := []error{d.reads.close(), d.writes.close()}
	for _, db := range []*sql.DB{d.r, d.w} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// moveAside renames a damaged file and its companions and returns the new name.
func moveAside(path string, now time.Time) (string, error) {
	aside := path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	if err := os.Rename(path, aside); err != nil {
		return "", fmt.Errorf("move damaged database aside: %w", err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("move damaged database aside: %w", err)
		}
	}
	return aside, nil
}

// corruption adds errCorrupt to what SQLite says about a damaged file.
func corruption(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || errors.Is(err, errCorrupt) {
		return err
	}
	switch e.Code() & 0xff { // the low byte is the primary result code
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return err
}

// translate maps driver errors to this package's sentinels.
func translate(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

// timeText is the one way times are stored: RFC 3339 in UTC with a fixed number
// of digits, so that the order of the texts is the order of the times.
const timeText = "2006-01-02T15:04:05.000000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeText) }

func parseTime(s string) (time.Time, error) { return time.Parse(timeText, s) }
