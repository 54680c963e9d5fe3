package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestBrake(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "s.db")
	open := func() *store.State {
		s, err := store.OpenState(ctx, path, "123456789012", func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	last := func() *store.Latch {
		return viewState(t, s, func(tx *store.StateTx) (*store.Latch, error) { return tx.LastLatch(ctx) })
	}
	if err := s.View(ctx, func(tx *store.StateTx) error { _, err := tx.LastLatch(ctx); return err }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before anything: got %v, want ErrNotFound", err)
	}
	if err := s.Update(ctx, func(tx *store.StateTx) error { return tx.ReleaseBrake(ctx, "operator") }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("release without a latch: got %v, want ErrNotFound", err)
	}
	latched := now
	for _, people := range []int{12, 300} { // the second finds it latched
		updateState(t, s, func(tx *store.StateTx) error { return tx.LatchBrake(ctx, "too many", "tok", people) })
		now = now.Add(time.Minute)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open() // a restart does not release it
	defer s.Close()
	if diff := cmp.Diff(&store.Latch{At: latched, Reason: "too many", Actor: "tok", People: 12}, last()); diff != "" {
		t.Error(diff)
	}
	updateState(t, s, func(tx *store.StateTx) error { return tx.ReleaseBrake(ctx, "operator") })
	if l := last(); !l.Released.Equal(now) || l.ReleasedBy != "operator" {
		t.Errorf("released: %+v", l)
	}
	updateState(t, s, func(tx *store.StateTx) error { return tx.LatchBrake(ctx, "again", "tok", 20) })
	if l := last(); !l.Released.IsZero() || l.People != 20 {
		t.Errorf("latched again: %+v", l)
	}
}

func TestLosses(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s, err := store.OpenState(ctx, filepath.Join(t.TempDir(), "s.db"), "123456789012", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := now
	for _, id := range []string{"AIDAANN", "AIDABOB", "AIDAANN"} {
		updateState(t, s, func(tx *store.StateTx) error { return tx.AddLosses(ctx, "tok", start, id) })
		now = now.Add(time.Minute)
	}
	losses := func(since time.Time) map[string]time.Time {
		return viewState(t, s, func(tx *store.StateTx) (map[string]time.Time, error) { return tx.Losses(ctx, since) })
	}
	want := map[string]time.Time{"AIDAANN": start.Add(2 * time.Minute), "AIDABOB": start.Add(time.Minute)}
	if diff := cmp.Diff(want, losses(start.Add(-time.Second))); diff != "" {
		t.Error(diff)
	}
	delete(want, "AIDABOB")
	if diff := cmp.Diff(want, losses(start.Add(time.Minute+time.Second))); diff != "" {
		t.Error(diff)
	}
}

func TestProtectedBy(t *testing.T) {
	ctx, s := t.Context(), newState(t)
	ann, dev := store.Ref{Kind: store.KindUser, ID: "AIDAANN"}, store.Ref{Kind: store.KindGroup, ID: "AGPADEV"}
	for range 2 {
		updateState(t, s, func(tx *store.StateTx) error { return tx.Protect(ctx, "/admins/", ann, dev) })
	}
	got := viewState(t, s, func(tx *store.StateTx) (map[string][]store.Ref, error) { return tx.ProtectedBy(ctx) })
	if diff := cmp.Diff(map[string][]store.Ref{"/admins/": {dev, ann}}, got); diff != "" {
		t.Error(diff)
	}
}
