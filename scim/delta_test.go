package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/auth"
	"iamscim/store"
)

// mark gets a delta token.
func (d *timed) mark(t testing.TB, path string) string {
	t.Helper()
	got := d.do(t, "GET", path+"/.deltaToken", "")
	var token struct {
		Schemas []string
		Value   string
		Expiry  time.Time
	}
	if err := json.Unmarshal(got.body, &token); err != nil || got.status != 200 || token.Value == "" || len(token.Schemas) != 1 ||
		token.Schemas[0] != deltaTokenURN || !token.Expiry.Equal(d.now().Add(deltaTokenExpiry)) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return token.Value
}

// askDelta redeems a token; more are further members of the request.
func (d *timed) askDelta(t testing.TB, path, token, more string, headers ...string) answer {
	t.Helper()
	return d.do(t, "POST", path+"/.delta", fmt.Sprintf(`{"schemas":[%q],"deltaToken":%q%s}`, deltaRequestURN, token, more), headers...)
}

// deltas are the changes of a page in a line each.
func (l *leaf) deltas(t testing.TB) []string {
	t.Helper()
	lines := []string{}
	for _, r := range l.Resources {
		line := fmt.Sprintf("%v %v %v", r["changeType"], r["resourceType"], r["changedResourceId"])
		data, _ := r["data"].(map[string]any)
		if (data == nil) != (r["changeType"] == "Delete") || data != nil && data["id"] != r["changedResourceId"] {
			t.Errorf("%s has data %v", line, data)
		}
		if name, ok := data["title"]; ok {
			line += fmt.Sprint(" ", name)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestDelta(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 12)
	users, root := d.mark(t, "/Users"), d.mark(t, "")
	d.put(t, 20, func(u *store.User) { u.Person.Title = "New" })
	d.put(t, 1, func(u *store.User) { u.Person.Title = "Engineer" })
	d.put(t, 1, func(u *store.User) { u.Person.Title = "Lead" })
	d.put(t, 21, func(u *store.User) {})
	d.drop(t, 21)
	d.drop(t, 2)
	d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error {
		return tx.PutMembership(ctx, plainID(3), "AGPAEMPTY", true)
	})
	want := []string{"Delete User AIDA00021", "Delete User AIDA00002", "Create User AIDA00020 New", "Update User AIDA00001 Lead", "Update User AIDA00003"}
	whole := d.askDelta(t, "/Users", users, "").leaf(t)
	if diff := cmp.Diff(want, whole.deltas(t)); diff != "" || whole.TotalResults != 5 || whole.NextCursor != nil || whole.NextDeltaToken == nil {
		t.Errorf("%+v (-want +got):\n%s", whole, diff)
	}
	t.Run("by pages", func(t *testing.T) {
		var lines []string
		cursor := ""
		for n := 0; ; n++ {
			l := d.askDelta(t, "/Users", users, fmt.Sprintf(`,"count":2,"cursor":%q,"attributes":["title"]`, cursor)).leaf(t)
			lines = append(lines, l.deltas(t)...)
			if (l.NextCursor == nil) != (l.NextDeltaToken != nil) {
				t.Fatalf("page %d: next page %v, next token %v", n, l.NextCursor, l.NextDeltaToken)
			}
			if l.NextCursor == nil {
				// What was written during the walk comes in the next one.
				next := d.askDelta(t, "/Users", l.NextDeltaToken.Value, "").leaf(t)
				if diff := cmp.Diff([]string{"Update User AIDA00001 Boss"}, next.deltas(t)); diff != "" {
					t.Errorf("the next delta (-want +got):\n%s", diff)
				}
				break
			}
			cursor = *l.NextCursor
			d.put(t, 1, func(u *store.User) { u.Person.Title = "Boss" })
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("filter and sort", func(t *testing.T) {
		l := d.askDelta(t, "/Users", users, `,"filter":"title pr","sortBy":"userName","sortOrder":"descending"`).leaf(t)
		if diff := cmp.Diff(append(want[:3:3], "Update User AIDA00001 Boss"), l.deltas(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("root", func(t *testing.T) {
		all := append(want[:3:3], "Update User AIDA00003", "Update User AIDA00001 Boss", "Update Group AGPADEV", "Update Group AGPAEMPTY")
		if diff := cmp.Diff(all, d.askDelta(t, "", root, "").leaf(t).deltas(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := d.askDelta(t, "/Users", root, "").leaf(t); len(got.Resources) != 5 {
			t.Errorf("a token of the root, for users: %v", got.deltas(t))
		}
		d.askDelta(t, "", users, "").refused(t, "a token of users, for the root", 400, "invalidValue")
		d.askDelta(t, "/Groups", users, "").refused(t, "a token of users, for groups", 400, "invalidValue")
	})
	if l := d.askDelta(t, "/Users", d.mark(t, "/Users"), "").leaf(t); l.TotalResults != 0 || l.NextDeltaToken == nil {
		t.Errorf("nothing happened: %+v", l)
	}
}

func TestDeltaRefused(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 3)
	token := d.mark(t, "/Users")
	d.askDelta(t, "/Users", token+"A", "").refused(t, "tampered", 400, "invalidValue")
	d.askDelta(t, "/Users", token, `,"startIndex":2`).refused(t, "by index", 400, "invalidValue")
	d.askDelta(t, "/Users", token, `,"cursor":"AAAA"`).refused(t, "a cursor that is none", 400, "invalidCursor")
	d.do(t, "POST", "/Users/.delta", `{"deltaToken":`).refused(t, "no JSON", 400, "invalidSyntax")
	d.do(t, "POST", "/Users/.delta", `{}`).refused(t, "no token", 400, "invalidValue")
	d.do(t, "POST", "/Users/.delta", `{"schemas":["x"],"deltaToken":"`+token+`"}`).refused(t, "another schema", 400, "invalidSyntax")
	other, _, err := d.auth.Create(t.Context(), "test", auth.Grant{Name: "x", Scopes: auth.Scopes(auth.Read), AccountID: fixtureAccount})
	if err != nil {
		t.Fatal(err)
	}
	d.askDelta(t, "/Users", token, "", "Authorization: Bearer "+other.Reveal()).refused(t, "another credential", 400, "invalidValue")
	page := d.page(t, "/Users", "count=2", "")
	d.askDelta(t, "/Users", *page.NextCursor, "").refused(t, "a cursor for a token", 400, "invalidValue")
	d.do(t, "GET", "/Users?count=2&cursor="+token, "").refused(t, "a token for a cursor", 400, "invalidCursor")

	g := d.drop(t, 1)
	if err := d.account.Snapshot.Prune(t.Context(), g.At); err != nil {
		t.Fatal(err)
	}
	d.askDelta(t, "/Users", token, "").refused(t, "pruned", 400, "expiredDeltaToken")
	token = d.mark(t, "/Users")
	d.wait(deltaTokenExpiry)
	d.askDelta(t, "/Users", token, "").leaf(t)
	d.wait(time.Second)
	d.askDelta(t, "/Users", token, "").refused(t, "too old", 400, "expiredDeltaToken")
}

// TestDeltaIsDraft: it is there, and told of, only when asked for.
func TestDeltaIsDraft(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 3)
	if got := d.do(t, "GET", "/ServiceProviderConfig", ""); !strings.Contains(string(got.body), `"DeltaQuery":{"deltaTokenExpiry":2592000,"supported":true,`) {
		t.Errorf("%s", got.body)
	}
	for _, name := range []string{"", "/Users", "/Groups", "/Entitlements", "/Roles"} {
		if l := d.askDelta(t, name, d.mark(t, name), "").leaf(t); l.TotalResults != 0 {
			t.Errorf("%s: %v", name, l.Resources)
		}
	}
	plain := newDemo(t, 3)
	for path, method := range map[string]string{"/Users/.deltaToken": "GET", "/.deltaToken": "GET", "/.delta": "POST"} {
		if got := plain.do(t, method, "/scim/v2"+path, "{}"); got.status != 404 {
			t.Errorf("%s without draft features: status %d", path, got.status)
		}
	}
}
