package store_test

import (
	"fmt"
	"sync"
	"testing"

	"iamscim/store"
)

// movers is how many users change their group in every generation: few enough
// not to be held.
const movers = 8

// TestReadersDuringReplace: a view sees one whole generation, however many
// commits come between its reads. In generation n every user has title "n".
func TestReadersDuringReplace(t *testing.T) {
	s := open(t)
	generation := func(n int) *store.Observation {
		obs := observation(60)
		for i := range obs.Users {
			obs.Users[i].Person.Title = fmt.Sprint(n)
			obs.Users[i].Groups = []string{obs.Groups[5].ID}
			if i < movers {
				obs.Users[i].Groups = []string{obs.Groups[n%5].ID}
			}
		}
		return obs
	}
	replace(t, s, generation(1))
	done := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(done)
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := s.View(t.Context(), func(tx *store.SnapshotTx) error { return checkWhole(t, tx) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := 2; n <= 15; n++ {
		replace(t, s, generation(n))
	}
}

func checkWhole(t *testing.T, tx *store.SnapshotTx) error {
	want := fmt.Sprint(tx.Generation().ID)
	r, err := tx.Select(t.Context(), store.KindUser, store.Query{Where: store.Compare{Path: "title", Op: store.Eq, Value: want}})
	if err != nil {
		return err
	}
	users, err := tx.Users(t.Context(), r.IDs...)
	if err != nil {
		return err
	}
	if len(users) != 60 || r.Generation != tx.Generation() {
		return fmt.Errorf("generation %s: %d users, result of %d", want, len(users), r.Generation.ID)
	}
	mover := users[len(users)-1] // the list begins with the oldest, who is numbered highest
	for _, u := range users {
		if u.Person.Title != want || u.Changed != tx.Generation().ID || len(u.Groups) != 1 {
			return fmt.Errorf("generation %s: user with title %q of %d in %v", want, u.Person.Title, u.Changed, u.Groups)
		}
	}
	members, err := tx.Members(t.Context(), mover.Groups[0], true)
	if err == nil && len(members) != movers {
		err = fmt.Errorf("generation %s: %d members", want, len(members))
	}
	return err
}

func TestCached(t *testing.T) {
	s := open(t)
	obs := observation(50)
	replace(t, s, obs)
	all, some := store.Query{}, store.Query{Where: store.Compare{Path: "active", Op: store.Eq, Value: true}}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { selected(t, s, store.KindUser, some) })
	}
	wg.Wait()
	selected(t, s, store.KindUser, all)
	for _, q := range []store.Query{all, some} {
		if _, ok := s.Cached(store.KindUser, q); !ok {
			t.Errorf("%v is not cached", q)
		}
	}
	obs.Users[0].Person.Title = "Engineer"
	replace(t, s, obs)
	if _, ok := s.Cached(store.KindUser, some); ok {
		t.Error("a filtered result outlived a change")
	}
	if r, ok := s.Cached(store.KindUser, all); !ok || r.Generation != s.Generation() {
		t.Error("the plain list did not outlive a change that cannot alter it")
	}
	obs.Users = obs.Users[:49]
	replace(t, s, obs)
	if _, ok := s.Cached(store.KindUser, all); ok {
		t.Error("the plain list outlived a deletion")
	}
}
