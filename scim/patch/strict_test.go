package patch_test

import (
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/patch"
	"iamscim/scim/tree"
)

func strictly(t testing.TB, schemas []schema.Schema, operations string) (*patch.Request, error) {
	t.Helper()
	return patch.Parse(object(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations": [`+operations+`]}`), tree.NewStrict(schemas))
}

// TestStrict: what the SCIM interoperability profile refuses.
func TestStrict(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const other = `[type eq \"other\"]`
	rows := []struct {
		name, ops string
		want      scimerrors.ScimType
	}{
		{"no path", `{"op":"replace","value":{"active":false}}`, scimerrors.ScimTypeInvalidSyntax},
		{"empty path", `{"op":"add","path":" ","value":{"active":false}}`, scimerrors.ScimTypeInvalidSyntax},
		{"remove without a path", `{"op":"remove"}`, scimerrors.ScimTypeNoTarget},
		{"remove of an empty path", `{"op":"remove","path":"","value":{"title":"x"}}`, scimerrors.ScimTypeNoTarget},
		{"an element", `{"op":"replace","path":"emails` + other + `","value":{"value":"w"}}`, scimerrors.ScimTypeInvalidPath},
		{"an element, add", `{"op":"add","path":"emails` + other + `","value":{"display":"w"}}`, scimerrors.ScimTypeInvalidPath},
		{"an element, remove", `{"op":"remove","path":"emails` + other + `"}`, scimerrors.ScimTypeInvalidPath},
		{"two match", `{"op":"replace","path":"emails[value co \"ann\"].display","value":"d"}`, scimerrors.ScimTypeInvalidFilter},
		{"two match, remove", `{"op":"remove","path":"emails[value co \"ann\"].display"}`, scimerrors.ScimTypeInvalidFilter},
		{"none match", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"}`, scimerrors.ScimTypeNoTarget},
		{"not declared", `{"op":"add","path":"nonsense","value":1}`, scimerrors.ScimTypeInvalidPath},
		{"of a schema nobody declares", `{"op":"add","path":"urn:x:nonsense","value":1}`, scimerrors.ScimTypeInvalidPath},
		{"of an extension without its URN", `{"op":"add","path":"department","value":"x"}`, scimerrors.ScimTypeInvalidPath},
		{"not declared, in a value", `{"op":"replace","path":"name","value":{"nonsense":1}}`, scimerrors.ScimTypeInvalidSyntax},
		{"not declared, in an extension", `{"op":"add","path":"` + urn + `","value":{"nonsense":1}}`, scimerrors.ScimTypeInvalidSyntax},
		{"readOnly, in an extension", `{"op":"add","path":"` + urn + `","value":{"manager.displayName":"x"}}`, scimerrors.ScimTypeMutability},
		{"all of the core schema", `{"op":"add","path":"` + core + `","value":{"title":"x"}}`, scimerrors.ScimTypeInvalidPath},
		{"all of it, readOnly", `{"op":"add","path":"` + core + `","value":{"groups":[]}}`, scimerrors.ScimTypeInvalidPath},
		{"all of it, in another case", `{"op":"replace","path":"` + strings.ToUpper(core) + `:","value":{"title":"x"}}`, scimerrors.ScimTypeInvalidPath},
		{"all of it, replaced by nothing", `{"op":"replace","path":"` + core + `","value":null}`, scimerrors.ScimTypeInvalidPath},
		{"all of it, removed", `{"op":"remove","path":"` + core + `"}`, scimerrors.ScimTypeInvalidPath},
		{"readOnly, by the URN", `{"op":"add","path":"` + core + `:groups","value":[]}`, scimerrors.ScimTypeMutability},
		{"required, by the URN", `{"op":"replace","path":"` + core + `:userName","value":null}`, scimerrors.ScimTypeMutability},
		{"Add", `{"op":"Add","path":"title","value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"REPLACE", `{"op":"REPLACE","path":"title","value":"x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"Remove", `{"op":"Remove","path":"title"}`, scimerrors.ScimTypeInvalidSyntax},
		{"outside the grammar of filters", `{"op":"add","path":"emails[type eq other].display","value":"x"}`, scimerrors.ScimTypeInvalidFilter},
		{"a scalar for a list", `{"op":"add","path":"emails","value":"x"}`, scimerrors.ScimTypeInvalidValue},
		{"an element for the list", `{"op":"replace","path":"emails","value":{"value":"x"}}`, scimerrors.ScimTypeInvalidValue},
		{"a scalar for a complex value", `{"op":"replace","path":"` + urn + `:manager","value":"x"}`, scimerrors.ScimTypeInvalidValue},
		{"a list for a complex value", `{"op":"replace","path":"` + urn + `:manager","value":[{"value":"x"}]}`, scimerrors.ScimTypeInvalidValue},
	}
	users := []schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, err := strictly(t, users, row.ops)
			if err == nil {
				_, err = r.Apply(object(t, ann))
			}
			if err == nil || keyword(t, err) != row.want {
				t.Errorf("%v, want %s", err, row.want)
			}
		})
	}
}

func TestStrictApply(t *testing.T) {
	users := []schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()}
	rows := []struct{ name, ops, want string }{
		{"replace replaces the whole", `{"op":"replace","path":"name","value":{"familyName":"Ray"}}`, `{"name":{"familyName":"Ray"}}`},
		{"an attribute by its URN", `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"Boss"}`, `{"title":"Boss"}`},
		{"add merges", `{"op":"add","path":"name","value":{"familyName":"Ray"}}`, `{"name":{"givenName":"Ann","familyName":"Ray"}}`},
		{"add is replace for a simple value", `{"op":"add","path":"title","value":"Boss"}`, `{"title":"Boss"}`},
		{"a part of one element", `{"op":"replace","path":"emails[type eq \"other\"].value","value":"o"}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"o"}]}`},
		{"a part of a new element", `{"op":"add","path":"emails[type eq \"work\"].value","value":"w"}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"a new value", `{"op":"add","path":"emails","value":{"type":"work","value":"w"}}`,
			`{"emails":[{"type":"home","value":"ann@home.example","primary":true},{"type":"other","value":"ann@other.example"},{"type":"work","value":"w"}]}`},
		{"a Boolean in quotes", `{"op":"replace","path":"active","value":"False"}`, `{"active":false}`},
		{"no value for an extension", `{"op":"replace","path":"` + urn + `","value":null}`, `{"` + urn + `":null}`},
		{"remove an extension", `{"op":"remove","path":"` + urn + `"}`, `{"` + urn + `":null}`},
		{"several in one", `{"op":"replace","path":"title","value":"Boss"},{"op":"remove","path":"name.givenName"}`, `{"title":"Boss","name":{"familyName":"Lee"}}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, err := strictly(t, users, row.ops)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Apply(object(t, ann))
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

// TestStrictMembers: IPSIE AL1 removes a member by a value filter, which the
// profile's letter forbids; one of each operation it is.
func TestStrictMembers(t *testing.T) {
	groups := []schema.Schema{schema.CoreGroupSchema()}
	r, err := strictly(t, groups, `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Members.Removed) != 1 || r.Members.Removed[0] != "a" || len(r.Members.Added) != 1 {
		t.Errorf("%+v", r.Members)
	}
	_, err = strictly(t, groups, `{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`)
	if err == nil || keyword(t, err) != scimerrors.ScimTypeInvalidFilter {
		t.Errorf("two members: %v", err)
	}
}

// TestStrictSchemas: a message says what it is (RFC 7644 §3.5.2).
func TestStrictSchemas(t *testing.T) {
	const op = `"Operations":[{"op":"add","path":"title","value":"x"}]}`
	for schemas, want := range map[string]bool{
		`["URN:ietf:params:scim:api:messages:2.0:patchop"]`: true,
		`null`: false, `[]`: false, `["urn:x"]`: false, `"urn:ietf:params:scim:api:messages:2.0:PatchOp"`: false,
		`["urn:ietf:params:scim:api:messages:2.0:PatchOp","urn:x"]`: false,
	} {
		_, err := patch.Parse(object(t, `{"schemas":`+schemas+`,`+op), tree.NewStrict([]schema.Schema{schema.CoreUserSchema()}))
		if (err == nil) != want || err != nil && keyword(t, err) != scimerrors.ScimTypeInvalidSyntax {
			t.Errorf("%s: %v", schemas, err)
		}
	}
	_, err := patch.Parse(object(t, `{`+op), tree.NewStrict([]schema.Schema{schema.CoreUserSchema()}))
	if err == nil || keyword(t, err) != scimerrors.ScimTypeInvalidSyntax {
		t.Errorf("none: %v", err)
	}
}
