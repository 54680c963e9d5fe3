package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestReplaceDifference(t *testing.T) {
	s := open(t)
	replace(t, s, observation(100))
	var commits []store.Commit
	s.OnCommit(func(c store.Commit) { commits = append(commits, c) })

	obs := observation(100)
	obs.Users[5].Person.Title = "Engineer"
	gone := obs.Users[9].ID
	obs.Users = slices.Delete(obs.Users, 9, 10)
	removed := obs.Users[20].Groups[0]
	obs.Users[20].Groups = obs.Users[20].Groups[1:]
	out := replace(t, s, obs)

	if out.Generation.ID != 2 || out.Updated[store.KindUser] != 1 || out.Deleted[store.KindUser] != 1 || out.Memberships.Removed != 3 {
		t.Errorf("outcome: %+v", out)
	}
	if len(commits) != 1 || commits[0].Generation != out.Generation || commits[0].All {
		t.Fatalf("commits: %+v", commits)
	}
	for _, want := range []store.Ref{{Kind: store.KindUser, ID: obs.Users[5].ID}, {Kind: store.KindUser, ID: gone},
		{Kind: store.KindUser, ID: obs.Users[20].ID}, {Kind: store.KindGroup, ID: removed}} {
		if !slices.Contains(commits[0].Changed, want) {
			t.Errorf("%v is not among the changed: %v", want, commits[0].Changed)
		}
	}
	if u := oneUser(t, s, gone); u != nil {
		t.Errorf("a deleted user is still there: %+v", u)
	}
	if u := oneUser(t, s, obs.Users[50].ID); u.Changed != 1 {
		t.Errorf("an unchanged user has version %d", u.Changed)
	}
	if !out.Generation.At.After(start) {
		t.Errorf("commit time %v did not increase although the clock stood still", out.Generation.At)
	}
}

func TestOtherAccount(t *testing.T) {
	s := open(t)
	obs := observation(10)
	obs.AccountID = "999999999999"
	if _, err := s.Replace(t.Context(), obs, store.ReplaceOptions{}); !errors.Is(err, store.ErrOtherAccount) {
		t.Errorf("got %v", err)
	}
	err := s.View(t.Context(), func(tx *store.SnapshotTx) error {
		_, err := tx.Select(t.Context(), store.KindUser, store.Query{})
		return err
	})
	if !errors.Is(err, store.ErrNoGeneration) {
		t.Errorf("before the first generation: %v", err)
	}
}

// heldBack replaces and expects to be held.
func heldBack(t *testing.T, s *store.Snapshot, obs *store.Observation, confirmed string) *store.HeldError {
	t.Helper()
	_, err := s.Replace(t.Context(), obs, store.ReplaceOptions{Confirmed: confirmed})
	h, ok := errors.AsType[*store.HeldError](err)
	if !ok {
		t.Fatalf("not held: %v", err)
	}
	return h
}

func TestReplaceHeld(t *testing.T) {
	s := open(t)
	full := observation(100)
	replace(t, s, full)

	t.Run("a fifth may go", func(t *testing.T) {
		s := open(t)
		replace(t, s, full)
		obs := observation(100)
		obs.Users = obs.Users[20:]
		if out := replace(t, s, obs); out.Deleted[store.KindUser] != 20 {
			t.Errorf("outcome: %+v", out)
		}
	})
	t.Run("ten may go, but not all", func(t *testing.T) {
		s := open(t)
		replace(t, s, observation(11))
		obs := observation(11)
		obs.Users = obs.Users[:1]
		obs.Groups, obs.Users[0].Groups = nil, nil
		h := heldBack(t, s, obs, "")
		if h.Losses["groups"] != (store.Loss{Had: 1, Lost: 1}) {
			t.Errorf("losses: %+v", h.Losses)
		}
	})

	obs := observation(100)
	obs.Users = obs.Users[:70]
	h := heldBack(t, s, obs, "")
	if h.Losses["users"] != (store.Loss{Had: 100, Lost: 30}) {
		t.Errorf("losses: %+v", h.Losses)
	}
	if s.Generation().ID != 1 {
		t.Errorf("a held observation made generation %d", s.Generation().ID)
	}
	if again := heldBack(t, s, obs, "something else"); again.ID != h.ID {
		t.Errorf("the same observation has another id: %s, %s", again.ID, h.ID)
	}
	other := observation(100)
	other.Users = other.Users[:69]
	heldBack(t, s, other, h.ID)
	if out, err := s.Replace(t.Context(), obs, store.ReplaceOptions{Confirmed: h.ID}); err != nil || out.Deleted[store.KindUser] != 30 {
		t.Errorf("confirmed: %+v, %v", out, err)
	}
}

func TestHeldAttachments(t *testing.T) {
	s := open(t)
	replace(t, s, observation(100))
	obs := observation(100)
	for i := range 25 {
		obs.Users[i].Attached = nil
	}
	if h := heldBack(t, s, obs, ""); h.Losses["attachments"] != (store.Loss{Had: 100, Lost: 25}) || len(h.Losses) != 1 {
		t.Errorf("losses: %+v", h.Losses)
	}
}

func TestStatus(t *testing.T) {
	s := open(t)
	obs := observation(10)
	obs.Alias, obs.Summary = "acme", map[string]int64{"Users": 10}
	obs.Sources = map[string]store.Source{"GetCredentialReport": {At: start, Err: "access denied"}}
	obs.APIs = map[string]int64{"ListUsers": 2}
	replace(t, s, obs)
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		got, err := tx.Status(ctx)
		want := store.Status{AccountID: account, Alias: "acme", Observed: start, Took: time.Second,
			Summary: obs.Summary, Sources: obs.Sources, APIs: obs.APIs}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("got - want +\n%s", diff)
		}
		return err
	})
}
