package provisioner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

var attachable = []string{readARN, auditARN, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}

// someOf picks a random part of a list, in its order.
func someOf(rng *rand.Rand, list []string) []string {
	out := []string{}
	for _, s := range list {
		if rng.IntN(2) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func maybe[T any](rng *rand.Rand, v T) *T {
	if rng.IntN(2) == 0 {
		return nil
	}
	return &v
}

// TestRandomUsers: from any state to any wish; after it the wish is true, and
// wishing it again does nothing.
func TestRandomUsers(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, func(a *iamsim.Account) {
		staff(a)
		for i := range 4 {
			a.AddGroup(iamsim.Group{Name: fmt.Sprintf("g%d", i)})
		}
	})
	groups := []string{l.groupID("g0"), l.groupID("g1"), l.groupID("g2"), l.groupID("g3")}
	rng := rand.New(rand.NewPCG(7, 7))
	id := l.id("ann")
	for i := range 80 {
		w := planner.UserWish{
			UserName: maybe(rng, fmt.Sprintf("Ann %d", rng.IntN(5))), Active: maybe(rng, rng.IntN(3) > 0), Path: maybe(rng, []string{"/", "/a/", "/b/c/"}[rng.IntN(3)]),
			Entitlements: maybe(rng, someOf(rng, attachable)), Groups: maybe(rng, someOf(rng, groups)), Person: maybe(rng, store.Person{Title: fmt.Sprint(i)}),
			Boundary: maybe(rng, []string{"", auditARN}[rng.IntN(2)]),
		}
		c, err := l.update(id, w)
		if err != nil {
			t.Fatalf("wish %d: %v", i, err)
		}
		if problem := unmet(&w, c.User); problem != "" {
			t.Errorf("wish %d: %s", i, problem)
		}
		l.ResetCalls()
		if _, err := l.update(id, w); err != nil {
			t.Fatalf("wish %d again: %v", i, err)
		}
		if writes, _ := l.calls(); len(writes) != 0 {
			t.Errorf("wish %d again: %v", i, writes)
		}
	}
	l.afterWindow()
	l.settled()
}

// unmet says what of a wish is not true.
func unmet(w *planner.UserWish, u *store.User) string {
	var entitled []string
	for _, p := range u.Attached {
		if !p.Deny {
			entitled = append(entitled, p.ARN)
		}
	}
	sorted := func(list []string) string { return strings.Join(slices.Sorted(slices.Values(list)), " ") }
	switch {
	case w.UserName != nil && u.UserName != *w.UserName:
		return "the name is " + u.UserName
	case w.Active != nil && u.Active != *w.Active:
		return fmt.Sprintf("active is %v", u.Active)
	case w.Path != nil && u.Path != *w.Path:
		return "the path is " + u.Path
	case w.Boundary != nil && u.Boundary != *w.Boundary:
		return "the boundary is " + u.Boundary
	case w.Entitlements != nil && sorted(*w.Entitlements) != sorted(entitled):
		return fmt.Sprintf("the entitlements are %v", entitled)
	case w.Groups != nil && sorted(*w.Groups) != sorted(u.Groups):
		return fmt.Sprintf("the groups are %v", u.Groups)
	case w.Person != nil && w.Person.Title != u.Person.Title:
		return "the title is " + u.Person.Title
	}
	return ""
}

// TestRandomGroups does the same for groups.
func TestRandomGroups(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, func(a *iamsim.Account) {
		staff(a)
		for i := range 6 {
			a.AddUser(iamsim.User{Name: fmt.Sprintf("u%d", i)})
		}
	})
	var users []string
	for i := range 6 {
		users = append(users, l.id(fmt.Sprintf("u%d", i)))
	}
	rng := rand.New(rand.NewPCG(8, 8))
	id := l.groupID("ops")
	for i := range 60 {
		w := planner.GroupWish{
			DisplayName: maybe(rng, []string{"ops", "R & D", strings.Repeat("é", 60)}[rng.IntN(3)]), ExternalID: maybe(rng, fmt.Sprint(rng.IntN(3))),
			Path: maybe(rng, []string{"/", "/a/"}[rng.IntN(2)]), Policies: maybe(rng, someOf(rng, attachable)),
		}
		if rng.IntN(2) == 0 {
			w.Members = ptr(someOf(rng, users))
		} else {
			w.AddMembers = someOf(rng, users[:3])
			w.RemoveMembers = someOf(rng, users[3:])
		}
		c, err := l.updateGroup(id, w)
		if err != nil {
			t.Fatalf("wish %d: %v", i, err)
		}
		if problem := l.unmetGroup(&w, c.Group); problem != "" {
			t.Errorf("wish %d: %s", i, problem)
		}
		l.ResetCalls()
		if _, err := l.updateGroup(id, w); err != nil {
			t.Fatalf("wish %d again: %v", i, err)
		}
		if writes, _ := l.calls(); len(writes) != 0 {
			t.Errorf("wish %d again: %v", i, writes)
		}
	}
	l.afterWindow()
	l.settled()
}

func (l *writeLab) unmetGroup(w *planner.GroupWish, g *store.Group) string {
	var members, attached []string
	err := l.account.Snapshot.View(l.t.Context(), func(tx *store.SnapshotTx) error {
		list, err := tx.Members(l.t.Context(), g.ID, false)
		for _, m := range list {
			members = append(members, m.ID)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, p := range g.Attached {
		attached = append(attached, p.ARN)
	}
	sorted := func(list []string) string { return strings.Join(slices.Sorted(slices.Values(list)), " ") }
	switch {
	case w.DisplayName != nil && g.DisplayName != *w.DisplayName:
		return "the name is " + g.DisplayName
	case w.ExternalID != nil && g.ExternalID != *w.ExternalID:
		return "the externalId is " + g.ExternalID
	case w.Path != nil && g.Path != *w.Path:
		return "the path is " + g.Path
	case w.Policies != nil && sorted(*w.Policies) != sorted(attached):
		return fmt.Sprintf("the policies are %v", attached)
	case w.Members != nil && sorted(*w.Members) != sorted(members):
		return fmt.Sprintf("the members are %v", members)
	}
	for _, id := range w.AddMembers {
		if !slices.Contains(members, id) {
			return id + " is no member"
		}
	}
	for _, id := range w.RemoveMembers {
		if slices.Contains(members, id) {
			return id + " is a member"
		}
	}
	return ""
}
