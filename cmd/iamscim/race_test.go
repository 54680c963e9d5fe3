package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
)

const (
	racers     = 16
	raceWrites = 25 // of each racer
	raceUsers  = 50
	raceGroups = 10
	raceWindow = 2 * time.Second // of consistency
	raceDelay  = time.Second     // of IAM, whose clock has no fractions: until the next second

	// Groups from this one on are filled by hand only.
	handGroups = 8
	// Users from these on: frozen by hand with an inline policy; frozen by hand
	// with AWSDenyAll, and never deactivated by clients; and sometimes deleted.
	frozenInline, frozenManaged, mortal = 30, 40, 45
)

// race is what goes on at the same time in one world.
type race struct {
	*world
	users, groups []string // ids
	wrote         registers
	frozen        [2]sync.Map // numbers of users: inline, managed
}

// TestRace: sixteen clients write to the same users and groups, while the
// account is observed again and again, IAM shows every write late, and somebody
// else fills groups and freezes people by hand. In the end each attribute has
// the value of a write that no acknowledged one followed, nobody who was frozen
// by hand is thawed, and SCIM shows what there is.
func TestRace(t *testing.T) {
	t.Parallel()
	r := newRace(t)
	var tokens []string
	for i := range racers {
		status, out, stderr := command(t, nil, "token", "create", "--data-dir", r.dir, "--name", fmt.Sprintf("racer %d", i), "--scopes", "read,write,entitlements")
		if status != exitOK {
			t.Fatalf("token: %d %s", status, stderr)
		}
		tokens = append(tokens, strings.TrimSpace(out))
	}
	var clients, others sync.WaitGroup
	stop := make(chan struct{})
	all := make([]*racer, racers)
	for i := range racers {
		all[i] = newRacer(r, i, tokens[i])
		clients.Go(all[i].run)
	}
	clients.Go(r.byHand)
	others.Go(func() { r.refreshUntil(stop) })
	clients.Wait()
	close(stop)
	others.Wait()
	r.settle()
	time.Sleep(raceWindow + raceDelay) // what was written by hand is shown from then on
	r.refresh()
	until(t, "SCIM shows what there is", r.difference)
	r.check()
	acknowledged := 0
	for _, c := range all {
		acknowledged += c.acknowledged
		c.checkOwn()
	}
	if acknowledged < racers*raceWrites/2 {
		t.Errorf("only %d writes were acknowledged", acknowledged)
	}
	t.Logf("%d writes acknowledged, %d calls", acknowledged, len(r.sim.Journal()))
}

func raceUser(i int) string  { return fmt.Sprintf("user%02d", i) }
func raceGroup(i int) string { return fmt.Sprintf("group%d", i) }

func newRace(t *testing.T) *race {
	t.Helper()
	r := &race{users: make([]string, raceUsers), groups: make([]string, raceGroups)}
	r.world = newWorld(t, iamsim.Config{}, func(a *iamsim.Account) {
		for i := range raceGroups {
			r.groups[i] = a.AddGroup(iamsim.Group{Name: raceGroup(i)}).ID
		}
		for i := range raceUsers {
			r.users[i] = a.AddUser(iamsim.User{Name: raceUser(i), Keys: []iamsim.AccessKey{{Status: "Active"}}}).ID
			a.Join(raceUser(i), raceGroup(i%handGroups))
		}
	}, "--consistency-window", raceWindow.String(), "--max-loss", "100%")
	if err := r.sim.SetDelay("*", raceDelay); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *race) refresh() {
	status, text, err := r.ask("POST", r.server.root+"/admin/refresh", "{}", nil)
	if err != nil || status != http.StatusOK || !strings.Contains(string(text), `"held":null`) {
		r.t.Errorf("refresh: status %d, %v: %s", status, err, text)
	}
}

func (r *race) refreshUntil(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(200 * time.Millisecond):
			r.refresh()
		}
	}
}

// byID finds a user as they are, under whatever name.
func (r *race) byID(id string) *iamsim.User {
	all := r.sim.Users()
	if i := slices.IndexFunc(all, func(u iamsim.User) bool { return u.ID == id }); i >= 0 {
		return &all[i]
	}
	return nil
}

// want checks one attribute's value in the end.
func (r *race) wantOneOf(attribute, first, got string) {
	if possible := r.wrote.of(attribute).possible(first); !slices.Contains(possible, got) {
		r.t.Errorf("%s is %q, right would be one of %q", attribute, got, possible)
	}
}

func (r *race) check() {
	for i, id := range r.users {
		u := r.byID(id)
		r.wantOneOf(fmt.Sprintf("user %d", i), "there", present(u != nil))
		if u != nil {
			r.checkUser(i, u)
		}
	}
	for i, g := range r.sim.Groups() {
		at := slices.Index(r.groups, g.ID)
		if at < 0 {
			r.t.Errorf("an unknown group %d: %s", i, g.Name)
			continue
		}
		r.wantOneOf(fmt.Sprintf("name of group %d", at), raceGroup(at), g.Name)
	}
}

func present(there bool) string {
	if there {
		return "there"
	}
	return "gone"
}

func (r *race) checkUser(i int, u *iamsim.User) {
	r.wantOneOf(fmt.Sprintf("name of user %d", i), raceUser(i), u.Name)
	var shown shownUser
	r.world.want(http.StatusOK, "GET", "/Users/"+u.ID, "", &shown)
	r.wantOneOf(fmt.Sprintf("title of user %d", i), "", shown.Title)
	for g, id := range r.groups {
		first := present(g == i%handGroups)
		r.wantOneOf(fmt.Sprintf("user %d in group %d", i, g), first, present(slices.Contains(u.Groups, id)))
	}
	granted := slices.DeleteFunc(short(u.Attached), func(name string) bool { return name == "AWSDenyAll" })
	r.wantOneOf(fmt.Sprintf("entitlements of user %d", i), "", strings.Join(granted, " "))
	// Where AWSDenyAll is still seen although it was just taken away, an inline
	// policy stands in for it.
	attached, policies := slices.Contains(u.Attached, denyAllARN), inlineNames(u.Inline)
	ours := attached || slices.ContainsFunc(policies, func(name string) bool { return name != "frozen" })
	_, inline := r.frozen[0].Load(i)
	_, managed := r.frozen[1].Load(i)
	switch {
	case inline && !slices.Contains(policies, "frozen"), managed && !attached:
		r.t.Errorf("user %d was thawed: %v %v", i, u.Attached, u.Inline)
	case managed:
		return
	}
	r.wantOneOf(fmt.Sprintf("active of user %d", i), "true", fmt.Sprint(!ours))
	if key := u.Keys[0].Status; (key == "Active") == ours {
		r.t.Errorf("user %d is denied: %t, and their key is %s", i, ours, key)
	}
}
