package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// kept are statements that transactions on one pool share: parsing one takes
// SQLite longer than running it. A statement that a transaction meets for the
// first time is its own; it is prepared for all that follow before the next one
// begins, because while a transaction runs the pool may have no connection left.
type kept struct {
	mu     sync.Mutex
	stmts  map[string]*sql.Stmt
	wanted map[string]bool
}

// begin begins a transaction.
func (k *kept) begin(ctx context.Context, db *sql.DB, opt *sql.TxOptions) (*transaction, error) {
	if err := k.prepare(ctx, db); err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, opt)
	if err != nil {
		return nil, err
	}
	return &transaction{Tx: tx, kept: k, stmts: map[string]*sql.Stmt{}}, nil
}

// prepare prepares what earlier transactions wanted.
func (k *kept) prepare(ctx context.Context, db *sql.DB) error {
	for _, text := range k.take() {
		stmt, err := db.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		if err := k.keep(text, stmt); err != nil {
			return err
		}
	}
	return nil
}

func (k *kept) take() (texts []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for text := range k.wanted {
		texts = append(texts, text)
	}
	clear(k.wanted)
	return texts
}

// keep takes over a statement, unless another transaction was faster.
func (k *kept) keep(text string, stmt *sql.Stmt) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stmts[text] != nil || len(k.stmts) >= maxStatements {
		return stmt.Close()
	}
	if k.stmts == nil {
		k.stmts = map[string]*sql.Stmt{}
	}
	k.stmts[text] = stmt
	return nil
}

// get returns the statement, or nil and has it prepared for the next.
func (k *kept) get(text string) *sql.Stmt {
	k.mu.Lock()
	defer k.mu.Unlock()
	stmt := k.stmts[text]
	if stmt == nil && len(k.stmts)+len(k.wanted) < maxStatements {
		if k.wanted == nil {
			k.wanted = map[string]bool{}
		}
		k.wanted[text] = true
	}
	return stmt
}

func (k *kept) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, stmt := range k.stmts {
		errs = append(errs, stmt.Close())
	}
	clear(k.stmts)
	return errors.Join(errs...)
}

// transaction is a *sql.Tx whose statements are kept. It looks at ctx before
// each instead of handing it to the driver, which would take two goroutines to
// watch it.
type transaction struct {
	*sql.Tx
	kept  *kept
	stmts map[string]*sql.Stmt // they end with the transaction
}

func (t *transaction) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if stmt := t.stmts[text]; stmt != nil {
		return stmt, nil
	}
	var stmt *sql.Stmt
	if shared := t.kept.get(text); shared != nil {
		stmt = t.StmtContext(ctx, shared)
	} else {
		var err error
		if stmt, err = t.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	t.stmts[text] = stmt
	return stmt, nil
}

// ExecContext is that of sql.Tx, for one statement.
func (t *transaction) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := t.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

// QueryContext is that of sql.Tx.
func (t *transaction) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := t.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(context.WithoutCancel(ctx), args...)
}

// QueryRowContext is that of sql.Tx.
func (t *transaction) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := t.stmt(ctx, text)
	if err != nil {
		return t.Tx.QueryRowContext(ctx, text, args...) // says the same
	}
	return stmt.QueryRowContext(context.WithoutCancel(ctx), args...)
}
