package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Detail is what the per-user calls answered, as the provisioner keeps it.
type Detail struct {
	UserID string
	At     time.Time
	Body   []byte
}

// PutSource keeps the last good answer of an optional source, such as the
// credential report. It makes no generation.
func (tx *SnapshotTx) PutSource(ctx context.Context, name string, at time.Time, body []byte) error {
	err := tx.exec(ctx, `insert into source (name, at, body) values (?, ?, ?)
		on conflict do update set at = excluded.at, body = excluded.body`, name, formatTime(at), blob(body))
	if err != nil {
		return fmt.Errorf("put source %s: %w", name, err)
	}
	return nil
}

// blob is never null, which an empty slice would be.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Source returns what PutSource kept, or ErrNotFound.
func (tx *SnapshotTx) Source(ctx context.Context, name string) (at time.Time, body []byte, err error) {
	found := false
	err = tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var text string
			if err := rows.Scan(&text, &body); err != nil {
				return err
			}
			found = true
			at, err = parseTime(text)
			return err
		}, `select at, body from source where name = ?`, name)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("read source %s: %w", name, err)
	}
	return at, body, nil
}

// PutDetail keeps the raw details of one user. It makes no generation; a change
// of the user in the same Update counts as seen.
func (tx *SnapshotTx) PutDetail(ctx context.Context, userID string, at time.Time, body []byte) error {
	err := tx.exec(ctx, `insert into detail (user_id, at, gen, body) values (?, ?, ?, ?)
		on conflict do update set at = excluded.at, gen = excluded.gen, body = excluded.body`,
		userID, formatTime(at), tx.gen.ID, blob(body))
	if err != nil {
		return fmt.Errorf("put detail of %s: %w", userID, err)
	}
	tx.w.details = append(tx.w.details, userID)
	return nil
}

// Details returns the kept details of all users, in the order of their ids.
func (tx *SnapshotTx) Details(ctx context.Context) ([]Detail, error) {
	var list []Detail
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var d Detail
			var at string
			if err := rows.Scan(&d.UserID, &at, &d.Body); err != nil {
				return err
			}
			t, err := parseTime(at)
			d.At = t
			list = append(list, d)
			return err
		}, `select user_id, at, body from detail order by user_id`)
	})
	if err != nil {
		return nil, fmt.Errorf("read details: %w", err)
	}
	return list, nil
}

// DetailsDue returns the ids of users whose details are to be read next: those
// never read, then those changed since, then the oldest that were read before
// the given time.
func (tx *SnapshotTx) DetailsDue(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, `select u.id from user u left join detail d on d.user_id = u.id
			where u.to_gen is null and (d.user_id is null or u.from_gen > d.gen or d.at < ?)
			order by d.user_id is not null, u.from_gen <= d.gen, d.at, u.id limit ?`, formatTime(before), limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read due details: %w", err)
	}
	return ids, nil
}

// PutPolicyDocument keeps a version of a managed policy, which never changes.
func (tx *SnapshotTx) PutPolicyDocument(ctx context.Context, arn, version, document string) error {
	err := tx.exec(ctx, `insert or ignore into policy_document (arn, version, document) values (?, ?, ?)`, arn, version, document)
	if err != nil {
		return fmt.Errorf("put document of %s %s: %w", arn, version, err)
	}
	return nil
}

// PolicyDocument returns a kept version of a managed policy, or ErrNotFound.
func (tx *SnapshotTx) PolicyDocument(ctx context.Context, arn, version string) (string, error) {
	var document string
	found := false
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&document)
		}, `select document from policy_document where arn = ? and version = ?`, arn, version)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read document of %s %s: %w", arn, version, err)
	}
	return document, nil
}
