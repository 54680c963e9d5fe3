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

// what is the word for it in the change table.
func (t touch) what() string {
	switch {
	case t&touchDeleted != 0:
		return "deleted"
	case t&touchCreated != 0:
		return "created"
	case t&touchShape != 0:
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

// recordChanges writes the counters and the change log of this generation.
func (tx *SnapshotTx) recordChanges(ctx context.Context) error {
	at := formatTime(tx.gen.At)
	for _, ref := range refs(tx.w.touched) { // in the order of the tables, which is several times faster
		if err := tx.recordChange(ctx, ref, tx.w.touched[ref], at); err != nil {
			return fmt.Errorf("record change of %s %s: %w", ref.Kind, ref.ID, err)
		}
	}
	for _, id := range tx.w.details {
		if err := tx.exec(ctx, `update detail set gen = ? where user_id = ?`, tx.gen.ID, id); err != nil {
			return err
		}
	}
	return nil
}

func (tx *SnapshotTx) recordChange(ctx context.Context, ref Ref, how touch, at string) error {
	gen := tx.gen.ID
	err := tx.exec(ctx, `insert into change (gen, kind, id, what) values (?, ?, ?, ?)`, gen, ref.Kind, ref.ID, how.what())
	if err != nil {
		return err
	}
	switch {
	case how&touchDeleted != 0:
		return tx.exec(ctx, `update resource set changed_gen = ?, changed_at = ?, deleted_gen = ? where kind = ? and id = ?`,
			gen, at, gen, ref.Kind, ref.ID)
	case how&touchCreated != 0:
		return tx.exec(ctx, `insert or replace into resource (kind, id, created_gen, shape_gen, changed_gen, changed_at)
			values (?, ?, ?, ?, ?, ?)`, ref.Kind, ref.ID, gen, gen, gen, at)
	case how&touchShape != 0:
		return tx.exec(ctx, `update resource set shape_gen = ?, changed_gen = ?, changed_at = ? where kind = ? and id = ?`,
			gen, gen, at, ref.Kind, ref.ID)
	}
	return tx.exec(ctx, `update resource set changed_gen = ?, changed_at = ? where kind = ? and id = ?`,
		gen, at, ref.Kind, ref.ID)
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
