package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a change of many members needs of each: reading whole users would take
// longer than all else it does.

// Principal is as much of a user as it takes to call IAM about them.
type Principal struct {
	ID     string   `json:"-"`
	Name   string   `json:"name"` // UserName, IAM's spelling
	ARN    string   `json:"arn"`
	Groups []string `json:"-"` // ids, sorted
}

// Principals returns the users with these ids, in that order, leaving out those
// that do not exist or cannot be read; see Damaged.
func (tx *SnapshotTx) Principals(ctx context.Context, ids ...string) ([]*Principal, error) {
	if err := tx.observed(); err != nil || len(ids) == 0 {
		return nil, err
	}
	var found map[string]*Principal
	err := tx.read(ctx, func(c conn) error {
		found = make(map[string]*Principal, len(ids))
		text := `select x.id, b.body, (select group_concat(m.group_id, char(10)) from membership m where m.user_id = x.id and ` + c.valid("m") + `)
			from user x join user_body b on b.row = x.row where x.id in (select value from json_each(?)) and ` + c.valid("x")
		return c.each(ctx, func(rows *sql.Rows) error {
			p, sound, err := scanPrincipal(rows)
			if sound {
				found[p.ID] = p
			} else if err == nil {
				tx.s.damage.note(Ref{KindUser, p.ID})
			}
			return err
		}, text, jsonList(ids))
	})
	if err != nil {
		return nil, fmt.Errorf("read who users are: %w", err)
	}
	return inOrder(ids, found), nil
}

// scanPrincipal also reports whether the row can be read.
func scanPrincipal(rows *sql.Rows) (p *Principal, sound bool, err error) {
	p = new(Principal)
	var body sql.RawBytes
	var groups sql.NullString
	if err := rows.Scan(&p.ID, &body, &groups); err != nil {
		return nil, false, err
	}
	if groups.Valid {
		p.Groups = strings.Split(groups.String, separator)
		slices.Sort(p.Groups)
	}
	return p, json.Unmarshal(body, p) == nil, nil
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
