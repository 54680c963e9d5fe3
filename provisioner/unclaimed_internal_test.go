package provisioner

import (
	"fmt"
	"testing"
	"time"

	"iamscim/provisioner/planner"
)

// created is a job that made a user.
func created(digest string) *job {
	j := newJob(digest, "key")
	j.change = &Change{ID: "user", Plan: &planner.Plan{ID: "plan", Kind: planner.KindCreateUser}}
	return j
}

// TestClaimedIsNotKept: what somebody got is not kept, whoever is sent away when.
func TestClaimedIsNotKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, first := range []string{"claimed", "abandoned"} {
		u, j := &unclaimed{}, created("d")
		u.over(j, now)
		if u.take("d", now) != nil {
			t.Errorf("%s first: kept although its request waits", first)
		}
		if first == "claimed" {
			u.claim(j)
			u.abandon(j, now)
		} else {
			u.abandon(j, now)
			u.claim(j)
		}
		if u.take("d", now) != nil {
			t.Errorf("%s first: it is kept", first)
		}
	}
}

// TestUnclaimedIsBounded: of more results than are kept the oldest go, and with
// time all.
func TestUnclaimedIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	u := &unclaimed{}
	for i := range unclaimedMost + 5 {
		j := created(fmt.Sprint(i))
		u.abandon(j, now)
		u.over(j, now)
	}
	if n := len(u.list); n != unclaimedMost {
		t.Errorf("%d are kept", n)
	}
	if u.take("4", now) != nil || u.take("5", now) == nil {
		t.Error("it is not the oldest that went")
	}
	if u.take("5", now) != nil {
		t.Error("it was given twice")
	}
	if u.take("6", now.Add(unclaimedFor)) == nil {
		t.Error("it went too early")
	}
	if u.take("7", now.Add(unclaimedFor+time.Second)) != nil || len(u.list) != 0 {
		t.Errorf("%d are kept after all that time", len(u.list))
	}
}

// TestOnlyCreationsAreKept: no other change, and no failure.
func TestOnlyCreationsAreKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for kind, want := range map[string]bool{
		planner.KindCreateUser: true, planner.KindCreateGroup: true, planner.KindUpdateUser: false, planner.KindUpdateGroup: false,
		planner.KindDeactivate: false, planner.KindDeleteUser: false, planner.KindDeleteGroup: false,
	} {
		for _, err := range []error{nil, ErrConflict} {
			u, j := &unclaimed{}, created("d")
			if j.change.Plan.Kind, j.err = kind, err; err != nil {
				j.change = nil
			}
			u.over(j, now)
			u.abandon(j, now)
			if got := u.take("d", now) != nil; got != (want && err == nil) {
				t.Errorf("%s, %v: kept is %v", kind, err, got)
			}
		}
	}
}
