package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Thing says what a Protection covers.
type Thing string

// What can be protected.
const (
	ThingUser       Thing = "user"       // the user's own row
	ThingGroup      Thing = "group"      // the group's own row
	ThingMembership Thing = "membership" // ID a user, Other a group
	ThingAttachment Thing = "attachment" // ID a user or group, Other a policy ARN
	// ThingCredential: ID a user, Other the id of an access key, SSH key,
	// certificate or service-specific credential.
	ThingCredential Thing = "credential"
)

// Protection names exactly what a write touched, so that a refresh begun
// before, or within IAM's consistency window after it, leaves that alone. What
// is kept is the snapshot's version of it, and absence is a version: after
// DeleteUser, a protected user stays deleted whatever IAM still lists.
type Protection struct {
	Thing Thing
	ID    string
	Other string
}

// Protect makes Replace skip the things given, if its observation started
// before until. A later until wins.
func (tx *SnapshotTx) Protect(ctx context.Context, until time.Time, things ...Protection) error {
	type end struct {
		thing Thing
		other string
	}
	ids := map[end][]string{} // a change of many members names one group
	for _, p := range things {
		ids[end{p.Thing, p.Other}] = append(ids[end{p.Thing, p.Other}], p.ID)
	}
	for e, list := range ids {
		err := tx.exec(ctx, `insert into protection (kind, id, other, until) select ?, value, ?, ? from json_each(?) where true
			on conflict do update set until = max(until, excluded.until)`, e.thing, e.other, formatTime(until), jsonList(list))
		if err != nil {
			return fmt.Errorf("protect %s %s: %w", e.thing, list[0], err)
		}
	}
	return nil
}

// protections returns what is protected from an observation, after removing
// what has expired.
func (tx *SnapshotTx) protections(ctx context.Context, started time.Time) ([]Protection, error) {
	// A statement that finds nothing still writes no row.
	if err := tx.exec(ctx, `delete from protection where until <= ?`, formatTime(started)); err != nil {
		return nil, err
	}
	var list []Protection
	err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error {
		var p Protection
		err := rows.Scan(&p.Thing, &p.ID, &p.Other)
		list = append(list, p)
		return err
	}, `select kind, id, other from protection order by kind, id, other`)
	return list, err
}

// applyProtections alters the observation so that comparing it with the current
// rows finds no difference in what is protected.
func (tx *SnapshotTx) applyProtections(ctx context.Context, o *observed) error {
	list, err := tx.protections(ctx, o.obs.Started)
	if err != nil || len(list) == 0 {
		return err
	}
	m := &merge{tx: tx, o: o, index: map[Ref]int{}}
	for _, kind := range []Kind{KindUser, KindGroup} {
		for i, resource := range o.resources[kind] {
			m.index[Ref{kind, idOf(resource)}] = i
		}
	}
	// Parts first: a whole resource that is protected as well replaces them.
	for _, p := range list {
		if err := m.part(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range list {
		if err := m.whole(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range list {
		if err := m.membership(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// IsProtected reports whether exactly that is protected at the time given.
func (tx *SnapshotTx) IsProtected(ctx context.Context, at time.Time, p Protection) (yes bool, err error) {
	err = tx.readNow(func(c conn) error {
		return c.each(ctx, func(*sql.Rows) error { yes = true; return nil },
			`select 1 from protection where id = ? and other = ? and kind = ? and until > ?`, p.ID, p.Other, p.Thing, formatTime(at))
	})
	if err != nil {
		return false, fmt.Errorf("read the protection of %s %s: %w", p.Thing, p.ID, err)
	}
	return yes, nil
}

// Protected returns what is protected, at the time given, of the users and
// groups with these ids: memberships and attachments from either end.
func (tx *SnapshotTx) Protected(ctx context.Context, at time.Time, ids ...string) ([]Protection, error) {
	var list []Protection
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var p Protection
			err := rows.Scan(&p.Thing, &p.ID, &p.Other)
			list = append(list, p)
			return err
		}, `select kind, id, other from protection where id in (select value from json_each(?1)) and until > ?2
			union all select kind, id, other from protection
			where other in (select value from json_each(?1)) and until > ?2 and id not in (select value from json_each(?1))`, jsonList(ids), formatTime(at))
	})
	if err != nil {
		return nil, fmt.Errorf("read protections: %w", err)
	}
	slices.SortFunc(list, func(a, b Protection) int {
		return cmp.Or(cmp.Compare(a.Thing, b.Thing), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Other, b.Other))
	})
	return list, nil
}
