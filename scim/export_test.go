package scim

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// exported is what the operator gets at the socket.
func (d *timed) exported(t testing.TB, query string) answer {
	t.Helper()
	w := httptest.NewRecorder()
	d.Handler.(*Server).Socket().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/admin/export"+query, nil))
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// lists is an export without its head.
func (a answer) lists(t testing.TB) string {
	t.Helper()
	_, lists, ok := strings.Cut(string(a.body), "\"users\":[")
	if a.status != http.StatusOK || !ok || !strings.HasSuffix(lists, "\n}\n") {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	return lists
}

// file is an export as a program reads it.
type file struct {
	Format, Generation             int64
	AccountID, Epoch               string
	GenerationTime, AsOf           string
	Users, Groups, Policies, Roles []map[string]any
}

func (a answer) file(t testing.TB) *file {
	t.Helper()
	f := &file{}
	if err := json.Unmarshal(a.body, f); err != nil || a.status != http.StatusOK {
		t.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	return f
}

// TestExport: the resources are those that clients get, less what only a server
// can make good, and what is not known of a user is told apart from none.
func TestExport(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 3)
	got := d.exported(t, "")
	f, g := got.file(t), d.account.Snapshot.Generation()
	if f.Format != 1 || f.AccountID != fixtureAccount || f.Epoch != g.Epoch || f.Generation != g.ID || f.GenerationTime != g.At.Format(commitTime) || f.AsOf != "" {
		t.Errorf("head %.300s", got.body)
	}
	if lines := strings.Count(string(got.body), "\n"); lines != 2+4+len(f.Users)+len(f.Groups)+len(f.Policies)+len(f.Roles)+1 {
		t.Errorf("%d lines: it is not one resource a line", lines)
	}
	for path, list := range map[string][]map[string]any{"/Users": f.Users, "/Groups": f.Groups, "/Entitlements": f.Policies, "/Roles": f.Roles} {
		served := d.do(t, "GET", path+"?count=100", "").leaf(t).Resources
		for i, r := range served {
			unlink(r)
			if path == "/Groups" { // as a client sees it that asks for everything
				r["members"] = d.do(t, "GET", "/Groups/"+r["id"].(string)+"?attributes=members.display,members.value,members.type", "").leafless(t)["members"]
				if r["members"] == nil {
					r["members"] = []any{}
				}
			}
			if path == "/Users" {
				delete(list[i][awsUserURN].(map[string]any), "notKnown")
			}
		}
		if diff := cmp.Diff(served, list); diff != "" {
			t.Errorf("%s, -served +exported:\n%s", path, diff)
		}
	}
}

// leafless is one resource as a client reads it.
func (a answer) leafless(t testing.TB) map[string]any {
	t.Helper()
	r := map[string]any{}
	if err := json.Unmarshal(a.body, &r); err != nil || a.status != http.StatusOK {
		t.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	return r
}

// unlink takes out what only a server can make good.
func unlink(v any) {
	switch v := v.(type) {
	case map[string]any:
		if meta, ok := v["meta"].(map[string]any); ok {
			delete(meta, "location")
			delete(meta, "version")
		}
		for key, inner := range v {
			if key == "$ref" && !strings.Contains(fmt.Sprint(inner), "AIDABOSS") { // what was sent is a value
				delete(v, key)
			}
			unlink(inner)
		}
	case []any:
		for _, inner := range v {
			unlink(inner)
		}
	}
}

func TestNotKnown(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 2)
	d.put(t, 2, func(u *store.User) {
		u.ConsoleAccess, u.MFAActive = yes(false), yes(false)
		u.MFADevices, u.AccessKeys = []store.MFADevice{}, []store.AccessKey{}
		u.SSHPublicKeys, u.Certificates, u.ServiceCredentials = []store.Credential{}, []store.Certificate{}, []store.ServiceCredential{}
	})
	got := map[string]any{}
	for _, u := range d.exported(t, "").file(t).Users {
		got[u["id"].(string)] = u[awsUserURN].(map[string]any)["notKnown"]
	}
	want := map[string]any{
		"AIDARICH": []any{"accessKeys.lastUsed"}, // there are two keys, and one use
		plainID(1): []any{"consoleAccess", "passwordLastChanged", "mfaActive", "mfaDevices", "accessKeys", "sshPublicKeys", "x509Certificates", "serviceSpecificCredentials"},
		plainID(2): nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	before := d.account.Snapshot.Generation()
	d.drop(t, 2)
	users := d.exported(t, "?as-of="+before.At.Format(time.RFC3339Nano)).file(t).Users
	if diff := cmp.Diff(any([]any{"passwordLastUsed"}), users[2][awsUserURN].(map[string]any)["notKnown"]); diff != "" {
		t.Errorf("of who is deleted since, -want +got:\n%s", diff)
	}
}

// TestExportOfThen: what was exported then is exported as of then, with a server
// and without.
func TestExportOfThen(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 450) // three chunks
	first := d.account.Snapshot.Generation()
	before := d.exported(t, "").lists(t)
	d.put(t, 2, func(u *store.User) { u.UserName, u.Groups = "renamed", nil })
	d.drop(t, 3)
	d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteGroup(ctx, "AGPAEMPTY") })
	after := d.exported(t, "").lists(t)
	if before == after {
		t.Error("the changes do not show")
	}
	if diff := cmp.Diff(before, undeleted(d.exported(t, "?as-of="+first.At.Format(time.RFC3339Nano)).lists(t))); diff != "" {
		t.Errorf("as of then, -then +now:\n%s", diff)
	}
	files := Files(fixtureAccount, d.account.Snapshot, slog.New(slog.DiscardHandler))
	for query, want := range map[string]string{"?as-of=" + first.At.Format(time.RFC3339Nano): before, "?account=" + fixtureAccount: after} {
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/admin/export"+query, nil))
		if got := (answer{w.Code, w.Header(), w.Body.Bytes()}); undeleted(got.lists(t)) != want {
			t.Errorf("%s: the files say something else than the server", query)
		}
	}
}

// undeleted takes out what is no longer known of the one user who was deleted
// since.
func undeleted(export string) string { return strings.Replace(export, `"passwordLastUsed",`, "", 1) }

func TestExportRefused(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 1)
	first := d.account.Snapshot.Generation().At
	early := d.exported(t, "?as-of="+first.Add(-time.Hour).Format(time.RFC3339)).refused(t, "before the history", 400, "invalidValue")
	if !strings.Contains(early, first.Format(commitTime)) {
		t.Errorf("%q does not say when the history begins", early)
	}
	d.exported(t, "?as-of="+d.now().Add(time.Minute).Format(time.RFC3339)).refused(t, "the future", 400, "invalidValue")
	d.exported(t, "?as-of=yesterday").refused(t, "no time", 400, "invalidValue")
	d.exported(t, "?account=999999999999").refused(t, "another account", 404, "")
	d.do(t, "GET", "/admin/export", "").refused(t, "over the network", 404, "")
	empty := openTimed(t, t.TempDir(), first)
	empty.exported(t, "").refused(t, "before the first generation", 503, "")
	empty.exported(t, "?as-of="+first.Format(time.RFC3339)).refused(t, "before the first generation, then", 503, "")
}

// meddler writes to whoever reads an export, and changes the account before the
// first of it arrives.
type meddler struct {
	http.ResponseWriter
	meddle func()
}

func (m *meddler) Write(b []byte) (int, error) {
	if m.meddle != nil {
		m.meddle()
		m.meddle = nil
	}
	return m.ResponseWriter.Write(b)
}

// meddled is an export that is longer than what is sent at once.
func (d *timed) meddled(t *testing.T, meddle func()) (body, trailer string) {
	t.Helper()
	socket := d.Handler.(*Server).Socket()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { socket.ServeHTTP(&meddler{w, meddle}, r) }))
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/admin/export")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return string(text), resp.Trailer.Get(BrokenTrailer)
}

// TestExportMeanwhile: all of it is of one generation, or it says that it is not
// whole.
func TestExportMeanwhile(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 600)
	before := d.exported(t, "").body
	body, trailer := d.meddled(t, func() {
		d.drop(t, 599)
		d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteGroup(ctx, "AGPAEMPTY") })
	})
	if undeleted(body) != string(before) || trailer != "" {
		t.Errorf("it shows what was written meanwhile (%d bytes, before %d), or ends with %q", len(body), len(before), trailer)
	}
	body, trailer = d.meddled(t, func() {
		g := d.drop(t, 598)
		if err := d.account.Snapshot.Prune(t.Context(), g.At); err != nil {
			t.Error(err)
		}
	})
	if json.Valid([]byte(body)) || !strings.Contains(trailer, "forgotten") {
		t.Errorf("its generation was forgotten: %d bytes, ends with %q", len(body), trailer)
	}
}

// spoilUser damages a record behind the store's back.
func spoilUser(t *testing.T, dir, id string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, fixtureAccount+".snapshot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `update user_body set body = cast('{"id":' as blob) where row = (select row from user where id = ?)`, id)
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportDamaged: nobody is left out in silence.
func TestExportDamaged(t *testing.T) {
	t.Parallel()
	for i, early := range map[int]bool{1: true, 598: false} {
		dir := t.TempDir()
		d := openTimed(t, dir, *at(21))
		if _, err := d.account.Snapshot.Replace(t.Context(), fixtureObservation(600), store.ReplaceOptions{MaxLoss: 1}); err != nil {
			t.Fatal(err)
		}
		spoilUser(t, dir, plainID(i))
		want := "User " + plainID(i) + " cannot be read, and without it the export would not be complete."
		if early {
			if detail := d.exported(t, "").refused(t, "a damaged user", 503, ""); detail != want {
				t.Errorf("%q, want %q", detail, want)
			}
			continue
		}
		if body, trailer := d.meddled(t, nil); json.Valid([]byte(body)) || trailer != want {
			t.Errorf("%d bytes end with %q, want %q", len(body), trailer, want)
		}
	}
}
