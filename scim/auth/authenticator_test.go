package auth_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/auth"
	"iamscim/store"
)

const bootstrap = "a-bootstrap-token-for-tests"

func newAuthenticator(tb testing.TB, cfg auth.Config) *auth.Authenticator {
	tb.Helper()
	a, err := auth.New(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func create(tb testing.TB, a *auth.Authenticator, g auth.Grant) (string, store.Token) {
	tb.Helper()
	secret, token, err := a.Create(tb.Context(), "operator", g)
	if err != nil {
		tb.Fatal(err)
	}
	return secret.Reveal(), token
}

func request(tb testing.TB, target string, authorization ...string) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, target, http.NoBody)
	for _, value := range authorization {
		r.Header.Add("Authorization", value)
	}
	return r
}

func TestAuthenticate(t *testing.T) {
	a := newAuthenticator(t, auth.Config{Control: newControl(t), Bootstrap: bootstrap})
	g := grant(auth.Scopes(auth.Read | auth.Write))
	g.UserID, g.Profile = "AIDA1", "strict"
	good, token := create(t, a, g)
	tests := []struct {
		name   string
		target string
		header []string
		id     string
		err    error
		scheme string
	}{
		{"bearer", "/", []string{"Bearer " + good}, token.ID, nil, "bearer"},
		{"scheme in another case", "/", []string{"bEaReR  " + good}, token.ID, nil, "bearer"},
		{"without scheme", "/", []string{good}, token.ID, nil, "raw"},
		{"bootstrap", "/", []string{"Bearer " + bootstrap}, auth.BootstrapID, nil, "bearer"},
		{"bootstrap without scheme", "/", []string{bootstrap}, auth.BootstrapID, nil, "raw"},
		{"nothing", "/", nil, "", auth.ErrMissing, "none"},
		{"blank", "/", []string{" "}, "", auth.ErrMissing, "none"},
		{"scheme alone", "/", []string{"Bearer"}, "", auth.ErrMissing, "bearer"},
		{"oversized", "/", []string{"Bearer " + strings.Repeat("x", 5000)}, "", auth.ErrMissing, "bearer"},
		{"basic", "/", []string{"Basic " + good}, "", auth.ErrScheme, "basic"},
		{"unknown scheme", "/", []string{"Digest x"}, "", auth.ErrScheme, "other"},
		{"no token of ours", "/", []string{"Bearer x"}, "", auth.ErrInvalid, "bearer"},
		{"bootstrap cut short", "/", []string{"Bearer " + bootstrap[1:]}, "", auth.ErrInvalid, "bearer"},
		{"copied without its end", "/", []string{"Bearer " + good[:len(good)-1]}, "", auth.ErrInvalid, "bearer"},
		{"two headers", "/", []string{"Bearer " + good, "Bearer " + good}, "", auth.ErrInvalid, "bearer"},
		{"in the query", "/?access_token=" + good, nil, "", auth.ErrQuery, "query"},
		{"a filter like a token", "/?filter=userName+eq+%22iamscim_access_token=x" + good[:60] + "%22", []string{good}, token.ID, nil, "raw"},
		{"in the query under another name", "/?key=" + good, []string{"Bearer " + good}, "", auth.ErrQuery, "query"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.target, tt.header...)
			credential, err := a.Authenticate(r)
			if !errors.Is(err, tt.err) || (err != nil && !errors.Is(err, auth.ErrUnauthenticated)) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if credential != nil && credential.ID != tt.id || credential == nil && tt.id != "" {
				t.Errorf("got %+v, want %q", credential, tt.id)
			}
			if err != nil && strings.Contains(err.Error(), good[20:]) {
				t.Errorf("the error holds the token: %v", err)
			}
			if got := auth.Scheme(r); got != tt.scheme {
				t.Errorf("Scheme: got %q, want %q", got, tt.scheme)
			}
		})
	}
	credential, err := a.Authenticate(request(t, "/", good))
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Credential{ID: token.ID, Name: "Okta", Scopes: g.Scopes, AccountID: accountID, UserID: "AIDA1", Profile: "strict"}
	if diff := cmp.Diff(want, credential); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !credential.Allows(accountID) || credential.Allows("999999999999") {
		t.Error("the token is not bound to its account")
	}
}

// TestAuthenticateForged takes a well-formed token of a known id: only the
// secret is wrong.
func TestAuthenticateForged(t *testing.T) {
	control := newControl(t)
	a := newAuthenticator(t, auth.Config{Control: control})
	_, token := create(t, a, grant(auth.AllScopes))
	forged, record, err := auth.Mint(grant(auth.AllScopes), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	record.ID, err = auth.Parse(forged.Reveal())
	if err != nil || record.ID == token.ID {
		t.Fatal(err)
	}
	// The record says that the forged id has another token's hash.
	record.Hash = token.Hash
	err = control.Update(t.Context(), func(tx *store.ControlTx) error { return tx.PutToken(t.Context(), record) })
	if err := errors.Join(err, a.Reload(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(request(t, "/", forged.Reveal())); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestExpiry(t *testing.T) {
	now := epoch
	a := newAuthenticator(t, auth.Config{Control: newControl(t), Now: func() time.Time { return now }})
	g := grant(auth.AllScopes)
	g.Expires = epoch.Add(time.Hour)
	token, _ := create(t, a, g)
	now = g.Expires.Add(-time.Nanosecond)
	if _, err := a.Authenticate(request(t, "/", token)); err != nil {
		t.Errorf("before: %v", err)
	}
	now = g.Expires
	if _, err := a.Authenticate(request(t, "/", token)); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("after: got %v, want ErrExpired", err)
	}
}

func TestRevoke(t *testing.T) {
	ctx := t.Context()
	control := newControl(t)
	a := newAuthenticator(t, auth.Config{Control: control})
	first, record := create(t, a, grant(auth.AllScopes))
	second, _ := create(t, a, grant(auth.AllScopes))
	if err := a.Revoke(ctx, "operator", record.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(request(t, "/", first)); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("got %v, want ErrRevoked", err)
	}
	if _, err := a.Authenticate(request(t, "/", second)); err != nil {
		t.Errorf("another token died with it: %v", err)
	}
	if err := a.Revoke(ctx, "operator", "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	var actions []string
	err := control.View(ctx, func(tx *store.ControlTx) error {
		entries, err := tx.Audit(ctx, 1, 10)
		for _, e := range entries {
			actions = append(actions, e.Action)
			if strings.Contains(string(e.Body), first) {
				t.Error("the audit holds the token")
			}
		}
		return err
	})
	if diff := cmp.Diff([]string{"token.create", "token.create", "token.revoke"}, actions); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestReload(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "control.db")
	a := newAuthenticator(t, auth.Config{Control: openControl(t, path)})
	token, _ := create(t, newAuthenticator(t, auth.Config{Control: openControl(t, path)}), grant(auth.AllScopes))
	if _, err := a.Authenticate(request(t, "/", token)); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if err := a.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(request(t, "/", token)); err != nil {
		t.Error(err)
	}
}

func TestLastUsed(t *testing.T) {
	control := newControl(t)
	a := newAuthenticator(t, auth.Config{Control: control, Now: func() time.Time { return epoch }})
	token, record := create(t, a, grant(auth.AllScopes))
	create(t, a, grant(auth.AllScopes)) // a reload in between loses no use
	if _, err := a.Authenticate(request(t, "/", token)); err != nil {
		t.Fatal(err)
	}
	create(t, a, grant(auth.AllScopes))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	a.Run(stopped)
	err := control.View(t.Context(), func(tx *store.ControlTx) error {
		got, err := tx.TokenByID(t.Context(), record.ID)
		if !got.LastUsed.Equal(epoch) {
			t.Errorf("last used %v, want %v", got.LastUsed, epoch)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBootstrap(t *testing.T) {
	control := newControl(t)
	for _, token := range []auth.Secret{"fifteen-letters", "with a blank in between", "newline-at-the-end\n", auth.Secret(strings.Repeat("x", 4000))} {
		if _, err := auth.New(t.Context(), auth.Config{Control: control, Bootstrap: token}); err == nil || strings.Contains(err.Error(), token.Reveal()) {
			t.Errorf("%q: got %v", token.Reveal(), err)
		}
	}
	t.Run("none", func(t *testing.T) {
		a := newAuthenticator(t, auth.Config{Control: control})
		for _, header := range []string{"", "Bearer ", "Bearer \"\""} {
			if _, err := a.Authenticate(request(t, "/", header)); err == nil {
				t.Errorf("%q was let in", header)
			}
		}
	})
	t.Run("allows", func(t *testing.T) {
		a := newAuthenticator(t, auth.Config{Control: control, Bootstrap: bootstrap})
		c, err := a.Authenticate(request(t, "/", bootstrap))
		if err != nil || c.Scopes != auth.AllScopes || !c.Allows(accountID) {
			t.Errorf("got %+v, %v", c, err)
		}
	})
}

// TestNothingStored proves that no file holds a token.
func TestNothingStored(t *testing.T) {
	dir := t.TempDir()
	a := newAuthenticator(t, auth.Config{Control: openControl(t, filepath.Join(dir, "control.db")), Bootstrap: bootstrap})
	token, _ := create(t, a, grant(auth.AllScopes))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(token[len("iamscim_")+13:])) || bytes.Contains(content, []byte(bootstrap)) {
			t.Errorf("%s holds a token", f.Name())
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	a := newAuthenticator(b, auth.Config{Control: newControl(b)})
	token, _ := create(b, a, grant(auth.AllScopes))
	r := request(b, "/scim/v2/Users?count=100", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}
