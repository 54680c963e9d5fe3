package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Size returns how many members a group has.
func (tx *SnapshotTx) Size(ctx context.Context, groupID string) (n int, err error) {
	if err := tx.observed(); err != nil {
		return 0, err
	}
	text := `select count(*) from membership m where m.group_id = ? and `
	err = tx.read(ctx, func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&n) }, text+c.member("m"), groupID)
	})
	if err != nil {
		return 0, fmt.Errorf("count members of %s: %w", groupID, err)
	}
	return n, nil
}
