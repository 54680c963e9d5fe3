package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// write makes the difference true.
func (tx *SnapshotTx) write(ctx context.Context, d *difference) error {
	for _, t := range tables {
		k := d.kinds[t.kind]
		for _, gone := range k.deleted {
			if err := tx.remove(ctx, t, gone); err != nil {
				return err
			}
		}
		for _, resource := range k.updated {
			if err := tx.put(ctx, t, resource, k.rows); err != nil {
				return err
			}
		}
		for _, resource := range k.created {
			if err := tx.put(ctx, t, resource, nil); err != nil {
				return err
			}
		}
	}
	for group, users := range byGroup(d.removed) {
		if err := tx.removeMembers(ctx, group, users...); err != nil {
			return err
		}
	}
	for group, users := range byGroup(d.added) {
		if err := tx.addMembers(ctx, group, users...); err != nil {
			return err
		}
	}
	return nil
}

// put opens a row for the resource, after closing the one it had.
func (tx *SnapshotTx) put(ctx context.Context, t *table, resource any, rows map[string]current) error {
	r, err := rowOf(resource)
	if err != nil {
		return err
	}
	if err := tx.begin(ctx); err != nil {
		return err
	}
	how := touchCreated
	if old, ok := rows[r.id]; ok {
		how = touchShape
		if err := tx.closeRow(ctx, t, old); err != nil {
			return fmt.Errorf("close %s %s: %w", t.name, r.id, err)
		}
	}
	if err := tx.openRow(ctx, t, r); err != nil {
		return fmt.Errorf("open %s %s: %w", t.name, r.id, err)
	}
	tx.touch(t.kind, r.id, how)
	return nil
}

func (tx *SnapshotTx) openRow(ctx context.Context, t *table, r *row) error {
	r.fill(r)
	search, err := json.Marshal(r.search)
	if err != nil {
		return fmt.Errorf("encode search document: %w", err)
	}
	sum := r.digest()
	args := []any{r.id, tx.gen.ID, formatTime(r.created), sum[:], r.label, string(search)}
	result, err := tx.w.tx.ExecContext(ctx, t.insert, append(args, r.columns...)...)
	if err != nil {
		return translate(err)
	}
	number, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if err := tx.exec(ctx, `insert into `+t.name+`_body (row, body) values (?, ?)`, number, r.body); err != nil {
		return err
	}
	for _, e := range r.elements {
		if err := tx.exec(ctx, `insert into element (attribute, value, row) values (?, ?, ?)`, e.attribute, e.value, number); err != nil {
			return err
		}
	}
	return nil
}

// closeRow ends a current row with this generation. A row that this very
// generation opened was never seen, so it goes.
func (tx *SnapshotTx) closeRow(ctx context.Context, t *table, old current) error {
	for _, attribute := range elementsOf[t.kind] {
		if err := tx.exec(ctx, `delete from element where attribute = ? and row = ?`, attribute, old.row); err != nil {
			return err
		}
	}
	if old.from == tx.gen.ID {
		if err := tx.exec(ctx, `delete from `+t.name+`_body where row = ?`, old.row); err != nil {
			return err
		}
		return tx.exec(ctx, `delete from `+t.name+` where row = ?`, old.row)
	}
	return tx.exec(ctx, `update `+t.name+` set to_gen = ? where row = ?`, tx.gen.ID, old.row)
}

// remove closes a resource for good and forgets what merely ages. Its
// memberships are not touched.
func (tx *SnapshotTx) remove(ctx context.Context, t *table, old current) error {
	if err := tx.begin(ctx); err != nil {
		return err
	}
	if err := tx.closeRow(ctx, t, old); err != nil {
		return fmt.Errorf("close %s %s: %w", t.name, old.id, err)
	}
	tx.touch(t.kind, old.id, touchDeleted)
	if t.kind != KindUser {
		return tx.exec(ctx, `delete from ageing where kind = ? and id = ?`, t.kind, old.id)
	}
	if err := tx.exec(ctx, `delete from detail where user_id = ?`, old.id); err != nil {
		return err
	}
	return tx.exec(ctx, `delete from activity where user_id = ?`, old.id)
}

// currentRow finds the current row of one resource; none is ErrNotFound.
func (tx *SnapshotTx) currentRow(ctx context.Context, t *table, id string) (current, error) {
	if tx.w == nil {
		return current{}, errNotWritable
	}
	stmt, err := tx.w.tx.stmt(ctx, `select id, row, from_gen, digest from `+t.name+` where to_gen is null and id = ?`)
	if err != nil {
		return current{}, err
	}
	var c current
	var sum []byte
	if err := stmt.QueryRowContext(ctx, id).Scan(&c.id, &c.row, &c.from, &sum); err != nil {
		return current{}, translate(err)
	}
	copy(c.sum[:], sum)
	return c, nil
}

// putOne writes one resource through, if it differs.
func (tx *SnapshotTx) putOne(ctx context.Context, t *table, resource any) error {
	old, err := tx.currentRow(ctx, t, idOf(resource))
	if errors.Is(err, ErrNotFound) {
		return tx.put(ctx, t, resource, nil)
	}
	if err != nil {
		return err
	}
	r, err := rowOf(resource)
	if err != nil || r.digest() == old.sum {
		return err
	}
	return tx.put(ctx, t, resource, map[string]current{old.id: old})
}

// deleteOne deletes a resource and its memberships; an absent one is no error.
func (tx *SnapshotTx) deleteOne(ctx context.Context, t *table, id string) error {
	old, err := tx.currentRow(ctx, t, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	column := map[Kind]string{KindUser: "user_id", KindGroup: "group_id"}[t.kind]
	if column != "" {
		var gone []pair
		err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error {
			var m pair
			err := rows.Scan(&m.user, &m.group)
			gone = append(gone, m)
			return err
		}, `select user_id, group_id from membership where `+column+` = ? and `+isCurrent, id)
		if err != nil {
			return err
		}
		for group, users := range byGroup(gone) {
			if err := tx.removeMembers(ctx, group, users...); err != nil {
				return err
			}
		}
	}
	return tx.remove(ctx, t, old)
}

// addMembers opens memberships of one group for users who have none there.
func (tx *SnapshotTx) addMembers(ctx context.Context, group string, users ...string) error {
	if err := tx.begin(ctx); err != nil {
		return err
	}
	err := tx.exec(ctx, `insert into membership (group_id, to_gen, user_id, from_gen) select ?, ?, value, ? from json_each(?)`,
		group, int64(math.MaxInt64), tx.gen.ID, jsonList(users))
	if err != nil {
		return fmt.Errorf("add to %s: %w", group, err)
	}
	tx.w.joined = true
	tx.touchMembers(group, users)
	return nil
}

// removeMembers closes memberships of one group.
func (tx *SnapshotTx) removeMembers(ctx context.Context, group string, users ...string) error {
	if err := tx.begin(ctx); err != nil {
		return err
	}
	list := jsonList(users)
	if tx.w.joined { // one that began in this same generation never was
		err := tx.exec(ctx, `delete from membership where group_id = ? and `+isCurrent+` and user_id in (select value from json_each(?)) and from_gen = ?`,
			group, list, tx.gen.ID)
		if err != nil {
			return fmt.Errorf("remove from %s: %w", group, err)
		}
	}
	err := tx.exec(ctx, `update membership set to_gen = ? where group_id = ? and `+isCurrent+` and user_id in (select value from json_each(?))`,
		tx.gen.ID, group, list)
	if err != nil {
		return fmt.Errorf("remove from %s: %w", group, err)
	}
	tx.touchMembers(group, users)
	return nil
}

// touchMembers: a membership is part of both ends, but of neither's own shape.
func (tx *SnapshotTx) touchMembers(group string, users []string) {
	end := func(ref Ref) {
		if tx.w.touched[ref]&touchDeleted == 0 {
			tx.touch(ref.Kind, ref.ID, touchMember)
		}
	}
	end(Ref{KindGroup, group})
	for _, id := range users {
		end(Ref{KindUser, id})
	}
}
