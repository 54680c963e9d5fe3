package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// past is an account of 20 users with a history of four generations: a title, a
// deletion, a membership.
func past(t *testing.T) (*store.Snapshot, []store.Generation) {
	t.Helper()
	s := open(t)
	obs := observation(20)
	replace(t, s, obs)
	generations := []store.Generation{s.Generation()}
	for _, change := range []func(context.Context, *store.SnapshotTx) error{
		func(ctx context.Context, tx *store.SnapshotTx) error {
			u := obs.Users[1]
			u.Person.Title = "Engineer"
			return tx.PutUser(ctx, &u)
		},
		func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteUser(ctx, obs.Users[2].ID) },
		func(ctx context.Context, tx *store.SnapshotTx) error {
			return tx.PutMembership(ctx, obs.Users[3].ID, obs.Users[3].Groups[0], false)
		},
	} {
		update(t, s, change)
		generations = append(generations, s.Generation())
	}
	return s, generations
}

// seen is every user that a view sees, with counters and time of change.
func seen(ctx context.Context, tx *store.SnapshotTx) ([]string, error) {
	r, err := tx.Select(ctx, store.KindUser, store.Query{OrderBy: "id"})
	if err != nil {
		return nil, err
	}
	users, err := tx.Users(ctx, r.IDs...)
	var out []string
	for _, u := range users {
		out = append(out, fmt.Sprint(u.ID, u.Changed, u.LastModified, u.Groups, u.Person.Title))
	}
	return out, err
}

// TestViewGeneration: a generation looks the same when it is the newest, when
// it is not any more, and when nothing older is left.
func TestViewGeneration(t *testing.T) {
	s, generations := past(t)
	newest := generations[3]
	look := func(g store.Generation) (out []string) {
		t.Helper()
		err := s.ViewGeneration(t.Context(), g.ID, func(tx *store.SnapshotTx) (err error) {
			if tx.Generation() != g {
				t.Errorf("generation %+v, want %+v", tx.Generation(), g)
			}
			out, err = seen(t.Context(), tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	now := look(newest)
	if len(look(generations[0])) != 20 || len(now) != 19 {
		t.Errorf("%d users now, %d at first", len(now), len(look(generations[0])))
	}
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return tx.DeleteUser(ctx, observation(20).Users[5].ID)
	})
	if diff := cmp.Diff(now, look(newest)); diff != "" {
		t.Errorf("a generation on (-want +got):\n%s", diff)
	}
	if err := s.Prune(t.Context(), newest.At); err != nil {
		t.Fatal(err)
	}
	// The time at which something last changed outlives the generation, unless
	// it changed again.
	pruned := look(newest)
	if len(pruned) != len(now) {
		t.Fatalf("pruned: %d users, want %d", len(pruned), len(now))
	}
	if diff := cmp.Diff(append(now[:4:4], now[5:]...), append(pruned[:4:4], pruned[5:]...)); diff != "" {
		t.Errorf("pruned (-want +got):\n%s", diff)
	}
	for _, id := range []int64{0, 1, generations[2].ID, 99} {
		err := s.ViewGeneration(t.Context(), id, func(*store.SnapshotTx) error { return nil })
		if !errors.Is(err, store.ErrNoGeneration) {
			t.Errorf("generation %d: %v", id, err)
		}
	}
}

// TestPruneDuringView: a view whose generation is pruned under it says so.
func TestPruneDuringView(t *testing.T) {
	s, generations := past(t)
	err := s.ViewGeneration(t.Context(), generations[1].ID, func(tx *store.SnapshotTx) error {
		return s.Prune(t.Context(), s.Generation().At)
	})
	if !errors.Is(err, store.ErrNoGeneration) {
		t.Errorf("got %v", err)
	}
}

// TestModifiedOfThePast: filters on lastModified find in the past what they did
// then. What was changed since and had last changed in a generation that is
// pruned counts as changed in the oldest: a client that polls sees it once more
// rather than never.
func TestModifiedOfThePast(t *testing.T) {
	s, generations := past(t)
	count := func(g store.Generation, x store.Expr) (n int) {
		t.Helper()
		err := s.ViewGeneration(t.Context(), g.ID, func(tx *store.SnapshotTx) error {
			r, err := tx.Select(t.Context(), store.KindUser, store.Query{Where: x})
			if err == nil {
				n = len(r.IDs)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	since := func(op store.Op, at time.Time) store.Expr {
		return store.Compare{Path: "meta.lastModified", Op: op, Value: at}
	}
	first := generations[0].At
	for _, prune := range []bool{false, true} {
		if prune {
			if err := s.Prune(t.Context(), generations[2].At); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			op           store.Op
			want, pruned int
		}{{store.Gt, 1, 2}, {store.Le, 18, 17}, {store.Eq, 18, 17}, {store.Ge, 19, 19}} {
			if prune {
				tt.want = tt.pruned
			}
			if got := count(generations[2], since(tt.op, first)); got != tt.want {
				t.Errorf("pruned %t: lastModified %s the first generation: %d users, want %d", prune, tt.op, got, tt.want)
			}
		}
	}
}

// TestChanges: the feed can be read a row at a time, is in order, knows names,
// and ends where it is told to.
func TestChanges(t *testing.T) {
	s, generations := past(t)
	var whole, single []store.Change
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) (err error) {
		whole, err = tx.Changes(ctx, store.Position{}, 99, 1000)
		if err != nil {
			return err
		}
		for from := (store.Position{}); ; {
			next, err := tx.Changes(ctx, from, 99, 1)
			if err != nil || len(next) == 0 {
				return err
			}
			single = append(single, next...)
			from = store.Position{Generation: next[0].Generation.ID, Ref: next[0].Ref}
		}
	})
	if diff := cmp.Diff(whole, single); diff != "" || len(whole) != 20+2+2+1+3+2 {
		t.Errorf("%d changes in one go, %d singly (-whole +single):\n%s", len(whole), len(single), diff)
	}
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		late, err := tx.Changes(ctx, store.AfterGeneration(1), generations[2].ID, 1000)
		if err != nil {
			return err
		}
		var lines []string
		for _, x := range late {
			lines = append(lines, fmt.Sprint(x.Generation.ID, " ", x.What, " ", x.Name, " ", x.Generation.Actor))
		}
		want := []string{"2 updated User000001 token-1", "3 member Group0 token-1", "3 member Group1 token-1", "3 deleted User000002 token-1"}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		net, err := tx.Net(ctx, store.KindUser, 1)
		wantNet := []store.Net{{observation(20).Users[1].ID, "updated"}, {observation(20).Users[2].ID, "deleted"}, {observation(20).Users[3].ID, "updated"}}
		if diff := cmp.Diff(wantNet, net); diff != "" {
			t.Errorf("net (-want +got):\n%s", diff)
		}
		return err
	})
}

// TestNet: what came is created, whatever else happened; what came and went is
// deleted; what was lost and found again is updated.
func TestNet(t *testing.T) {
	s := open(t)
	obs := observation(20)
	replace(t, s, obs)
	put := func(u store.User) {
		update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, &u) })
	}
	drop := func(u store.User) {
		update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteUser(ctx, u.ID) })
	}
	came, passed, found := user(31, obs), user(32, obs), obs.Users[0]
	put(came)
	came.Person.Title = "Engineer"
	put(came)
	put(passed)
	drop(passed)
	drop(found)
	put(found)
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		got, err := tx.Net(ctx, store.KindUser, 1)
		want := []store.Net{{came.ID, "created"}, {passed.ID, "deleted"}, {found.ID, "updated"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return err
	})
}

func TestHorizon(t *testing.T) {
	s, generations := past(t)
	check := func(want store.Horizon) {
		t.Helper()
		view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
			got, err := tx.Horizon(ctx)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			return err
		})
	}
	check(store.Horizon{Oldest: generations[0], Feed: 0})
	for i, feed := range []int64{1, 2, 3} {
		if err := s.Prune(t.Context(), generations[i].At); err != nil {
			t.Fatal(err)
		}
		check(store.Horizon{Oldest: generations[i], Feed: feed})
	}
}
