package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

const (
	raceClients = 16
	raceUsers   = 50
	raceGroups  = 10
	raceFor     = 2 * time.Second
)

func raceUser(i int) string  { return fmt.Sprintf("user%02d", i) }
func raceGroup(i int) string { return fmt.Sprintf("group%d", i) }

// TestRace: clients write to the same users and groups side by side, while
// observations run, IAM lags behind, and somebody freezes users by hand. Each
// client remembers what was acknowledged of what only it writes.
func TestRace(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		for i := range raceGroups {
			a.AddGroup(iamsim.Group{Name: raceGroup(i)})
		}
		for i := range raceUsers {
			a.AddUser(iamsim.User{Name: raceUser(i), Keys: []iamsim.AccessKey{{Status: "Active"}}})
			a.Join(raceUser(i), raceGroup(i%raceGroups))
		}
	})
	if err := l.SetDelay("*", 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	users, groups := make([]string, raceUsers), make([]string, raceGroups)
	for i := range users {
		users[i] = l.id(raceUser(i))
	}
	for i := range groups {
		groups[i] = l.groupID(raceGroup(i))
	}
	ctx, stop := context.WithTimeout(t.Context(), raceFor)
	defer stop()
	var wg sync.WaitGroup
	clients := make([]*raceClient, raceClients)
	for i := range clients {
		clients[i] = &raceClient{l: l, rng: rand.New(rand.NewPCG(1, uint64(i))), number: i, users: users, groups: groups,
			member: map[[2]int]bool{}, active: map[int]bool{}, policy: map[int]bool{}, name: map[int]string{}}
		wg.Go(func() { clients[i].run(ctx, t) })
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := l.p.Refresh(ctx, provisioner.RefreshOptions{}); err != nil && ctx.Err() == nil {
				t.Errorf("refresh: %v", err)
			}
		}
	})
	frozen := freeze(ctx, l)
	wg.Wait()
	if err := l.p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	for _, c := range clients {
		c.check(t)
	}
	l.afterWindow()
	// What was done by hand may still be news.
	if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, i := range frozen {
		if u := l.byID(users[i]); u == nil || !slices.ContainsFunc(u.Inline, func(p iamsim.InlinePolicy) bool { return p.Name == "frozen" }) {
			t.Errorf("the deny on %s was lifted", raceUser(i))
		} else if l.user(users[i]).Active {
			t.Errorf("%s is frozen and shown as active", raceUser(i))
		}
	}
	l.settled()
	total := 0
	for _, c := range clients {
		total += c.acknowledged
	}
	t.Logf("%d writes acknowledged", total)
}

// freeze denies everything to a few users by hand.
func freeze(ctx context.Context, l *writeLab) []int {
	var frozen []int
	rng := rand.New(rand.NewPCG(2, 2))
	for len(frozen) < 8 {
		i := rng.IntN(raceUsers)
		name := ""
		if u := l.byID(l.user0(i)); u != nil {
			name = u.Name
		}
		done := l.EditUser(name, func(u *iamsim.User) {
			u.Inline = append(u.Inline, iamsim.InlinePolicy{Name: "frozen", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`})
		})
		if done && !slices.Contains(frozen, i) {
			frozen = append(frozen, i)
		}
		select {
		case <-ctx.Done():
			return frozen
		case <-time.After(raceFor / 16):
		}
	}
	return frozen
}

// user0 is the id of the user that was number i at first.
func (l *writeLab) user0(i int) string {
	for _, name := range []string{raceUser(i), "new" + raceUser(i)} {
		if u, ok := l.User(name); ok {
			return u.ID
		}
	}
	return ""
}

// byID finds a user as they really are.
func (l *writeLab) byID(id string) *iamsim.User {
	for i := range raceUsers {
		for _, name := range []string{raceUser(i), "new" + raceUser(i)} {
			if u, ok := l.User(name); ok && u.ID == id {
				return &u
			}
		}
	}
	return nil
}

// raceClient is one client. Of a user, one client writes the memberships,
// another whether they are active, a third the entitlements, a fourth the name.
type raceClient struct {
	l             *writeLab
	rng           *rand.Rand
	number        int
	users, groups []string
	member        map[[2]int]bool
	active        map[int]bool
	policy        map[int]bool
	name          map[int]string
	acknowledged  int
}

func (c *raceClient) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		// The user is one of those that this client writes that part of.
		what := c.rng.IntN(4)
		u := c.rng.IntN(raceUsers)
		if (u+what)%raceClients != c.number {
			continue
		}
		err := c.write(what, u, c.rng.IntN(raceGroups), c.rng.IntN(2) == 0)
		if err == nil {
			c.acknowledged++
		}
		if err != nil && !excusable(err) {
			t.Errorf("client %d: %v", c.number, err)
		}
	}
}

func excusable(err error) bool {
	var pending *provisioner.PendingError
	var denied *planner.DeniedError
	return errors.As(err, &pending) || errors.Is(err, provisioner.ErrConflict) || errors.As(err, &denied) && denied.Rule == planner.RuleForeign
}

func (c *raceClient) write(what, u, g int, on bool) error {
	var err error
	switch what {
	case 0:
		w := planner.GroupWish{AddMembers: []string{c.users[u]}}
		if !on {
			w = planner.GroupWish{RemoveMembers: []string{c.users[u]}}
		}
		if _, err = c.l.updateGroup(c.groups[g], w); err == nil {
			c.member[[2]int{u, g}] = on
		}
	case 1:
		if _, err = c.l.update(c.users[u], planner.UserWish{Active: &on}); err == nil {
			c.active[u] = on
		}
	case 2:
		arns := []string{}
		if on {
			arns = []string{readARN}
		}
		if _, err = c.l.update(c.users[u], planner.UserWish{Entitlements: &arns}); err == nil {
			c.policy[u] = on
		}
	case 3:
		name := raceUser(u)
		if on {
			name = "new" + name
		}
		if _, err = c.l.update(c.users[u], planner.UserWish{UserName: &name, Person: &store.Person{Title: name}}); err == nil {
			c.name[u] = name
		}
	}
	return err
}

func (c *raceClient) check(t *testing.T) {
	if c.acknowledged == 0 {
		t.Errorf("client %d: nothing was acknowledged", c.number)
	}
	for k, on := range c.member {
		u := c.l.byID(c.users[k[0]])
		if got := slices.Contains(u.Groups, c.groups[k[1]]); got != on {
			t.Errorf("%s in %s: %v, acknowledged was %v", u.Name, raceGroup(k[1]), got, on)
		}
	}
	for i, on := range c.active {
		u := c.l.byID(c.users[i])
		if got := u.Keys[0].Status == "Active" && !slices.Contains(u.Attached, denyARN); got != on {
			t.Errorf("%s active: %v, acknowledged was %v", u.Name, got, on)
		}
	}
	for i, on := range c.policy {
		u := c.l.byID(c.users[i])
		if got := slices.Contains(u.Attached, readARN); got != on {
			t.Errorf("%s entitled: %v, acknowledged was %v", u.Name, got, on)
		}
	}
	for i, name := range c.name {
		if u := c.l.byID(c.users[i]); u.Name != name || c.l.user(c.users[i]).Person.Title != name {
			t.Errorf("%s is called %s, acknowledged was %s", raceUser(i), u.Name, name)
		}
	}
}
