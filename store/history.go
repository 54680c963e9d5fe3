package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Change is what one generation did to one resource. A generation that only
// changed memberships of it says "member".
type Change struct {
	Generation Generation
	Ref        Ref
	Name       string // as it was shown then; of a deleted resource its last
	What       string // "created", "updated", "member" or "deleted"
}

// Position is a place in the change feed, which is in the order of generation,
// kind and id.
type Position struct {
	Generation int64
	Ref        Ref // zero: before the generation's first change
}

// AfterGeneration is the place behind everything a generation did.
func AfterGeneration(id int64) Position { return Position{Generation: id + 1} }

// Changes returns what is behind from in the feed, up to the generation to; at
// most limit changes.
func (tx *SnapshotTx) Changes(ctx context.Context, from Position, to int64, limit int) ([]Change, error) {
	var list []Change
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			x := Change{Generation: Generation{Epoch: tx.gen.Epoch}}
			var at string
			if err := rows.Scan(&x.Generation.ID, &at, &x.Generation.Actor, &x.Ref.Kind, &x.Ref.ID, &x.Name, &x.What); err != nil {
				return err
			}
			t, err := parseTime(at)
			x.Generation.At = t
			list = append(list, x)
			return err
		}, changesText, from.Generation, from.Ref.Kind, from.Ref.ID, min(to, tx.gen.ID), limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return list, nil
}

var changesText = `select g.id, g.at, g.actor, c.kind, c.id, ` + labelThen() + `, c.what
	from change c join generation g on g.id = c.gen
	where (c.gen, c.kind, c.id) > (?, ?, ?) and c.gen <= ? order by c.gen, c.kind, c.id limit ?`

// labelThen is the SQL of the name that a changed resource had: of the row that
// was current after the change, or else of the last one.
func labelThen() string {
	text := `case c.kind`
	for _, t := range tables {
		text += fmt.Sprintf(` when '%s' then (select x.label from %s x where x.id = c.id and x.from_gen <= c.gen order by x.from_gen desc limit 1)`,
			t.kind, t.name)
	}
	return `coalesce(` + text + ` end, '')`
}

// Net is what became of a resource between two generations.
type Net struct {
	ID   string
	What string // "created", "updated" or "deleted"
}

// Net returns what became, since a generation, of every resource of a kind that
// changed: in the order in which they last did. A resource that came and went
// is deleted, because whoever looked in between has seen it.
func (tx *SnapshotTx) Net(ctx context.Context, kind Kind, since int64) ([]Net, error) {
	var list []Net
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var x Net
			var came, went int64
			if err := rows.Scan(&x.ID, &came, &went); err != nil {
				return err
			}
			switch {
			case went > came:
				x.What = "deleted"
			case came > 0 && went == 0:
				x.What = "created"
			default: // also one that was lost and found again
				x.What = "updated"
			}
			list = append(list, x)
			return nil
		}, `select id, max(case what when 'created' then gen else 0 end), max(case what when 'deleted' then gen else 0 end)
			from change where gen > ? and gen <= ? and kind = ? group by id order by max(gen), id`, since, tx.gen.ID, kind)
	})
	if err != nil {
		return nil, fmt.Errorf("read what changed: %w", err)
	}
	return list, nil
}

// Horizon tells how far the past can be read: Oldest is the first generation
// whose state is known, and the change feed is complete after Feed.
type Horizon struct {
	Oldest Generation
	Feed   int64
}

// Horizon returns it; before the first generation it is zero.
func (tx *SnapshotTx) Horizon(ctx context.Context) (Horizon, error) {
	h := Horizon{Oldest: Generation{Epoch: tx.gen.Epoch}}
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var at string
			var changes int64
			if err := rows.Scan(&h.Oldest.ID, &at, &h.Oldest.Actor, &changes); err != nil {
				return err
			}
			t, err := parseTime(at)
			h.Oldest.At, h.Feed = t, h.Oldest.ID-changes
			return err
			// Pruning takes the changes of the oldest generation, not its state.
		}, `select g.id, g.at, g.actor, exists (select 1 from change c where c.gen = g.id) from generation g order by g.id limit 1`)
	})
	if err != nil {
		return Horizon{}, fmt.Errorf("read where history begins: %w", err)
	}
	return h, nil
}

// GenerationAt returns the newest generation committed at or before a time, 0 if
// there was none, or it is forgotten.
func (tx *SnapshotTx) GenerationAt(ctx context.Context, at time.Time) (id int64, err error) {
	err = tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&id) },
			`select id from generation where at = (select max(at) from generation where at <= ?)`, formatTime(at))
	})
	if err != nil {
		return 0, fmt.Errorf("generation at %s: %w", formatTime(at), err)
	}
	return min(id, tx.gen.ID), nil
}

// ViewAt runs fn on the account as it was in the newest generation committed at
// or before the given time. What merely ages is as it is now. A time before the
// first generation, or one whose history was pruned, is ErrNoGeneration.
func (s *Snapshot) ViewAt(ctx context.Context, at time.Time, fn func(*SnapshotTx) error) error {
	err := s.viewOf(ctx, fn, `at = (select max(at) from generation where at <= ?)`, formatTime(at))
	if err != nil {
		return fmt.Errorf("view at %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	return nil
}

// ViewGeneration runs fn on the account as it was in one generation. One that
// never was, or was pruned, is ErrNoGeneration.
func (s *Snapshot) ViewGeneration(ctx context.Context, id int64, fn func(*SnapshotTx) error) error {
	m := s.Moment() // first, as in View
	if g := s.Generation(); g.ID == id && id != 0 {
		return fn(&SnapshotTx{s: s, moment: m, gen: g})
	}
	if err := s.viewOf(ctx, fn, `id = ?`, id); err != nil {
		return fmt.Errorf("view generation %d: %w", id, err)
	}
	return nil
}

// viewOf runs fn on the generation that a condition names. If it was pruned in
// the meantime, fn may have missed rows, which is told only afterwards.
func (s *Snapshot) viewOf(ctx context.Context, fn func(*SnapshotTx) error, condition string, arg any) error {
	m := s.Moment()
	g, err := s.generationNow(ctx, condition, arg)
	if err != nil {
		return err
	}
	now := s.Generation()
	g.Epoch = now.Epoch
	if err := fn(&SnapshotTx{s: s, moment: m, gen: g, old: g.ID != now.ID}); err != nil {
		return err
	}
	_, err = s.generationNow(ctx, `id = ?`, g.ID)
	return err
}

func (s *Snapshot) generationNow(ctx context.Context, condition string, arg any) (g Generation, err error) {
	err = s.db.view(ctx, func(t *transaction) (err error) {
		g, err = generationWhere(ctx, t, condition, arg)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return g, ErrNoGeneration
	}
	return g, err
}

// Prune forgets the rows that ended before the given time, and the generations
// that nobody can read any more. The newest generation always stays.
func (s *Snapshot) Prune(ctx context.Context, before time.Time) error {
	return s.Update(ctx, "", func(tx *SnapshotTx) error {
		var oldest int64
		err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&oldest) },
			// The generation that was newest at that time is still readable.
			`select coalesce(max(id), 0) from generation where at <= ?`, formatTime(before))
		if err != nil || oldest == 0 {
			return err
		}
		return tx.prune(ctx, oldest)
	})
}

func (tx *SnapshotTx) prune(ctx context.Context, oldest int64) error {
	for _, t := range tables {
		closed := ` (select row from ` + t.name + ` where to_gen <= ?)`
		if err := tx.exec(ctx, `delete from `+t.name+`_body where row in`+closed, oldest); err != nil {
			return fmt.Errorf("prune %s: %w", t.name, err)
		}
		if err := tx.exec(ctx, `delete from `+t.name+` where to_gen <= ?`, oldest); err != nil {
			return fmt.Errorf("prune %s: %w", t.name, err)
		}
	}
	for _, text := range []string{
		// Group by group, which is how they are found; a group's counters outlive it.
		`delete from membership where group_id in (select id from resource where kind = 'Group') and to_gen <= ?`,
		`delete from change where gen <= ?`,
		`delete from resource where deleted_gen <= ?`,
		`delete from generation where id < ?`,
	} {
		if err := tx.exec(ctx, text, oldest); err != nil {
			return fmt.Errorf("prune: %w", err)
		}
	}
	return nil
}
