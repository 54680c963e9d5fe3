package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner/planner"
	"iamscim/scim/patch"
	"iamscim/scim/tree"
	"iamscim/store"
)

// is returns a pointer to v.
func is[T any](v T) *T { return &v }

// granting are the settings with which everything that may ever be written is.
var granting = contentOptions{Grantable: true, PathWritable: true, BoundaryWritable: true, Passwords: true}

func typeNamed(t testing.TB, opt contentOptions, name string) *resourceType {
	t.Helper()
	for _, res := range newResourceTypes(opt) {
		if res.Name == name {
			return res
		}
	}
	t.Fatalf("no resource type %s", name)
	return nil
}

func decoded(t testing.TB, res *resourceType, body string) map[string]any {
	t.Helper()
	object, err := tree.Read([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	got, err := (&change{res: res, body: object}).representation()
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return got
}

func parsePatch(t testing.TB, res *resourceType, operations string) *patch.Request {
	t.Helper()
	body, err := tree.Read([]byte(`{"Operations": [` + operations + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := patch.Parse(body, res.writes)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNewUser: bodies as clients send them with their first POST.
func TestNewUser(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, body string
		want       planner.UserWish
	}{
		{"Okta", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@x","name":{"givenName":"Ann","familyName":"Lee"},
			"emails":[{"primary":true,"value":"ann@x","type":"work"}],"displayName":"Ann Lee","locale":"en-US","externalId":"00u1","groups":[],"password":"secret","active":true}`,
			planner.UserWish{UserName: is("ann@x"), Active: is(true), Password: is("secret"), Person: &store.Person{
				ExternalID: "00u1", DisplayName: "Ann Lee", Locale: "en-US", Name: store.PersonName{GivenName: "Ann", FamilyName: "Lee"},
				Emails: []store.MultiValue{{Value: "ann@x", Type: "work", Primary: is(true)}},
			}}},
		{"Entra ID", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
			"userName":"ann@x","active":"True","addresses":null,"phoneNumbers":null,"roles":[],"meta":{"resourceType":"User"},
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"R&D","manager":null}}`,
			planner.UserWish{UserName: is("ann@x"), Active: is(true), Person: &store.Person{Enterprise: store.Enterprise{Department: "R&D"}}}},
		{"active unless it says otherwise", `{"userName":"ann"}`, planner.UserWish{UserName: is("ann"), Active: is(true), Person: &store.Person{}}},
		{"inactive", `{"userName":"ann","active":false}`, planner.UserWish{UserName: is("ann"), Active: is(false), Person: &store.Person{}}},
		{"what IAM has", `{"userName":"ann","entitlements":[{"value":"arn:1","display":"One"}],"` + awsUserURN + `":{"path":"/x/","permissionsBoundary":"arn:2","arn":"mine"}}`,
			planner.UserWish{
				UserName: is("ann"), Active: is(true), Person: &store.Person{}, Entitlements: &[]string{"arn:1"}, Path: is("/x/"), Boundary: is("arn:2"),
			}},
	}
	res := typeNamed(t, granting, "User")
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := res.newUser(decoded(t, res, row.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestReplacedUser: what a PUT does not say is left, where IAM has it, and
// gone, where only we have it.
func TestReplacedUser(t *testing.T) {
	t.Parallel()
	name := planner.UserWish{UserName: is("ann"), Person: &store.Person{}}
	with := func(change func(*planner.UserWish)) planner.UserWish {
		w := name
		change(&w)
		return w
	}
	rows := []struct {
		name, more string
		want       planner.UserWish
	}{
		{"nothing but the name", ``, name},
		{"null for what has no null", `,"active":null,"password":null,"` + awsUserURN + `":{"path":null}`, name},
		{"null for an extension", `,"` + awsUserURN + `":null,"` + enterpriseURN + `":null`, name},
		{"null takes away", `,"entitlements":null,"title":null,"` + awsUserURN + `":{"permissionsBoundary":null}`,
			with(func(w *planner.UserWish) { w.Entitlements, w.Boundary = &[]string{}, is("") })},
		{"an empty list takes away", `,"entitlements":[],"emails":[]`, with(func(w *planner.UserWish) { w.Entitlements = &[]string{} })},
		{"active", `,"active":false`, with(func(w *planner.UserWish) { w.Active = is(false) })},
		{"the same manager", `,"` + enterpriseURN + `":{"manager":{"value":"AIDABOSS","displayName":"written back"}}`,
			with(func(w *planner.UserWish) {
				w.Person = &store.Person{Enterprise: store.Enterprise{Manager: store.Manager{Value: "AIDABOSS", DisplayName: "Boss"}}}
			})},
		{"another manager", `,"` + enterpriseURN + `":{"manager":{"value":"AIDACEO"}}`,
			with(func(w *planner.UserWish) {
				w.Person = &store.Person{Enterprise: store.Enterprise{Manager: store.Manager{Value: "AIDACEO"}}}
			})},
	}
	res := typeNamed(t, granting, "User")
	old := richUser()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			body := decoded(t, res, `{"userName":"ann"`+row.more+`}`)
			got, err := res.replacedUser(body, &old)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestWrittenBack: a client that sends what it was shown changes nothing.
func TestWrittenBack(t *testing.T) {
	t.Parallel()
	c := newFixture(t, 1, granting)
	res := c.resourceType("User")
	doc, err := c.get(t.Context(), res, "AIDARICH", selection{}, fixtureBase)
	if err != nil {
		t.Fatal(err)
	}
	old := richUser()
	got, err := res.replacedUser(decoded(t, res, string(doc.Body)), &old)
	if err != nil {
		t.Fatal(err)
	}
	person := richPerson()
	person.Emails[0], person.Emails[1] = person.Emails[1], person.Emails[0] // shown with the primary one first
	want := planner.UserWish{
		UserName: is("rich user"), Active: is(false), Person: &person, Entitlements: &[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		Path: is("/people/"), Boundary: is(old.Boundary),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPatchedUser(t *testing.T) {
	t.Parallel()
	person := func(change func(*store.Person)) *store.Person {
		p := richPerson()
		change(&p)
		return &p
	}
	rows := []struct {
		name, ops string
		want      planner.UserWish
	}{
		{"only active", `{"op":"replace","value":{"active":false}}`, planner.UserWish{Active: is(false)}},
		{"active as it is", `{"op":"Replace","path":"active","value":"False"}`, planner.UserWish{Active: is(false)}},
		{"as it is", `{"op":"replace","path":"title","value":"Engineer"}`, planner.UserWish{}},
		{"a person attribute", `{"op":"replace","path":"title","value":"Boss"}`, planner.UserWish{Person: person(func(p *store.Person) { p.Title = "Boss" })}},
		{"externalId", `{"op":"remove","path":"externalId"}`, planner.UserWish{Person: person(func(p *store.Person) { p.ExternalID = "" })}},
		{"another manager", `{"op":"Add","path":"manager","value":"AIDACEO"}`,
			planner.UserWish{Person: person(func(p *store.Person) { p.Enterprise.Manager = store.Manager{Value: "AIDACEO"} })}},
		{"the last e-mail", `{"op":"remove","path":"emails"}`, planner.UserWish{Person: person(func(p *store.Person) { p.Emails = nil })}},
		{"name", `{"op":"replace","path":"userName","value":"bob"}`, planner.UserWish{UserName: is("bob")}},
		{"one entitlement more", `{"op":"add","path":"entitlements","value":[{"value":"arn:1"}]}`,
			planner.UserWish{Entitlements: &[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:1"}}},
		{"no entitlement", `{"op":"remove","path":"entitlements[value eq \"arn:aws:iam::aws:policy/ReadOnlyAccess\"]"}`,
			planner.UserWish{Entitlements: &[]string{}}},
		{"no boundary", `{"op":"remove","path":"` + awsUserURN + `:permissionsBoundary"}`, planner.UserWish{Boundary: is("")}},
		{"no path is no wish", `{"op":"remove","path":"` + awsUserURN + `:path"}`, planner.UserWish{}},
		{"password", `{"op":"replace","path":"password","value":"x"}`, planner.UserWish{Password: is("x")}},
	}
	res := typeNamed(t, granting, "User")
	old := richUser()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := res.patchedUser(parsePatch(t, res, row.ops), &old)
			if err != nil {
				t.Fatal(err)
			}
			row.want.Patched = true // what a list kept was not asked for
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestNotWritable: with the default settings nothing that grants anything is
// written, and what is not kept is dropped.
func TestNotWritable(t *testing.T) {
	t.Parallel()
	res := typeNamed(t, contentOptions{}, "User")
	body := `{"userName":"ann","password":"x","ims":[],"photos":[],"groups":[{"value":"AGPA"}],"entitlements":[{"value":"arn:1"}],"` + awsUserURN + `":{"path":"/x/"}}`
	got, err := res.newUser(decoded(t, res, body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planner.UserWish{UserName: is("ann"), Active: is(true), Person: &store.Person{}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	old := richUser()
	got, err = res.patchedUser(parsePatch(t, res, `{"op":"add","path":"photos[type eq \"photo\"].value","value":"x"},{"op":"add","path":"password","value":"x"}`), &old)
	if err != nil || !cmp.Equal(got, planner.UserWish{Patched: true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestGroupWish(t *testing.T) {
	t.Parallel()
	res := typeNamed(t, granting, "Group")
	rows := []struct {
		name, body string
		want       planner.GroupWish
	}{
		{"Okta", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"dev","members":[]}`,
			planner.GroupWish{DisplayName: is("dev"), ExternalID: is(""), Members: &[]string{}}},
		{"Entra ID", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"1","displayName":"dev","meta":{"resourceType":"Group"}}`,
			planner.GroupWish{DisplayName: is("dev"), ExternalID: is("1")}},
		{"members", `{"displayName":"dev","members":[{"value":"a","display":"Ann"},{"value":"b","type":"User"}],"` + awsGroupURN + `":{"attachedPolicies":[{"value":"arn:1"}],"path":"/x/"}}`,
			planner.GroupWish{DisplayName: is("dev"), ExternalID: is(""), Members: &[]string{"a", "b"}, Policies: &[]string{"arn:1"}, Path: is("/x/")}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, _, err := groupWish(decoded(t, res, row.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPatchedGroup(t *testing.T) {
	t.Parallel()
	res := typeNamed(t, granting, "Group")
	rows := []struct {
		name, ops string
		want      planner.GroupWish
	}{
		{"Okta renames", `{"op":"replace","value":{"id":"AGPADEV","displayName":"dev"}}`, planner.GroupWish{DisplayName: is("dev")}},
		{"members", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b"}]}`,
			planner.GroupWish{AddMembers: []string{"b"}, RemoveMembers: []string{"a"}}},
		{"all members", `{"op":"replace","path":"members","value":[{"value":"b"}]}`, planner.GroupWish{Members: &[]string{"b"}}},
		{"externalId", `{"op":"replace","path":"externalId","value":"2"}`, planner.GroupWish{ExternalID: is("2")}},
		{"no externalId", `{"op":"remove","path":"externalId"}`, planner.GroupWish{ExternalID: is("")}},
		{"policies", `{"op":"add","path":"` + awsGroupURN + `:attachedPolicies","value":[{"value":"arn:1"}]}`,
			planner.GroupWish{Policies: &[]string{"arn:aws:iam::aws:policy/PowerUserAccess", "arn:1"}}},
	}
	g := richGroup()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := patchedGroup(parsePatch(t, res, row.ops), &g)
			if err != nil {
				t.Fatal(err)
			}
			row.want.Patched = true // what a list kept was not asked for
			if diff := cmp.Diff(row.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
