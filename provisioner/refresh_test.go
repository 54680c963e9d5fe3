package provisioner_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// TestMassLoss: invariant 2. A generation that would lose too much waits for
// an operator, who releases exactly that one, once.
func TestMassLoss(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 60) })
	l.refresh()
	admin := l.client()
	remove := func(from, to int) {
		for i := from; i < to; i++ {
			name := "person" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			l.EditUser(name, func(u *iamsim.User) { u.Login = nil })
			deleteUser(t, admin, name)
		}
	}
	remove(0, 30)

	held := wantHeld(t, l.refuse())
	if loss := held.Losses["users"]; loss.Lost != 30 || loss.Had != 61 {
		t.Errorf("got losses %+v", held.Losses)
	}
	if h := l.p.Health(); h.Held == nil || h.Held.ID != held.ID || !h.Credentials.OK {
		t.Errorf("health does not name the held observation: %+v", h)
	}
	if again := wantHeld(t, l.refuse()); again.ID != held.ID {
		t.Errorf("the same loss has another id: %s, then %s", held.ID, again.ID)
	}
	if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{Confirm: "another"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v for an id that is not held", err)
	}

	r, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{Confirm: held.ID, Actor: "operator"})
	if err != nil || r.Outcome.Deleted[store.KindUser] != 30 {
		t.Fatalf("confirmed refresh: %+v, %v", r, err)
	}
	if h := l.p.Health(); h.Held != nil {
		t.Errorf("still held: %+v", h.Held)
	}

	remove(30, 50)
	second := wantHeld(t, l.refuse())
	if second.ID == held.ID {
		t.Error("another loss has the same id")
	}
	if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{Confirm: held.ID}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an old confirmation was taken: %v", err)
	}
}

func wantHeld(t *testing.T, err error) *store.HeldError {
	t.Helper()
	var held *store.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("got %v, want a held observation", err)
	}
	return held
}

// TestHeldChanged: a confirmation does not release a loss that has grown since.
func TestHeldChanged(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		for i := range 60 {
			a.AddUser(iamsim.User{Name: "user" + number(i)})
		}
	})
	l.refresh()
	admin := l.client()
	for i := range 30 {
		deleteUser(t, admin, "user"+number(i))
	}
	held := wantHeld(t, l.refuse())
	deleteUser(t, admin, "user"+number(30))
	before := l.account.Snapshot.Generation()
	_, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{Confirm: held.ID})
	if grown := wantHeld(t, err); grown.ID == held.ID || l.account.Snapshot.Generation() != before {
		t.Error("the confirmation released more than was confirmed")
	}
}

// TestOtherAccount: credentials that now belong to another account are refused.
func TestOtherAccount(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	l.refresh()
	other := iamsim.New(iamsim.Config{AccountID: "999999999999"})
	srv := httptest.NewServer(other)
	t.Cleanup(srv.Close)
	l.url = srv.URL
	id, secret := other.Credentials()
	l.connect(awsapi.Config{AccessKeyID: say(id), SecretAccessKey: say(secret)})
	l.start(provisioner.Config{})
	if err := l.refuse(); !errors.Is(err, store.ErrOtherAccount) {
		t.Errorf("got %v, want another account", err)
	}
	if n := other.Calls()["ListUsers"]; n > 0 {
		t.Errorf("the other account's users were listed %d times", n)
	}
	if h := l.p.Health(); h.Credentials.OK || h.Credentials.Remedy == "" {
		t.Errorf("health hides it: %+v", h.Credentials)
	}
}

// TestDeadEndpoint: the old snapshot is served with its age.
func TestDeadEndpoint(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	l.refresh()
	l.start(provisioner.Config{}) // a restart: the age must come from the file
	l.Advance(time.Hour)
	l.fault(iamsim.Fault{Action: "*", Kind: iamsim.FaultDrop, Count: -1})
	l.refuse()
	h := l.p.Health()
	if h.Snapshot.Age < time.Hour || h.Snapshot.LastError == "" || h.Credentials.OK || h.Credentials.Remedy == "" {
		t.Errorf("got health %+v", h)
	}
	if len(l.users()) != 6 {
		t.Errorf("got %d users, want 6", len(l.users()))
	}
	l.ClearFaults()
	l.refresh()
	if h := l.p.Health(); !h.Credentials.OK || h.Snapshot.LastError != "" || h.Snapshot.Age > time.Minute {
		t.Errorf("got health %+v after recovery", h)
	}
}

// TestMissingPermission: health says which, and what to do about it.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	l.AddUser(iamsim.User{Name: "reader", Keys: []iamsim.AccessKey{{}}})
	reader, _ := l.User("reader")
	l.connect(awsapi.Config{AccessKeyID: say(reader.Keys[0].ID), SecretAccessKey: say(reader.Keys[0].Secret)})
	l.start(provisioner.Config{})
	l.refuse()
	h := l.p.Health()
	if h.Credentials.OK || !strings.Contains(h.Credentials.Problem, "iam:GetAccountAuthorizationDetails") || !strings.Contains(h.Credentials.Remedy, "IAMReadOnlyAccess") {
		t.Errorf("health %+v", h.Credentials)
	}
}

// TestRotatedKeys: a key that AWS rejects is read again.
func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	reader := l.AddUser(iamsim.User{Name: "reader", Keys: []iamsim.AccessKey{{}}, Grants: iamsim.Grants{
		Attached: []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess"},
	}})
	key := reader.Keys[0]
	l.connect(awsapi.Config{
		AccessKeyID:     func() (string, error) { return key.ID, nil },
		SecretAccessKey: func() (string, error) { return key.Secret, nil },
	})
	l.start(provisioner.Config{})
	l.refresh()
	l.EditUser("reader", func(u *iamsim.User) { u.Keys = []iamsim.AccessKey{{}} })
	l.refuse() // the old key, and nobody has told the new one
	if h := l.p.Health(); h.Credentials.OK {
		t.Error("health does not know that the key is rejected")
	}
	rotated, _ := l.User("reader")
	key = rotated.Keys[0]
	l.refresh()
}

// TestJoin: callers meanwhile get the result of the running refresh.
func TestJoin(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	l.fault(iamsim.Fault{Action: "ListUsers", Kind: iamsim.FaultSlow, Delay: 200 * time.Millisecond})
	entered := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var once sync.Once
		_, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{Progress: func(observer.Progress) { once.Do(func() { close(entered) }) }})
		if err != nil {
			t.Error(err)
		}
	})
	<-entered
	for range 5 {
		wg.Go(func() {
			if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Go(func() { // one that gives up does not disturb the others
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.p.Refresh(ctx, provisioner.RefreshOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want cancelled", err)
		}
	})
	wg.Wait()
	if n := l.Calls()["ListUsers"]; n != 1 {
		t.Errorf("users were listed %d times", n)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	l.start(provisioner.Config{Deadline: 100 * time.Millisecond})
	l.fault(iamsim.Fault{Action: "ListUsers", Kind: iamsim.FaultHang, Count: -1})
	l.refuse()
	l.ClearFaults()
	l.start(provisioner.Config{})
	l.refresh()
}

// TestRun: the first refresh is immediate, details follow, and the end of ctx
// is the end of everything.
func TestRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Keys: []iamsim.AccessKey{{}}, Login: &iamsim.LoginProfile{}})
	})
	commits := make(chan store.Commit, 100)
	l.account.Snapshot.OnCommit(func(c store.Commit) { commits <- c })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.p.Run(ctx) }()
	<-commits // the first generation
	<-commits // details
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if ann := l.shown("ann"); len(ann.AccessKeys) != 1 || ann.AccessKeys[0].ID == "" {
		t.Errorf("got keys %v, want one with an id", ann.AccessKeys)
	}
}

// TestReadRate: more calls than the rate's burst cannot be quicker than it.
func TestReadRate(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	id, secret := l.Credentials()
	l.connect(awsapi.Config{AccessKeyID: say(id), SecretAccessKey: say(secret), ReadRate: 8})
	l.start(provisioner.Config{})
	began := time.Now()
	r := l.refresh()
	n := total(r.Calls, "GetCallerIdentity")
	if least := time.Duration(n-8) * time.Second / 8; n <= 8 || time.Since(began) < least {
		t.Errorf("%d calls took %s, less than %s", n, time.Since(began), least)
	}
}

// TestDetailsFail: a list that cannot be read is omitted; a user whose keys
// cannot be read is put off; neither stops the rest.
func TestDetailsFail(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Keys: []iamsim.AccessKey{{}}})
	})
	l.refresh()
	l.fault(iamsim.Fault{Action: "ListSSHPublicKeys", Code: "AccessDenied", Count: -1})
	l.fault(iamsim.Fault{Action: "ListAccessKeys", Code: "AccessDenied", Count: 1})
	l.details()
	h := l.p.Health().Details
	if h.Deferred != 1 || h.LastError == "" {
		t.Errorf("got health %+v", h)
	}
	l.Advance(11 * time.Minute)
	l.details()
	ann := l.shown("ann")
	if len(ann.AccessKeys) != 1 || ann.AccessKeys[0].ID == "" || ann.SSHPublicKeys != nil {
		t.Errorf("got keys %v, SSH keys %v", ann.AccessKeys, ann.SSHPublicKeys)
	}
	if h := l.p.Health().Details; h.Deferred != 0 {
		t.Errorf("got health %+v", h)
	}
}
