package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// TestUnchangedWritesNoRow: a repeat writes the one row of the status.
func TestUnchangedWritesNoRow(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := OpenSnapshot(t.Context(), filepath.Join(t.TempDir(), "s.db"), "1", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	obs := &Observation{AccountID: "1"}
	obs.Groups = []Group{{ID: "G", DisplayName: "g", Attached: []PolicyRef{{ARN: "b"}, {ARN: "a"}}}}
	obs.Policies = []Policy{{ID: "P", Name: "p", Attachments: 3}}
	obs.Roles = []Role{{ID: "R", Name: "r", LastUsed: &now, LastUsedRegion: "eu-west-1"}}
	for i := range 50 {
		u := User{ID: fmt.Sprint("U", i), UserName: fmt.Sprint("u", i), Groups: []string{"G"}}
		obs.Users = append(obs.Users, u)
		obs.Activities = append(obs.Activities, Activity{UserID: u.ID, PasswordLastUsed: &now})
	}
	total := func() (n int) {
		if err := s.db.w.QueryRowContext(t.Context(), `select total_changes()`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range 3 {
		obs.Started = now.Add(time.Duration(i) * time.Minute)
		for j := range obs.Activities {
			obs.Activities[j].ObservedAt = obs.Started
		}
		obs.Groups[0].Attached[0], obs.Groups[0].Attached[1] = obs.Groups[0].Attached[1], obs.Groups[0].Attached[0]
		before := total()
		if _, err := s.Replace(t.Context(), obs, ReplaceOptions{}); err != nil {
			t.Fatal(err)
		}
		if wrote := total() - before; i > 0 && wrote != 1 {
			t.Errorf("repeat %d wrote %d rows, want 1", i, wrote)
		}
	}
	err = s.View(t.Context(), func(tx *SnapshotTx) error {
		users, err := tx.Users(t.Context(), "U7")
		if err == nil && !users[0].Activity.ObservedAt.Equal(obs.Started) {
			t.Errorf("activity is of %v, want the last observation's %v", users[0].Activity.ObservedAt, obs.Started)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
