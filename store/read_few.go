package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a change of many members needs of each: reading whole users would take
// longer than all else it does.

// Principal is as much of a user as it takes to call IAM about them.
type Principal struct {
	ID     string
	Name   string // UserName, IAM's spelling
	ARN    string
	Groups []string // ids, sorted
}

// Principals returns the users with these ids, in that order, leaving out those
// that do not exist.
func (tx *SnapshotTx) Principals(ctx context.Context, ids ...string) ([]*Principal, error) {
	if err := tx.observed(); err != nil || len(ids) == 0 {
		return nil, err
	}
	var found map[string]*Principal
	err := tx.read(ctx, func(c conn) error {
		found = make(map[string]*Principal, len(ids))
		text := `select x.id, x.arn, (select group_concat(m.group_id, char(10)) from membership m where m.user_id = x.id and ` + c.member("m") + `)
			from user x where x.id in (select value from json_each(?)) and ` + c.valid("x")
		return c.each(ctx, func(rows *sql.Rows) error {
			p, err := scanPrincipal(rows)
			if err == nil {
				found[p.ID] = p
			}
			return err
		}, text, jsonList(ids))
	})
	if err != nil {
		return nil, fmt.Errorf("read who users are: %w", err)
	}
	return inOrder(ids, found), nil
}

func scanPrincipal(rows *sql.Rows) (*Principal, error) {
	var p Principal
	var arn, groups sql.NullString
	if err := rows.Scan(&p.ID, &arn, &groups); err != nil {
		return nil, err
	}
	p.ARN = arn.String
	p.Name = p.ARN[strings.LastIndexByte(p.ARN, '/')+1:] // the last part of every user's ARN
	if groups.Valid {
		p.Groups = strings.Split(groups.String, separator)
		slices.Sort(p.Groups)
	}
	return &p, nil
}

// CreatedBefore returns those of the users with these ids, in that order, who
// exist and were created before the time given.
func (tx *SnapshotTx) CreatedBefore(ctx context.Context, at time.Time, ids ...string) ([]string, error) {
	if err := tx.observed(); err != nil || len(ids) == 0 {
		return nil, err
	}
	var found map[string]*string
	err := tx.read(ctx, func(c conn) error {
		found = make(map[string]*string, len(ids))
		return c.each(ctx, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			found[id] = &id
			return err
		}, `select x.id from user x where x.id in (select value from json_each(?)) and x.created < ? and `+c.valid("x"), jsonList(ids), formatTime(at))
	})
	if err != nil {
		return nil, fmt.Errorf("read when users were created: %w", err)
	}
	var out []string
	for _, id := range inOrder(ids, found) {
		out = append(out, *id)
	}
	return out, nil
}
