package provisioner_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// slow makes one action take a while of real time.
func (l *writeLab) slow(action string, d time.Duration) {
	l.t.Helper()
	if err := l.Fault(iamsim.Fault{Action: action, Kind: iamsim.FaultSlow, Delay: d, Count: -1}); err != nil {
		l.t.Fatal(err)
	}
}

// TestEqualRetry: an equal retry of a request under way gets its result, and makes
// no calls of its own.
func TestEqualRetry(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	_, release := l.hold("CreateUser")
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wg.Go(func() {
			c, err := l.p.CreateUser(t.Context(), everyScope, planner.UserWish{UserName: ptr("new")}, provisioner.Options{Digest: "same"})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = c.ID
		})
	}
	eventually(t, "all but the first wait", func() bool { return l.p.Joined() == int64(len(ids)-1) })
	release()
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("ids %v", ids)
		}
	}
	if writes, _ := l.calls(); len(writes) != 1 {
		t.Errorf("calls %v", writes)
	}
}

// TestBackground: a plan outlives the time of its request, and nobody else may
// write to its object meanwhile.
func TestBackground(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	_, release := l.hold("DetachUserPolicy")
	edit := func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{Entitlements: &[]string{}}, nil
	}
	var pending *provisioner.PendingError
	for pending == nil || pending.PlanID == "" { // the time may end before the plan begins
		_, err := l.p.UpdateUser(t.Context(), everyScope, id, edit, provisioner.Options{Wait: 100 * time.Millisecond, Digest: "d"})
		if !errors.As(err, &pending) || pending.RetryAfter <= 0 {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); !errors.As(err, &pending) {
		t.Errorf("another write: got %v", err)
	}
	release()
	c, err := l.p.UpdateUser(t.Context(), everyScope, id, edit, provisioner.Options{Digest: "d"})
	if err != nil || len(c.User.Attached) != 0 {
		t.Errorf("the retry: got %+v, %v", c, err)
	}
	if writes, _ := l.calls(); len(writes) != 1 {
		t.Errorf("calls %v", writes)
	}
}

// hold keeps back the answers to an action until release; arrived is closed when
// there is one.
func (l *writeLab) hold(action string) (arrived <-chan struct{}, release func()) {
	came, let := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(came) })
	l.between.Store(ptr(func(a string) {
		if a == action {
			once()
			<-let
		}
	}))
	release = sync.OnceFunc(func() { close(let) })
	l.t.Cleanup(release) // the server would wait for its answers
	return came, release
}

// TestClientGone: before the first call a client that hangs up ends it; after
// it, nothing does.
func TestClientGone(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	reading, read := l.hold("ListGroupsForUser")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reading
		cancel()
		read()
	}()
	edit := func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{Entitlements: &[]string{}}, nil
	}
	if _, err := l.p.UpdateUser(ctx, everyScope, id, edit, provisioner.Options{}); err == nil {
		t.Error("no error although the client has gone")
	}
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("calls %v", writes)
	}
	writing, write := l.hold("DetachUserPolicy")
	later, hangUp := context.WithCancel(t.Context())
	go func() {
		<-writing
		hangUp()
	}()
	if _, err := l.p.UpdateUser(later, everyScope, id, edit, provisioner.Options{}); err == nil {
		t.Error("no error although the client has gone")
	}
	write()
	if err := l.p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u, _ := l.User("ann"); len(u.Attached) != 0 {
		t.Errorf("the plan stopped halfway: %v", u.Attached)
	}
	l.settled()
}

// TestNameRace: two requests for one name make one user.
func TestNameRace(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	l.slow("CreateUser", 100*time.Millisecond)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i, name := range []string{"New", "new", "NEW"} {
		wg.Go(func() { _, errs[i] = l.create(planner.UserWish{UserName: &name}) })
	}
	wg.Wait()
	failed := 0
	for _, err := range errs {
		if errors.Is(err, store.ErrExists) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if writes, _ := l.calls(); failed != 2 || len(writes) != 1 {
		t.Errorf("%d refused, calls %v", failed, writes)
	}
}

// TestForeignName: a user that somebody else made is not taken for ours.
func TestForeignName(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	l.AddUser(iamsim.User{Name: "new"})
	if _, err := l.create(planner.UserWish{UserName: ptr("new")}); !errors.Is(err, store.ErrExists) {
		t.Errorf("got %v", err)
	}
	l.AddGroup(iamsim.Group{Name: "new"})
	_, err := l.p.CreateGroup(t.Context(), everyScope, planner.GroupWish{DisplayName: ptr("new")}, provisioner.Options{})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("group: got %v", err)
	}
	if _, ok := l.User("new"); !ok {
		t.Error("the user was deleted")
	}
}

// TestDelays: IAM shows what was written only after a while; what is written
// meanwhile builds on what was written before.
func TestDelays(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	if err := l.SetDelay("*", 400*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	dev, ops := l.groupID("dev"), l.groupID("ops")
	c := l.must(l.create(planner.UserWish{UserName: ptr("new"), Entitlements: &[]string{readARN}, Groups: &[]string{dev}}))
	id := c.ID
	l.must(l.update(id, planner.UserWish{Entitlements: &[]string{auditARN}}))
	l.must(l.updateGroup(ops, planner.GroupWish{AddMembers: []string{id}}))
	l.must(l.updateGroup(dev, planner.GroupWish{RemoveMembers: []string{id}}))
	l.must(l.updateGroup(ops, planner.GroupWish{Members: &[]string{}}))
	l.must(l.update(id, planner.UserWish{UserName: ptr("newer")}))
	c = l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	if c.User.Active {
		t.Error("still active")
	}
	time.Sleep(500 * time.Millisecond)
	u, ok := l.User("newer")
	if !ok || len(u.Groups) != 0 || len(u.Attached) != 2 {
		t.Errorf("the account has %+v", u)
	}
	l.afterWindow()
	l.settled()
	l.must(l.delete(id))
	time.Sleep(500 * time.Millisecond)
	if _, ok := l.User("newer"); ok {
		t.Error("not deleted")
	}
	l.settled()
}

// TestNewCredential: what a user makes while being cut off is cut off, too, and
// given back like the rest.
func TestNewCredential(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	id := l.id("ann")
	once := sync.OnceFunc(func() {
		l.EditUser("ann", func(u *iamsim.User) {
			u.Keys = append(u.Keys[:1:1], iamsim.AccessKey{ID: "AKIALATE000000000000", Status: "Active"})
		})
	})
	l.between.Store(ptr(func(action string) {
		if action == "UpdateServiceSpecificCredential" {
			once()
		}
	}))
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	u, _ := l.User("ann")
	for _, k := range u.Keys {
		if k.Status != "Inactive" {
			t.Errorf("key %s is %s", k.ID, k.Status)
		}
	}
	l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	u, _ = l.User("ann")
	for _, k := range u.Keys {
		if k.Status != "Active" {
			t.Errorf("key %s was not given back", k.ID)
		}
	}
}

// TestDryRun: nothing is called that changes anything, and the result is what
// the real thing gives.
func TestDryRun(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{ReadOnly: true}, staff)
	id := l.id("ann")
	edit := func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{UserName: ptr("anna"), Active: ptr(false), Entitlements: &[]string{}}, nil
	}
	dry, err := l.p.UpdateUser(t.Context(), everyScope, id, edit, provisioner.Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("calls %v", writes)
	}
	// It may have observed something that was not known before.
	if g := l.account.Snapshot.Generation(); g.Actor != "observed" {
		t.Errorf("the dry run made a generation: %+v", g)
	}
	_, err = l.p.UpdateUser(t.Context(), everyScope, id, edit, provisioner.Options{})
	wantDenied(t, err, planner.RuleReadOnly)
	l.restart(provisioner.WriteConfig{})
	c, err := l.p.UpdateUser(t.Context(), everyScope, id, edit, provisioner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if dry.Plan.String() != c.Plan.String() {
		t.Errorf("planned\n%s, did\n%s", dry.Plan, c.Plan)
	}
	if dry.User.UserName != c.User.UserName || dry.User.Active != c.User.Active || dry.User.ARN != c.User.ARN || len(dry.User.Attached) != len(c.User.Attached) {
		t.Errorf("shown %+v, became %+v", dry.User, c.User)
	}
	dry, err = l.p.CreateUser(t.Context(), everyScope, planner.UserWish{UserName: ptr("new")}, provisioner.Options{DryRun: true})
	if err != nil || dry.ID != "" || dry.User.UserName != "new" || dry.User.ARN == "" {
		t.Errorf("creation: %+v, %v", dry, err)
	}
}

// TestScopes: a credential without the scope is refused, and that is audited.
func TestScopes(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	writer := provisioner.Actor{Credential: "w", Scopes: map[string]bool{"write": true}}
	wishes := map[string]planner.UserWish{
		"entitlements": {Entitlements: &[]string{}}, "password": {Password: ptr("Secret-4321")},
	}
	for name, w := range wishes {
		t.Run(name, func(t *testing.T) {
			l.ResetCalls()
			_, err := l.p.UpdateUser(t.Context(), writer, l.id("ann"), func(*store.User) (planner.UserWish, error) { return w, nil }, provisioner.Options{})
			wantDenied(t, err, planner.RuleScope)
			if writes, _ := l.calls(); len(writes) != 0 || l.lastOutcome() != "denied" {
				t.Errorf("calls %v, audited as %q", writes, l.lastOutcome())
			}
		})
	}
	_, err := l.p.DeleteUser(t.Context(), provisioner.Actor{Scopes: map[string]bool{"read": true}}, l.id("ann"), nil, provisioner.Options{})
	wantDenied(t, err, planner.RuleScope)
	_, err = l.p.UpdateUser(t.Context(), writer, l.id("ann"), func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{Active: ptr(false)}, nil
	}, provisioner.Options{})
	if err != nil {
		t.Errorf("a deactivation needs no scope for entitlements: %v", err)
	}
	_, err = l.delete(l.id("bootstrap"))
	wantDenied(t, err, planner.RuleProtected)
}
