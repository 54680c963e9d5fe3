package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// touch says how an Update changed a resource.
type touch uint8

const (
	touchMember  touch = 1 << iota // a membership came or went
	touchShape                     // the resource itself changed
	touchCreated                   // it came
	touchDeleted                   // it went
)

// decisive is what counts of all that happened to a resource.
func (t touch) decisive() touch {
	for _, one := range []touch{touchDeleted, touchCreated, touchShape} {
		if t&one != 0 {
			return one
		}
	}
	return touchMember
}

// what is the word for it in the change table.
func (t touch) what() string {
	switch t.decisive() {
	case touchDeleted:
		return "deleted"
	case touchCreated:
		return "created"
	case touchShape:
		return "updated"
	}
	return "member"
}

// maxChanged is the length up to which a Commit lists what changed.
const maxChanged = 2000

// begin makes the generation of this Update, once.
func (tx *SnapshotTx) begin(ctx context.Context) error {
	if tx.w == nil {
		return errNotWritable
	}
	if len(tx.w.touched) > 0 {
		return nil
	}
	// Whole milliseconds, because that is what clients are shown: one that asks
	// for what changed after the last time it saw must miss nothing. A clock
	// that stands still or goes back must not make two equal times.
	at := tx.s.now().UTC().Truncate(time.Millisecond)
	if !at.After(tx.gen.At) {
		at = tx.gen.At.Add(time.Millisecond)
	}
	g := Generation{Epoch: tx.gen.Epoch, ID: tx.gen.ID + 1, At: at, Actor: tx.w.actor}
	if err := tx.exec(ctx, `insert into generation (id, at, actor) values (?, ?, ?)`, g.ID, formatTime(at), g.Actor); err != nil {
		return fmt.Errorf("begin generation %d: %w", g.ID, err)
	}
	tx.gen = g
	return nil
}

// touch notes a change; begin must have been called.
func (tx *SnapshotTx) touch(kind Kind, id string, how touch) {
	ref := Ref{kind, id}
	old := tx.w.touched[ref]
	if how&touchCreated != 0 {
		old &^= touchDeleted
	}
	tx.w.touched[ref] = old | how
}

// changes are resources of one kind to which the same happened.
type changes struct {
	kind Kind
	how  touch
}

// recordChanges writes the counters and the change log of this generation.
func (tx *SnapshotTx) recordChanges(ctx context.Context) error {
	alike := map[changes][]string{}
	for _, ref := range refs(tx.w.touched) { // in the order of the tables, which is several times faster
		c := changes{ref.Kind, tx.w.touched[ref].decisive()}
		alike[c] = append(alike[c], ref.ID)
	}
	for c, ids := range alike {
		for some := range slices.Chunk(ids, maxChanged) {
			if err := tx.recordChange(ctx, c, jsonList(some)); err != nil {
				return fmt.Errorf("record that %d of %s were %s: %w", len(some), c.kind, c.how.what(), err)
			}
		}
	}
	return tx.exec(ctx, `update detail set gen = ? where user_id in (select value from json_each(?))`, tx.gen.ID, jsonList(tx.w.details))
}

// recordChange does that for a list of ids.
func (tx *SnapshotTx) recordChange(ctx context.Context, c changes, ids string) error {
	gen, at := tx.gen.ID, formatTime(tx.gen.At)
	err := tx.exec(ctx, `insert into change (gen, kind, id, what) select ?, ?, value, ? from json_each(?)`, gen, c.kind, c.how.what(), ids)
	if err != nil {
		return err
	}
	const these = ` where kind = ? and id in (select value from json_each(?))`
	switch c.how {
	case touchDeleted:
		return tx.exec(ctx, `update resource set changed_gen = ?, changed_at = ?, deleted_gen = ?`+these, gen, at, gen, c.kind, ids)
	case touchCreated:
		return tx.exec(ctx, `insert or replace into resource (kind, id, created_gen, shape_gen, changed_gen, changed_at)
			select ?, value, ?, ?, ?, ? from json_each(?)`, c.kind, gen, gen, gen, at, ids)
	case touchShape:
		return tx.exec(ctx, `update resource set shape_gen = ?, changed_gen = ?, changed_at = ?`+these, gen, gen, at, c.kind, ids)
	}
	return tx.exec(ctx, `update resource set changed_gen = ?, changed_at = ?`+these, gen, at, c.kind, ids)
}

// summary lists what changed, in the order of kind and id.
func (w *writing) summary(g Generation) Commit {
	c := Commit{Generation: g, All: len(w.touched) > maxChanged}
	if c.All {
		return c
	}
	c.Changed = refs(w.touched)
	return c
}

// refs lists the keys of a set in the order of kind and id.
func refs[V any](set map[Ref]V) []Ref {
	list := slices.Collect(maps.Keys(set))
	slices.SortFunc(list, func(a, b Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return list
}
