package scim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// asOf is the header that asks for a time.
func asOf(at time.Time) string { return "Iamscim-As-Of: " + at.Format(time.RFC3339Nano) }

// TestAsOf: what was served then is served now, of every kind of read.
func TestAsOf(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 12)
	reads := []struct{ method, path, body string }{
		{"GET", "/Users?count=5&startIndex=4", ""},
		{"GET", "/Users?filter=active+eq+true&sortBy=userName&sortOrder=descending", ""},
		{"GET", "/Users/" + plainID(2), ""},
		{"GET", "/Users/" + plainID(2) + "?attributes=groups,userName", ""},
		{"GET", "/Groups/AGPADEV", ""},
		{"GET", "/Groups?attributes=members,displayName", ""},
		{"POST", "/Users/.search", `{"filter":"title pr"}`},
		{"POST", "/.search", `{"count":50,"startIndex":3}`},
	}
	first := d.account.Snapshot.Generation()
	before := make([]answer, len(reads))
	for i, r := range reads {
		before[i] = d.do(t, r.method, r.path, r.body)
	}
	d.put(t, 2, func(u *store.User) { u.UserName, u.Person.Title = "renamed", "Engineer" })
	second := d.drop(t, 3)
	d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteGroup(ctx, "AGPADEV") })
	d.drop(t, 2)
	for i, r := range reads {
		for _, when := range []time.Time{first.At, first.At.Add(999 * time.Millisecond)} {
			got := d.do(t, r.method, r.path, r.body, asOf(when))
			if got.status != 200 || got.header.Get("Iamscim-Generation-Time") != first.At.Format(commitTime) {
				t.Fatalf("%s: status %d, %v: %s", r.path, got.status, got.header, got.body)
			}
			if diff := cmp.Diff(string(before[i].body), string(got.body)); diff != "" || got.header.Get("Etag") != before[i].header.Get("Etag") {
				t.Errorf("%s as of then, version %s, was %s (-then +now):\n%s", r.path, got.header.Get("Etag"), before[i].header.Get("Etag"), diff)
			}
		}
		if now := d.do(t, r.method, r.path, r.body); string(now.body) == string(before[i].body) || now.header.Get("Iamscim-Generation-Time") != "" {
			t.Errorf("%s is the same now, or says of when: %v", r.path, now.header)
		}
	}
	etag := before[2].header.Get("Etag")
	if got := d.do(t, "GET", "/Users/"+plainID(2), "", asOf(first.At), "If-None-Match: "+etag); got.status != 304 {
		t.Errorf("with the version of then: status %d", got.status)
	}
	if got := d.do(t, "GET", "/Users/"+plainID(3), "", asOf(second.At)); got.status != 404 {
		t.Errorf("who was deleted then: status %d", got.status)
	}
	if got := d.do(t, "GET", "/Users/"+plainID(3), "", asOf(second.At.Add(-time.Millisecond))); got.status != 200 {
		t.Errorf("who was deleted a moment later: status %d", got.status)
	}
	pages := d.page(t, "/Users", "count=5", "", asOf(first.At))
	rest := d.page(t, "/Users", "count=50", "", asOf(first.At))
	if pages.TotalResults != 13 || pages.NextCursor == nil || len(rest.Resources) != 13 {
		t.Errorf("by cursor: %d of %d", len(rest.Resources), pages.TotalResults)
	}
	if next := d.page(t, "/Users", "count=5", *pages.NextCursor, asOf(first.At)); next.ids()[0] != rest.ids()[5] {
		t.Errorf("the next page begins with %s, want %s", next.ids()[0], rest.ids()[5])
	}
}

// TestAsOfRefused: a time nothing is known of, a time to come, no time at all,
// and a change of the past.
func TestAsOfRefused(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 3)
	first := d.account.Snapshot.Generation().At
	early := d.do(t, "GET", "/Users", "", asOf(first.Add(-time.Second))).refused(t, "before the history", 400, "invalidValue")
	if !strings.Contains(early, first.Format(commitTime)) {
		t.Errorf("%q does not say when the history begins", early)
	}
	d.do(t, "GET", "/Users/"+plainID(1), "", asOf(first.Add(-time.Second))).refused(t, "one before the history", 400, "invalidValue")
	d.do(t, "GET", "/Users", "", asOf(d.now().Add(time.Second))).refused(t, "the future", 400, "invalidValue")
	d.do(t, "GET", "/Users", "", "Iamscim-As-Of: yesterday").refused(t, "no time", 400, "invalidValue")
	for path, method := range map[string]string{
		"/Users": "POST", "/Users/" + plainID(1): "DELETE", "/Groups/AGPADEV": "PATCH", "/Bulk": "POST", "/Users/.delta": "POST", "/admin/plan": "POST",
	} {
		d.do(t, method, path, `{}`, asOf(first)).refused(t, method+" "+path, 400, "invalidValue")
	}
	for _, path := range []string{"/Users/.deltaToken", "/.deltaToken", "/admin/changes"} {
		d.do(t, "GET", path, "", asOf(first)).refused(t, "GET "+path, 400, "invalidValue")
	}
	g := d.drop(t, 1)
	if err := d.account.Snapshot.Prune(t.Context(), g.At); err != nil {
		t.Fatal(err)
	}
	d.do(t, "GET", "/Users", "", asOf(first)).refused(t, "pruned", 400, "invalidValue")
	if l := d.do(t, "GET", "/Users", "", asOf(g.At)).leaf(t); l.TotalResults != 3 {
		t.Errorf("the oldest that is known: %d users", l.TotalResults)
	}
	if got := d.do(t, "GET", "/Users", "", asOf(g.At), "Authorization: none"); got.status != 401 {
		t.Errorf("without a token: status %d", got.status)
	}
}

// TestPoll: a client that asks for what changed after the last time it saw sees
// every change once, and nothing again and again.
func TestPoll(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 12)
	know := map[string]string{} // by id, the version that the poller has
	last := "2026-01-01T00:00:00Z"
	poll := func() (n int) {
		newest := last
		query := `count=2&sortBy=meta.lastModified&filter=meta.lastModified+gt+"` + last + `"`
		for _, l := range d.follow(t, "/Users", query, "", func(page int) {
			d.put(t, 1+page%5, func(u *store.User) { u.Person.Title = last + string(rune('a'+page)) }) // while it polls
		}) {
			for _, r := range l.Resources {
				meta := r["meta"].(map[string]any)
				know[r["id"].(string)] = meta["version"].(string)
				newest = max(newest, meta["lastModified"].(string))
				n++
			}
		}
		last = newest
		return n
	}
	check := func() {
		t.Helper()
		for range 20 {
			if poll() == 0 {
				break
			}
		}
		for _, r := range d.do(t, "GET", "/Users?count=100", "").leaf(t).Resources {
			id, meta := r["id"].(string), r["meta"].(map[string]any)
			if know[id] != meta["version"] {
				t.Errorf("%s: the poller has %s, not %s", id, know[id], meta["version"])
			}
		}
		if n := poll(); n != 0 {
			t.Errorf("nothing changed, and %d users came again", n)
		}
		if l := d.do(t, "GET", `/Users?filter=meta.lastModified+ge+"`+last+`"`, "").leaf(t); l.TotalResults == 0 {
			t.Error("ge misses the last change")
		}
	}
	check()
	for i := range 6 {
		d.put(t, 1+i, func(u *store.User) { u.Person.Title = "Engineer" })
		d.time = d.time.Add(-time.Second) // all in one second: the clock does not move
		if i%2 == 0 {
			check()
		}
	}
	d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error {
		return tx.PutMembership(ctx, plainID(9), "AGPAEMPTY", true)
	})
	check()
}

// TestKeyUseOfThen: a key of the past has its own last use, wherever it stands
// among the keys that there are now.
func TestKeyUseOfThen(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 1)
	keep := func(keys ...store.AccessKey) store.Generation {
		u := fixtureObservation(1).Users[1]
		u.Activity = store.Activity{UserID: u.ID, ObservedAt: *at(20)}
		u.AccessKeys = keys
		for _, k := range keys {
			u.Activity.Keys = append(u.Activity.Keys, store.KeyUse{LastUsed: at(5), Service: "used-by-" + k.ID})
		}
		return d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error {
			if err := tx.PutUser(ctx, &u); err != nil {
				return err
			}
			return tx.PutActivity(ctx, u.Activity)
		})
	}
	key := func(id string, hour int) store.AccessKey {
		return store.AccessKey{ID: id, Status: "Active", LastRotated: at(hour)}
	}
	then := keep(key("OLD", 2), key("KEPT", 3), key("", 4)) // the id of the last is not known yet
	keep(key("KEPT", 5), key("LISTED", 4), key("NEW", 6))
	uses := func(headers ...string) map[string]any {
		all := map[string]any{}
		aws := d.do(t, "GET", "/Users/"+plainID(1), "", headers...).leafless(t)[awsUserURN].(map[string]any)
		for _, k := range aws["accessKeys"].([]any) {
			all[fmt.Sprint(k.(map[string]any)["id"])] = k.(map[string]any)["lastUsedService"]
		}
		return all
	}
	if diff := cmp.Diff(map[string]any{"KEPT": "used-by-KEPT", "LISTED": "used-by-LISTED", "NEW": "used-by-NEW"}, uses()); diff != "" {
		t.Errorf("now, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"OLD": nil, "KEPT": "used-by-KEPT", "<nil>": "used-by-LISTED"}, uses(asOf(then.At))); diff != "" {
		t.Errorf("as of then, -want +got:\n%s", diff)
	}
	d.drop(t, 1)
	if diff := cmp.Diff(map[string]any{"OLD": nil, "KEPT": nil, "<nil>": nil}, uses(asOf(then.At))); diff != "" {
		t.Errorf("as of then, of who is deleted, -want +got:\n%s", diff)
	}
}
