package store

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// TestSQL shows what the compiler makes of typical queries.
func TestSQL(t *testing.T) {
	const golden = "testdata/query.golden"
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	queries := []struct {
		kind Kind
		q    Query
	}{
		{KindUser, Query{}},
		{KindUser, Query{OrderBy: "userName", Desc: true}},
		{KindUser, Query{OrderBy: "emails"}},
		{KindUser, Query{Where: Compare{"userName", Eq, "Ann"}}},
		{KindUser, Query{Where: Compare{"externalId", Ne, "Ann"}}},
		{KindUser, Query{Where: Compare{"userName", Sw, "Ann"}}},
		{KindUser, Query{Where: Compare{"nickName", Sw, "Ann"}}},
		{KindUser, Query{Where: Compare{"title", Co, "100%"}}},
		{KindUser, Query{Where: Compare{"title", Ew, "er"}}},
		{KindUser, Query{Where: Compare{"title", Eq, nil}}},
		{KindUser, Query{Where: Compare{"meta.lastModified", Gt, then}}},
		{KindUser, Query{Where: Compare{"aws.lastActivity", Lt, then}}},
		{KindUser, Query{Where: Compare{"emails", Eq, "a@example.com"}}},
		{KindUser, Query{Where: Match{"emails", And{Compare{"type", Eq, "work"}, Compare{"value", Eq, "a@example.com"}}}}},
		{KindUser, Query{Where: Compare{"entitlements.value", Eq, "arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
		{KindUser, Query{Where: Compare{"groups.display", Eq, "Dev"}}},
		{KindUser, Query{Where: Not{And{Present{"name"}, Or{Compare{"active", Eq, false}, Present{"groups"}, And{}}}}}},
		{KindGroup, Query{Where: Compare{"members.value", Eq, "AIDA1"}}},
		{KindPolicy, Query{Where: Compare{"totalAssignmentsUsed", Ge, int64(3)}}},
		{KindRole, Query{Where: Match{"aws.trusted", Compare{"value", Eq, "*"}}}},
	}
	var b strings.Builder
	for _, x := range queries {
		for _, c := range []conn{{}, {asOf: 7}} {
			k, err := compile(c, x.kind, x.q)
			if err != nil {
				t.Fatalf("%v: %v", x.q, err)
			}
			where := "all"
			if x.q.Where != nil {
				where = x.q.Where.String()
			}
			fmt.Fprintf(&b, "-- %s %s, order %q %v, as of %d\n%s\n   %q\n\n", x.kind, where, x.q.OrderBy, x.q.Desc, c.asOf, k.text, k.args)
		}
	}
	if *updateGolden {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(want)); diff != "" {
		t.Errorf("run with -update if this is meant: got - want +\n%s", diff)
	}
}
