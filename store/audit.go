package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// AuditEntry is one line of an audit log: who did what to which object, and
// how it ended. Body is JSON and never holds a secret.
type AuditEntry struct {
	Seq      int64           `json:"seq"` // 1, 2, 3 … without a gap
	At       time.Time       `json:"at"`
	Actor    string          `json:"actor"`
	Action   string          `json:"action"`
	Object   Ref             `json:"object"`
	Outcome  string          `json:"outcome"`
	Body     json.RawMessage `json:"body"`
	Previous []byte          `json:"previous"` // hash of the entry before, zeros for the first
	Hash     []byte          `json:"hash"`
}

// ErrAuditBroken says that an audit log was altered.
var ErrAuditBroken = errors.New("audit log was altered")

// auditLog is a transaction on a file with an audit log. Entries are only
// added; triggers refuse everything else, and the chain of hashes shows what
// was changed past them.
type auditLog struct {
	tx  *transaction
	now func() time.Time
}

// AppendAudit adds an entry and returns it with Seq, At and hashes set.
func (l auditLog) AppendAudit(ctx context.Context, e AuditEntry) (AuditEntry, error) {
	if len(e.Body) == 0 {
		e.Body = json.RawMessage(`{}`)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, e.Body); err != nil {
		return e, fmt.Errorf("append audit: body: %w", err)
	}
	e.Body = body.Bytes()
	// As it is read back: without a monotonic clock and in UTC.
	e.At = l.now().UTC().Round(0)
	err := l.tx.QueryRowContext(ctx, `select seq, hash from audit order by seq desc limit 1`).Scan(&e.Seq, &e.Previous)
	if errors.Is(err, sql.ErrNoRows) {
		e.Seq, e.Previous, err = 0, make([]byte, sha256.Size), nil
	}
	if err != nil {
		return e, fmt.Errorf("append audit: %w", err)
	}
	e.Seq++
	e.Hash = e.digest()
	const insert = `insert into audit (seq, at, actor, action, object_kind, object_id, outcome, body, previous, hash)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err = l.tx.ExecContext(ctx, insert, e.Seq, formatTime(e.At), e.Actor, e.Action,
		e.Object.Kind, e.Object.ID, e.Outcome, string(e.Body), e.Previous, e.Hash)
	if err != nil {
		return e, fmt.Errorf("append audit: %w", err)
	}
	return e, nil
}

// digest is the SHA-256 of the hash before and of every field, each preceded by
// its length, so that no two entries have the same bytes.
func (e *AuditEntry) digest() []byte {
	h := sha256.New()
	var length [8]byte
	for _, field := range []string{
		string(e.Previous), fmt.Sprint(e.Seq), formatTime(e.At), e.Actor, e.Action,
		string(e.Object.Kind), e.Object.ID, e.Outcome, string(e.Body),
	} {
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		h.Write(length[:])
		h.Write([]byte(field))
	}
	return h.Sum(nil)
}

// Audit returns at most limit entries in order, beginning with seq from.
func (l auditLog) Audit(ctx context.Context, from int64, limit int) ([]AuditEntry, error) {
	var entries []AuditEntry
	const query = `select seq, at, actor, action, object_kind, object_id, outcome, body, previous, hash
		from audit where seq >= ? order by seq limit ?`
	err := eachRow(ctx, l.tx, query, func(scan scanFunc) error {
		e, err := scanAudit(scan)
		entries = append(entries, e)
		return err
	}, from, limit)
	return entries, err
}

func scanAudit(scan scanFunc) (AuditEntry, error) {
	var e AuditEntry
	var body string
	err := scan(&e.Seq, timeValue{&e.At}, &e.Actor, &e.Action, &e.Object.Kind, &e.Object.ID,
		&e.Outcome, &body, &e.Previous, &e.Hash)
	e.Body = json.RawMessage(body)
	return e, err
}

// VerifyAudit recomputes the whole chain; ErrAuditBroken names the first entry
// that does not fit. It cannot see that the newest entries were cut off: for
// that, compare the hash it returns with one noted elsewhere.
func (l auditLog) VerifyAudit(ctx context.Context) (last []byte, err error) {
	last = make([]byte, sha256.Size)
	var seq int64
	const query = `select seq, at, actor, action, object_kind, object_id, outcome, body, previous, hash
		from audit order by seq`
	err = eachRow(ctx, l.tx, query, func(scan scanFunc) error {
		e, err := scanAudit(scan)
		if err != nil {
			return err
		}
		seq++
		if e.Seq != seq {
			return fmt.Errorf("%w: entry %d is missing", ErrAuditBroken, seq)
		}
		if !bytes.Equal(e.Previous, last) || !bytes.Equal(e.Hash, e.digest()) {
			return fmt.Errorf("%w: entry %d does not match its hash", ErrAuditBroken, seq)
		}
		last = e.Hash
		return nil
	})
	return last, err
}
