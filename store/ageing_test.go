package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// TestOnAged: listeners learn exactly whose ageing facts moved, before the
// write returns, and no generation is made of it.
func TestOnAged(t *testing.T) {
	s := open(t)
	var aged []store.Aged
	s.OnAged(func(a store.Aged) { aged = append(aged, a) })
	obs := observation(20)
	replace(t, s, obs)
	if len(aged) != 1 || !aged[0].Observed.Equal(start) || !s.Observed().Equal(start) {
		t.Fatalf("after the first observation: %+v", aged)
	}
	m := s.Moment()
	if !s.Lasts(m) {
		t.Error("a moment of rest does not last")
	}

	later := *obs
	later.Started = start.Add(time.Minute)
	later.Policies = append([]store.Policy(nil), obs.Policies...)
	later.Policies[1].Attachments = 9
	replace(t, s, &later)
	want := store.Aged{Observed: later.Started, Changed: []store.Ref{{Kind: store.KindPolicy, ID: obs.Policies[1].ID}}}
	if diff := cmp.Diff(want, aged[len(aged)-1]); diff != "" || s.Generation().ID != 1 {
		t.Errorf("generation %d, -want +got:\n%s", s.Generation().ID, diff)
	}
	if s.Lasts(m) {
		t.Error("a moment lasts although something aged since")
	}

	used := obs.Activities[3]
	used.PasswordLastUsed = at(1)
	put := func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutActivity(ctx, used) }
	update(t, s, put)
	want.Changed = []store.Ref{{Kind: store.KindUser, ID: used.UserID}}
	if diff := cmp.Diff(want, aged[len(aged)-1]); diff != "" || s.Generation().ID != 1 {
		t.Errorf("generation %d, -want +got:\n%s", s.Generation().ID, diff)
	}
	m = s.Moment()
	update(t, s, put)
	if !s.Lasts(m) || len(aged) != 3 {
		t.Errorf("an equal activity told %d listeners", len(aged)-3)
	}
}
