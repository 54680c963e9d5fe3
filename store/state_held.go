package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Held is the observation that waits for an operator.
type Held struct {
	ID     string // HeldError.ID
	Losses map[string]Loss
	Since  time.Time
}

// Confirmation is an operator's release of the held observation.
type Confirmation struct {
	ID    string // HeldError.ID
	Actor string
	At    time.Time
}

// Hold records that Replace refused an observation. The same one seen again
// keeps its Since and its confirmation; another one takes its place, and a
// confirmation given for the old one is void.
func (tx *StateTx) Hold(ctx context.Context, held *HeldError) error {
	losses, err := json.Marshal(held.Losses)
	if err != nil {
		return fmt.Errorf("hold %s: %w", held.ID, err)
	}
	if _, err := tx.tx.ExecContext(ctx, `delete from confirmation where observation_id <> ?`, held.ID); err != nil {
		return err
	}
	if _, err := tx.tx.ExecContext(ctx, `delete from held where id <> ?`, held.ID); err != nil {
		return err
	}
	const insert = `insert into held (only, id, losses, since) values (1, ?, ?, ?) on conflict (only) do nothing`
	_, err = tx.tx.ExecContext(ctx, insert, held.ID, string(losses), formatTime(tx.now()))
	return err
}

// Held returns the held observation; ErrNotFound if there is none.
func (tx *StateTx) Held(ctx context.Context) (*Held, error) {
	var h Held
	var losses string
	err := tx.tx.QueryRowContext(ctx, `select id, losses, since from held`).Scan(&h.ID, &losses, timeValue{&h.Since})
	if err != nil {
		return nil, fmt.Errorf("held observation: %w", translate(err))
	}
	if err := json.Unmarshal([]byte(losses), &h.Losses); err != nil {
		return nil, fmt.Errorf("held observation %s: %w", h.ID, err)
	}
	return &h, nil
}

// ClearHeld records that an observation was accepted: nothing is held, and no
// confirmation is left that could release a later one.
func (tx *StateTx) ClearHeld(ctx context.Context) error {
	if _, err := tx.tx.ExecContext(ctx, `delete from held`); err != nil {
		return err
	}
	_, err := tx.tx.ExecContext(ctx, `delete from confirmation`)
	return err
}

// Confirm releases the held observation id; any other is ErrNotFound.
func (tx *StateTx) Confirm(ctx context.Context, id, actor string) error {
	held, err := tx.Held(ctx)
	if err != nil {
		return err
	}
	if held.ID != id {
		return fmt.Errorf("observation %s: %w: the one held is %s", id, ErrNotFound, held.ID)
	}
	const insert = `insert into confirmation (observation_id, actor, at) values (?, ?, ?)
		on conflict (observation_id) do nothing`
	_, err = tx.tx.ExecContext(ctx, insert, id, actor, formatTime(tx.now()))
	return err
}

// Confirmation returns the pending confirmation; ErrNotFound if there is none.
func (tx *StateTx) Confirmation(ctx context.Context) (*Confirmation, error) {
	var c Confirmation
	const query = `select observation_id, actor, at from confirmation`
	err := tx.tx.QueryRowContext(ctx, query).Scan(&c.ID, &c.Actor, timeValue{&c.At})
	if err != nil {
		return nil, fmt.Errorf("confirmation: %w", translate(err))
	}
	return &c, nil
}

// ConsumeConfirmation takes the pending confirmation, nil if there is none. It
// must commit before the Replace it is for: if we die in between, the operator
// is asked again, whereas the other order could release a second loss.
func (tx *StateTx) ConsumeConfirmation(ctx context.Context) (*Confirmation, error) {
	c, err := tx.Confirmation(ctx)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = tx.tx.ExecContext(ctx, `delete from confirmation`)
	return c, err
}
