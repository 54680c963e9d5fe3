package provisioner_test

import (
	"context"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// TestJoinedLooksAgain: an equal request that joins a change which somebody has
// undone in part meanwhile does not take its word: the user of a group may be
// written while the group is.
func TestJoinedLooksAgain(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	ann, dev := l.id("ann"), l.groupID("dev")
	change := l.asGroup(dev, planner.GroupWish{RemoveMembers: []string{ann}})
	arrived, release := l.hold("RemoveUserFromGroup")
	results := make(chan error)
	for range 2 {
		go func() { results <- change(t.Context(), as("d")) }()
	}
	<-arrived
	eventually(t, "one joins", func() bool { return l.p.Joined() == 1 })
	if l.memberOf("ann", "dev") {
		t.Fatal("still there")
	}
	l.must(l.update(ann, planner.UserWish{Groups: &[]string{dev}}))
	if !l.memberOf("ann", "dev") {
		t.Fatal("not there again")
	}
	release()
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("got %v", err)
		}
	}
	if l.memberOf("ann", "dev") {
		t.Error("said to be taken out, but is a member")
	}
}

// TestJoinedAlone: whoever joined is not sent away with a client that hung up
// before the first call.
func TestJoinedAlone(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	change := l.asUser(l.id("ann"), planner.UserWish{Active: ptr(false)})
	reading, read := l.hold("ListGroupsForUser")
	ctx, hangUp := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go func() { first <- change(ctx, as("d")) }()
	<-reading
	go func() { second <- change(t.Context(), as("d")) }()
	eventually(t, "one joins", func() bool { return l.p.Joined() == 1 })
	hangUp()
	if err := <-first; err == nil {
		t.Error("the first succeeded")
	}
	read()
	if err := <-second; err != nil {
		t.Errorf("got %v", err)
	}
	if u, _ := l.User("ann"); u.Keys[0].Status != "Inactive" {
		t.Error("not deactivated")
	}
}
