package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"iamscim/scim/auth"
	"iamscim/store"
)

// timed serves an account whose clock the test sets, from files that outlive
// the server. There is no AWS: what happens to the account is written into the
// snapshot.
type timed struct {
	http.Handler
	account *store.Account
	auth    *auth.Authenticator
	close   func() error

	mu   sync.Mutex
	time time.Time
}

// newTimed serves an account of n plain users and a rich one.
func newTimed(t testing.TB, n int) *timed {
	t.Helper()
	d := openTimed(t, t.TempDir(), *at(21))
	if _, err := d.account.Snapshot.Replace(t.Context(), fixtureObservation(n), store.ReplaceOptions{MaxLoss: 1}); err != nil {
		t.Fatal(err)
	}
	return d
}

// openTimed starts a server on a directory, at that time.
func openTimed(t testing.TB, dir string, now time.Time) *timed {
	t.Helper()
	d := &timed{time: now}
	account, err := store.OpenAccount(t.Context(), dir, fixtureAccount, store.AccountOptions{Now: d.now})
	if err != nil {
		t.Fatal(err)
	}
	control, err := store.OpenControl(t.Context(), filepath.Join(dir, "control.db"), d.now)
	if err != nil {
		t.Fatal(err)
	}
	d.account = account
	d.close = sync.OnceValue(func() error { return errors.Join(account.Close(), control.Close()) })
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	if d.auth, err = auth.New(t.Context(), auth.Config{Control: control, Bootstrap: demoToken}); err != nil {
		t.Fatal(err)
	}
	d.Handler, err = New(Config{
		Accounts: map[string]*Account{"": {Store: account}}, Auth: d.auth, Control: control, Now: d.now, DraftFeatures: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *timed) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.time
}

// wait lets time pass.
func (d *timed) wait(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.time = d.time.Add(span)
}

// write changes the account, a second later.
func (d *timed) write(t testing.TB, fn func(context.Context, *store.SnapshotTx) error) store.Generation {
	t.Helper()
	d.wait(time.Second)
	err := d.account.Snapshot.Update(t.Context(), "writer", func(tx *store.SnapshotTx) error { return fn(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
	return d.account.Snapshot.Generation()
}

// put writes a user, created when the i-th of the fixture would be.
func (d *timed) put(t testing.TB, i int, change func(*store.User)) store.Generation {
	t.Helper()
	u := fixtureObservation(max(i, 1)).Users[i]
	change(&u)
	return d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, &u) })
}

func (d *timed) drop(t testing.TB, i int) store.Generation {
	t.Helper()
	return d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteUser(ctx, plainID(i)) })
}

func plainID(i int) string { return fmt.Sprintf("AIDA%05d", i) }

// do sends a request below the base with the bootstrap token; headers as
// "Name: value".
func (d *timed) do(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	if !strings.HasPrefix(path, "/admin") {
		path = "/scim/v2" + path
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+demoToken)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// leaf is a page of a list as a client reads it.
type leaf struct {
	TotalResults, ItemsPerPage int
	StartIndex                 *int
	NextCursor, PreviousCursor *string
	NextDeltaToken             *struct {
		Value  string
		Expiry time.Time
	}
	Resources []map[string]any
	header    http.Header
}

func (l *leaf) ids() []string {
	ids := []string{}
	for _, r := range l.Resources {
		ids = append(ids, fmt.Sprint(r["id"]))
	}
	return ids
}

func (a answer) leaf(t testing.TB) *leaf {
	t.Helper()
	l := &leaf{header: a.header}
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, l); err != nil || l.ItemsPerPage != len(l.Resources) {
		t.Fatalf("%v in %s", err, a.body)
	}
	return l
}

// page asks for the page of a cursor.
func (d *timed) page(t testing.TB, path, query, cursor string, headers ...string) *leaf {
	t.Helper()
	return d.do(t, "GET", path+"?"+query+"&cursor="+url.QueryEscape(cursor), "", headers...).leaf(t)
}

// follow walks from a cursor to the end and calls between after each page but
// the last.
func (d *timed) follow(t testing.TB, path, query, cursor string, between func(page int)) []*leaf {
	t.Helper()
	var all []*leaf
	for {
		l := d.page(t, path, query, cursor)
		all = append(all, l)
		if l.NextCursor == nil {
			return all
		}
		between(len(all))
		cursor = *l.NextCursor
	}
}

func allIDs(pages []*leaf) []string {
	ids := []string{}
	for _, l := range pages {
		ids = append(ids, l.ids()...)
	}
	return ids
}

// refused checks that an answer is a SCIM error with that keyword, and returns
// its detail.
func (a answer) refused(t testing.TB, what string, status int, keyword string) string {
	t.Helper()
	var e struct{ ScimType, Detail string }
	if err := json.Unmarshal(a.body, &e); err != nil || a.status != status || e.ScimType != keyword || e.Detail == "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.status, a.body, status, keyword)
	}
	return e.Detail
}
