package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"iamscim/store"
)

// protect runs fn and protects the things for two minutes after start.
func protect(t *testing.T, s *store.Snapshot, fn func(context.Context, *store.SnapshotTx) error, things ...store.Protection) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(fn(ctx, tx), tx.Protect(ctx, start.Add(2*time.Minute), things...))
	})
}

func TestProtectUser(t *testing.T) {
	s := open(t)
	obs := observation(40)
	replace(t, s, obs)
	kept, gone, created := obs.Users[1], obs.Users[2].ID, user(99, obs)
	kept.Person.Title = "Engineer"
	protect(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(tx.PutUser(ctx, &kept), tx.DeleteUser(ctx, gone), tx.PutUser(ctx, &created),
			tx.PutMembership(ctx, created.ID, obs.Groups[0].ID, true))
	}, store.Protection{Thing: store.ThingUser, ID: kept.ID}, store.Protection{Thing: store.ThingUser, ID: gone},
		store.Protection{Thing: store.ThingUser, ID: created.ID})

	generation := s.Generation()
	if out := replace(t, s, obs); out.New {
		t.Errorf("an observation begun before undid the writes: %+v", out)
	}
	if u := oneUser(t, s, created.ID); u == nil || len(u.Groups) != 1 {
		t.Errorf("the created user: %+v", u)
	}
	obs.Started = start.Add(2 * time.Minute)
	out := replace(t, s, obs)
	if out.Created[store.KindUser] != 1 || out.Updated[store.KindUser] != 1 || out.Deleted[store.KindUser] != 1 || s.Generation() == generation {
		t.Errorf("after the protection ended: %+v", out)
	}
}

func TestProtectMembership(t *testing.T) {
	s := open(t)
	obs := observation(40)
	replace(t, s, obs)
	user, old, added := obs.Users[1].ID, obs.Users[1].Groups[0], obs.Groups[3].ID
	protect(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		return errors.Join(tx.PutMembership(ctx, user, old, false), tx.PutMembership(ctx, user, added, true))
	}, store.Protection{Thing: store.ThingMembership, ID: user, Other: old}, store.Protection{Thing: store.ThingMembership, ID: user, Other: added})
	obs.Users[1].Person.Title = "seen"
	replace(t, s, obs)
	u := oneUser(t, s, user)
	if slices.Contains(u.Groups, old) || !slices.Contains(u.Groups, added) || u.Person.Title != "seen" {
		t.Errorf("user: %+v", u)
	}
}

func TestProtectParts(t *testing.T) {
	s := open(t)
	obs := observation(40)
	replace(t, s, obs)
	deny := store.PolicyRef{ARN: "arn:aws:iam::aws:policy/AWSDenyAll", Name: "AWSDenyAll", Deny: true}
	u := obs.Users[1]
	key := u.AccessKeys[0].ID
	u.Attached = []store.PolicyRef{deny}
	u.Active, u.DisabledBy = false, []store.Deny{{Type: "attachedPolicy", Value: deny.ARN, Ours: true}}
	u.AccessKeys = nil
	u.AccessKeys = []store.AccessKey{{ID: key, Status: "Inactive"}}
	protect(t, s, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, &u) },
		store.Protection{Thing: store.ThingAttachment, ID: u.ID, Other: deny.ARN},
		store.Protection{Thing: store.ThingCredential, ID: u.ID, Other: key})
	obs.Users[1].Person.Title = "seen"
	replace(t, s, obs)
	got := oneUser(t, s, u.ID)
	if got.Active || len(got.Attached) != 2 || got.AccessKeys[0].Status != "Inactive" || got.Person.Title != "seen" {
		t.Errorf("user: %+v", got)
	}
}

func TestForeignDenyWins(t *testing.T) {
	s := open(t)
	obs := observation(40)
	replace(t, s, obs)
	u := obs.Users[1]
	u.Person.Title = "ours"
	protect(t, s, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, &u) },
		store.Protection{Thing: store.ThingUser, ID: u.ID})
	arn := "arn:aws:iam::aws:policy/Freeze"
	obs.Users[1].Active = false
	obs.Users[1].DisabledBy = []store.Deny{{Type: "attachedPolicy", Value: arn}}
	obs.Users[1].Attached = append(obs.Users[1].Attached, store.PolicyRef{ARN: arn, Deny: true})
	replace(t, s, obs)
	if got := oneUser(t, s, u.ID); got.Active || got.Person.Title != "ours" || len(got.DisabledBy) != 1 || len(got.Attached) != 2 {
		t.Errorf("user: %+v", got)
	}
}
