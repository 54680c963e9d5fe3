package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"
)

//go:embed schema/snapshot/*.sql
var snapshotSchema embed.FS

// Snapshot is the snapshot file of one account. It is safe for concurrent use:
// one writer, many readers; readers never wait for the writer.
type Snapshot struct {
	db        *database
	accountID string
	now       func() time.Time
	prepared  *statements // of readers
	results   *resultCache

	aside    string        // where the damaged file is that this one replaces
	writer   chan struct{} // holds one token; whoever has it may write
	onCommit []func(Commit)
	onAged   []func(Aged)

	generation atomic.Pointer[Generation]
	observed   atomic.Pointer[time.Time]
	// commits is odd while a commit that readers can see is under way. A read
	// that saw the same even number before and after saw one state, without a
	// transaction of its own.
	commits atomic.Int64
	damage  damage
}

// OpenSnapshot opens or creates the file; a file of another account is
// ErrOtherAccount. The snapshot is a cache: a damaged file is moved aside and
// a new one begun, with a new epoch.
func OpenSnapshot(ctx context.Context, path, accountID string, now func() time.Time) (*Snapshot, error) {
	files, err := fs.Sub(snapshotSchema, "schema/snapshot")
	if err != nil {
		return nil, err
	}
	cfg := databaseConfig{path: path, migrations: files, synchronous: "normal"}
	db, err := openDatabase(ctx, cfg)
	aside := ""
	if errors.Is(err, errCorrupt) {
		if aside, err = moveAside(path, now()); err != nil {
			return nil, err
		}
		db, err = openDatabase(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	s := &Snapshot{db: db, accountID: accountID, now: now, prepared: newStatements(db.r), results: newResultCache(),
		aside: aside, writer: make(chan struct{}, 1)}
	if err := s.claim(ctx); err != nil {
		return nil, fmt.Errorf("open snapshot: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// claim binds a new file to the account, or checks that an old one is bound to
// it, and loads the newest generation.
func (s *Snapshot) claim(ctx context.Context) error {
	return s.db.update(ctx, func(tx *transaction) error {
		for name, value := range map[string]string{"account": s.accountID, "epoch": rand.Text()} {
			if _, err := tx.ExecContext(ctx, `insert or ignore into setting (name, value) values (?, ?)`, name, value); err != nil {
				return err
			}
		}
		return s.load(ctx, tx)
	})
}

// load checks whose file it is and loads the newest generation.
func (s *Snapshot) load(ctx context.Context, tx *transaction) error {
	account, err := setting(ctx, tx, "account")
	if err != nil {
		return err
	}
	if account != s.accountID {
		return fmt.Errorf("%w: the file holds %s, not %s", ErrOtherAccount, account, s.accountID)
	}
	epoch, err := setting(ctx, tx, "epoch")
	if err != nil {
		return err
	}
	g, err := generationWhere(ctx, tx, `id = (select max(id) from generation)`)
	if errors.Is(err, ErrNotFound) {
		g, err = Generation{}, nil
	}
	g.Epoch = epoch
	s.generation.Store(&g)
	if err != nil {
		return err
	}
	return s.loadObserved(ctx, tx)
}

func (s *Snapshot) loadObserved(ctx context.Context, tx *transaction) error {
	var text string
	err := tx.QueryRowContext(ctx, `select observed from status`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		s.observed.Store(new(time.Time))
		return nil
	}
	if err != nil {
		return err
	}
	at, err := parseTime(text)
	s.observed.Store(&at)
	return err
}

// setting returns the stored value of a setting.
func setting(ctx context.Context, tx *transaction, name string) (value string, err error) {
	err = tx.QueryRowContext(ctx, `select value from setting where name = ?`, name).Scan(&value)
	return value, err
}

// generationWhere reads one generation, without its epoch.
func generationWhere(ctx context.Context, tx *transaction, condition string, args ...any) (g Generation, err error) {
	var at string
	err = tx.QueryRowContext(ctx, `select id, at, actor from generation where `+condition, args...).Scan(&g.ID, &at, &g.Actor)
	if err != nil {
		return Generation{}, translate(err)
	}
	g.At, err = parseTime(at)
	return g, err
}

// Close closes the file.
func (s *Snapshot) Close() error {
	return errors.Join(s.prepared.close(), s.db.close())
}

// MovedAside returns where OpenSnapshot put a damaged file, or "" if it found
// none.
func (s *Snapshot) MovedAside() string { return s.aside }

// Generation returns the newest committed generation, without a query.
func (s *Snapshot) Generation() Generation { return *s.generation.Load() }

// Observed returns the start of the last complete observation, zero before the
// first, without a query.
func (s *Snapshot) Observed() time.Time { return *s.observed.Load() }

// Moment is a state of the snapshot as readers see it.
type Moment int64

const passed Moment = -1

// Moment returns the present one.
func (s *Snapshot) Moment() Moment { return Moment(s.commits.Load()) }

// Lasts reports whether everything that was read since m is still so: nothing
// that is served was committed, or is about to be.
func (s *Snapshot) Lasts(m Moment) bool { return m&1 == 0 && s.Moment() == m }

// OnCommit registers f to be called after every commit that made a generation,
// in order, before the call that caused it returns and before any View sees
// the new generation. So a cache of rendered resources stays exact if it drops
// what f is told and keeps an entry only if the Moment it was made at Lasts. f
// must not write. Register before serving.
func (s *Snapshot) OnCommit(f func(Commit)) { s.onCommit = append(s.onCommit, f) }

// OnAged registers f to be called after every commit that moved what merely
// ages, under the same conditions as OnCommit. A commit that does both calls
// both.
func (s *Snapshot) OnAged(f func(Aged)) { s.onAged = append(s.onAged, f) }

// statements keeps prepared statements of a pool by their text. Their number
// is bounded; further texts are not kept.
type statements struct {
	db   *sql.DB
	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

// maxStatements bounds memory: a client can invent any number of filters.
const maxStatements = 256

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, kept: map[string]*sql.Stmt{}}
}

// get returns the statement, or nil if it is not to be kept.
func (p *statements) get(ctx context.Context, text string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt, full := p.kept[text], len(p.kept) >= maxStatements
	p.mu.RUnlock()
	if stmt != nil || full {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.kept[text]; other != nil {
		return other, stmt.Close()
	}
	p.kept[text] = stmt
	return stmt, nil
}

func (p *statements) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, stmt := range p.kept {
		errs = append(errs, stmt.Close())
	}
	clear(p.kept)
	return errors.Join(errs...)
}
