package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"
)

//go:embed schema/control/*.sql
var controlSchema embed.FS

// touchInterval is how coarse Token.LastUsed is: precise enough to find tokens
// nobody uses, without a write for every request.
const touchInterval = time.Hour

// Control is control.db: what belongs to no single account. It is durable; a
// damaged one is refused. It is safe for concurrent use.
type Control struct {
	db        *database
	now       func() time.Time
	cursorKey [32]byte
}

// ControlTx is one transaction on it; it must not outlive the function it was
// handed to.
type ControlTx struct {
	auditLog
}

// OpenControl opens or creates the file.
func OpenControl(ctx context.Context, path string, now func() time.Time) (*Control, error) {
	db, err := openDurable(ctx, path, controlSchema, "schema/control")
	if err != nil {
		return nil, err
	}
	c := &Control{db: db, now: now}
	if err := c.loadCursorKey(ctx); err != nil {
		return nil, fmt.Errorf("open control: %w", errors.Join(err, c.Close()))
	}
	return c, nil
}

// Close closes the file.
func (c *Control) Close() error { return c.db.close() }

// View runs fn on a consistent read-only view.
func (c *Control) View(ctx context.Context, fn func(*ControlTx) error) error {
	return c.db.view(ctx, func(tx *transaction) error { return fn(c.tx(tx)) })
}

// Update runs fn in a write transaction and commits, to the disk, if it
// returns nil.
func (c *Control) Update(ctx context.Context, fn func(*ControlTx) error) error {
	return c.db.update(ctx, func(tx *transaction) error { return fn(c.tx(tx)) })
}

func (c *Control) tx(tx *transaction) *ControlTx { return &ControlTx{auditLog{tx: tx, now: c.now}} }

// Token is what is kept of a SCIM credential: all but the token itself.
type Token struct {
	ID        string
	Name      string
	Hash      [32]byte // SHA-256 of the token
	Scopes    []string
	AccountID string
	UserID    string // the user behind it, for /Me; mostly empty
	Profile   string // "lenient" or "strict"; empty: the server's
	Created   time.Time
	Expires   time.Time // zero: never
	LastUsed  time.Time // zero: never; coarse
	Revoked   time.Time // zero: not
}

// PutToken adds a token; an ID that is there is ErrExists.
func (tx *ControlTx) PutToken(ctx context.Context, t Token) error {
	const insert = `insert into token
		(id, name, hash, scopes, account_id, user_id, profile, created, expires, last_used, revoked)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.tx.ExecContext(ctx, insert, t.ID, t.Name, t.Hash[:], strings.Join(t.Scopes, " "), t.AccountID,
		t.UserID, t.Profile, formatTime(t.Created), optionalTime(t.Expires), optionalTime(t.LastUsed), optionalTime(t.Revoked))
	if err != nil {
		return fmt.Errorf("put token %s: %w", t.ID, translate(err))
	}
	return nil
}

// optionalTime stores the zero time as null.
func optionalTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return formatTime(t)
}

const tokenColumns = `id, name, hash, scopes, account_id, user_id, profile, created, expires, last_used, revoked`

// Tokens returns all tokens, the oldest first, expired and revoked included.
func (tx *ControlTx) Tokens(ctx context.Context) ([]Token, error) {
	var tokens []Token
	err := eachRow(ctx, tx.tx, `select `+tokenColumns+` from token order by created, id`, func(scan scanFunc) error {
		t, err := scanToken(scan)
		tokens = append(tokens, t)
		return err
	})
	return tokens, err
}

// TokenByID returns one token or ErrNotFound.
func (tx *ControlTx) TokenByID(ctx context.Context, id string) (Token, error) {
	t, err := scanToken(tx.tx.QueryRowContext(ctx, `select `+tokenColumns+` from token where id = ?`, id).Scan)
	if err != nil {
		return Token{}, fmt.Errorf("token %s: %w", id, translate(err))
	}
	return t, nil
}

func scanToken(scan scanFunc) (Token, error) {
	var t Token
	var hash []byte
	var scopes string
	err := scan(&t.ID, &t.Name, &hash, &scopes, &t.AccountID, &t.UserID, &t.Profile,
		timeValue{&t.Created}, timeValue{&t.Expires}, timeValue{&t.LastUsed}, timeValue{&t.Revoked})
	copy(t.Hash[:], hash)
	t.Scopes = strings.Fields(scopes)
	return t, err
}

// RevokeToken makes a token useless for good. Revoking it again keeps the first
// time; a token that is not there is ErrNotFound.
func (tx *ControlTx) RevokeToken(ctx context.Context, id string) error {
	const update = `update token set revoked = coalesce(revoked, ?) where id = ?`
	result, err := tx.tx.ExecContext(ctx, update, formatTime(tx.now()), id)
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// TouchToken records that a token was used, unless that was recorded within
// the last hour.
func (tx *ControlTx) TouchToken(ctx context.Context, id string, at time.Time) error {
	const update = `update token set last_used = ? where id = ? and (last_used is null or last_used <= ?)`
	_, err := tx.tx.ExecContext(ctx, update, formatTime(at), id, formatTime(at.Add(-touchInterval)))
	if err != nil {
		return fmt.Errorf("touch token %s: %w", id, err)
	}
	return nil
}
