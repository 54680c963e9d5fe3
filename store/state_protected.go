package store

import (
	"context"
	"fmt"
)

// Protect remembers what an entry of the operator's list of protected objects
// stands for; what it stood for earlier stays.
func (tx *StateTx) Protect(ctx context.Context, entry string, refs ...Ref) error {
	const insert = `insert into protected (entry, kind, id, at) values (?, ?, ?, ?) on conflict do nothing`
	for _, r := range refs {
		if _, err := tx.tx.ExecContext(ctx, insert, entry, r.Kind, r.ID, formatTime(tx.now())); err != nil {
			return fmt.Errorf("protect %s: %w", r.ID, err)
		}
	}
	return nil
}

// ProtectedBy returns what every entry ever stood for.
func (tx *StateTx) ProtectedBy(ctx context.Context) (map[string][]Ref, error) {
	all := map[string][]Ref{}
	err := eachRow(ctx, tx.tx, `select entry, kind, id from protected order by entry, kind, id`, func(scan scanFunc) error {
		var entry string
		var r Ref
		err := scan(&entry, &r.Kind, &r.ID)
		all[entry] = append(all[entry], r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read protected objects: %w", err)
	}
	return all, nil
}
