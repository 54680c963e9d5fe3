package store

import (
	"context"
	"errors"
	"fmt"
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
	n, err := tx.countWriting(ctx, `select count(*) from membership where group_id = ? and user_id = ? and to_gen is null`, groupID, userID)
	if err != nil {
		return fmt.Errorf("put membership: %w", err)
	}
	switch {
	case (n > 0) == present:
		return nil
	case !present:
		return tx.removeMembership(ctx, pair{userID, groupID})
	}
	_, errUser := tx.currentRow(ctx, userTable, userID)
	_, errGroup := tx.currentRow(ctx, groupTable, groupID)
	if err := errors.Join(errUser, errGroup); err != nil {
		return fmt.Errorf("put membership of %s in %s: %w", userID, groupID, err)
	}
	return tx.addMembership(ctx, pair{userID, groupID})
}

func (tx *SnapshotTx) countWriting(ctx context.Context, text string, args ...any) (int, error) {
	if tx.w == nil {
		return 0, errNotWritable
	}
	return tx.count(ctx, text, args...)
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
