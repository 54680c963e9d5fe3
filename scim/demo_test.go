package scim

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
	"iamscim/store"
)

const demoToken = "a-token-for-tests-0123456789"

// demo is the whole product but its command: a simulated account, observed
// through the SDK into real files, served over HTTP.
type demo struct {
	*httptest.Server
	server      *Server
	sim         *iamsim.Account
	aws         *httptest.Server // its endpoint
	account     *store.Account
	auth        *auth.Authenticator
	control     *store.Control
	provisioner *provisioner.Provisioner
	log         *lockedBuffer
}

// newDemo serves an account of users people, observed once.
func newDemo(t testing.TB, users int) *demo {
	t.Helper()
	d := newUnobserved(t, users)
	if _, err := d.provisioner.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
		t.Fatal(err)
	}
	return d
}

// newUnobserved serves an account that nobody has looked at yet.
func newUnobserved(t testing.TB, users int) *demo {
	t.Helper()
	d := &demo{sim: iamsim.New(iamsim.Config{Seed: 1}), log: &lockedBuffer{}}
	iamsim.Generate(d.sim, iamsim.GenerateOptions{Users: users, Seed: 1})
	d.openStore(t)
	d.connect(t)
	server, err := New(Config{
		Accounts: map[string]*Account{
			"":      {Store: d.account, Provisioner: d.provisioner},
			"other": {Store: d.account, Provisioner: d.provisioner},
		},
		Auth: d.auth, Control: d.control, ReadOnlyReason: "This server is in read-only mode.",
		Log: slog.New(slog.NewJSONHandler(d.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.server = server
	d.Server = httptest.NewServer(server)
	t.Cleanup(d.Close)
	return d
}

func (d *demo) openStore(t testing.TB) {
	t.Helper()
	dir := t.TempDir()
	var err error
	if d.account, err = store.OpenAccount(t.Context(), dir, d.sim.ID(), store.AccountOptions{}); err != nil {
		t.Fatal(err)
	}
	if d.control, err = store.OpenControl(t.Context(), filepath.Join(dir, "control.db"), time.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.account.Close(); err != nil {
			t.Error(err)
		}
		if err := d.control.Close(); err != nil {
			t.Error(err)
		}
	})
	if d.auth, err = auth.New(t.Context(), auth.Config{Control: d.control, Bootstrap: demoToken}); err != nil {
		t.Fatal(err)
	}
}

func (d *demo) connect(t testing.TB) {
	t.Helper()
	d.aws = httptest.NewServer(d.sim)
	t.Cleanup(d.aws.Close)
	d.provisioner = provisioner.New(provisioner.Config{Connection: d.dial(t, d.sim.ReadOnlyRoleARN()), Account: d.account})
}

// dial signs in to the simulated account, with no role as its administrator.
func (d *demo) dial(t testing.TB, role string) *awsapi.Connection {
	t.Helper()
	id, secret := d.sim.Credentials()
	say := func(s string) func() (string, error) { return func() (string, error) { return s, nil } }
	conn, err := awsapi.Connect(t.Context(), awsapi.Config{
		RoleARN: role, AccessKeyID: say(id), SecretAccessKey: say(secret), Endpoint: d.aws.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request with the bootstrap token, unless headers say otherwise;
// headers are "Name: value".
func (d *demo) do(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		key := http.CanonicalHeaderKey(name)
		req.Header[key] = append(req.Header[key], value)
		if name == "Host" {
			req.Host = value
		}
	}
	got, err := d.send(req)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// send is do for goroutines, which must not end the test.
func (d *demo) send(req *http.Request) (answer, error) {
	if _, set := req.Header["Authorization"]; !set {
		req.Header.Set("Authorization", "Bearer "+demoToken)
	}
	res, err := d.Client().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}

// logged ends the server and returns its log: a request is logged after it was
// answered, so only then is all of it there.
func (d *demo) logged() string {
	d.Close()
	return d.log.String()
}

// token makes a credential and returns the header that presents it.
func (d *demo) token(t testing.TB, scopes auth.Scopes, accountID string) string {
	t.Helper()
	return d.grant(t, auth.Grant{Scopes: scopes, AccountID: accountID})
}

// grant is token with more to say; without a scope it has every one.
func (d *demo) grant(t testing.TB, g auth.Grant) string {
	t.Helper()
	g.Name, g.AccountID, g.Scopes = "test", cmp.Or(g.AccountID, d.sim.ID()), cmp.Or(g.Scopes, auth.AllScopes)
	secret, _, err := d.auth.Create(t.Context(), "test", g)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + secret.Reveal()
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
