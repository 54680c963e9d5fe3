package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/patch"
	"iamscim/scim/tree"
)

// userSchema is RFC 7643's User with the enterprise extension, active required.
func userSchema() *tree.Schema {
	core := schema.CoreUserSchema()
	for i, a := range core.Attributes {
		if a.Name() == "active" {
			core.Attributes[i] = a.WithRequired(true)
		}
	}
	return tree.NewSchema([]schema.Schema{core, schema.ExtensionEnterpriseUser()})
}

func groupSchema() *tree.Schema {
	return tree.NewSchema([]schema.Schema{schema.CoreGroupSchema()})
}

const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// ann is who every patch begins with.
const ann = `{
	"userName": "ann", "active": true, "title": "Engineer",
	"name": {"givenName": "Ann", "familyName": "Lee"},
	"emails": [
		{"type": "home", "value": "ann@home.example", "primary": true},
		{"type": "other", "value": "ann@other.example"}
	],
	"` + urn + `": {"department": "R&D", "manager": {"value": "boss", "$ref": "../Users/boss"}}
}`

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := tree.Read([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func apply(t testing.TB, resource, operations string) (map[string]any, error) {
	t.Helper()
	r, err := patch.Parse(object(t, `{"Operations": [`+operations+`]}`), userSchema())
	if err != nil {
		return nil, err
	}
	before := object(t, resource)
	got, err := r.Apply(before)
	if diff := cmp.Diff(object(t, resource), before); diff != "" {
		t.Errorf("%s changed the resource it was given: %s", operations, diff)
	}
	return got, err
}

// TestApply: each row says what the operations change of ann, by the paths of
// encoding/json; null is a value that is gone.
func TestApply(t *testing.T) {
	rows := []struct{ name, ops, want string }{
		{"replace a simple value", `{"op":"replace","path":"title","value":"Boss"}`, `{"title":"Boss"}`},
		{"add is replace for a single value", `{"op":"add","path":"title","value":"Boss"}`, `{"title":"Boss"}`},
		{"add what is not there", `{"op":"add","path":"nickName","value":"A"}`, `{"nickName":"A"}`},
		{"op, path and names in any case", `{"OP":"Replace","Path":"TITLE","Value":"Boss"}`, `{"title":"Boss"}`},
		{"path with the URN of the core schema", `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"Boss"}`, `{"title":"Boss"}`},
		{"remove a value", `{"op":"remove","path":"title"}`, `{"title":null}`},
		{"remove what is not there", `{"op":"remove","path":"nickName"}`, `{}`},
		{"remove with a value that is not it", `{"op":"remove","path":"title","value":"x"}`, `{"title":null}`},
		{"replace with null removes", `{"op":"replace","path":"title","value":null}`, `{"title":null}`},
		{"add null does nothing", `{"op":"add","path":"title","value":null}`, `{}`},
		{"sub-attribute", `{"op":"replace","path":"name.familyName","value":"Ray"}`, `{"name":{"givenName":"Ann","familyName":"Ray"}}`},
		{"replace leaves what is not given", `{"op":"replace","path":"name","value":{"familyName":"Ray"}}`, `{"name":{"givenName":"Ann","familyName":"Ray"}}`},
		{"null takes a part away", `{"op":"replace","path":"name","value":{"familyName":null}}`, `{"name":{"givenName":"Ann"}}`},
		{"remove the last part", `{"op":"remove","path":"name.familyName"},{"op":"remove","path":"name.givenName"}`, `{"name":null}`},

		{"append", `{"op":"add","path":"emails","value":[{"type":"work","value":"w"}]}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"append one without a list", `{"op":"add","path":"emails","value":{"type":"work","value":"w"}}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"append what is there", `{"op":"add","path":"emails","value":[{"type":"OTHER","value":"Ann@other.example"}]}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"OTHER","value":"Ann@other.example"}]}`},
		{"a new primary unsets the old", `{"op":"add","path":"emails","value":[{"type":"work","value":"w","primary":true}]}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":false},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w","primary":true}]}`},
		{"primary by filter unsets the old", `{"op":"replace","path":"emails[type eq \"other\"].primary","value":true}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":false},{"type":"other","value":"ann@other.example","primary":true}]}`},
		{"replace a list", `{"op":"replace","path":"emails","value":[{"value":"w"}]}`, `{"emails":[{"value":"w"}]}`},
		{"replace with an empty list", `{"op":"replace","path":"emails","value":[]}`, `{"emails":null}`},
		{"remove a list", `{"op":"remove","path":"emails"}`, `{"emails":null}`},
		{"remove by filter", `{"op":"remove","path":"emails[type eq \"home\"]"}`, `{"emails":[{"type":"other","value":"ann@other.example"}]}`},
		{"remove by filter, one element meets all", `{"op":"remove","path":"emails[type eq \"home\" and value eq \"ann@other.example\"]"}`, `{}`},
		{"remove by filter, no match", `{"op":"remove","path":"emails[type eq \"work\"]"}`, `{}`},
		{"remove a part by filter", `{"op":"remove","path":"emails[type eq \"home\"].primary"}`,
			`{"emails":[{"type":"home","value":"ann@home.example"},{"type":"other","value":"ann@other.example"}]}`},
		{"remove the value by filter, with a value", `{"op":"Remove","path":"emails[type eq \"home\"].value","value":"ann@home.example"}`,
			`{"emails":[{"type":"other","value":"ann@other.example"}]}`},
		{"remove with a value list", `{"op":"remove","path":"emails","value":[{"value":"ann@home.example"}]}`, `{"emails":[{"type":"other","value":"ann@other.example"}]}`},
		{"remove with an empty list", `{"op":"remove","path":"emails","value":[]}`, `{}`},
		{"replace by filter", `{"op":"replace","path":"emails[type eq \"other\"]","value":{"type":"work","value":"w"}}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"work","value":"w"}]}`},
		{"add by filter", `{"op":"add","path":"emails[type eq \"other\"]","value":{"display":"d"}}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example","display":"d"}]}`},
		{"a part of every element", `{"op":"replace","path":"emails.display","value":"d"}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true,"display":"d"},{"type":"other","value":"ann@other.example","display":"d"}]}`},
		{"a bracket in a string", `{"op":"remove","path":"emails[value eq \"a]b\"]"}`, `{}`},

		{"no path", `{"op":"replace","value":{"title":"Boss","active":false}}`, `{"title":"Boss","active":false}`},
		{"no path, empty path", `{"op":"add","path":"","value":{"title":"Boss"}}`, `{"title":"Boss"}`},
		{"no path, dotted and URN keys", `{"op":"replace","value":{"name.familyName":"Ray","` + urn + `:department":"Ops"}}`,
			`{"name":{"givenName":"Ann","familyName":"Ray"},"` + urn + `":{"department":"Ops","manager":{"value":"boss","$ref":"../Users/boss"}}}`},
		{"no path, an extension as an object", `{"op":"replace","value":{"` + urn + `":{"department":"Ops"}}}`,
			`{"` + urn + `":{"department":"Ops","manager":{"value":"boss","$ref":"../Users/boss"}}}`},
		{"no path, what cannot be written", `{"op":"replace","value":{"id":"x","schemas":["y"],"meta":{},"groups":[],"nonsense":1,"title":"Boss"}}`, `{"title":"Boss"}`},
		{"no path, null for what is required", `{"op":"replace","value":{"active":null,"title":null}}`, `{"title":null}`},
		{"no path, a value filter as a key", `{"op":"add","value":{"emails[type eq \"work\"].value":"w"}}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"no path, a list is replaced", `{"op":"replace","value":{"emails":[{"value":"w"}]}}`, `{"emails":[{"value":"w"}]}`},

		{"False for false", `{"op":"Replace","path":"active","value":"False"}`, `{"active":false}`},
		{"true for primary", `{"op":"Add","path":"emails[type eq \"other\"].primary","value":"true"}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":false},{"type":"other","value":"ann@other.example","primary":true}]}`},
		{"replace creates the element", `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w"}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"add creates the element once", `{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].display","value":"m"}`,
			`{"phoneNumbers":[{"type":"mobile","value":"1","display":"m"}]}`},
		{"an address made of parts", `{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Bonn"}`, `{"addresses":[{"type":"work","locality":"Bonn"}]}`},
		{"manager by its name alone, as text", `{"op":"Add","path":"manager","value":"ceo"}`, `{"` + urn + `":{"department":"R&D","manager":{"value":"ceo"}}}`},
		{"manager in a list", `{"op":"Replace","path":"` + urn + `:manager","value":[{"$ref":"../Users/ceo","value":"ceo"}]}`,
			`{"` + urn + `":{"department":"R&D","manager":{"value":"ceo","$ref":"../Users/ceo"}}}`},
		{"the same manager keeps the reference", `{"op":"Replace","path":"` + urn + `:manager","value":"boss"}`, `{}`},
		{"remove the manager", `{"op":"Remove","path":"` + urn + `:manager"}`, `{"` + urn + `":{"department":"R&D"}}`},
		{"a misspelt URN", `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department","value":"Ops"}`,
			`{"` + urn + `":{"department":"Ops","manager":{"value":"boss","$ref":"../Users/boss"}}}`},
		{"remove an extension", `{"op":"remove","path":"` + urn + `"}`, `{"` + urn + `":null}`},
		{"what is kept nowhere", `{"op":"add","path":"schemas","value":["x"]},{"op":"replace","path":"urn:example:2.0:User:x","value":1}`, `{}`},
		{"later operations see earlier ones", `{"op":"add","path":"nickName","value":"A"},{"op":"remove","path":"nickName"}`, `{}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := apply(t, ann, row.ops)
			if err != nil {
				t.Fatal(err)
			}
			want := object(t, ann)
			for name, v := range object(t, row.want) {
				if want[name] = v; v == nil {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	rows := []struct {
		name, ops string
		want      scimerrors.ScimType
	}{
		{"unknown op", `{"op":"move","path":"title","value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"no op", `{"path":"title","value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"path is not text", `{"op":"add","path":1,"value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"not an object", `"x"`, scimerrors.ScimTypeInvalidSyntax},
		{"the same name twice", `{"op":"add","OP":"add","path":"title","value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"no operations", ``, scimerrors.ScimTypeInvalidSyntax},
		{"no value", `{"op":"add","path":"title"}`, scimerrors.ScimTypeInvalidValue},
		{"no path, no object", `{"op":"add","value":"x"}`, scimerrors.ScimTypeInvalidValue},
		{"remove without a path", `{"op":"remove"}`, scimerrors.ScimTypeNoTarget},
		{"unknown attribute", `{"op":"add","path":"nonsense","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"unknown sub-attribute", `{"op":"add","path":"name.nonsense","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"unknown attribute of an extension", `{"op":"add","path":"` + urn + `:nonsense","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"a filter without an end", `{"op":"add","path":"emails[","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"a filter without an end in a string", `{"op":"add","path":"emails[type eq \"x].value","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"a filter on a simple attribute", `{"op":"add","path":"title[x eq 1]","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"a filter on a single value", `{"op":"add","path":"name[givenName eq \"x\"]","value":{}}`, scimerrors.ScimTypeInvalidPath},
		{"something after the filter", `{"op":"add","path":"emails[type eq \"x\"]value","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"an empty filter", `{"op":"add","path":"emails[]","value":"x"}`, scimerrors.ScimTypeInvalidFilter},
		{"a filter of an unknown sub-attribute", `{"op":"add","path":"emails[x eq 1]","value":"x"}`, scimerrors.ScimTypeInvalidFilter},
		{"wrong type", `{"op":"add","path":"title","value":1}`, scimerrors.ScimTypeInvalidValue},
		{"wrong type, Boolean", `{"op":"add","path":"active","value":"perhaps"}`, scimerrors.ScimTypeInvalidValue},
		{"wrong type, complex", `{"op":"add","path":"name","value":"Ann"}`, scimerrors.ScimTypeInvalidValue},
		{"an empty name", `{"op":"replace","path":"userName","value":""}`, scimerrors.ScimTypeInvalidValue},
		{"two primaries", `{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, scimerrors.ScimTypeInvalidValue},
		{"readOnly", `{"op":"replace","path":"groups","value":[]}`, scimerrors.ScimTypeMutability},
		{"readOnly by filter", `{"op":"remove","path":"groups[value eq \"x\"]"}`, scimerrors.ScimTypeMutability},
		{"id", `{"op":"replace","path":"id","value":"x"}`, scimerrors.ScimTypeMutability},
		{"meta", `{"op":"replace","path":"meta.version","value":"x"}`, scimerrors.ScimTypeMutability},
		{"remove what is required", `{"op":"remove","path":"active"}`, scimerrors.ScimTypeMutability},
		{"null for what is required", `{"op":"replace","path":"userName","value":null}`, scimerrors.ScimTypeMutability},
		{"remove the whole schema", `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:User"}`, scimerrors.ScimTypeMutability},
		{"replace without a match", `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"w"}}`, scimerrors.ScimTypeNoTarget},
		{"nothing can be made of the filter", `{"op":"replace","path":"emails[type sw \"work\"].value","value":"w"}`, scimerrors.ScimTypeNoTarget},
		{"the second fails", `{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"emails[type eq \"work\"]","value":{}}`, scimerrors.ScimTypeNoTarget},
		{"too many", strings.Repeat(`{"op":"add","path":"title","value":"x"},`, 1000) + `{"op":"add","path":"title","value":"x"}`, scimerrors.ScimTypeTooMany},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := apply(t, ann, row.ops)
			if keyword(t, err) != row.want {
				t.Errorf("got %v, %v, want %s", got, err, row.want)
			}
		})
	}
}

// keyword returns the keyword of err, which must be a *tree.Error with a reason.
func keyword(t testing.TB, err error) scimerrors.ScimType {
	t.Helper()
	e, ok := errors.AsType[*tree.Error](err)
	if !ok || e.Reason == "" {
		t.Fatalf("%v is not a *tree.Error with a reason", err)
	}
	return e.Keyword
}

func TestSchemas(t *testing.T) {
	for schemas, want := range map[string]bool{
		`null`: true,
		`["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`:      true,
		`["x", "URN:ietf:params:scim:api:messages:2.0:patchop"]`: true,
		`[]`: false,
		`"urn:ietf:params:scim:api:messages:2.0:PatchOp"`: false,
	} {
		body := fmt.Sprintf(`{"schemas": %s, "operations": [{"op":"add","path":"title","value":"x"}]}`, schemas)
		if _, err := patch.Parse(object(t, body), userSchema()); (err == nil) != want {
			t.Errorf("%s: %v", schemas, err)
		}
	}
}

func TestTouches(t *testing.T) {
	r, err := patch.Parse(object(t, `{"Operations": [{"op":"replace","value":{"active":true,"manager":null}}]}`), userSchema())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Touches("", "active") || !r.Touches(urn, "manager") || r.Touches("", "title") || r.Touches(urn, "department") || r.Members.Any() {
		t.Errorf("%+v", r)
	}
}

// FuzzPatch: whatever the operations, nothing panics; an error is for the
// client; and what comes out is a tree that a client could have sent.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"}`,
		`{"op":"add","path":"emails","value":[{"value":"w","primary":"True"}]},{"op":"remove","path":"emails.primary"}`,
		`{"op":"replace","value":{"name.givenName":"x","` + urn + `":{"manager":["x"]}}}`,
		`{"op":"remove","path":"emails[not (type eq \"home\") or primary eq true]"}`,
		`{"op":"add","path":"emails[","value":null}`, `{"op":"remove","path":"name[","value":[[[]]]}`,
		`{"op":"add","path":"members","value":[{"value":"x"}]}`,
	} {
		f.Add(seed)
	}
	users, groups := userSchema(), groupSchema()
	f.Fuzz(func(t *testing.T, ops string) {
		body, err := tree.Read([]byte(`{"Operations": [` + ops + `]}`))
		if err != nil {
			keyword(t, err)
			return
		}
		check(t, body, users, ann)
		check(t, body, groups, `{"displayName":"dev"}`)
	})
}

func check(t *testing.T, body map[string]any, s *tree.Schema, resource string) {
	r, err := patch.Parse(body, s)
	if err != nil {
		keyword(t, err)
		return
	}
	got, err := r.Apply(object(t, resource))
	if err != nil {
		keyword(t, err)
		return
	}
	again, err := s.Resource(got)
	if err != nil {
		t.Fatalf("%v is not valid: %v", got, err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("not in the form of a tree: %s", diff)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}
