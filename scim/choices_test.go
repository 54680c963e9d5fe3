package scim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
)

// The tests of this file hold, over HTTP, the choices of docs/choices.md on
// which other people's conformance suites disagree.

// staff is an account with the group staff, in which ann is and bob is not.
type staff struct {
	*demo
	ann, bob, group string // paths
	annID, bobID    string
}

func newStaff(t testing.TB) *staff {
	t.Helper()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
		a.AddUser(iamsim.User{Name: "bob", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "staff", Path: "/"})
		a.Join("ann", "staff")
	})
	ids := d.userIDs(t)
	return &staff{d, "/scim/v2/Users/" + ids["ann"], "/scim/v2/Users/" + ids["bob"], "/scim/v2/Groups/" + d.sim.Groups()[0].ID, ids["ann"], ids["bob"]}
}

// patch sends operations and wants them to succeed.
func (s *staff) patch(t testing.TB, path, operations string) answer {
	t.Helper()
	return s.want(t, http.StatusOK, "PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`, jsonType)
}

func (a answer) has(t testing.TB, text string) {
	t.Helper()
	if !strings.Contains(string(a.body), text) {
		t.Errorf("no %s in %s", text, a.body)
	}
}

func (a answer) hasNot(t testing.TB, text string) {
	t.Helper()
	if strings.Contains(string(a.body), text) {
		t.Errorf("%s in %s", text, a.body)
	}
}

func TestMemberChoices(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	s.patch(t, s.group, `{"op":"add","path":"members","value":[{"value":"`+s.bobID+`","display":"Bob the Builder"}]}`).has(t, `"display":"Bob the Builder"`)
	shown := s.want(t, http.StatusOK, "GET", s.group, "")
	shown.has(t, s.bobID)
	shown.hasNot(t, `"display":"`)
	// A remove with a list takes away those only (Entra ID).
	left := s.patch(t, s.group, `{"op":"Remove","path":"members","value":[{"value":"`+s.bobID+`"}]}`)
	left.has(t, s.annID)
	left.hasNot(t, s.bobID)
	s.patch(t, s.group, `{"op":"remove","path":"members[value eq \"`+s.annID+`\"]"}`).has(t, `"members":[]`)
	s.want(t, http.StatusOK, "GET", s.group, "").hasNot(t, `"members"`)

	unknown := s.want(t, http.StatusBadRequest, "PATCH", s.group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"AIDANOBODY"}]}]}`, jsonType)
	unknown.has(t, `"scimType":"invalidValue"`)
	unknown.has(t, "AIDANOBODY")
}

// TestReplaceChoices: a PUT takes away what it leaves out, but for what
// invariants keep; null and an empty list take away, too.
func TestReplaceChoices(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	full := `{"userName":"ann","title":"Engineer","nickName":"a","emails":[{"value":"a@example.com"}],"name":{"givenName":"Ann"}}`
	s.want(t, http.StatusOK, "PUT", s.ann, full, jsonType).has(t, `"nickName":"a"`)
	s.patch(t, s.ann, `{"op":"replace","path":"active","value":false}`).has(t, `"active":false`)
	got := s.want(t, http.StatusOK, "PUT", s.ann, `{"userName":"ann","title":null,"emails":[]}`, jsonType)
	for _, gone := range []string{`"title"`, `"nickName"`, "a@example.com"} {
		got.hasNot(t, gone)
	}
	got.has(t, `"active":false`)
	got.has(t, `"groups":[{`)
	s.want(t, http.StatusOK, "PUT", s.group, `{"displayName":"staff"}`, jsonType).has(t, s.annID)
	s.want(t, http.StatusOK, "PUT", s.group, `{"displayName":"staff","members":null}`, jsonType).has(t, `"members":[]`)
	s.want(t, http.StatusBadRequest, "PUT", s.ann, `{"title":"x"}`, jsonType).has(t, `"scimType":"invalidValue"`)
}

func TestPatchChoices(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	// Status 200 with the resource; what cannot be changed is ignored without a
	// path and refused with one.
	got := s.patch(t, s.ann, `{"op":"replace","value":{"id":"x","schemas":["x"],"meta":{"version":"x"},"title":"Boss"}}`)
	if got.member(t, "id") != s.annID || got.member(t, "title") != "Boss" || got.header.Get("Etag") == "" {
		t.Errorf("%v %s", got.header, got.body)
	}
	for path, keyword := range map[string]string{"id": "mutability", "groups": "mutability", "meta.created": "mutability", "roles[value eq \\\"x\\\"]": "mutability", "active": "mutability", "nothing": "invalidPath"} {
		body := `{"Operations":[{"op":"remove","path":"` + path + `"}]}`
		s.want(t, http.StatusBadRequest, "PATCH", s.ann, body, jsonType).has(t, `"scimType":"`+keyword+`"`)
	}
	// Undeclared attributes and schemas are ignored.
	got = s.want(t, http.StatusCreated, "POST", "/scim/v2/Users", `{"schemas":["`+userURN+`","urn:x:y"],"userName":"cat","shoeSize":44,"urn:x:y":{"a":1}}`, jsonType)
	got.hasNot(t, "shoeSize")
	got.hasNot(t, "urn:x:y")
}

// TestLocation: absolute, under the name that clients know the server by.
func TestLocation(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	s.withSettings(t, func(c *Config) { c.PublicURL = "https://scim.example.com/iam/" })
	const base = "https://scim.example.com/iam"
	created := s.want(t, http.StatusCreated, "POST", "/scim/v2/Users", `{"userName":"cat"}`, jsonType)
	for _, got := range []struct {
		answer
		want string
	}{
		{created, base + "/scim/v2/Users/" + created.member(t, "id")},
		{s.want(t, http.StatusOK, "GET", s.ann, ""), base + s.ann},
		{s.want(t, http.StatusOK, "PUT", s.ann, `{"userName":"ann"}`, jsonType), base + s.ann},
		{s.patch(t, s.ann, `{"op":"add","path":"title","value":"x"}`), base + s.ann},
		{s.patch(t, s.group, `{"op":"add","path":"externalId","value":"x"}`), base + s.group},
	} {
		if where := got.header.Get("Location"); where != got.want {
			t.Errorf("Location %q, want %q", where, got.want)
		}
		got.has(t, `"location":"`+got.want+`"`)
	}
}

// TestFilterChoices: an attribute that is declared and that nobody has selects
// nobody; one that is not declared is an error.
func TestFilterChoices(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	list := func(status int, filter string) answer {
		t.Helper()
		return s.want(t, status, "GET", "/scim/v2/Users?filter="+url.QueryEscape(filter), "")
	}
	list(http.StatusOK, `profileUrl eq "x"`).has(t, `"totalResults":0`)
	list(http.StatusBadRequest, `shoeSize eq "x"`).has(t, `"scimType":"invalidFilter"`)
	list(http.StatusBadRequest, strings.Repeat(`title co "x" or `, 25)+`title co "x"`).has(t, `"scimType":"tooMany"`)
	list(http.StatusBadRequest, strings.Repeat("(", 65)+`title pr`+strings.Repeat(")", 65)).has(t, `"scimType":"invalidFilter"`)
	list(http.StatusBadRequest, `title eq "`+strings.Repeat("x", 8<<10)+`"`).has(t, `"scimType":"invalidFilter"`)
	for count, want := range map[string]string{"5000": `"itemsPerPage":3`, "-1": `"itemsPerPage":0`, "0": `"Resources":[]`} {
		s.want(t, http.StatusOK, "GET", "/scim/v2/Users?count="+count, "").has(t, want)
	}
	beyond := s.want(t, http.StatusOK, "GET", "/scim/v2/Users?startIndex=50", "")
	beyond.has(t, `"startIndex":50`)
	beyond.has(t, `"Resources":[]`)
}

// TestClamped: no page is larger than maxPageSize, whatever is asked for.
func TestClamped(t *testing.T) {
	t.Parallel()
	c := newFixture(t, maxPageSize+1, contentOptions{})
	doc, err := c.list(t.Context(), c.resourceType("User"), mustQuery(t, "count=100000"), fixtureBase)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf(`"itemsPerPage":%d,`, maxPageSize), fmt.Sprintf(`"totalResults":%d,`, maxPageSize+2)} {
		if !strings.Contains(string(doc.Body[:300]), want) {
			t.Errorf("no %s in %s", want, doc.Body[:300])
		}
	}
}

func mustQuery(t testing.TB, text string) *listQuery {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	q, err := parseListQuery(values, false)
	if err != nil {
		t.Fatal(err)
	}
	return q
}
