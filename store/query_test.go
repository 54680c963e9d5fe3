package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/cases"

	"iamscim/store"
)

// items are the resources of a kind as the oracle sees them, in default order.
func items(ctx context.Context, tx *store.SnapshotTx, kind store.Kind) ([]item, error) {
	var userIDs, groupIDs []string
	for i := range 20 {
		userIDs, groupIDs = append(userIDs, fmt.Sprint("AIDA", i)), append(groupIDs, fmt.Sprint("AGPA", i))
	}
	users, err := tx.Users(ctx, userIDs...)
	if err != nil {
		return nil, err
	}
	groups, err := tx.Groups(ctx, groupIDs...)
	if err != nil {
		return nil, err
	}
	byID := map[string]*store.Group{}
	var out []item
	for _, g := range groups {
		byID[g.ID] = g
		if kind == store.KindGroup {
			out = append(out, groupItem(g, users))
		}
	}
	for _, u := range users {
		if kind == store.KindUser {
			out = append(out, userItem(u, byID))
		}
	}
	slices.SortFunc(out, func(a, b item) int {
		return cmp.Or(compareValues(a["meta.created"], b["meta.created"]), compareValues(a["id"], b["id"]))
	})
	return out, nil
}

// FuzzQuery compares the compiler with the oracle, on the newest generation and
// on an older one.
func FuzzQuery(f *testing.F) {
	s := open(f)
	replace(f, s, newChooser(1).observation())
	first := s.Generation().At
	replace(f, s, newChooser(3).observation())
	for seed := range uint64(500) {
		f.Add(seed, "ann")
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
		c := newChooser(seed)
		kind := pick(c, []store.Kind{store.KindUser, store.KindUser, store.KindGroup})
		where := c.expr(store.Attributes(kind), "", 4, text)
		check := func(tx *store.SnapshotTx) error { return checkQuery(t, tx, kind, where) }
		if err := s.View(t.Context(), check); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if err := s.ViewAt(t.Context(), first, check); err != nil {
			t.Errorf("as of then, %s: %v", where, err)
		}
	})
}

func checkQuery(t *testing.T, tx *store.SnapshotTx, kind store.Kind, where store.Expr) error {
	all, err := items(t.Context(), tx, kind)
	if err != nil {
		return err
	}
	var want []string
	for _, it := range all {
		if (oracle{attributes: store.Attributes(kind), it: it}).holds(where) {
			want = append(want, it["id"].(string))
		}
	}
	got, err := tx.Select(t.Context(), kind, store.Query{Where: where})
	if err != nil {
		return err
	}
	if !slices.Equal(got.IDs, want) {
		return fmt.Errorf("got %v, want %v", got.IDs, want)
	}
	return nil
}

func TestOrder(t *testing.T) {
	s := open(t)
	replace(t, s, newChooser(3).observation())
	for path, a := range store.Attributes(store.KindUser) {
		if a.Type == store.Complex || a.Multi {
			continue
		}
		view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
			all, err := items(ctx, tx, store.KindUser)
			slices.SortStableFunc(all, func(x, y item) int { return compareOrder(a, plain(x[path]), plain(y[path])) })
			checkOrder(t, s, store.Query{OrderBy: path}, all)
			return err
		})
	}
	view(t, s, func(ctx context.Context, tx *store.SnapshotTx) error {
		all, err := items(ctx, tx, store.KindUser)
		slices.SortStableFunc(all, func(x, y item) int { // absent values first
			return -compareOrder(store.Attribute{}, plain(x["title"]), plain(y["title"]))
		})
		checkOrder(t, s, store.Query{OrderBy: "title", Desc: true}, all)
		return err
	})
}

func checkOrder(t *testing.T, s *store.Snapshot, q store.Query, all []item) {
	t.Helper()
	want := make([]string, len(all))
	for i, it := range all {
		want[i] = it["id"].(string)
	}
	if diff := gocmp.Diff(selected(t, s, store.KindUser, q), want); diff != "" {
		t.Errorf("%+v: got - want +\n%s", q, diff)
	}
}

func compareOrder(a store.Attribute, x, y any) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	if s, ok := x.(string); ok && !a.CaseExact {
		return strings.Compare(cases.Fold().String(s), cases.Fold().String(y.(string)))
	}
	return compareValues(x, y)
}

func TestOrderByPrimary(t *testing.T) {
	s := open(t)
	obs := observation(10)
	obs.Users[3].Person.Emails = []store.MultiValue{{Value: "zzz@example.com"}, {Value: "AAA@example.com", Primary: &yes}}
	obs.Users[4].Person.Emails = nil
	replace(t, s, obs)
	ids := selected(t, s, store.KindUser, store.Query{OrderBy: "emails.value"})
	if ids[0] != obs.Users[3].ID || ids[9] != obs.Users[4].ID {
		t.Errorf("order by the primary e-mail: %v", ids)
	}
}

func TestQueryErrors(t *testing.T) {
	s := open(t)
	replace(t, s, observation(1))
	for _, q := range []store.Query{
		{Where: store.Compare{Path: "shoeSize", Op: store.Eq, Value: "x"}},
		{Where: store.Compare{Path: "active", Op: store.Gt, Value: true}},
		{Where: store.Compare{Path: "active", Op: store.Eq, Value: "true"}},
		{Where: store.Compare{Path: "userName", Op: "xx", Value: "x"}},
		{Where: store.Compare{Path: "userName", Op: store.Eq, Value: int64(1)}},
		{Where: store.Compare{Path: "userName", Op: store.Gt, Value: nil}},
		{Where: store.Compare{Path: "addresses", Op: store.Eq, Value: "x"}},
		{Where: store.Compare{Path: "meta.created", Op: store.Co, Value: "x"}},
		{Where: store.Match{Path: "userName", Where: store.Present{Path: "value"}}},
		{Where: store.Match{Path: "emails", Where: store.Present{Path: "userName"}}},
		{OrderBy: "shoeSize"},
		{OrderBy: "addresses"},
	} {
		err := s.View(t.Context(), func(tx *store.SnapshotTx) error {
			_, err := tx.Select(t.Context(), store.KindUser, q)
			return err
		})
		if _, ok := errors.AsType[*store.QueryError](err); !ok {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestDeep: a filter may be 64 levels deep and a thousand terms wide.
func TestDeep(t *testing.T) {
	s := open(t)
	obs := observation(20)
	replace(t, s, obs)
	eq := store.Compare{Path: "emails.value", Op: store.Eq, Value: "user000003@example.com"}
	var deep store.Expr = eq
	for range 64 {
		deep = store.And{store.Or{store.Not{X: store.Not{X: deep}}, eq}, store.Present{Path: "name"}}
	}
	var wide store.Or
	for range 1500 {
		wide = append(wide, eq)
	}
	for _, where := range []store.Expr{deep, wide} {
		if got := selected(t, s, store.KindUser, store.Query{Where: where}); !slices.Equal(got, []string{obs.Users[3].ID}) {
			t.Errorf("got %v", got)
		}
	}
}
