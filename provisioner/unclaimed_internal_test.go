package provisioner

import (
	"fmt"
	"testing"
	"time"
)

// TestClaimedIsNotKept: what somebody got is not kept, whoever is sent away when.
func TestClaimedIsNotKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, first := range []string{"claimed", "abandoned"} {
		u, j := &unclaimed{}, newJob("d", "key")
		j.planID.Store("plan")
		j.err = ErrConflict
		u.over(j, now)
		if u.find("d", now) != nil {
			t.Errorf("%s first: kept although its request waits", first)
		}
		if first == "claimed" {
			u.claim(j)
			u.abandon(j, now)
		} else {
			u.abandon(j, now)
			u.claim(j)
		}
		if u.find("d", now) != nil {
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
		j := newJob(fmt.Sprint(i), "key")
		j.planID.Store("plan")
		u.abandon(j, now)
		u.over(j, now)
	}
	if n := len(u.list); n != unclaimedMost {
		t.Errorf("%d are kept", n)
	}
	if u.find("4", now) != nil || u.find("5", now) == nil {
		t.Error("it is not the oldest that went")
	}
	if u.find("5", now.Add(unclaimedFor)) == nil {
		t.Error("it went too early")
	}
	if u.find("5", now.Add(unclaimedFor+time.Second)) != nil || len(u.list) != 0 {
		t.Errorf("%d are kept after all that time", len(u.list))
	}
}
