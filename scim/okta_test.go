package scim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"iamscim/store"
)

// withSettings serves the account of d once more, with other settings.
func (d *demo) withSettings(t testing.TB, set func(*Config)) {
	t.Helper()
	cfg := d.server.cfg
	set(&cfg)
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.server, d.Config.Handler = server, server
}

type oktaList struct {
	TotalResults int
	Resources    []struct {
		Schemas                        []string
		ID, DisplayName, Type, Display string
		Meta                           struct{ Location, ResourceType string }
	}
}

// TestOktaEntitlements follows Okta: it finds its schemas in /ResourceTypes,
// reads their endpoints, and looks for the values that users have.
func TestOktaEntitlements(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 50)
	d.withSettings(t, func(c *Config) { c.OktaEntitlements = true })
	var types struct {
		Resources []struct{ ID, Name, Schema, Endpoint string }
	}
	read := func(path string, into any) {
		t.Helper()
		if err := json.Unmarshal(d.want(t, http.StatusOK, "GET", "/scim/v2"+path, "").body, into); err != nil {
			t.Fatal(err)
		}
	}
	read("/ResourceTypes", &types)
	known := map[string][]string{}
	for _, rt := range types.Resources {
		if rt.Schema != oktaEntitlementURN && rt.Schema != oktaRoleURN {
			continue
		}
		d.want(t, http.StatusOK, "GET", "/scim/v2/ResourceTypes/"+rt.ID, "")
		d.want(t, http.StatusOK, "GET", "/scim/v2/Schemas/"+rt.Schema, "")
		var list oktaList
		read(rt.Endpoint+"?startIndex=1&count=1000", &list)
		if list.TotalResults == 0 || list.TotalResults != len(list.Resources) {
			t.Errorf("%s: %d of %d", rt.Endpoint, len(list.Resources), list.TotalResults)
		}
		for _, r := range list.Resources {
			if !slices.Equal(r.Schemas, []string{rt.Schema}) || r.DisplayName == "" || r.Type == "" || r.Display != "" || r.Meta.ResourceType != rt.Name {
				t.Errorf("%+v", r)
			}
			known[rt.Schema] = append(known[rt.Schema], r.ID)
		}
		d.checkOktaResource(t, rt.Endpoint, list)
	}
	var users struct {
		Resources []struct{ Entitlements, Roles []struct{ Value string } }
	}
	read("/Users?count=1000", &users)
	n := 0
	for _, u := range users.Resources {
		for _, e := range u.Entitlements {
			if n++; !slices.Contains(known[oktaEntitlementURN], e.Value) {
				t.Errorf("no entitlement %s", e.Value)
			}
		}
		for _, e := range u.Roles {
			if n++; !slices.Contains(known[oktaRoleURN], e.Value) {
				t.Errorf("no role %s", e.Value)
			}
		}
	}
	if n == 0 {
		t.Error("nobody has anything")
	}
}

func (d *demo) checkOktaResource(t *testing.T, endpoint string, list oktaList) {
	t.Helper()
	first := list.Resources[0]
	for _, id := range []string{first.ID, url.PathEscape(first.ID)} {
		got := d.want(t, http.StatusOK, "GET", "/scim/v2"+endpoint+"/"+id, "")
		if got.member(t, "id") != first.ID || got.header.Get("Content-Location") != first.Meta.Location {
			t.Errorf("%s: %s, %v", id, got.body, got.header)
		}
	}
	for filter, want := range map[string]int{
		`id eq "` + first.ID + `"`: 1, `displayName eq "` + first.DisplayName + `"`: 1, `id eq "x"`: 0, `type eq "` + first.Type + `"`: list.TotalResults,
	} {
		var found oktaList
		got := d.want(t, http.StatusOK, "GET", "/scim/v2"+endpoint+"?filter="+url.QueryEscape(filter), "")
		if err := json.Unmarshal(got.body, &found); err != nil || found.TotalResults != want {
			t.Errorf("%s %s: %d, want %d (%v)", endpoint, filter, found.TotalResults, want, err)
		}
	}
	d.want(t, http.StatusNotFound, "GET", "/scim/v2"+endpoint+"/arn:aws:iam::aws:policy/nothing", "")
	d.want(t, http.StatusMethodNotAllowed, "DELETE", "/scim/v2"+endpoint+"/"+first.ID, "")
	d.want(t, http.StatusOK, "POST", "/scim/v2"+endpoint+"/.search", `{"schemas":["`+searchRequestURN+`"]}`)
	all := d.want(t, http.StatusOK, "GET", "/scim/v2"+endpoint+"?cursor&count=1&sortBy=displayName", "")
	if all.member(t, "nextCursor") == "" && list.TotalResults > 1 {
		t.Errorf("no cursor: %s", all.body)
	}
}

// TestOktaOff: unasked there is nothing of it, and asked for, a list of
// everything is what it was.
func TestOktaOff(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	d.want(t, http.StatusNotFound, "GET", "/scim/v2/ManagedPolicies", "")
	search := func() int {
		t.Helper()
		var list oktaList
		got := d.want(t, http.StatusOK, "POST", "/scim/v2/.search", `{"schemas":["`+searchRequestURN+`"],"count":0}`)
		if err := json.Unmarshal(got.body, &list); err != nil {
			t.Fatal(err)
		}
		return list.TotalResults
	}
	before := search()
	etag := d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+d.anyUser(t), "").header.Get("Etag")
	d.withSettings(t, func(c *Config) { c.OktaEntitlements = true })
	if after := search(); after != before {
		t.Errorf("%d resources, then %d", before, after)
	}
	if now := d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+d.anyUser(t), "").header.Get("Etag"); now != etag {
		t.Errorf("version %s, then %s", etag, now)
	}
}

// TestOktaDeclared: what is rendered is declared and stored.
func TestOktaDeclared(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 1, contentOptions{OktaEntitlements: true})
	for _, res := range c.others {
		doc, err := c.get(t.Context(), res, map[string]string{"ManagedPolicy": "ANPAREAD", "IAMRole": "AROAADMIN"}[res.Name], selection{}, fixtureBase)
		if err != nil {
			t.Fatal(err)
		}
		var resource map[string]any
		if err := json.Unmarshal(doc.Body, &resource); err != nil {
			t.Fatal(err)
		}
		rendered := map[string]bool{}
		collect(res, rendered, "", resource)
		for name := range rendered {
			if name != "meta version" && res.index.find(name) == nil && name[:4] != "meta" {
				t.Errorf("%s is not declared", name)
			}
		}
		for _, name := range []string{"id", "displayName", "description"} {
			a := res.index.find(name)
			if a == nil || a.Absent || store.Attributes(res.kind)[a.Path].Type == "" || !rendered[name] {
				t.Errorf("%s %s: %+v", res.Name, name, a)
			}
		}
	}
}
