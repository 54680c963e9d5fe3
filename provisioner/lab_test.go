package provisioner_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// lab is a simulated account behind HTTP, observed through the real SDK into
// real files. All three share one clock, which Advance moves.
type lab struct {
	*iamsim.Account
	t       testing.TB
	url     string
	between atomic.Pointer[func(action string)] // called after each answer
	dir     string                              // of the account's files
	account *store.Account
	conn    *awsapi.Connection
	p       *provisioner.Provisioner
}

// newLab connects with the read-only role. fill makes the account.
func newLab(tb testing.TB, sim iamsim.Config, fill func(*iamsim.Account)) *lab {
	tb.Helper()
	if sim.ShortPages == 0 {
		sim.ShortPages = -1
	}
	l := &lab{Account: iamsim.New(sim), t: tb}
	if fill != nil {
		fill(l.Account)
	}
	l.serve()
	id, secret := l.Credentials()
	l.connect(awsapi.Config{RoleARN: l.ReadOnlyRoleARN(), AccessKeyID: say(id), SecretAccessKey: say(secret)})
	l.dir = newFiles(tb, l.ID())
	account, err := store.OpenAccount(tb.Context(), l.dir, l.ID(), store.AccountOptions{Now: l.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := account.Close(); err != nil {
			tb.Error(err)
		}
	})
	l.account = account
	l.start(provisioner.Config{})
	l.ResetCalls()
	return l
}

// still is a clock that only Advance moves.
func still() func() time.Time {
	now := time.Now()
	return func() time.Time { return now }
}

// serve puts the account behind HTTP.
func (l *lab) serve() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var action string
		if between := l.between.Load(); between != nil {
			action = l.lastAction(r, w)
			(*between)(action)
			return
		}
		l.Account.ServeHTTP(w, r)
	}))
	l.t.Cleanup(srv.Close)
	l.url = srv.URL
}

// connect connects to the account, whatever the environment says.
func (l *lab) connect(cfg awsapi.Config) {
	l.t.Helper()
	cfg.Endpoint = l.url
	var err error
	if l.conn, err = awsapi.Connect(l.t.Context(), cfg); err != nil {
		l.t.Fatal(err)
	}
}

// lastAction serves the request and says which action it was.
func (l *lab) lastAction(r *http.Request, w http.ResponseWriter) string {
	before := l.Calls()
	l.Account.ServeHTTP(w, r)
	for action, n := range l.Calls() {
		if n != before[action] {
			return action
		}
	}
	return ""
}

// start makes another provisioner over the same files, as a restart does.
func (l *lab) start(cfg provisioner.Config) {
	cfg.Connection, cfg.Account, cfg.Now = l.conn, l.account, l.Now
	cfg.Log = slog.New(slog.NewTextHandler(l.t.Output(), nil))
	l.p = provisioner.New(cfg)
	l.p.WithoutWaiting()
}

func say(s string) func() (string, error) { return func() (string, error) { return s, nil } }

func (l *lab) refresh() *provisioner.Report {
	l.t.Helper()
	r, err := l.p.Refresh(l.t.Context(), provisioner.RefreshOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// refuse refreshes, and demands that it fails and changes nothing.
func (l *lab) refuse() error {
	l.t.Helper()
	before := l.account.Snapshot.Generation()
	_, err := l.p.Refresh(l.t.Context(), provisioner.RefreshOptions{})
	if err == nil {
		l.t.Error("the refresh succeeded")
	}
	if after := l.account.Snapshot.Generation(); after != before {
		l.t.Errorf("generation moved from %v to %v", before, after)
	}
	return err
}

func (l *lab) details() {
	l.t.Helper()
	if err := l.p.ReadDetails(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) users() []*store.User {
	l.t.Helper()
	var users []*store.User
	l.view(func(tx *store.SnapshotTx) error {
		all, err := tx.Select(l.t.Context(), store.KindUser, store.Query{})
		if err != nil {
			return err
		}
		users, err = tx.Users(l.t.Context(), all.IDs...)
		return err
	})
	return users
}

// shown returns the user of that IAM name as it is served.
func (l *lab) shown(name string) *store.User {
	l.t.Helper()
	for _, u := range l.users() {
		if u.Name == name {
			return u
		}
	}
	l.t.Fatalf("user %q is not in the snapshot", name)
	return nil
}

func (l *lab) groups() []*store.Group {
	l.t.Helper()
	var groups []*store.Group
	l.view(func(tx *store.SnapshotTx) error {
		all, err := tx.Select(l.t.Context(), store.KindGroup, store.Query{})
		if err != nil {
			return err
		}
		groups, err = tx.Groups(l.t.Context(), all.IDs...)
		return err
	})
	return groups
}

func (l *lab) view(fn func(*store.SnapshotTx) error) {
	l.t.Helper()
	if err := l.account.Snapshot.View(l.t.Context(), fn); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) fault(f iamsim.Fault) {
	l.t.Helper()
	if err := l.Fault(f); err != nil {
		l.t.Fatal(err)
	}
}

// after calls fn once, after the n-th answer of the action.
func (l *lab) after(action string, n int, fn func()) {
	seen := 0
	hook := func(a string) {
		if a == action {
			if seen++; seen == n {
				fn()
			}
		}
	}
	l.between.Store(&hook)
}

// total adds up calls, leaving out some actions.
func total(calls map[string]int64, except ...string) int64 {
	var n int64
	for action, c := range calls {
		if !slices.Contains(except, action) {
			n += c
		}
	}
	return n
}

// people adds n users with passwords.
func people(a *iamsim.Account, n int) {
	for i := range n {
		a.AddUser(iamsim.User{Name: "person" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Login: &iamsim.LoginProfile{Changed: time.Now()}})
	}
}

// client is an administrator's, past the provisioner.
func (l *lab) client() *iam.Client {
	id, secret := l.Credentials()
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(l.url), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

func deleteUser(tb testing.TB, c *iam.Client, name string) {
	tb.Helper()
	if _, err := c.DeleteUser(tb.Context(), &iam.DeleteUserInput{UserName: &name}); err != nil {
		tb.Error(err)
	}
}

func renameGroup(tb testing.TB, c *iam.Client, from, to string) {
	tb.Helper()
	if _, err := c.UpdateGroup(tb.Context(), &iam.UpdateGroupInput{GroupName: &from, NewGroupName: &to}); err != nil {
		tb.Error(err)
	}
}
