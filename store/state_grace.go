package store

import (
	"context"
	"fmt"
	"time"
)

// PendingDeletion is a user whom a client deleted and who is kept, deactivated,
// until Due.
type PendingDeletion struct {
	UserID   string
	Name     string // in IAM
	UserName string // as it was shown
	PlanID   string // of the deactivation
	Due      time.Time
	Since    time.Time
	Actor    string
	Waits    bool // for an operator, however long
}

// IntendDeletion writes down that a user is to be deleted later, before the plan
// that deactivates them makes its first call. It has no effect before
// ScheduleDeletion, and is dropped if the plan fails or is superseded.
func (tx *StateTx) IntendDeletion(ctx context.Context, d PendingDeletion) error {
	const upsert = `insert into pending_deletion (user_id, name, user_name, plan_id, due, actor) values (?, ?, ?, ?, ?, ?)
		on conflict (user_id) do update set name = excluded.name, user_name = excluded.user_name,
			plan_id = excluded.plan_id, due = excluded.due, since = null, actor = excluded.actor, waits = 0`
	_, err := tx.tx.ExecContext(ctx, upsert, d.UserID, d.Name, d.UserName, d.PlanID, formatTime(d.Due), d.Actor)
	if err != nil {
		return fmt.Errorf("intend the deletion of %s: %w", d.UserID, err)
	}
	return nil
}

// ScheduleDeletion puts the intent of a plan into effect; nil says that the plan
// had none.
func (tx *StateTx) ScheduleDeletion(ctx context.Context, planID string) (*PendingDeletion, error) {
	_, err := tx.tx.ExecContext(ctx, `update pending_deletion set since = ? where plan_id = ? and since is null`, formatTime(tx.now()), planID)
	if err != nil {
		return nil, fmt.Errorf("schedule the deletion of plan %s: %w", planID, err)
	}
	list, err := tx.pendingDeletions(ctx, `plan_id = ?`, planID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// PendingDeletions returns the users who are kept until their deletion, those
// due first.
func (tx *StateTx) PendingDeletions(ctx context.Context) ([]PendingDeletion, error) {
	return tx.pendingDeletions(ctx, `true`)
}

// PendingDeletion returns when a user is deleted, or ErrNotFound.
func (tx *StateTx) PendingDeletion(ctx context.Context, userID string) (*PendingDeletion, error) {
	list, err := tx.pendingDeletions(ctx, `user_id = ?`, userID)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("pending deletion of %s: %w", userID, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

func (tx *StateTx) pendingDeletions(ctx context.Context, where string, args ...any) ([]PendingDeletion, error) {
	var list []PendingDeletion
	query := `select user_id, name, user_name, plan_id, due, since, actor, waits from pending_deletion where since is not null and ` + where + ` order by due, user_id`
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var d PendingDeletion
		err := scan(&d.UserID, &d.Name, &d.UserName, &d.PlanID, timeValue{&d.Due}, timeValue{&d.Since}, &d.Actor, &d.Waits)
		list = append(list, d)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read pending deletions: %w", err)
	}
	return list, nil
}

// RenamePendingDeletion follows a rename in IAM.
func (tx *StateTx) RenamePendingDeletion(ctx context.Context, userID, name, userName string) error {
	_, err := tx.tx.ExecContext(ctx, `update pending_deletion set name = ?, user_name = ? where user_id = ?`, name, userName, userID)
	if err != nil {
		return fmt.Errorf("rename the pending deletion of %s: %w", userID, err)
	}
	return nil
}

// DropPendingDeletion forgets it: the user was deleted, or is not to be; having
// none is no error.
func (tx *StateTx) DropPendingDeletion(ctx context.Context, userID string) error {
	_, err := tx.tx.ExecContext(ctx, `delete from pending_deletion where user_id = ?`, userID)
	if err != nil {
		return fmt.Errorf("drop the pending deletion of %s: %w", userID, err)
	}
	return nil
}
