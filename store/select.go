package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Select returns the ids of the resources that q selects, in order. Results
// are cached in bounded memory for as long as their generation is current;
// the caller must not alter them. A query that makes no sense is a *QueryError.
func (tx *SnapshotTx) Select(ctx context.Context, kind Kind, q Query) (*Result, error) {
	if err := tx.observed(); err != nil {
		return nil, err
	}
	if tx.w != nil || tx.old {
		result, _, err := tx.selectIDs(ctx, kind, q)
		return result, err
	}
	key := resultKey(kind, q)
	if r, ok := tx.s.results.get(key, tx.gen.ID); ok {
		return r, nil
	}
	return tx.s.results.compute(ctx, key, tx.gen.ID, func(ctx context.Context) (*Result, bool, error) {
		return tx.selectIDs(ctx, kind, q)
	})
}

// Cached returns the result of q if the newest generation's is in memory.
func (s *Snapshot) Cached(kind Kind, q Query) (*Result, bool) {
	return s.results.get(resultKey(kind, q), s.Generation().ID)
}

// selectIDs runs the query. It also tells whether the answer may be kept.
func (tx *SnapshotTx) selectIDs(ctx context.Context, kind Kind, q Query) (*Result, bool, error) {
	var ids packed
	keep := true
	err := tx.read(ctx, func(c conn) error {
		ids = packed{}
		statement, err := compile(c, kind, q)
		if err != nil {
			return err
		}
		keep = !statement.ages
		var id sql.RawBytes
		return c.each(ctx, func(rows *sql.Rows) error {
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids.add(id)
			return nil
		}, statement.text, statement.args...)
	})
	if err != nil {
		return nil, false, fmt.Errorf("select %s: %w", kind, err)
	}
	return &Result{Generation: tx.gen, IDs: ids.strings()}, keep, nil
}

// packed collects ids in one piece of memory, because a hundred thousand small
// strings cost twice as much.
type packed struct {
	text strings.Builder
	ends []int
}

func (p *packed) add(id []byte) {
	p.text.Write(id)
	p.ends = append(p.ends, p.text.Len())
}

func (p *packed) strings() []string {
	text := p.text.String()
	ids := make([]string, len(p.ends))
	start := 0
	for i, end := range p.ends {
		ids[i] = text[start:end]
		start = end
	}
	return ids
}
