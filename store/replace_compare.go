package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// difference is what separates the current rows from an observation. Nothing
// is written before all of it is known, because it may have to be held.
type difference struct {
	kinds   map[Kind]*kindDifference
	added   []pair
	removed []pair
	lost    map[string][]string
	had     map[string]int
}

// kindDifference is the part of one kind of resource.
type kindDifference struct {
	created []any
	updated []any
	deleted []current
	rows    map[string]current // by id
}

// current is a current row.
type current struct {
	id   string
	row  int64
	from int64
	sum  digest
}

// lossNames are the names of HeldError.Losses by kind.
var lossNames = map[Kind]string{KindUser: "users", KindGroup: "groups", KindPolicy: "policies", KindRole: "roles"}

func (tx *SnapshotTx) compare(ctx context.Context, o *observed) (*difference, error) {
	d := &difference{kinds: map[Kind]*kindDifference{}, lost: map[string][]string{}, had: map[string]int{}}
	for _, t := range tables {
		if err := tx.compareKind(ctx, d, t, o); err != nil {
			return nil, err
		}
	}
	if err := tx.compareMemberships(ctx, d, o); err != nil {
		return nil, err
	}
	return d, nil
}

func (tx *SnapshotTx) compareKind(ctx context.Context, d *difference, t *table, o *observed) error {
	rows, err := tx.currentRows(ctx, t)
	if err != nil {
		return err
	}
	k := &kindDifference{rows: rows}
	d.kinds[t.kind] = k
	seen := make(map[string]struct{}, len(o.resources[t.kind]))
	for _, resource := range o.resources[t.kind] {
		if resource == nil { // a protected deletion
			continue
		}
		r, err := rowOf(resource)
		if err != nil {
			return err
		}
		if _, twice := seen[r.id]; twice { // a listing that moved while it was read
			continue
		}
		seen[r.id] = struct{}{}
		old, ok := rows[r.id]
		switch {
		case !ok:
			k.created = append(k.created, resource)
		case old.sum != r.digest() || tx.s.damage.has(Ref{t.kind, r.id}):
			k.updated = append(k.updated, resource)
			if err := tx.compareAttachments(ctx, d, t.kind, old, resource); err != nil {
				return err
			}
		}
	}
	return tx.compareGone(ctx, d, t.kind, func(id string) bool {
		_, there := seen[id]
		return there || o.kept[Ref{t.kind, id}]
	})
}

// compareGone finds the rows that the observation no longer has.
func (tx *SnapshotTx) compareGone(ctx context.Context, d *difference, kind Kind, there func(id string) bool) error {
	k, name := d.kinds[kind], lossNames[kind]
	d.had[name] = len(k.rows)
	for id, old := range k.rows {
		if there(id) {
			continue
		}
		k.deleted = append(k.deleted, old)
		d.lost[name] = append(d.lost[name], id)
		if err := tx.compareAttachments(ctx, d, kind, old, nil); err != nil {
			return err
		}
	}
	slices.SortFunc(k.deleted, func(a, b current) int { return strings.Compare(a.id, b.id) })
	if attribute, ok := attachedElement[kind]; ok {
		n, err := tx.count(ctx, `select count(*) from element where attribute = ?`, attribute)
		if err != nil {
			return err
		}
		d.had["attachments"] += n
	}
	return nil
}

func (tx *SnapshotTx) count(ctx context.Context, text string, args ...any) (n int, err error) {
	err = conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&n) }, text, args...)
	return n, err
}

func (tx *SnapshotTx) currentRows(ctx context.Context, t *table) (map[string]current, error) {
	rows := map[string]current{}
	err := conn{w: tx.w}.each(ctx, func(r *sql.Rows) error {
		var c current
		var sum sql.RawBytes
		if err := r.Scan(&c.id, &c.row, &c.from, &sum); err != nil {
			return err
		}
		copy(c.sum[:], sum)
		rows[c.id] = c
		return nil
	}, `select id, row, from_gen, digest from `+t.name+` where to_gen is null`)
	if err != nil {
		return nil, fmt.Errorf("read current %s: %w", t.name, err)
	}
	return rows, nil
}

// compareAttachments counts the managed policies that a resource loses; with a
// nil resource, all it had.
func (tx *SnapshotTx) compareAttachments(ctx context.Context, d *difference, kind Kind, old current, resource any) error {
	attribute, ok := attachedElement[kind]
	if !ok {
		return nil
	}
	now := attachedTo(resource)
	return conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error {
		var arn string
		err := rows.Scan(&arn)
		if !slices.ContainsFunc(now, func(p PolicyRef) bool { return p.ARN == arn }) {
			d.lost["attachments"] = append(d.lost["attachments"], old.id+" "+arn)
		}
		return err
	}, `select value from element where attribute = ? and row = ?`, attribute, old.row)
}

func attachedTo(resource any) []PolicyRef {
	switch r := resource.(type) {
	case *User:
		return r.Attached
	case *Group:
		return r.Attached
	case *Role:
		return r.Attached
	}
	return nil
}

// compareMemberships walks the current memberships once. A membership of a
// user or group that the observation does not know is not one.
func (tx *SnapshotTx) compareMemberships(ctx context.Context, d *difference, o *observed) error {
	wanted := make(map[pair]struct{}, len(o.memberships))
	users, groups := d.after(KindUser), d.after(KindGroup)
	for m := range o.memberships {
		if users(m.user) && groups(m.group) {
			wanted[m] = struct{}{}
		}
	}
	err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error {
		var m pair
		var from int64
		if err := rows.Scan(&m.user, &m.group, &from); err != nil {
			return err
		}
		d.had["memberships"]++
		if _, ok := wanted[m]; ok {
			delete(wanted, m)
			return nil
		}
		d.removed = append(d.removed, m)
		// With its beginning: the same membership lost again later is another loss.
		d.lost["memberships"] = append(d.lost["memberships"], fmt.Sprintf("%s %s %d", m.user, m.group, from))
		return nil
	}, `select user_id, group_id, from_gen from membership where `+isCurrent)
	for m := range wanted {
		d.added = append(d.added, m)
	}
	comparePairs := func(a, b pair) int { return strings.Compare(a.group+separator+a.user, b.group+separator+b.user) }
	slices.SortFunc(d.added, comparePairs)
	slices.SortFunc(d.removed, comparePairs)
	return err
}

// after tells which ids of a kind will exist.
func (d *difference) after(kind Kind) func(id string) bool {
	k := d.kinds[kind]
	exists := make(map[string]struct{}, len(k.rows)+len(k.created))
	for id := range k.rows {
		exists[id] = struct{}{}
	}
	for _, gone := range k.deleted {
		delete(exists, gone.id)
	}
	for _, resource := range k.created {
		exists[idOf(resource)] = struct{}{}
	}
	return func(id string) bool { _, ok := exists[id]; return ok }
}

func idOf(resource any) string {
	switch r := resource.(type) {
	case *User:
		return r.ID
	case *Group:
		return r.ID
	case *Policy:
		return r.ID
	case *Role:
		return r.ID
	}
	return ""
}
