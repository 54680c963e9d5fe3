package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"iamscim/store"
)

// oneGroup returns the group with the id.
func oneGroup(t *testing.T, s *store.Snapshot, id string) *store.Group {
	t.Helper()
	var g *store.Group
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		list, err := tx.Groups(ctx, id)
		if len(list) == 1 {
			g = list[0]
		}
		return err
	})
	return g
}

func TestPutUser(t *testing.T) {
	s := open(t)
	obs := observation(20)
	replace(t, s, obs)
	u := oneUser(t, s, obs.Users[3].ID)
	put := func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, u) }
	update(t, s, put)
	if g := s.Generation(); g.ID != 1 {
		t.Errorf("an equal user made generation %d", g.ID)
	}
	u.Person.Title = "Engineer"
	update(t, s, put)
	g := s.Generation()
	if got := oneUser(t, s, u.ID); g.ID != 2 || g.Actor != "token-1" || got.Person.Title != "Engineer" || got.Changed != 2 ||
		!got.LastModified.Equal(g.At) || !slices.Equal(got.Groups, u.Groups) {
		t.Errorf("generation %+v, user %+v", g, got)
	}
	if got := selected(t, s, store.KindUser, store.Query{Where: store.Compare{Path: "title", Op: store.Eq, Value: "engineer"}}); len(got) != 1 {
		t.Errorf("title eq: %v", got)
	}
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		u.Person.Title = "Other"
		first := tx.PutUser(ctx, u)
		u.Person.Title = "Engineer"
		return errors.Join(first, tx.PutUser(ctx, u), tx.DeleteUser(ctx, obs.Users[4].ID))
	})
	if got := s.Generation().ID; got != 3 {
		t.Errorf("one update made generations up to %d", got)
	}
	if oneUser(t, s, obs.Users[4].ID) != nil {
		t.Errorf("a deleted user is still there")
	}
}

func TestPutMembership(t *testing.T) {
	s := open(t)
	obs := observation(40)
	replace(t, s, obs)
	user, group := obs.Users[0].ID, obs.Groups[3].ID
	set := func(present bool) {
		update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
			return tx.PutMembership(ctx, user, group, present)
		})
	}
	set(true)
	u, g := oneUser(t, s, user), oneGroup(t, s, group)
	if !slices.Contains(u.Groups, group) || u.Changed != 2 || g.Changed != 2 || g.Shape != 1 {
		t.Errorf("after adding: user %+v, group %+v", u, g)
	}
	set(true)
	if got := s.Generation().ID; got != 2 {
		t.Errorf("adding a member made generation %d", got)
	}
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		members, err := tx.Members(ctx, group, true)
		if !slices.Contains(members, store.Member{ID: user, UserName: obs.Users[0].UserName}) {
			t.Errorf("members: %v", members)
		}
		return err
	})
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(tx.PutMembership(ctx, user, group, false), tx.PutMembership(ctx, user, group, true))
	})
	set(false)
	if u := oneUser(t, s, user); slices.Contains(u.Groups, group) || u.Changed != s.Generation().ID {
		t.Errorf("after removing: %+v", u)
	}
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		if err := tx.PutMembership(ctx, user, "AGPAnone", true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown group: %v", err)
		}
		return nil
	})
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteGroup(ctx, obs.Groups[0].ID) })
	if u := oneUser(t, s, obs.Users[4].ID); slices.Contains(u.Groups, obs.Groups[0].ID) || u.Changed != s.Generation().ID {
		t.Errorf("after deleting a group, its member is %+v", u)
	}
}

// TestMembershipWithinOneUpdate: only what is so at its end was ever so.
func TestMembershipWithinOneUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		member bool // to begin with
		set    []bool
	}{
		"joined and left":           {false, []bool{true, false}},
		"joined, left and joined":   {false, []bool{true, false, true}},
		"left and joined":           {true, []bool{false, true}},
		"left, joined and left":     {true, []bool{false, true, false}},
		"left, joined, left, there": {true, []bool{false, true, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			obs := observation(40)
			replace(t, s, obs)
			user, group := obs.Users[0].ID, obs.Groups[3].ID
			put := func(states ...bool) {
				update(t, s, func(ctx context.Context, tx *store.SnapshotTx) (err error) {
					for _, present := range states {
						err = errors.Join(err, tx.PutMembership(ctx, user, group, present))
					}
					return err
				})
			}
			put(c.member)
			before := s.Generation().ID
			put(c.set...)
			put(!c.set[len(c.set)-1])
			after := s.Generation().ID
			for id, want := range map[int64]bool{before: c.member, after - 1: c.set[len(c.set)-1], after: !c.set[len(c.set)-1]} {
				err := s.ViewGeneration(t.Context(), id, func(tx *store.SnapshotTx) error {
					members, err := tx.Members(t.Context(), group, false)
					if got := slices.ContainsFunc(members, func(m store.Member) bool { return m.ID == user }); got != want {
						t.Errorf("member in generation %d of %d: %t, want %t", id, after, got, want)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestUpdateFails(t *testing.T) {
	s := open(t)
	obs := observation(10)
	replace(t, s, obs)
	broken := errors.New("broken")
	err := s.Update(t.Context(), "x", func(tx *store.SnapshotTx) error {
		return errors.Join(tx.DeleteUser(t.Context(), obs.Users[0].ID), broken)
	})
	if !errors.Is(err, broken) || oneUser(t, s, obs.Users[0].ID) == nil || s.Generation().ID != 1 {
		t.Errorf("a failed update: %v", err)
	}
	func() {
		defer func() { _ = recover() }() // the panic is the test's own
		_ = s.Update(t.Context(), "x", func(*store.SnapshotTx) error { panic("oops") })
	}()
	err = s.Update(t.Context(), "x", func(tx *store.SnapshotTx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		return s.Update(ctx, "y", func(*store.SnapshotTx) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a nested update: %v", err)
	}
	err = s.View(t.Context(), func(tx *store.SnapshotTx) error { return tx.DeleteUser(t.Context(), obs.Users[0].ID) })
	if err == nil {
		t.Error("a view wrote")
	}
}

func TestSources(t *testing.T) {
	s := open(t)
	obs := observation(4)
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(tx.PutSource(ctx, "report", start, []byte("csv")), tx.PutPolicyDocument(ctx, "arn", "v1", "{}"))
	})
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		at, body, err := tx.Source(ctx, "report")
		document, err2 := tx.PolicyDocument(ctx, "arn", "v1")
		if !at.Equal(start) || string(body) != "csv" || document != "{}" {
			t.Errorf("source %v %q, document %q", at, body, document)
		}
		if _, err := tx.PolicyDocument(ctx, "arn", "v2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown version: %v", err)
		}
		return errors.Join(err, err2)
	})
	replace(t, s, obs)
	put := func(i int, at time.Time, title string) {
		update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
			obs.Users[i].Person.Title = title
			return errors.Join(tx.PutDetail(ctx, obs.Users[i].ID, at, []byte("{}")), tx.PutUser(ctx, &obs.Users[i]))
		})
	}
	put(0, start.Add(time.Hour), "")
	put(1, start.Add(-time.Hour), "changed with its details")
	put(2, start.Add(time.Hour), "")
	obs.Users[2].Person.Title = "changed since"
	replace(t, s, obs)
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		due, err := tx.DetailsDue(ctx, start, 10)
		if want := []string{obs.Users[3].ID, obs.Users[2].ID, obs.Users[1].ID}; !slices.Equal(due, want) {
			t.Errorf("due %v, want %v", due, want)
		}
		details, err2 := tx.Details(ctx)
		if len(details) != 3 || !details[0].At.Equal(start.Add(time.Hour)) {
			t.Errorf("details %+v", details)
		}
		return errors.Join(err, err2)
	})
}
