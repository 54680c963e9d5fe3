package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"iamscim/scim/auth"
	"iamscim/store"
)

const accountID = "123456789012"

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func grant(scopes auth.Scopes) auth.Grant {
	return auth.Grant{Name: "Okta", Scopes: scopes, AccountID: accountID}
}

func openControl(tb testing.TB, path string) *store.Control {
	tb.Helper()
	c, err := store.OpenControl(tb.Context(), path, time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func newControl(tb testing.TB) *store.Control {
	tb.Helper()
	return openControl(tb, filepath.Join(tb.TempDir(), "control.db"))
}

func TestMint(t *testing.T) {
	secret, token, err := auth.Mint(grant(auth.AllScopes), epoch)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^iamscim_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`).MatchString(secret.Reveal()) {
		t.Errorf("%s does not look as documented", secret.Reveal())
	}
	id, err := auth.Parse(secret.Reveal())
	if err != nil || id != token.ID {
		t.Errorf("Parse: got %q, %v, want %q", id, err, token.ID)
	}
	if text := fmt.Sprintf("%+v", token); strings.Contains(text, secret.Reveal()) {
		t.Error("the record holds the token")
	}
	other, _, err := auth.Mint(grant(auth.AllScopes), epoch)
	if err != nil || other == secret {
		t.Errorf("the same token twice, %v", err)
	}
}

func TestMintRefuses(t *testing.T) {
	tests := []struct {
		want  string
		grant auth.Grant
	}{
		{"name", auth.Grant{Name: " ", Scopes: auth.AllScopes, AccountID: accountID}},
		{"read write entitlements password admin", auth.Grant{Name: "x", AccountID: accountID}},
		{"AWS account", auth.Grant{Name: "x", Scopes: auth.AllScopes}},
		{"lenient or strict", auth.Grant{Name: "x", Scopes: auth.AllScopes, AccountID: accountID, Profile: "lax"}},
		{"future", auth.Grant{Name: "x", Scopes: auth.AllScopes, AccountID: accountID, Expires: epoch}},
	}
	for _, tt := range tests {
		if _, _, err := auth.Mint(tt.grant, epoch); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want an error about %q", tt.grant, err, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	secret, _, err := auth.Mint(grant(auth.AllScopes), epoch)
	if err != nil {
		t.Fatal(err)
	}
	good := secret.Reveal()
	for i := range good {
		damaged := []byte(good)
		damaged[i] = 'a'
		if damaged[i] == good[i] {
			damaged[i] = 'b'
		}
		if _, err := auth.Parse(string(damaged)); err == nil {
			t.Errorf("%s was taken, damaged at %d", damaged, i)
		}
	}
	for _, text := range []string{"", "iamscim_", good[1:], good[:len(good)-1], good + "x", " " + good} {
		if _, err := auth.Parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	secret, _, err := auth.Mint(grant(auth.AllScopes), epoch)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{secret.Reveal(), "", "iamscim_", "iamscim_" + strings.Repeat("_", 62), strings.Repeat("\xff", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := auth.Parse(text)
		if err != nil && id != "" {
			t.Errorf("Parse(%q) = %q and %v", text, id, err)
		}
		if err == nil && !strings.HasPrefix(text, "iamscim_"+id+"_") {
			t.Errorf("Parse(%q) = %q", text, id)
		}
	})
}

func TestSecret(t *testing.T) {
	const hidden = "correct-horse"
	secret := auth.Secret(hidden)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", secret, "in", struct{ S auth.Secret }{secret})
	asJSON, jsonErr := json.Marshal(map[string]auth.Secret{"token": secret})
	asYAML, yamlErr := yaml.Marshal(struct{ Token auth.Secret }{secret})
	if err := errors.Join(jsonErr, yamlErr); err != nil {
		t.Fatal(err)
	}
	printed := []string{log.String(), string(asJSON), string(asYAML), secret.String(), secret.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%10.3s"} {
		printed = append(printed, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, struct{ S auth.Secret }{secret}))
	}
	for _, text := range printed {
		if strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) || !strings.Contains(text, "REDACTED") {
			t.Errorf("printed %s", text)
		}
	}
	if got := secret.Reveal(); got != hidden {
		t.Errorf("Reveal: got %q", got)
	}
}

func TestParseScopes(t *testing.T) {
	good := map[string]auth.Scopes{
		"read":                                   auth.Scopes(auth.Read),
		"write, read":                            auth.Scopes(auth.Read | auth.Write),
		"READ read":                              auth.Scopes(auth.Read),
		"read write entitlements password admin": auth.AllScopes,
	}
	for text, want := range good {
		if got, err := auth.ParseScopes(text); got != want || err != nil {
			t.Errorf("ParseScopes(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ,", "read,delete"} {
		got, err := auth.ParseScopes(text)
		if err == nil || got != 0 || !strings.Contains(err.Error(), "read write entitlements password admin") {
			t.Errorf("ParseScopes(%q) = %v, %v, want an error that names the scopes", text, got, err)
		}
	}
}

func TestScopes(t *testing.T) {
	scopes := auth.Scopes(auth.Read | auth.Password)
	if !scopes.Has(auth.Read) || scopes.Has(auth.Write) || scopes.Has(auth.Read|auth.Write) {
		t.Errorf("%v", scopes)
	}
	if diff := cmp.Diff([]string{"read", "password"}, scopes.Names()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if auth.Scopes(auth.Admin).Has(auth.Read) {
		t.Error("admin implies read")
	}
}
