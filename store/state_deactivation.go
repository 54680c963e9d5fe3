package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	// Denies are the denies this server placed: ARNs of managed policies and
	// names of inline ones. What is not listed here is somebody else's.
	Denies []string
	Actor  string
	At     time.Time
}

// Deactivations returns the users this server deactivated, by UserId.
func (tx *StateTx) Deactivations(ctx context.Context) (map[string]Deactivation, error) {
	return tx.deactivations(ctx, `select user_id, credentials, denies, actor, at from deactivation order by user_id`)
}

// Deactivation returns what is remembered of one user, or ErrNotFound.
func (tx *StateTx) Deactivation(ctx context.Context, userID string) (*Deactivation, error) {
	found, err := tx.deactivations(ctx, `select user_id, credentials, denies, actor, at from deactivation where user_id = ?`, userID)
	if err != nil {
		return nil, err
	}
	d, ok := found[userID]
	if !ok {
		return nil, fmt.Errorf("deactivation of %s: %w", userID, ErrNotFound)
	}
	return &d, nil
}

func (tx *StateTx) deactivations(ctx context.Context, query string, args ...any) (map[string]Deactivation, error) {
	result := map[string]Deactivation{}
	err := eachRow(ctx, tx.tx, query, func(scan scanFunc) error {
		var id, credentials, denies string
		var d Deactivation
		if err := scan(&id, &credentials, &denies, &d.Actor, timeValue{&d.At}); err != nil {
			return err
		}
		err := errors.Join(json.Unmarshal([]byte(credentials), &d.Credentials), json.Unmarshal([]byte(denies), &d.Denies))
		if err != nil {
			return fmt.Errorf("deactivation of %s: %w", id, err)
		}
		if len(d.Denies) == 0 {
			d.Denies = nil
		}
		result[id] = d
		return nil
	}, args...)
	return result, err
}

// AddDeny remembers a deny this server is about to place on a user that it
// deactivates; PutDeactivation comes first.
func (tx *StateTx) AddDeny(ctx context.Context, userID, deny string) error {
	d, err := tx.Deactivation(ctx, userID)
	if err != nil {
		return err
	}
	if slices.Contains(d.Denies, deny) {
		return nil
	}
	return tx.putDenies(ctx, userID, append(d.Denies, deny))
}

// DropDeny takes back AddDeny for a deny that could not be placed; having none
// of that name is no error.
func (tx *StateTx) DropDeny(ctx context.Context, userID, deny string) error {
	d, err := tx.Deactivation(ctx, userID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.putDenies(ctx, userID, slices.DeleteFunc(d.Denies, func(x string) bool { return x == deny }))
}

func (tx *StateTx) putDenies(ctx context.Context, userID string, denies []string) error {
	text, err := json.Marshal(append([]string{}, denies...))
	if err != nil {
		return fmt.Errorf("denies of %s: %w", userID, err)
	}
	_, err = tx.tx.ExecContext(ctx, `update deactivation set denies = ? where user_id = ?`, string(text), userID)
	return err
}

// AddRemembered adds credentials that were found active after the deactivation
// had begun, and were taken away as well.
func (tx *StateTx) AddRemembered(ctx context.Context, userID string, more []RememberedCredential) error {
	d, err := tx.Deactivation(ctx, userID)
	if err != nil {
		return err
	}
	for _, c := range more {
		if !slices.Contains(d.Credentials, c) {
			d.Credentials = append(d.Credentials, c)
		}
	}
	return tx.putRemembered(ctx, userID, d.Credentials)
}

func (tx *StateTx) putRemembered(ctx context.Context, userID string, credentials []RememberedCredential) error {
	text, err := json.Marshal(append([]RememberedCredential{}, credentials...))
	if err != nil {
		return fmt.Errorf("deactivation of %s: %w", userID, err)
	}
	_, err = tx.tx.ExecContext(ctx, `update deactivation set credentials = ? where user_id = ?`, string(text), userID)
	return err
}

// DropRemembered takes back AddRemembered for credentials that were not taken
// away after all; having none is no error.
func (tx *StateTx) DropRemembered(ctx context.Context, userID string, credentials []RememberedCredential) error {
	d, err := tx.Deactivation(ctx, userID)
	if errors.Is(err, ErrNotFound) || len(credentials) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(d.Credentials, func(c RememberedCredential) bool { return slices.Contains(credentials, c) })
	return tx.putRemembered(ctx, userID, kept)
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
