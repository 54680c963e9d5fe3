package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"iamscim/store"
)

const account = "123456789012"

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// open opens a snapshot in a directory of its own.
func open(tb testing.TB) *store.Snapshot {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "snapshot.db"))
}

func openAt(tb testing.TB, path string) *store.Snapshot {
	tb.Helper()
	s, err := store.OpenSnapshot(tb.Context(), path, account, func() time.Time { return start })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// observation is an account of n users, n/10 groups with twenty members or
// fewer, and two policies.
func observation(n int) *store.Observation {
	obs := &store.Observation{AccountID: account, Started: start, Took: time.Second}
	for i := range 2 {
		obs.Policies = append(obs.Policies, store.Policy{
			ID: fmt.Sprintf("ANPA%04d", i), ARN: fmt.Sprintf("arn:aws:iam::%s:policy/p%d", account, i), Name: fmt.Sprintf("p%d", i), Path: "/",
		})
	}
	for i := range n / 10 {
		obs.Groups = append(obs.Groups, store.Group{
			ID: fmt.Sprintf("AGPA%06d", i), Name: fmt.Sprintf("Group%d", i), DisplayName: fmt.Sprintf("Group%d", i), Path: "/",
			ARN: fmt.Sprintf("arn:aws:iam::%s:group/Group%d", account, i), Created: start.Add(-time.Duration(i) * time.Hour),
		})
	}
	for i := range n {
		obs.Users = append(obs.Users, user(i, obs))
		obs.Activities = append(obs.Activities, store.Activity{
			UserID: obs.Users[i].ID, ObservedAt: start, PasswordLastUsed: at(-i), Keys: []store.KeyUse{{LastUsed: at(-2 * i), Service: "s3", Region: "eu-west-1"}},
		})
	}
	return obs
}

// at is a time some hours after start.
func at(hours int) *time.Time {
	t := start.Add(time.Duration(hours) * time.Hour)
	return &t
}

func user(i int, obs *store.Observation) store.User {
	name := fmt.Sprintf("User%06d", i)
	console := i%2 == 0
	u := store.User{
		ID: fmt.Sprintf("AIDA%016d", i), Name: name, UserName: name, Path: "/staff/", Created: start.Add(-time.Duration(i) * time.Minute),
		ARN: fmt.Sprintf("arn:aws:iam::%s:user/staff/%s", account, name), Active: i%7 != 3, IdentityType: "human",
		ConsoleAccess: &console, MFAActive: &console,
		Tags:       []store.Tag{{Key: "team", Value: fmt.Sprintf("Team%d", i%5)}},
		Attached:   []store.PolicyRef{{ARN: obs.Policies[i%2].ARN, Name: obs.Policies[i%2].Name}},
		AccessKeys: []store.AccessKey{{ID: fmt.Sprintf("AKIA%016d", i), Status: "Active", Created: at(-i)}},
		Person: store.Person{
			DisplayName: "Person " + name, Name: store.PersonName{FamilyName: fmt.Sprintf("Family%d", i%50), GivenName: "Given"},
			Emails:     []store.MultiValue{{Value: name + "@Example.com", Type: "work", Primary: &yes}},
			Enterprise: store.Enterprise{Department: fmt.Sprintf("Dept%d", i%9)},
		},
	}
	if n := len(obs.Groups); n > 0 {
		u.Groups = []string{obs.Groups[i%n].ID}
		if other := obs.Groups[(i/2)%n].ID; other != u.Groups[0] {
			u.Groups = append(u.Groups, other)
		}
	}
	return u
}

var yes = true

// replace makes obs the current state.
func replace(tb testing.TB, s *store.Snapshot, obs *store.Observation) *store.Outcome {
	tb.Helper()
	out, err := s.Replace(tb.Context(), obs, store.ReplaceOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// view runs fn and fails the test on an error.
func view(tb testing.TB, s *store.Snapshot, fn func(ctx context.Context, tx *store.SnapshotTx) error) {
	tb.Helper()
	if err := s.View(tb.Context(), func(tx *store.SnapshotTx) error { return fn(tb.Context(), tx) }); err != nil {
		tb.Fatal(err)
	}
}

// update runs fn in an Update and fails the test on an error.
func update(tb testing.TB, s *store.Snapshot, fn func(ctx context.Context, tx *store.SnapshotTx) error) {
	tb.Helper()
	err := s.Update(tb.Context(), "token-1", func(tx *store.SnapshotTx) error { return fn(tb.Context(), tx) })
	if err != nil {
		tb.Fatal(err)
	}
}

// selected returns the ids that q selects.
func selected(tb testing.TB, s *store.Snapshot, kind store.Kind, q store.Query) []string {
	tb.Helper()
	var ids []string
	view(tb, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		r, err := tx.Select(ctx, kind, q)
		if err == nil {
			ids = r.IDs
		}
		return err
	})
	return ids
}

// oneUser returns the user with the id, or nil.
func oneUser(tb testing.TB, s *store.Snapshot, id string) *store.User {
	tb.Helper()
	var u *store.User
	view(tb, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		list, err := tx.Users(ctx, id)
		if len(list) == 1 {
			u = list[0]
		}
		return err
	})
	return u
}

func TestReplace(t *testing.T) {
	s := open(t)
	obs := observation(200)
	out := replace(t, s, obs)
	if !out.New || out.Generation.ID != 1 || out.Created[store.KindUser] != 200 || s.Generation() != out.Generation {
		t.Errorf("first replace: %+v", out)
	}
	if again := replace(t, s, obs); again.New || again.Generation != out.Generation {
		t.Errorf("an unchanged observation made generation %+v", again.Generation)
	}
	u := oneUser(t, s, obs.Users[17].ID)
	if u.UserName != obs.Users[17].UserName || len(u.Groups) != 2 || u.Changed != 1 || !u.LastModified.Equal(out.Generation.At) {
		t.Errorf("user read back: %+v", u)
	}
	if u.Activity.PasswordLastUsed == nil || !u.Activity.ObservedAt.Equal(start) {
		t.Errorf("activity read back: %+v", u.Activity)
	}
	ids := selected(t, s, store.KindUser, store.Query{})
	if len(ids) != 200 || ids[0] != obs.Users[199].ID || ids[199] != obs.Users[0].ID {
		t.Errorf("default order: %v … %v of %d", ids[0], ids[len(ids)-1], len(ids))
	}
	got := selected(t, s, store.KindUser, store.Query{Where: store.Compare{Path: "userName", Op: store.Eq, Value: "USER000017"}})
	if len(got) != 1 || got[0] != obs.Users[17].ID {
		t.Errorf("userName eq: %v", got)
	}
}
