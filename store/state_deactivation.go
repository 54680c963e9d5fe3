package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// RememberedCredential is a credential that a deactivation took away.
type RememberedCredential struct {
	Kind string `json:"kind"` // "accessKey", "sshPublicKey", "certificate", "serviceCredential"
	ID   string `json:"id"`
}

// Deactivation says that this server deactivated a user and what it took.
type Deactivation struct {
	Credentials []RememberedCredential
	Actor       string
	At          time.Time
}

// Deactivations returns the users this server deactivated, by UserId.
func (tx *StateTx) Deactivations(ctx context.Context) (map[string]Deactivation, error) {
	result := map[string]Deactivation{}
	const query = `select user_id, credentials, actor, at from deactivation order by user_id`
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var id, text string
		var d Deactivation
		if err := scan(&id, &text, &d.Actor, timeValue{&d.At}); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &d.Credentials); err != nil {
			return fmt.Errorf("deactivation of %s: %w", id, err)
		}
		result[id] = d
		return nil
	})
	return result, err
}

// PutDeactivation remembers what a deactivation takes away. What is remembered
// already stays: a second deactivation finds everything inactive, and would
// otherwise forget what the first one took.
func (tx *StateTx) PutDeactivation(ctx context.Context, userID string, taken []RememberedCredential, actor string) error {
	if taken == nil {
		taken = []RememberedCredential{}
	}
	text, err := json.Marshal(taken)
	if err != nil {
		return fmt.Errorf("deactivation of %s: %w", userID, err)
	}
	const insert = `insert into deactivation (user_id, credentials, at, actor) values (?, ?, ?, ?)
		on conflict (user_id) do nothing`
	_, err = tx.tx.ExecContext(ctx, insert, userID, string(text), formatTime(tx.now()), actor)
	return err
}

// DeleteDeactivation forgets it, once everything was given back.
func (tx *StateTx) DeleteDeactivation(ctx context.Context, userID string) error {
	_, err := tx.tx.ExecContext(ctx, `delete from deactivation where user_id = ?`, userID)
	return err
}
