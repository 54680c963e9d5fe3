package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestHeld(t *testing.T) {
	ctx := t.Context()
	first := &store.HeldError{ID: "a1", Losses: map[string]store.Loss{"users": {Had: 50, Lost: 20}}}
	second := &store.HeldError{ID: "b2", Losses: map[string]store.Loss{"users": {Had: 50, Lost: 30}}}
	hold := func(h *store.HeldError) func(*store.StateTx) error {
		return func(tx *store.StateTx) error { return tx.Hold(ctx, h) }
	}
	confirm := func(id string) func(*store.StateTx) error {
		return func(tx *store.StateTx) error { return tx.Confirm(ctx, id, "operator") }
	}
	consume := func(t *testing.T, s *store.State) (c *store.Confirmation) {
		updateState(t, s, func(tx *store.StateTx) (err error) {
			c, err = tx.ConsumeConfirmation(ctx)
			return err
		})
		return c
	}

	t.Run("nothing held", func(t *testing.T) {
		s := newState(t)
		if err := s.Update(ctx, confirm("a1")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Confirm: got %v, want ErrNotFound", err)
		}
		err := s.View(ctx, func(tx *store.StateTx) error {
			_, err := tx.Held(ctx)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Held: got %v, want ErrNotFound", err)
		}
	})
	t.Run("confirmed once", func(t *testing.T) {
		s := newState(t)
		updateState(t, s, hold(first))
		want := &store.Held{ID: "a1", Losses: first.Losses, Since: epoch}
		got := viewState(t, s, func(tx *store.StateTx) (*store.Held, error) { return tx.Held(ctx) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err := s.Update(ctx, confirm("b2")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirming another: got %v, want ErrNotFound", err)
		}
		updateState(t, s, confirm("a1"))
		updateState(t, s, hold(first)) // seen again before it was released
		if diff := cmp.Diff(&store.Confirmation{ID: "a1", Actor: "operator", At: epoch}, consume(t, s)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if c := consume(t, s); c != nil {
			t.Errorf("consumed twice: %+v", c)
		}
	})
	t.Run("another loss voids the confirmation", func(t *testing.T) {
		s := newState(t)
		updateState(t, s, hold(first))
		updateState(t, s, confirm("a1"))
		updateState(t, s, hold(second))
		updateState(t, s, hold(first))
		if c := consume(t, s); c != nil {
			t.Errorf("an old confirmation survived: %+v", c)
		}
	})
	t.Run("cleared", func(t *testing.T) {
		s := newState(t)
		updateState(t, s, hold(first))
		updateState(t, s, confirm("a1"))
		updateState(t, s, func(tx *store.StateTx) error { return tx.ClearHeld(ctx) })
		if c := consume(t, s); c != nil {
			t.Errorf("a confirmation survived: %+v", c)
		}
	})
}
