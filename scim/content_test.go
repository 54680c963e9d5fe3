package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/filter"
	"iamscim/store"
)

// listed is a ListResponse as a client reads it.
type listed struct {
	Schemas                                []string
	TotalResults, StartIndex, ItemsPerPage int
	Resources                              []map[string]any
}

func (l *listed) ids() []string {
	var ids []string
	for _, r := range l.Resources {
		ids = append(ids, fmt.Sprint(r["id"]))
	}
	return ids
}

func decodeList(t testing.TB, d *document) *listed {
	t.Helper()
	l := &listed{}
	if err := json.Unmarshal(d.Body, l); err != nil {
		t.Fatalf("%v: %s", err, d.Body)
	}
	if l.Resources == nil || l.ItemsPerPage != len(l.Resources) || len(l.Schemas) != 1 {
		t.Errorf("not a ListResponse: %s", d.Body)
	}
	return l
}

func (c *content) listFor(t testing.TB, kind string, q listQuery) *listed {
	t.Helper()
	q.StartIndex = max(q.StartIndex, 1)
	d, err := c.list(t.Context(), c.resourceType(kind), &q, fixtureBase)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	defer d.release()
	return decodeList(t, d)
}

func (c *content) getFor(t testing.TB, kind, id string, sel selection) (map[string]any, *document) {
	t.Helper()
	d, err := c.get(t.Context(), c.resourceType(kind), id, sel, fixtureBase)
	if err != nil {
		t.Fatal(err)
	}
	var resource map[string]any
	if err := json.Unmarshal(d.Body, &resource); err != nil {
		t.Fatal(err)
	}
	return resource, d
}

func TestFilterSelects(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 3, contentOptions{})
	rich, plain := []string{"AIDARICH"}, []string{"AIDA00001", "AIDA00002", "AIDA00003"}
	for _, tt := range []struct {
		filter string
		want   []string
	}{
		{`userName eq "RICH USER"`, rich},
		{`externalId eq "00u1"`, rich},
		{`externalId eq "00U1"`, nil},
		{`name.familyName co "'neil"`, rich},
		{`userName sw "u"`, plain},
		{`userName ew "3"`, plain[2:]},
		{`active eq true`, plain},
		{`active eq "False"`, rich},
		{`not (active eq true)`, rich},
		{`emails[type eq "work" and value co "@example.com"]`, append(slices.Clone(rich), plain...)},
		{`emails[type eq "home" and value co "@example.com"]`, nil},
		{`emails.type eq "home" and emails.value co "@example.com"`, rich},
		{`emails[type eq "work"].value eq "u2@example.com"`, plain[1:2]},
		{`emails co "u2@"`, plain[1:2]},
		{`manager eq "AIDABOSS"`, rich},
		{enterpriseURN + `:department eq "tours"`, rich},
		{awsUserURN + `:accessKeys[status eq "Active" and lastUsedService eq "s3"]`, rich},
		{awsUserURN + `:passwordLastUsed lt "2026-01-02T10:04:05.0000001Z"`, rich},
		{awsUserURN + `:passwordLastUsed gt "2026-01-02T12:04:04+02:00"`, rich},
		{`groups eq "AGPADEV"`, append(slices.Clone(rich), plain...)},
		{`groups[display eq "developers"]`, append(slices.Clone(rich), plain...)},
		{`entitlements co "DenyAll"`, nil},
		{`attachedPolicies co "DenyAll"`, rich},
		{`meta.created gt "2026-01-02T02:04:06Z"`, plain[1:]},
		{`meta.resourceType eq "User"`, append(slices.Clone(rich), plain...)},
		{`meta.resourceType eq "Group"`, nil},
		{`schemas eq "` + userURN + `" and userName eq "u1"`, plain[:1]},
		{`id eq "AIDARICH" and manager eq "AIDABOSS"`, rich},
		{`title eq null`, plain},
		{`title ne null`, rich},
		{`tags[key eq "TEAM" and value eq "ωmega"]`, rich},
	} {
		if got := c.listFor(t, "User", listQuery{Filter: tt.filter, Count: 100}).ids(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.filter, got, tt.want)
		}
	}
	for filter, want := range map[string][]string{
		`members eq "AIDARICH"`:               {"AGPADEV"},
		`members[value eq "AIDA00002"]`:       {"AGPADEV"},
		`members pr`:                          {"AGPADEV"},
		`not (members pr)`:                    {"AGPAEMPTY"},
		`displayName eq "Developers"`:         {"AGPADEV"},
		`attachedPolicies co "PowerUser"`:     {"AGPADEV"},
		`members.display eq "u1"`:             {"AGPADEV"},
		`externalId pr or id eq AGPAEMPTY`:    {"AGPADEV", "AGPAEMPTY"},
		`members.$ref eq "../Users/AIDARICH"`: {"AGPADEV"},
		`meta.lastModified lt "2020-01-01"`:   nil,
	} {
		if got := c.listFor(t, "Group", listQuery{Filter: filter, Count: 100}).ids(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}

// TestEveryAttribute: every declared attribute can be asked about with every
// operator and sorted by; the client gets an answer or a 400, never a 500. An
// attribute that is stored is present in the resource that has everything.
func TestEveryAttribute(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 1, contentOptions{})
	for _, res := range c.types {
		tried := map[*attribute]bool{}
		for path, a := range res.index.attributes {
			if tried[a] {
				continue // another spelling of the same
			}
			tried[a] = true
			for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"} {
				for _, value := range []string{`"x"`, `true`, `5`, `"2026-01-01T00:00:00Z"`, `null`} {
					c.tryQuery(t, res, listQuery{Filter: path + " " + op + " " + value})
				}
			}
			c.tryQuery(t, res, listQuery{SortBy: path})
			c.tryQuery(t, res, listQuery{SortBy: path, Descending: true})
			if a.Type == filter.Complex {
				c.tryQuery(t, res, listQuery{Filter: path + "[value eq \"x\"]"})
			}
			if a.Computed {
				continue
			}
			stored := !a.Absent && a.Constant == nil
			if got := c.listFor(t, res.Name, listQuery{Filter: path + " pr"}); stored && got.TotalResults == 0 {
				t.Errorf("%s %s is present in nobody", res.Name, path)
			}
		}
	}
}

func (c *content) tryQuery(t *testing.T, res *resourceType, q listQuery) {
	t.Helper()
	q.StartIndex, q.Count = 1, 10
	_, err := c.list(t.Context(), res, &q, fixtureBase)
	var refused scimerrors.ScimError
	if err != nil && !errors.As(err, &refused) {
		t.Errorf("%s %+v: %v", res.Name, q, err)
	}
}

// FuzzList: no filter and no order makes an internal error.
func FuzzList(f *testing.F) {
	c := newFixture(f, 2, contentOptions{})
	f.Add(`emails[type eq "work" and not (value co "x")] or (active eq true and id pr)`, "emails")
	f.Add(strings.Repeat(`id pr or `, 900)+`id pr`, "name.familyName")
	f.Add(strings.Repeat(`not (`, 60)+`id pr`+strings.Repeat(`)`, 60), "meta.lastModified")
	f.Fuzz(func(t *testing.T, filter, sortBy string) {
		for _, res := range c.types {
			c.tryQuery(t, res, listQuery{Filter: filter, SortBy: sortBy})
		}
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 25, contentOptions{})
	all := c.listFor(t, "User", listQuery{Count: 100})
	if all.TotalResults != 26 || all.ItemsPerPage != 26 || all.Resources[0]["id"] != "AIDARICH" {
		t.Fatalf("%d of %d, first %v", all.ItemsPerPage, all.TotalResults, all.Resources[0]["id"])
	}
	for range 2 { // the second time from the cache
		var seen []string
		for start := 1; start <= 26; start += 7 {
			page := c.listFor(t, "User", listQuery{StartIndex: start, Count: 7})
			if page.TotalResults != 26 || page.StartIndex != start {
				t.Errorf("page at %d: %d results from %d", start, page.TotalResults, page.StartIndex)
			}
			seen = append(seen, page.ids()...)
		}
		if diff := cmp.Diff(all.ids(), seen); diff != "" {
			t.Errorf("pages (-all +pages):\n%s", diff)
		}
	}
	if beyond := c.listFor(t, "User", listQuery{StartIndex: 1000, Count: 7}); beyond.StartIndex != 1000 || beyond.ItemsPerPage != 0 || beyond.TotalResults != 26 {
		t.Errorf("beyond the end: %+v", beyond)
	}
	if totals := c.listFor(t, "User", listQuery{Count: 0}); totals.TotalResults != 26 || totals.ItemsPerPage != 0 {
		t.Errorf("totals: %+v", totals)
	}
	down := c.listFor(t, "User", listQuery{SortBy: "USERNAME", Descending: true, Count: 2})
	if diff := cmp.Diff([]string{"AIDA00009", "AIDA00008"}, down.ids()); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
}

func TestListAll(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 3, contentOptions{})
	find := func(filter string, start, count int) *listed {
		d, err := c.listAll(t.Context(), &listQuery{Filter: filter, StartIndex: start, Count: count}, fixtureBase)
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		return decodeList(t, d)
	}
	everything := []string{"AIDARICH", "AIDA00001", "AIDA00002", "AIDA00003", "AGPADEV", "AGPAEMPTY", "ANPAREAD", "AROAADMIN"}
	if diff := cmp.Diff(everything, find("", 1, 100).ids()); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	for start := 1; start <= 8; start++ {
		page := find("", start, 3)
		if want := everything[start-1 : min(start+2, 8)]; !slices.Equal(page.ids(), want) || page.TotalResults != 8 {
			t.Errorf("at %d: %v of %d, want %v", start, page.ids(), page.TotalResults, want)
		}
	}
	for filter, want := range map[string][]string{
		`userName eq "u1" or displayName eq "empty"`: {"AIDA00001", "AGPAEMPTY"},
		`meta.resourceType eq "Group"`:               {"AGPADEV", "AGPAEMPTY"},
		`not (userName pr) and not (members pr)`:     {"AGPAEMPTY", "ANPAREAD", "AROAADMIN"},
		`value sw "arn:aws:iam::aws"`:                {"ANPAREAD"},
	} {
		if got := find(filter, 1, 100).ids(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	_, err := c.listAll(t.Context(), &listQuery{Filter: `nonsense pr`, StartIndex: 1}, fixtureBase)
	checkKeyword(t, "unknown everywhere", err, scimerrors.ScimTypeInvalidFilter)
}

func TestGet(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 2, contentOptions{})
	user, d := c.getFor(t, "User", "AIDARICH", selection{})
	if meta := user["meta"].(map[string]any); meta["version"] != d.ETag || meta["location"] != fixtureBase+"/Users/AIDARICH" {
		t.Errorf("meta %v, ETag %s", meta, d.ETag)
	}
	if _, projected := c.getFor(t, "User", "AIDARICH", selection{Attributes: []string{"userName"}}); projected.ETag != d.ETag {
		t.Errorf("the projection has ETag %s, the whole %s", projected.ETag, d.ETag)
	}
	group, _ := c.getFor(t, "Group", "AGPADEV", selection{})
	if members := group["members"].([]any); len(members) != 3 || members[0].(map[string]any)["display"] != nil {
		t.Errorf("members: %v", members)
	}
	group, _ = c.getFor(t, "Group", "AGPADEV", selection{Attributes: []string{"members", "members.display"}})
	if members := group["members"].([]any); members[2].(map[string]any)["display"] != "rich user" {
		t.Errorf("members with display: %v", members)
	}
	if group, _ = c.getFor(t, "Group", "AGPADEV", selection{Excluded: []string{"members"}}); group["members"] != nil {
		t.Error("excluded members are there")
	}
	if group, _ = c.getFor(t, "Group", "AGPAEMPTY", selection{}); group["members"] != nil {
		t.Error("an empty group has members")
	}
	for _, kind := range []string{"User", "Group", "Entitlement", "Role"} {
		if _, err := c.get(t.Context(), c.resourceType(kind), "AGPAX", selection{}, fixtureBase); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestBeforeTheFirstGeneration(t *testing.T) {
	t.Parallel()
	snapshot, err := store.OpenSnapshot(t.Context(), filepath.Join(t.TempDir(), "s.db"), fixtureAccount, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	c := newContent(snapshot, contentOptions{})
	ctx := context.Background()
	_, getErr := c.get(ctx, c.types[0], "AIDA", selection{}, fixtureBase)
	_, listErr := c.list(ctx, c.types[0], &listQuery{StartIndex: 1, Count: 1}, fixtureBase)
	_, allErr := c.listAll(ctx, &listQuery{StartIndex: 1, Count: 1}, fixtureBase)
	for _, err := range []error{getErr, listErr, allErr} {
		if !errors.Is(err, store.ErrNoGeneration) {
			t.Errorf("%v, want ErrNoGeneration", err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 0, contentOptions{})
	for name, tt := range map[string]struct {
		q    listQuery
		want scimerrors.ScimType
	}{
		"unknown attribute": {listQuery{Filter: `nonsense eq "x"`}, scimerrors.ScimTypeInvalidFilter},
		"boolean order":     {listQuery{Filter: `active gt true`}, scimerrors.ScimTypeInvalidFilter},
		"sort by unknown":   {listQuery{SortBy: "nonsense"}, scimerrors.ScimTypeInvalidValue},
		"sort by complex":   {listQuery{SortBy: "name"}, scimerrors.ScimTypeInvalidValue},
	} {
		_, err := c.list(t.Context(), c.types[0], &tt.q, fixtureBase)
		checkKeyword(t, name, err, tt.want)
	}
}
