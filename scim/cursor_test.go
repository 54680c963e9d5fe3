package scim

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/auth"
	"iamscim/store"
)

func nothing(int) {}

// TestCursorPages: the pages of RFC 9865 §2, there and back.
func TestCursorPages(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 24) // 25 users
	pages := d.follow(t, "/Users", "count=10", "", nothing)
	if len(pages) != 3 || pages[0].PreviousCursor != nil || len(pages[2].Resources) != 5 {
		t.Fatalf("%d pages, the first with previousCursor %v", len(pages), pages[0].PreviousCursor)
	}
	for i, l := range pages {
		if l.TotalResults != 25 || l.StartIndex != nil || l.header.Get("Iamscim-Generation-Time") == "" {
			t.Errorf("page %d: totalResults %d, startIndex %v, %v", i, l.TotalResults, l.StartIndex, l.header)
		}
		if l.NextCursor != nil && !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(*l.NextCursor) {
			t.Errorf("nextCursor %q has reserved characters", *l.NextCursor)
		}
	}
	second := d.page(t, "/Users", "count=10", *pages[2].PreviousCursor)
	first := d.page(t, "/Users", "count=10", *second.PreviousCursor)
	if diff := cmp.Diff([][]string{pages[0].ids(), pages[1].ids()}, [][]string{first.ids(), second.ids()}); diff != "" {
		t.Errorf("back (-there +back):\n%s", diff)
	}
	if first.PreviousCursor != nil || first.NextCursor == nil {
		t.Error("the first page, come back to, has a previousCursor or no nextCursor")
	}
	index := d.do(t, "GET", "/Users?count=100", "").leaf(t)
	if diff := cmp.Diff(index.ids(), allIDs(pages)); diff != "" || index.StartIndex == nil || index.NextCursor != nil {
		t.Errorf("by index (-index +cursor):\n%s", diff)
	}
	exact := d.page(t, "/Users", "count=25", "")
	if exact.NextCursor != nil || len(exact.Resources) != 25 {
		t.Errorf("a page that holds all has nextCursor %v", exact.NextCursor)
	}
	for _, query := range []string{"cursor&count=2", "CURSOR=&count=2", "cursor=&count=2&startIndex=1"} {
		if l := d.do(t, "GET", "/Users?"+query, "").leaf(t); l.NextCursor == nil || len(l.Resources) != 2 {
			t.Errorf("%s: %+v", query, l)
		}
	}
	for _, count := range []string{"0", "-3"} {
		l := d.page(t, "/Users", "count="+count, "")
		if l.TotalResults != 25 || len(l.Resources) != 0 || l.NextCursor != nil {
			t.Errorf("count=%s: %+v", count, l)
		}
	}
	if l := d.page(t, "/Users", `filter=userName+eq+"nobody"`, ""); l.TotalResults != 0 || l.NextCursor != nil {
		t.Errorf("an empty list: %+v", l)
	}
}

// TestCursorSearch: searches by POST take cursors, those of all types, too.
func TestCursorSearch(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 24)
	const urn = `"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`
	for path, want := range map[string]int{"/.search": 29, "/Users/.search": 25, "/Roles/.search": 1} {
		seen, cursor := []string{}, ""
		for {
			body := fmt.Sprintf(`{%s,"cursor":%q,"count":4,"attributes":["id"]}`, urn, cursor)
			l := d.do(t, "POST", path, body).leaf(t)
			if seen = append(seen, l.ids()...); l.NextCursor == nil {
				break
			}
			d.put(t, 1+len(seen)%20, func(u *store.User) { u.Person.Title = cursor })
			cursor = *l.NextCursor
		}
		slices.Sort(seen)
		if n := len(slices.Compact(seen)); n != want || len(seen) != want {
			t.Errorf("%s: %d resources, %d different, want %d", path, len(seen), n, want)
		}
	}
	l := d.do(t, "POST", "/Users/.search", `{`+urn+`,"cursor":null,"count":4}`).leaf(t)
	if l.NextCursor != nil || l.StartIndex == nil {
		t.Error("a cursor of null is not absent")
	}
}

// TestCursorWhileChanging: whatever is written between two pages, a walk shows
// each resource of its generation once, as it was.
func TestCursorWhileChanging(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"plain": "count=3", "filter": `count=3&filter=active+eq+true+and+title+ne+"new"`, "sorted": "count=3&sortBy=userName&sortOrder=descending",
		"by last change": "count=3&sortBy=meta.lastModified", "by e-mail": "count=3&sortBy=emails.value",
		"members": `count=3&filter=groups.display+eq+"developers"`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newTimed(t, 20)
			want := d.do(t, "GET", "/Users?"+regexp.MustCompile(`count=3`).ReplaceAllString(query, "count=100"), "").leaf(t)
			changes := []func(){
				func() { d.drop(t, 2) },
				func() { d.put(t, 40, func(u *store.User) {}) },
				func() {
					d.put(t, 19, func(u *store.User) { u.UserName, u.Active, u.Person.Title = "aaa", false, "new" })
				},
				func() {
					d.put(t, 1, func(u *store.User) { u.Created, u.Person.Emails = at(3).Add(time.Hour), nil })
				},
				func() {
					d.write(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteGroup(ctx, "AGPADEV") })
				},
				func() { d.drop(t, 20) },
			}
			pages := d.follow(t, "/Users", query, "", func(page int) {
				if page <= len(changes) {
					changes[page-1]()
				}
				if page%2 == 0 { // what was kept of the walk fell out
					d.Handler.(*Server).accounts[""].content.walks = newWalks()
				}
			})
			var got []map[string]any
			for _, l := range pages {
				got = append(got, l.Resources...)
				if l.TotalResults != want.TotalResults {
					t.Errorf("totalResults %d, want %d", l.TotalResults, want.TotalResults)
				}
			}
			if diff := cmp.Diff(want.Resources, got); diff != "" || len(pages) < 7 {
				t.Errorf("(-as it was +walked):\n%s", diff)
			}
		})
	}
}

// TestCursorRestart: a walk goes on in another process on the same files.
func TestCursorRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := openTimed(t, dir, *at(21))
	if _, err := d.account.Snapshot.Replace(t.Context(), fixtureObservation(20), store.ReplaceOptions{MaxLoss: 1}); err != nil {
		t.Fatal(err)
	}
	const query = "count=4&sortBy=userName"
	want := d.do(t, "GET", "/Users?count=100&sortBy=userName", "").leaf(t).ids()
	first := d.page(t, "/Users", query, "")
	d.drop(t, 13)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d = openTimed(t, dir, d.now())
	got := append(first.ids(), allIDs(d.follow(t, "/Users", query, *first.NextCursor, func(page int) { d.drop(t, page) }))...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-as it was +walked):\n%s", diff)
	}
}

// TestCursorRefused: a cursor is good for the request it was given for, and
// nothing else.
func TestCursorRefused(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 24)
	const path, query = "/Users", `count=5&filter=userName+sw+"u"&sortBy=userName&attributes=userName`
	cursor := *d.page(t, path, query, "").NextCursor
	d.page(t, path, query, cursor)
	d.page(t, path, query, cursor) // it can be used again
	token, _, err := d.auth.Create(t.Context(), "test", auth.Grant{Name: "other", Scopes: auth.Scopes(auth.Read), AccountID: fixtureAccount})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(what, path, query, cursor, keyword string, headers ...string) {
		t.Helper()
		d.do(t, "GET", path+"?"+query+"&cursor="+url.QueryEscape(cursor), "", headers...).refused(t, what, 400, keyword)
	}
	ask("another type", "/Groups", `count=5&filter=displayName+sw+"u"`, cursor, "invalidCursor")
	ask("another filter", path, `count=5&filter=userName+sw+"v"&sortBy=userName&attributes=userName`, cursor, "invalidCursor")
	ask("no filter", path, `count=5&sortBy=userName&attributes=userName`, cursor, "invalidCursor")
	ask("another sort", path, `count=5&filter=userName+sw+"u"&sortBy=id&attributes=userName`, cursor, "invalidCursor")
	ask("another order", path, query+"&sortOrder=descending", cursor, "invalidCursor")
	ask("other attributes", path, `count=5&filter=userName+sw+"u"&sortBy=userName&attributes=active`, cursor, "invalidCursor")
	ask("excluded attributes", path, query+"&excludedAttributes=active", cursor, "invalidCursor")
	ask("another count", path, `count=6&filter=userName+sw+"u"&sortBy=userName&attributes=userName`, cursor, "invalidCount")
	ask("another credential", path, query, cursor, "invalidCursor", "Authorization: Bearer "+token.Reveal())
	ask("as of a time", path, query, cursor, "invalidCursor", "Iamscim-As-Of: "+d.now().Format(time.RFC3339))
	ask("made up", path, query, "AAAA", "invalidCursor")
	ask("not base64", path, query, "a b+/=", "invalidCursor")
	ask("longer", path, query, cursor+"AAAA", "invalidCursor")
	ask("too many", path, "count=1001", "", "invalidCount")
	ask("both methods", path, "count=5&startIndex=2", "", "invalidValue")
	for i := range cursor {
		changed := []byte(cursor)
		changed[i] = 'A'
		if changed[i] == cursor[i] {
			changed[i] = 'B'
		}
		ask("tampered at "+fmt.Sprint(i), path, query, string(changed), "invalidCursor")
	}
	if other := newTimed(t, 24).do(t, "GET", path+"?"+query+"&cursor="+cursor, ""); other.status != 400 {
		t.Errorf("the cursor of another server: status %d", other.status)
	}
	d.page(t, path, query, cursor) // and is still good
}

// TestCursorExpired: when what a walk goes on from is gone, it is told.
func TestCursorExpired(t *testing.T) {
	t.Parallel()
	const query = "count=5"
	for name, end := range map[string]func(*timed){
		"too late": func(d *timed) { d.wait(time.Hour + time.Second) },
		"pruned": func(d *timed) {
			g := d.drop(t, 7)
			if err := d.account.Snapshot.Prune(t.Context(), g.At); err != nil {
				t.Fatal(err)
			}
		},
	} {
		d := newTimed(t, 24)
		cursor := *d.page(t, "/Users", query, "").NextCursor
		d.wait(time.Hour - time.Minute)
		d.page(t, "/Users", query, cursor)
		end(d)
		d.do(t, "GET", "/Users?"+query+"&cursor="+cursor, "").refused(t, name, 400, "expiredCursor")
	}
}

// TestCursorLostHistory: after the snapshot was lost, generations count anew;
// the cursor of an old one names none of them.
func TestCursorLostHistory(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 24)
	c := d.Handler.(*Server).accounts[""].content
	g := c.snapshot.Generation()
	l := &listing{query: &listQuery{ByCursor: true, Count: 5, StartIndex: 1}, name: "User", credential: auth.BootstrapID, now: d.now()}
	right := point{Epoch: g.Epoch, Generation: g.ID, At: g.At, Made: d.now().Unix(), Count: 5, Offset: 5}
	list, err := c.walk(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	right.List = stretches{{res: c.resourceType("User"), ids: d.do(t, "GET", "/Users?count=100", "").leaf(t).ids()}}.fingerprint()
	ask := func(change func(*point)) answer {
		p := right
		change(&p)
		return d.do(t, "GET", "/Users?count=5&cursor="+c.sealer.seal(p, c.binding(l)), "")
	}
	if got := ask(func(*point) {}); got.status != 200 || bytes.Equal(got.body, list.Body) {
		t.Fatalf("the right one: %d %s", got.status, got.body)
	}
	ask(func(p *point) { p.Epoch = "ANOTHER" }).refused(t, "another epoch", 400, "expiredCursor")
	ask(func(p *point) { p.At = p.At.Add(time.Second) }).refused(t, "another generation of that number", 400, "expiredCursor")
	ask(func(p *point) { p.Generation = 99 }).refused(t, "a generation that never was", 400, "expiredCursor")
	c.walks = newWalks()
	ask(func(p *point) { p.List++ }).refused(t, "another list", 400, "expiredCursor")
}

// TestCursorOfWhatAges: a list by what moves without a generation stays as it
// was for a walk, as long as it is remembered; then the walk ends.
func TestCursorOfWhatAges(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 12)
	const query = `count=4&filter=urn:iamscim:params:scim:schemas:extension:aws:2.0:User:observedAt+lt+"2026-01-02T22:00:00Z"`
	want := d.do(t, "GET", "/Users?"+query+"&count=100", "").leaf(t).TotalResults
	pages := d.follow(t, "/Users", query, "", func(page int) {
		obs := fixtureObservation(12)
		obs.Started = at(22).Add(time.Duration(page) * time.Hour)
		if _, err := d.account.Snapshot.Replace(t.Context(), obs, store.ReplaceOptions{MaxLoss: 1}); err != nil {
			t.Fatal(err)
		}
	})
	ids := allIDs(pages)
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != want || want != 13 {
		t.Errorf("%d of %d", n, want)
	}
	d.Handler.(*Server).accounts[""].content.walks = newWalks()
	d.do(t, "GET", "/Users?"+query+"&cursor="+*pages[0].NextCursor, "").refused(t, "forgotten", 400, "expiredCursor")
}

// TestCursorsNotRemembered: what is kept of answers is nobody's in particular.
func TestCursorsNotRemembered(t *testing.T) {
	t.Parallel()
	d := newTimed(t, 12)
	token, _, err := d.auth.Create(t.Context(), "test", auth.Grant{Name: "other", Scopes: auth.Scopes(auth.Read), AccountID: fixtureAccount})
	if err != nil {
		t.Fatal(err)
	}
	other := "Authorization: Bearer " + token.Reveal()
	mine, theirs := d.page(t, "/Users", "count=5", ""), d.page(t, "/Users", "count=5", "", other)
	d.page(t, "/Users", "count=5", *mine.NextCursor)
	d.page(t, "/Users", "count=5", *theirs.NextCursor, other)
}
