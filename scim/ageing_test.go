package scim

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"iamscim/store"
)

// TestAgeing: what merely ages shows with the next read, though it makes no
// generation, and what is served from memory is what would be rendered anew.
func TestAgeing(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 3, contentOptions{})
	obs := fixtureObservation(3)
	check := func(name string) {
		t.Helper()
		for _, r := range []struct{ kind, id string }{{"User", "AIDARICH"}, {"User", "AIDA00002"}, {"Entitlement", "ANPAREAD"}, {"Role", "AROAADMIN"}} {
			res := c.resourceType(r.kind)
			kept, err1 := c.get(t.Context(), res, r.id, selection{}, fixtureBase)
			c.forget()
			fresh, err2 := c.get(t.Context(), res, r.id, selection{}, fixtureBase)
			if err1 != nil || err2 != nil || !bytes.Equal(kept.Body, fresh.Body) || kept.ETag != fresh.ETag {
				t.Errorf("%s: %s is served as\n%s\nand anew as\n%s (%v, %v)", name, r.id, kept.Body, fresh.Body, err1, err2)
			}
		}
		// Once more, so that all of them are in memory again.
		c.listFor(t, "User", listQuery{Count: 100})
	}
	check("first")
	replace := func(started time.Time) {
		t.Helper()
		obs.Started = started
		if _, err := c.snapshot.Replace(t.Context(), obs, store.ReplaceOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	replace(*at(21))
	check("observed again")
	replace(at(22).Add(123456789))
	check("observed at a fraction of a second")
	obs.Policies[0].Attachments, obs.Roles[0].LastUsed = 8, at(23)
	replace(*at(23))
	check("another count")
	a := obs.Activities[0]
	a.PasswordLastUsed = at(23)
	c.update(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutActivity(ctx, a) })
	check("activity")
	user, _ := c.getFor(t, "User", "AIDARICH", selection{})
	if got := user[awsUserURN].(map[string]any)["lastActivity"]; got != "2026-01-02T23:04:05Z" {
		t.Errorf("lastActivity %v", got)
	}
	if got := c.snapshot.Generation().ID; got != 1 {
		t.Errorf("ageing made generations up to %d", got)
	}
}

// TestObservedAtInText: a value that looks like the member does not become it.
func TestObservedAtInText(t *testing.T) {
	t.Parallel()
	body := []byte(`{"title":"\"observedAt\":\"x\"","observedAt":"2026-01-02T20:04:05Z","detailsAt":"a \"observedAt\":\"y\""}`)
	want := `{"title":"\"observedAt\":\"x\"","observedAt":"2026-01-02T21:04:05Z","detailsAt":"a \"observedAt\":\"y\""}`
	if got := observedAt(body, *at(21)); string(got) != want {
		t.Errorf("got %s", got)
	}
}

// TestAnswers: an answer from memory is the same answer, its log line too, and
// does not outlive a commit.
func TestAnswers(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 20)
	path := `/scim/v2/Users?filter=title%20pr%20or%20userName%20sw%20%22a%22&count=2`
	first, again := d.do(t, http.MethodGet, path, ""), d.do(t, http.MethodGet, path, "")
	if first.status != http.StatusOK || !bytes.Equal(first.body, again.body) {
		t.Errorf("status %d; %s, then %s", first.status, first.body, again.body)
	}
	content := d.server.accounts[""].content
	if len(content.answers.kept) != 1 {
		t.Errorf("%d answers are kept", len(content.answers.kept))
	}
	var user *store.User
	err := d.account.Snapshot.Update(t.Context(), "test", func(tx *store.SnapshotTx) error {
		all, err := tx.Select(t.Context(), store.KindUser, store.Query{})
		if err != nil {
			return err
		}
		users, err := tx.Users(t.Context(), all.IDs[5])
		if err != nil {
			return err
		}
		user = users[0]
		user.Person.Title = "Boss of all"
		return tx.PutUser(t.Context(), user)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.do(t, http.MethodGet, path, ""); !bytes.Contains(got.body, []byte(user.ID)) {
		t.Errorf("after a write the list is still %s", got.body)
	}
	if lines := strings.Count(d.logged(), `"filter":"title pr or userName sw ?"`); lines != 3 {
		t.Errorf("%d of 3 requests are logged with their filter", lines)
	}
}

func TestAnswersBounds(t *testing.T) {
	t.Parallel()
	a := newAnswers(func(m store.Moment) bool { return m == 2 })
	doc := &document{Body: make([]byte, 100<<10)}
	for i := range 200 {
		a.put(2, answerKey{query: string(rune('a' + i))}, doc)
		if a.size > answersBytes || len(a.kept) != len(a.oldest) {
			t.Fatalf("%d bytes in %d answers, %d in order", a.size, len(a.kept), len(a.oldest))
		}
	}
	if _, ok := a.get(answerKey{query: "a"}); ok {
		t.Error("the oldest is still there")
	}
	a.put(2, answerKey{query: "huge"}, &document{Body: make([]byte, 1<<20)})
	a.put(1, answerKey{query: "late"}, doc)
	for _, query := range []string{"huge", "late"} {
		if _, ok := a.get(answerKey{query: query}); ok {
			t.Errorf("a %s one is kept", query)
		}
	}
	a.clear()
	if len(a.kept) != 0 || a.size != 0 {
		t.Error("not empty after clear")
	}
}
