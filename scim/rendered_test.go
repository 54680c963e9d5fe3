package scim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"iamscim/store"
)

// update commits one change to the snapshot.
func (c *content) update(t testing.TB, fn func(context.Context, *store.SnapshotTx) error) {
	t.Helper()
	err := c.snapshot.Update(t.Context(), "test", func(tx *store.SnapshotTx) error { return fn(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
}

func titled(n int, title string) *store.User {
	u := fixtureObservation(n).Users[n]
	u.Person.Title = title
	return &u
}

// TestExactInvalidation: whatever a write changes in a resource, the next read
// shows, with another version; what it does not change keeps its version.
func TestExactInvalidation(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 3, contentOptions{})
	etags := func() map[string]string {
		all := map[string]string{}
		for _, kind := range []string{"User", "Group"} {
			for _, r := range c.listFor(t, kind, listQuery{Count: 100}).Resources {
				id := r["id"].(string)
				_, d := c.getFor(t, kind, id, selection{})
				if got := r["meta"].(map[string]any)["version"]; got != d.ETag {
					t.Errorf("%s: listed with %v, got with %s", id, got, d.ETag)
				}
				all[id] = d.ETag
			}
		}
		return all
	}
	for _, tt := range []struct {
		name    string
		change  func(context.Context, *store.SnapshotTx) error
		changes []string
	}{
		{"a user", func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, titled(1, "Boss")) }, []string{"AIDA00001"}},
		{"a membership", func(ctx context.Context, tx *store.SnapshotTx) error {
			return tx.PutMembership(ctx, "AIDA00002", "AGPADEV", false)
		}, []string{"AIDA00002", "AGPADEV"}},
		{"a group's name", func(ctx context.Context, tx *store.SnapshotTx) error {
			g := richGroup()
			g.DisplayName = "renamed"
			return tx.PutGroup(ctx, &g)
		}, []string{"AGPADEV", "AIDARICH", "AIDA00001", "AIDA00003"}},
		{"a group without members", func(ctx context.Context, tx *store.SnapshotTx) error {
			g := fixtureObservation(0).Groups[1]
			g.ExternalID = "x"
			return tx.PutGroup(ctx, &g)
		}, []string{"AGPAEMPTY"}},
		{"nothing", func(ctx context.Context, tx *store.SnapshotTx) error { return tx.PutUser(ctx, titled(1, "Boss")) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := etags()
			c.update(t, tt.change)
			after := etags()
			changed := map[string]bool{}
			for _, id := range tt.changes {
				changed[id] = true
			}
			for id := range after {
				if (before[id] != after[id]) != changed[id] {
					t.Errorf("%s: %s, then %s", id, before[id], after[id])
				}
			}
		})
	}
	user, _ := c.getFor(t, "User", "AIDA00003", selection{})
	if group := user["groups"].([]any)[0].(map[string]any); group["display"] != "renamed" {
		t.Errorf("the member of a renamed group shows %v", group)
	}
	c.update(t, func(ctx context.Context, tx *store.SnapshotTx) error { return tx.DeleteUser(ctx, "AIDA00003") })
	if _, err := c.get(t.Context(), c.types[0], "AIDA00003", selection{}, fixtureBase); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted user: %v", err)
	}
}

// TestHitsRunNoSQL: with the file closed, what was read before is still served.
func TestHitsRunNoSQL(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 3, contentOptions{})
	user, group := c.resourceType("User"), c.resourceType("Group")
	read := func() error {
		ctx := context.Background()
		_, err1 := c.get(ctx, user, "AIDARICH", selection{}, fixtureBase)
		_, err2 := c.get(ctx, user, "AIDARICH", selection{Attributes: []string{"userName"}}, fixtureBase)
		_, err3 := c.list(ctx, user, &listQuery{Filter: `userName eq "u1"`, StartIndex: 1, Count: 100}, fixtureBase)
		_, err4 := c.list(ctx, user, &listQuery{StartIndex: 2, Count: 2}, fixtureBase)
		_, err5 := c.list(ctx, group, &listQuery{StartIndex: 1, Count: 2}, fixtureBase)
		_, err6 := c.get(ctx, group, "AGPADEV", selection{Excluded: []string{"members"}}, fixtureBase)
		return errors.Join(err1, err2, err3, err4, err5, err6)
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	if err := c.snapshot.Close(); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Error(err)
	}
	c.forget()
	if err := read(); err == nil {
		t.Error("after forgetting there is no SQL either; this test proves nothing")
	}
}

// TestPagesUnderWrites: while users are written, all at once, every page shows
// one state of them, and who wrote sees what they wrote.
func TestPagesUnderWrites(t *testing.T) {
	t.Parallel()
	const users, writes = 20, 40
	c := newFixture(t, users, contentOptions{})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				titles := map[any]bool{}
				for _, r := range c.listFor(t, "User", listQuery{Filter: `userName sw "u"`, Count: users}).Resources {
					titles[r["title"]] = true
				}
				if len(titles) != 1 {
					t.Errorf("one page shows %v", titles)
				}
			}
		})
	}
	for i := range writes {
		title := fmt.Sprintf("title %d", i)
		c.update(t, func(ctx context.Context, tx *store.SnapshotTx) error {
			for n := 1; n <= users; n++ {
				if err := tx.PutUser(ctx, titled(n, title)); err != nil {
					return err
				}
			}
			return nil
		})
		if got, _ := c.getFor(t, "User", "AIDA00007", selection{}); got["title"] != title {
			t.Errorf("after writing %q a read shows %v", title, got["title"])
		}
		if found := c.listFor(t, "User", listQuery{Filter: `title eq "` + title + `"`, Count: users}); found.TotalResults != users {
			t.Errorf("after writing %q a list finds %d", title, found.TotalResults)
		}
	}
	close(done)
	readers.Wait()
}

func TestRenderedBounds(t *testing.T) {
	t.Parallel()
	r := newRendered(64<<10, func(m store.Moment) bool { return m == 7 })
	r.gen = 7
	v := variant{base: "b"}
	body := make([]byte, 1000)
	for i := range 200 {
		r.put(7, store.KindUser, v, []fragment{{id: fmt.Sprint(i), body: body}})
		if r.size > 64<<10 || r.size != len(r.entries)*(len(body)+entryOverhead) {
			t.Fatalf("%d bytes for %d entries", r.size, len(r.entries))
		}
	}
	if _, ok := r.one(store.KindUser, "0", v); ok {
		t.Error("the oldest is still there")
	}
	if _, ok := r.one(store.KindUser, "199", v); !ok {
		t.Error("the newest is not there")
	}
	if _, ok := r.one(store.KindUser, "199", variant{base: "other"}); ok {
		t.Error("served under another base")
	}
	r.put(7, store.KindUser, v, []fragment{{id: "huge", body: make([]byte, 10<<10)}})
	if _, ok := r.one(store.KindUser, "huge", v); ok {
		t.Error("a huge one is kept")
	}
	r.put(6, store.KindUser, v, []fragment{{id: "late", body: body}})
	if _, ok := r.one(store.KindUser, "late", v); ok {
		t.Error("a late one is kept")
	}
	r.age(store.Aged{Observed: time.Unix(1, 0)})
	r.put(7, store.KindUser, v, []fragment{{id: "198", body: body}, {id: "199", body: body}})
	r.age(store.Aged{Observed: time.Unix(2, 0), Changed: []store.Ref{{Kind: store.KindUser, ID: "199"}}})
	if _, ok := r.one(store.KindUser, "199", v); ok {
		t.Error("served although it aged")
	}
	if _, ok := r.one(store.KindUser, "198", v); !ok {
		t.Error("dropped although only another aged")
	}
	r.commit(store.Commit{Generation: store.Generation{ID: 8}, All: true})
	if r.size != 0 || len(r.entries) != 0 {
		t.Errorf("%d bytes after a commit of everything", r.size)
	}
}

// TestMemberDisplay: where members show their names, a renamed member shows
// at once, although the group's version does not change.
func TestMemberDisplay(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 1, contentOptions{MemberDisplay: true})
	display := func() any {
		group, _ := c.getFor(t, "Group", "AGPADEV", selection{})
		return group["members"].([]any)[0].(map[string]any)["display"]
	}
	if got := display(); got != "u1" {
		t.Fatalf("display %v", got)
	}
	c.update(t, func(ctx context.Context, tx *store.SnapshotTx) error {
		u := titled(1, "")
		u.UserName = "renamed"
		return tx.PutUser(ctx, u)
	})
	if got := display(); got != "renamed" {
		t.Errorf("display %v after the rename", got)
	}
}

func BenchmarkContent(b *testing.B) {
	c := newFixture(b, 2000, contentOptions{})
	user := c.resourceType("User")
	ctx := b.Context()
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.get(ctx, user, "AIDA00007", selection{}, fixtureBase); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("filter", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d, err := c.list(ctx, user, &listQuery{Filter: `userName eq "u9"`, StartIndex: 1, Count: 100}, fixtureBase)
			if err != nil {
				b.Fatal(err)
			}
			d.release()
		}
	})
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		start := 0
		for b.Loop() {
			start = (start + 100) % 2000
			d, err := c.list(ctx, user, &listQuery{StartIndex: start + 1, Count: 100}, fixtureBase)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(d.Body)))
			d.release()
		}
	})
	b.Run("page without cache", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.forget()
			if _, err := c.list(ctx, user, &listQuery{StartIndex: 101, Count: 100}, fixtureBase); err != nil {
				b.Fatal(err)
			}
		}
	})
}
