package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// PutUser writes one composed user through: what differs from the current row
// makes a generation. Memberships are not touched, whatever u.Groups says:
// PutMembership is for them. The activity is stored if it says when it was
// observed.
func (tx *SnapshotTx) PutUser(ctx context.Context, u *User) error {
	if err := tx.putOne(ctx, userTable, u); err != nil {
		return fmt.Errorf("put user %s: %w", u.ID, err)
	}
	if u.Activity.ObservedAt.IsZero() {
		return nil
	}
	a := u.Activity
	a.UserID = u.ID
	return tx.PutActivity(ctx, a)
}

// PutGroup writes one group through; its members are not touched.
func (tx *SnapshotTx) PutGroup(ctx context.Context, g *Group) error {
	if err := tx.putOne(ctx, groupTable, g); err != nil {
		return fmt.Errorf("put group %s: %w", g.ID, err)
	}
	return nil
}

// PutPolicy writes one managed policy through.
func (tx *SnapshotTx) PutPolicy(ctx context.Context, p *Policy) error {
	if err := tx.putOne(ctx, policyTable, p); err != nil {
		return fmt.Errorf("put policy %s: %w", p.ID, err)
	}
	return nil
}

// PutRole writes one role through.
func (tx *SnapshotTx) PutRole(ctx context.Context, r *Role) error {
	if err := tx.putOne(ctx, roleTable, r); err != nil {
		return fmt.Errorf("put role %s: %w", r.ID, err)
	}
	return nil
}

// DeleteUser removes a user and their memberships; an absent one is no error.
func (tx *SnapshotTx) DeleteUser(ctx context.Context, id string) error {
	if err := tx.deleteOne(ctx, userTable, id); err != nil {
		return fmt.Errorf("delete user %s: %w", id, err)
	}
	return nil
}

// DeleteGroup removes a group and its memberships; an absent one is no error.
func (tx *SnapshotTx) DeleteGroup(ctx context.Context, id string) error {
	if err := tx.deleteOne(ctx, groupTable, id); err != nil {
		return fmt.Errorf("delete group %s: %w", id, err)
	}
	return nil
}

// PutMembership makes the user a member of the group, or not one. It reads no
// other member. A user or group that is not in the snapshot is ErrNotFound.
func (tx *SnapshotTx) PutMembership(ctx context.Context, userID, groupID string, present bool) error {
	return tx.PutMembers(ctx, groupID, present, userID)
}

// PutMembers is PutMembership for several users at once.
func (tx *SnapshotTx) PutMembers(ctx context.Context, groupID string, present bool, userIDs ...string) error {
	if tx.w == nil {
		return errNotWritable
	}
	members, err := tx.among(ctx, `select user_id from membership where group_id = ? and `+isCurrent+` and user_id in (select value from json_each(?))`, groupID, jsonList(userIDs))
	if err != nil {
		return fmt.Errorf("put members of %s: %w", groupID, err)
	}
	var change []string
	for _, id := range userIDs {
		if members[id] != present && !slices.Contains(change, id) {
			change = append(change, id)
		}
	}
	switch {
	case len(change) == 0:
		return nil
	case !present:
		return tx.removeMembers(ctx, groupID, change...)
	}
	if err := tx.exist(ctx, groupID, change); err != nil {
		return fmt.Errorf("put members of %s: %w", groupID, err)
	}
	return tx.addMembers(ctx, groupID, change...)
}

// exist refuses a group or users that are not in the snapshot.
func (tx *SnapshotTx) exist(ctx context.Context, groupID string, userIDs []string) error {
	_, err := tx.currentRow(ctx, groupTable, groupID)
	if err != nil {
		return err
	}
	users, err := tx.among(ctx, `select id from user where to_gen is null and id in (select value from json_each(?))`, jsonList(userIDs))
	for _, id := range userIDs {
		if err == nil && !users[id] {
			return fmt.Errorf("user %s: %w", id, ErrNotFound)
		}
	}
	return err
}

// among is the set of ids that a statement of an Update selects.
func (tx *SnapshotTx) among(ctx context.Context, text string, args ...any) (map[string]bool, error) {
	set := map[string]bool{}
	err := conn{w: tx.w}.each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		set[id] = true
		return err
	}, text, args...)
	return set, err
}

// PutActivity stores what merely ages; it makes no generation.
func (tx *SnapshotTx) PutActivity(ctx context.Context, list ...Activity) error {
	if tx.w == nil {
		return errNotWritable
	}
	if err := tx.putActivities(ctx, list); err != nil {
		return fmt.Errorf("put activity: %w", err)
	}
	return nil
}
