package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Person returns what SCIM clients wrote about a user. ErrNotFound says that
// none ever did, so attributes are derived; once there is a Person, even an
// empty one, it is authoritative and nothing is derived any more.
func (tx *StateTx) Person(ctx context.Context, userID string) (*Person, error) {
	var text string
	err := tx.tx.QueryRowContext(ctx, `select attributes from person where user_id = ?`, userID).Scan(&text)
	if err != nil {
		return nil, fmt.Errorf("person %s: %w", userID, translate(err))
	}
	var p Person
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, fmt.Errorf("person %s: %w", userID, err)
	}
	return &p, nil
}

// Persons returns all of them by UserId.
func (tx *StateTx) Persons(ctx context.Context) (map[string]Person, error) {
	persons := map[string]Person{}
	err := eachRow(ctx, tx.tx, `select user_id, attributes from person order by user_id`, func(scan scanFunc) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		var p Person
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return fmt.Errorf("person %s: %w", id, err)
		}
		persons[id] = p
		return nil
	})
	return persons, err
}

// PutPerson writes all attributes of a user.
func (tx *StateTx) PutPerson(ctx context.Context, userID string, p Person, actor string) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("person %s: %w", userID, err)
	}
	const upsert = `insert into person (user_id, attributes, updated, actor) values (?, ?, ?, ?)
		on conflict (user_id) do update
		set attributes = excluded.attributes, updated = excluded.updated, actor = excluded.actor`
	_, err = tx.tx.ExecContext(ctx, upsert, userID, string(text), formatTime(tx.now()), actor)
	return err
}

// DeletePerson erases the attributes of a user; having none is no error.
func (tx *StateTx) DeletePerson(ctx context.Context, userID string) error {
	_, err := tx.tx.ExecContext(ctx, `delete from person where user_id = ?`, userID)
	return err
}

// GroupAttributes is what IAM has no field for on a group.
type GroupAttributes struct {
	ExternalID string
	// DisplayName is set only if it was too long for IAM (EncodeGroupName), and
	// holds only while the group is still called IAMName.
	DisplayName string
	IAMName     string
}

// LongName returns the display name of a group whose IAM name is an
// abbreviation of it.
func (a GroupAttributes) LongName(iamName string) (string, bool) {
	return a.DisplayName, a.DisplayName != "" && a.IAMName == iamName
}

// GroupAttributes returns the attributes of all groups by GroupId.
func (tx *StateTx) GroupAttributes(ctx context.Context) (map[string]GroupAttributes, error) {
	groups := map[string]GroupAttributes{}
	const query = `select group_id, external_id, display_name, iam_name from group_attribute order by group_id`
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var id string
		var a GroupAttributes
		if err := scan(&id, &a.ExternalID, &a.DisplayName, &a.IAMName); err != nil {
			return err
		}
		groups[id] = a
		return nil
	})
	return groups, err
}

// GroupAttribute returns the attributes of one group, empty ones if nobody
// wrote any.
func (tx *StateTx) GroupAttribute(ctx context.Context, groupID string) (GroupAttributes, error) {
	var a GroupAttributes
	const query = `select external_id, display_name, iam_name from group_attribute where group_id = ?`
	err := tx.tx.QueryRowContext(ctx, query, groupID).Scan(&a.ExternalID, &a.DisplayName, &a.IAMName)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("attributes of group %s: %w", groupID, err)
	}
	return a, nil
}

// PutGroupAttributes writes all attributes of a group.
func (tx *StateTx) PutGroupAttributes(ctx context.Context, groupID string, a GroupAttributes, actor string) error {
	const upsert = `insert into group_attribute (group_id, external_id, display_name, iam_name, updated, actor)
		values (?, ?, ?, ?, ?, ?)
		on conflict (group_id) do update
		set external_id = excluded.external_id, display_name = excluded.display_name,
			iam_name = excluded.iam_name, updated = excluded.updated, actor = excluded.actor`
	_, err := tx.tx.ExecContext(ctx, upsert, groupID, a.ExternalID, a.DisplayName, a.IAMName, formatTime(tx.now()), actor)
	return err
}

// DeleteGroupAttributes forgets a group; not knowing it is no error.
func (tx *StateTx) DeleteGroupAttributes(ctx context.Context, groupID string) error {
	_, err := tx.tx.ExecContext(ctx, `delete from group_attribute where group_id = ?`, groupID)
	return err
}

// Origin says how an object became ours to manage.
type Origin string

// The origins.
const (
	Created Origin = "created"
	Adopted Origin = "adopted"
)

// Ownership says that this server may write an object wherever its path is.
type Ownership struct {
	Origin Origin
	Actor  string
	At     time.Time
}

// Owned returns everything that was created or adopted by this server.
func (tx *StateTx) Owned(ctx context.Context) (map[Ref]Ownership, error) {
	owned := map[Ref]Ownership{}
	const query = `select kind, id, origin, actor, at from ownership order by kind, id`
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var ref Ref
		var o Ownership
		if err := scan(&ref.Kind, &ref.ID, &o.Origin, &o.Actor, timeValue{&o.At}); err != nil {
			return err
		}
		owned[ref] = o
		return nil
	})
	return owned, err
}

// Ownership returns how one object became ours, or ErrNotFound.
func (tx *StateTx) Ownership(ctx context.Context, ref Ref) (*Ownership, error) {
	var o Ownership
	const query = `select origin, actor, at from ownership where kind = ? and id = ?`
	err := tx.tx.QueryRowContext(ctx, query, ref.Kind, ref.ID).Scan(&o.Origin, &o.Actor, timeValue{&o.At})
	if err != nil {
		return nil, fmt.Errorf("ownership of %s: %w", ref.ID, translate(err))
	}
	return &o, nil
}

// DeleteOwnership forgets an object that is gone; ids never come back.
func (tx *StateTx) DeleteOwnership(ctx context.Context, ref Ref) error {
	_, err := tx.tx.ExecContext(ctx, `delete from ownership where kind = ? and id = ?`, ref.Kind, ref.ID)
	return err
}

// PutOwnership makes an object ours; the first origin stays.
func (tx *StateTx) PutOwnership(ctx context.Context, ref Ref, origin Origin, actor string) error {
	const insert = `insert into ownership (kind, id, origin, actor, at) values (?, ?, ?, ?, ?)
		on conflict (kind, id) do nothing`
	_, err := tx.tx.ExecContext(ctx, insert, ref.Kind, ref.ID, origin, actor, formatTime(tx.now()))
	return err
}

// scanFunc reads the columns of the current row.
type scanFunc func(dest ...any) error

// eachRow calls fn for every row of a query.
func eachRow(ctx context.Context, tx *transaction, query string, fn func(scanFunc) error, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// timeValue scans a stored time; null leaves the zero time.
type timeValue struct{ t *time.Time }

// Scan implements sql.Scanner.
func (v timeValue) Scan(src any) (err error) {
	switch src := src.(type) {
	case nil:
		*v.t = time.Time{}
	case string:
		*v.t, err = parseTime(src)
	default:
		err = fmt.Errorf("time is stored as %T", src)
	}
	return err
}
