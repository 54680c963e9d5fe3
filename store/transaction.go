package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SnapshotTx is one transaction on the snapshot; it must not outlive the
// function it was handed to.
//
// A view holds no SQLite transaction. Rows carry the generations in which they
// are valid, so a view only remembers its generation: as long as that is the
// newest one it reads current rows, and if a commit comes between, it goes on
// reading the rows of its own. What merely ages is read as it is.
type SnapshotTx struct {
	s      *Snapshot
	moment Moment // when the view began
	gen    Generation
	old    bool     // gen was not the newest one to begin with
	w      *writing // nil in a view
}

// View runs fn on a consistent read-only view.
func (s *Snapshot) View(ctx context.Context, fn func(*SnapshotTx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m := s.Moment() // first, so that a commit in between is noticed
	return fn(&SnapshotTx{s: s, moment: m, gen: s.Generation()})
}

// Moment returns when the view began; an Update and a view of the past have
// none that Lasts.
func (tx *SnapshotTx) Moment() Moment {
	if tx.w != nil || tx.old {
		return passed
	}
	return tx.moment
}

// Generation returns the generation this transaction sees. In an Update it is
// the one that the Update makes, as soon as something differs.
func (tx *SnapshotTx) Generation() Generation { return tx.gen }

// observed refuses a view of an account that nobody has read yet; an Update
// may be what fills it.
func (tx *SnapshotTx) observed() error {
	if tx.gen.ID == 0 && tx.w == nil {
		return ErrNoGeneration
	}
	return nil
}

// conn runs statements for one transaction.
type conn struct {
	prepared *statements  // nil: the statement belongs to w
	tx       *transaction // nil: each statement is a transaction
	w        *writing
	asOf     int64 // read the rows of this generation; 0: current rows
}

// valid is the condition that a row of alias is seen. The number of an old
// generation stands in the text, so such statements are not kept.
func (c conn) valid(alias string) string {
	if c.asOf == 0 {
		return alias + `.to_gen is null`
	}
	return fmt.Sprintf(`(%[1]s.from_gen <= %[2]d and (%[1]s.to_gen is null or %[1]s.to_gen > %[2]d))`, alias, c.asOf)
}

// member is valid for a membership, whose end is never null.
func (c conn) member(alias string) string {
	if c.asOf == 0 {
		return alias + `.` + isCurrent
	}
	return fmt.Sprintf(`(%[1]s.from_gen <= %[2]d and %[1]s.to_gen > %[2]d)`, alias, c.asOf)
}

// isCurrent is the condition that a membership has not ended; its end is
// math.MaxInt64, so that current ones stand together in every index.
const isCurrent = `to_gen = 9223372036854775807`

// sql replaces $valid(a), or $member(a) of a membership, by the condition that
// a's row is seen.
func (c conn) sql(text string) string {
	text = replaceCalls(text, `$valid(`, c.valid)
	return replaceCalls(text, `$member(`, c.member)
}

func replaceCalls(text, call string, by func(alias string) string) string {
	for {
		before, rest, ok := strings.Cut(text, call)
		if !ok {
			return text
		}
		alias, after, _ := strings.Cut(rest, `)`)
		text = before + by(alias) + after
	}
}

func (c conn) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if c.w != nil {
		return c.w.tx.QueryContext(ctx, text, args...)
	}
	if c.tx != nil { // rare: a commit came between; the text may hold a generation's number, so it is not kept
		return c.tx.Tx.QueryContext(ctx, text, args...)
	}
	stmt, err := c.prepared.get(ctx, text)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.prepared.db.QueryContext(ctx, text, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// each calls scan for every row of a query. It looks at ctx between the rows
// instead of handing it to the driver: watching it would take the driver two
// goroutines a statement, nearly as much as looking up a row.
func (c conn) each(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	rows, err := c.query(context.WithoutCancel(ctx), text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read runs fn, perhaps twice, so that everything it reads belongs to the
// transaction's generation. fn must start afresh each time.
func (tx *SnapshotTx) read(ctx context.Context, fn func(conn) error) error {
	if tx.w != nil {
		return fn(conn{w: tx.w})
	}
	before := tx.s.commits.Load()
	if !tx.old && before&1 == 0 && tx.s.Generation().ID == tx.gen.ID {
		err := fn(conn{prepared: tx.s.prepared})
		if tx.s.commits.Load() == before {
			return err
		}
	}
	return tx.s.db.view(ctx, func(t *transaction) error {
		c := conn{prepared: tx.s.prepared, tx: t}
		var newest int64
		if err := t.QueryRowContext(ctx, `select coalesce(max(id), 0) from generation`).Scan(&newest); err != nil {
			return err
		}
		if newest != tx.gen.ID {
			c.asOf = tx.gen.ID
		}
		return fn(c)
	})
}

// readNow runs fn on what merely ages.
func (tx *SnapshotTx) readNow(fn func(conn) error) error {
	if tx.w != nil {
		return fn(conn{w: tx.w})
	}
	return fn(conn{prepared: tx.s.prepared})
}

// Update runs fn in a write transaction and commits if it returns nil. It
// makes exactly one generation if anything differs, and none otherwise. An
// Update inside an Update waits until ctx ends. Never call AWS in fn: every
// other writer would wait for the network.
func (s *Snapshot) Update(ctx context.Context, actor string, fn func(*SnapshotTx) error) error {
	_, err := s.update(ctx, actor, fn)
	return err
}

// update also returns what was committed; its generation's ID is 0 if none was
// made.
func (s *Snapshot) update(ctx context.Context, actor string, fn func(*SnapshotTx) error) (Commit, error) {
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
		return Commit{}, fmt.Errorf("wait for the writer: %w", ctx.Err())
	}
	t, err := s.db.begin(ctx)
	if err != nil {
		return Commit{}, err
	}
	w := &writing{tx: t, actor: actor, touched: map[Ref]touch{}, aged: map[Ref]struct{}{}}
	defer w.rollback()
	tx := &SnapshotTx{s: s, gen: s.Generation(), w: w}
	if err := fn(tx); err != nil {
		return Commit{}, err
	}
	if len(w.touched) > 0 {
		if err := tx.recordChanges(ctx); err != nil {
			return Commit{}, err
		}
	}
	return s.commit(tx)
}

// commit makes the transaction's changes visible and tells the listeners, the
// generation last: whoever reads at it finds no cache that is behind.
func (s *Snapshot) commit(tx *SnapshotTx) (Commit, error) {
	w := tx.w
	if len(w.touched) == 0 && !w.ages() {
		return Commit{}, w.tx.Commit() // nothing that is served
	}
	s.commits.Add(1)
	defer s.commits.Add(1)
	if err := w.tx.Commit(); err != nil {
		return Commit{}, err
	}
	if w.ages() {
		s.age(w)
	}
	if len(w.touched) == 0 {
		return Commit{}, nil
	}
	c := w.summary(tx.gen)
	s.damage.forget(w.touched)
	s.results.advance(w.touched, tx.gen)
	for _, f := range s.onCommit {
		f(c)
	}
	s.generation.Store(&tx.gen)
	return c, nil
}

// writing is the state of an Update.
type writing struct {
	tx       *transaction
	actor    string
	touched  map[Ref]touch
	details  []string         // users whose details were put
	joined   bool             // some membership began
	aged     map[Ref]struct{} // whose ageing facts moved
	observed time.Time        // zero unless an observation was completed
}

// rollback after a commit does nothing; there is nobody to tell of an error.
func (w *writing) rollback() { _ = w.tx.Rollback() }

// errNotWritable is a programming error: a View was asked to write.
var errNotWritable = errors.New("a view cannot write")

// exec runs one writing statement.
func (tx *SnapshotTx) exec(ctx context.Context, text string, args ...any) error {
	if tx.w == nil {
		return errNotWritable
	}
	_, err := tx.w.tx.ExecContext(ctx, text, args...)
	return translate(err)
}
