package scim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/auth"
	"iamscim/store"
)

// feed reads the change feed once.
func (d *timed) feed(t testing.TB, query string) (lines []string, next string) {
	t.Helper()
	got := d.do(t, "GET", "/admin/changes?"+query, "")
	var answer struct {
		Changes []changeRecord
		Next    string
	}
	if err := json.Unmarshal(got.body, &answer); err != nil || got.status != 200 || answer.Next == "" {
		t.Fatalf("%s: %d %s", query, got.status, got.body)
	}
	for _, x := range answer.Changes {
		lines = append(lines, fmt.Sprintf("%d %s %s %s %s %s", x.Generation, x.Actor, x.What, x.Kind, x.ID, x.Name))
		if x.At.IsZero() {
			t.Errorf("%+v has no time", x)
		}
	}
	return lines, answer.Next
}

func TestChangesFeed(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 5)
	first := d.account.Snapshot.Generation().At
	d.put(t, 1, func(u *store.User) { u.Person.Title = "Engineer" })
	middle := d.drop(t, 2).At
	d.put(t, 6, func(u *store.User) {})
	late := []string{
		"2 writer updated User AIDA00001 u1", "3 writer member Group AGPADEV developers", "3 writer deleted User AIDA00002 u2",
		"4 writer created User AIDA00006 u6",
	}
	whole, next := d.feed(t, "limit=100000")
	if len(whole) != 6+2+1+1+4 || whole[0] != "1 observed created Group AGPADEV developers" {
		t.Errorf("from the beginning: %s", strings.Join(whole, "\n"))
	}
	var single []string
	for since := ""; ; {
		lines, next := d.feed(t, "limit=1&since="+url.QueryEscape(since))
		if len(lines) == 0 {
			break
		}
		single, since = append(single, lines...), next
	}
	if diff := cmp.Diff(whole, single); diff != "" {
		t.Errorf("one by one (-whole +single):\n%s", diff)
	}
	for since, want := range map[string][]string{
		"0": whole, "1": late, "3": late[3:], "4": nil, next: nil,
		first.Format(time.RFC3339Nano): late, middle.Format(time.RFC3339Nano): late[3:], middle.Add(-time.Millisecond).Format(time.RFC3339Nano): late[1:],
		"2020-01-01T00:00:00Z": whole, "2040-01-01T00:00:00Z": nil,
	} {
		if got, _ := d.feed(t, "since="+url.QueryEscape(since)); cmp.Diff(want, got) != "" {
			t.Errorf("since %s (-want +got):\n%s", since, cmp.Diff(want, got))
		}
	}
	if got, _ := d.feed(t, "since="+next); got != nil {
		t.Errorf("nothing happened since: %v", got)
	}
	d.drop(t, 3)
	if got, _ := d.feed(t, "since="+next); len(got) != 2 {
		t.Errorf("since the last time: %v", got)
	}
	for what, since := range map[string]string{"no place": "x", "negative": "-1", "to come": "99", "another epoch": "OTHER.1"} {
		d.do(t, "GET", "/admin/changes?since="+since, "").refused(t, what, 400, "invalidValue")
	}
	if err := d.account.Snapshot.Prune(t.Context(), middle); err != nil {
		t.Fatal(err)
	}
	for _, since := range []string{"0", "2", first.Format(time.RFC3339Nano)} {
		d.do(t, "GET", "/admin/changes?since="+url.QueryEscape(since), "").refused(t, "forgotten", 400, "invalidValue")
	}
	for _, since := range []string{"", "3"} {
		if got, _ := d.feed(t, "since="+since); len(got) != 3 {
			t.Errorf("what is left: %v", got)
		}
	}
}

// TestChangesScope: the feed needs the scope read, of that account.
func TestChangesScope(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 1)
	for _, tt := range []struct {
		scopes  auth.Scopes
		account string
		status  int
	}{{auth.Scopes(auth.Read), fixtureAccount, 200}, {auth.Scopes(auth.Write), fixtureAccount, 403}, {auth.Scopes(auth.Read), "210987654321", 403}} {
		token, _, err := d.auth.Create(t.Context(), "test", auth.Grant{Name: "x", Scopes: tt.scopes, AccountID: tt.account})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.do(t, "GET", "/admin/changes", "", "Authorization: Bearer "+token.Reveal()); got.status != tt.status {
			t.Errorf("%v: status %d", tt, got.status)
		}
	}
}
