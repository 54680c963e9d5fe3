package provisioner_test

import (
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
)

// TestAgeing: invariant 3. What merely ages makes no generation and is served.
func TestAgeing(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{
			Name: "ann", Login: &iamsim.LoginProfile{Changed: a.Now().Add(-48 * time.Hour)},
			Keys: []iamsim.AccessKey{{Created: a.Now().Add(-48 * time.Hour), Status: "Active"}},
		})
	})
	l.refresh()
	l.details()
	l.refresh()
	used := l.Now().Add(time.Hour).Truncate(time.Second)
	l.EditUser("ann", func(u *iamsim.User) {
		u.PasswordLastUsed = used
		u.Keys[0].LastUsed, u.Keys[0].LastService, u.Keys[0].LastRegion = used.Add(time.Minute), "s3", "eu-west-1"
	})
	l.Advance(5 * time.Hour)
	before := l.shown("ann")
	if r := l.refresh(); r.Outcome.New {
		t.Errorf("ageing made a generation: %+v", r.Outcome)
	}
	after := l.shown("ann")
	if after.Changed != before.Changed || !after.LastModified.Equal(before.LastModified) {
		t.Error("ageing moved the version")
	}
	a := after.Activity
	if !sameTime(a.PasswordLastUsed, used) || len(a.Keys) != 1 || !sameTime(a.Keys[0].LastUsed, used.Add(time.Minute)) ||
		a.Keys[0].Service != "s3" || a.Keys[0].Region != "eu-west-1" {
		t.Errorf("got activity %+v", a)
	}
	if !sameTime(a.Last(), used.Add(time.Minute)) {
		t.Errorf("got last activity %v", a.Last())
	}
}

// twoKeys is a user with two keys made at the given times; the second one was used.
func twoKeys(a *iamsim.Account, first, second time.Time) {
	a.AddUser(iamsim.User{Name: "ann", Keys: []iamsim.AccessKey{
		{Created: first, Status: "Active"},
		{Created: second, Status: "Inactive", LastUsed: second.Add(time.Hour), LastService: "ec2", LastRegion: "us-east-1"},
	}})
}

// TestTwoKeys: slots of the report join keys by date, or the key itself is asked.
func TestTwoKeys(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, l *lab, asked int) {
		t.Helper()
		l.refresh()
		l.details()
		l.refresh()
		want, _ := l.User("ann")
		ann := l.shown("ann")
		if len(ann.AccessKeys) != 2 || len(ann.Activity.Keys) != 2 {
			t.Fatalf("got keys %v, uses %v", ann.AccessKeys, ann.Activity.Keys)
		}
		for i, k := range ann.AccessKeys {
			w := want.Keys[0]
			if k.ID == want.Keys[1].ID {
				w = want.Keys[1]
			}
			if k.ID != w.ID || k.Status != w.Status || !sameTime(ann.Activity.Keys[i].LastUsed, w.LastUsed) || ann.Activity.Keys[i].Service != w.LastService {
				t.Errorf("got key %+v used %+v, want %+v", k, ann.Activity.Keys[i], w)
			}
		}
		if n := l.Calls()["GetAccessKeyLastUsed"]; n != asked {
			t.Errorf("keys were asked %d times, want %d", n, asked)
		}
	}
	day := 24 * time.Hour
	t.Run("different dates", func(t *testing.T) {
		check(t, newLab(t, iamsim.Config{}, func(a *iamsim.Account) { twoKeys(a, a.Now().Add(-9*day), a.Now().Add(-5*day)) }), 0)
	})
	t.Run("same second", func(t *testing.T) {
		check(t, newLab(t, iamsim.Config{}, func(a *iamsim.Account) { twoKeys(a, a.Now().Add(-5*day), a.Now().Add(-5*day)) }), 2)
	})
}

// TestReportIsOlder: invariant 4. The report never overrides a live read newer
// than it, and is believed again when it is the newer one.
func TestReportIsOlder(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Login: &iamsim.LoginProfile{}, Keys: []iamsim.AccessKey{{Created: a.Now().Add(-48 * time.Hour), Status: "Active"}}})
	})
	l.refresh() // a report with an active key
	l.Advance(time.Minute)
	l.EditUser("ann", func(u *iamsim.User) { u.Keys[0].Status = "Inactive" })
	status := func() string { return l.shown("ann").AccessKeys[0].Status }
	l.details()
	if got := status(); got != "Inactive" {
		t.Fatalf("got %s after a live read, want Inactive", got)
	}
	l.refresh()
	if got := status(); got != "Inactive" {
		t.Errorf("got %s, the old report won over the live read", got)
	}
	l.EditUser("ann", func(u *iamsim.User) { u.Keys[0].Status = "Active" })
	l.Advance(5 * time.Hour)
	l.refresh()
	if got := status(); got != "Active" {
		t.Errorf("got %s, the newer report was not believed", got)
	}
	if id := l.shown("ann").AccessKeys[0].ID; id == "" {
		t.Error("the key lost its id")
	}
	l.EditUser("ann", func(u *iamsim.User) { u.Keys = nil })
	l.Advance(5 * time.Hour)
	l.refresh()
	if keys := l.shown("ann").AccessKeys; len(keys) != 0 || keys == nil {
		t.Errorf("got keys %v, want none", keys)
	}
}

// TestReplacedKey: a key that took another's place is not taken for it.
func TestReplacedKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Keys: []iamsim.AccessKey{{Created: a.Now().Add(-48 * time.Hour), Status: "Active"}}})
	})
	l.refresh()
	l.details()
	l.Advance(time.Hour)
	made := l.Now()
	l.EditUser("ann", func(u *iamsim.User) { u.Keys = []iamsim.AccessKey{{Created: made, Status: "Active"}} })
	l.Advance(5 * time.Hour)
	l.refresh()
	keys := l.shown("ann").AccessKeys
	if len(keys) != 1 || keys[0].ID != "" || !sameTime(keys[0].LastRotated, made) {
		t.Errorf("got keys %+v, want one that nobody has listed yet", keys)
	}
	l.Advance(3 * time.Minute)
	l.details()
	want, _ := l.User("ann")
	if keys := l.shown("ann").AccessKeys; len(keys) != 1 || keys[0].ID != want.Keys[0].ID {
		t.Errorf("got keys %+v, want %s", keys, want.Keys[0].ID)
	}
}

// TestRecreatedUser: a report row is of no use to another user of that name.
func TestRecreatedUser(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Created: a.Now().Add(-48 * time.Hour), Login: &iamsim.LoginProfile{}})
	})
	l.refresh()
	if got := l.shown("ann").ConsoleAccess; got == nil || !*got {
		t.Fatal("the first user has no console access")
	}
	l.EditUser("ann", func(u *iamsim.User) { u.Login = nil })
	deleteUser(t, l.client(), "ann")
	l.Advance(time.Minute)
	l.AddUser(iamsim.User{Name: "ann"})
	l.refresh()
	if got := l.shown("ann").ConsoleAccess; got != nil {
		t.Errorf("got console access %v from the row of another user", *got)
	}
	l.details()
	if got := l.shown("ann").ConsoleAccess; got == nil || *got {
		t.Errorf("got console access %v from a live read, want false", got)
	}
}
