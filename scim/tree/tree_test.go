package tree_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/tree"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func keyword(t testing.TB, err error) scimerrors.ScimType {
	t.Helper()
	e, ok := errors.AsType[*tree.Error](err)
	if !ok || e.Reason == "" {
		t.Fatalf("%v is not a *tree.Error with a reason", err)
	}
	return e.Keyword
}

func TestRead(t *testing.T) {
	got, err := tree.Read([]byte(` {"a": [1e400, 12345678901234567890, null, {"b": "\u00e9"}], "A": true} `))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got); text != "map[A:true a:[1e400 12345678901234567890 <nil> map[b:é]]]" {
		t.Error(text)
	}
	deep := strings.Repeat(`{"a":`, tree.MaxDepth) + "1" + strings.Repeat("}", tree.MaxDepth)
	if _, err := tree.Read([]byte(deep)); err != nil {
		t.Errorf("%d levels: %v", tree.MaxDepth, err)
	}
	for name, body := range map[string]string{
		"nothing": ``, "no object": `[]`, "null": `null`, "two": `{} {}`, "rubbish after": `{} x`, "cut off": `{"a": [1`,
		"twice": `{"a": 1, "a": 1}`, "twice inside": `{"x": [{"a": 1, "b": 2, "a": 1}]}`, "escaped twice": `{"a": 1, "\u0061": 1}`,
		"not UTF-8": "{\"a\": \"\xff\"}", "deep": `{"a":` + deep + `}`, "deep list": `{"a":` + strings.Repeat("[", 1<<20),
		"no comma": `{"a": 1 "b": 2}`, "a comma too many": `{"a": 1,}`, "control character": "{\"a\": \"\n\"}", "NaN": `{"a": NaN}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := tree.Read([]byte(body)); keyword(t, err) != scimerrors.ScimTypeInvalidSyntax {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func users() *tree.Schema {
	return tree.NewSchema([]schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()})
}

func resource(t testing.TB, body string) (map[string]any, error) {
	t.Helper()
	v, err := tree.Read([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return users().Resource(v)
}

func TestResource(t *testing.T) {
	rows := []struct{ name, body, want string }{
		{"names in any case", `{"USERNAME": "a", "Name": {"GIVENNAME": "b"}}`, `{"userName": "a", "name": {"givenName": "b"}}`},
		{"readOnly and undeclared", `{"id": "x", "meta": {}, "groups": [], "nonsense": {"a": 1}, "urn:x": {}, "name": {"nonsense": 1}}`, `{"name": {}}`},
		{"null stays", `{"title": null, "emails": null, "name": {"givenName": null}}`, `{"title": null, "emails": null, "name": {"givenName": null}}`},
		{"an empty list stays", `{"emails": []}`, `{"emails": []}`},
		{"Booleans in quotes", `{"active": "False", "emails": [{"value": "a", "primary": "True"}]}`, `{"active": false, "emails": [{"value": "a", "primary": true}]}`},
		{"null in a list", `{"emails": [null, {"value": "a", "display": null}, {"type": null}]}`, `{"emails": [{"value": "a"}]}`},
		{"a scalar for an element", `{"emails": "a"}`, `{"emails": [{"value": "a"}]}`},
		{"an extension", `{"` + enterprise + `": {"Department": "a", "manager": "b", "x": 1}}`, `{"` + enterprise + `": {"department": "a", "manager": {"value": "b"}}}`},
		{"an extension, misspelt", `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0User": {"department": "a"}}`, `{"` + enterprise + `": {"department": "a"}}`},
		{"an extension that is null", `{"` + enterprise + `": null}`, `{}`},
		{"a manager in a list", `{"` + enterprise + `": {"manager": [{"value": "b", "$ref": null}]}}`, `{"` + enterprise + `": {"manager": {"value": "b", "$ref": null}}}`},
		{"the core schema's URN", `{"urn:ietf:params:scim:schemas:core:2.0:User": {"title": "a"}}`, `{"title": "a"}`},
		{"schemas of somebody else, too", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "http://x"], "title": "a"}`, `{"title": "a"}`},
		{"schemas of SCIM 1.1", `{"schemas": ["urn:scim:schemas:core:1.0"], "title": "a"}`, `{"title": "a"}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := resource(t, row.body)
			if err != nil {
				t.Fatal(err)
			}
			want, err := tree.Read([]byte(row.want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestResourceRefused(t *testing.T) {
	rows := []struct {
		name, body string
		want       scimerrors.ScimType
	}{
		{"a name twice", `{"title": "a", "TITLE": "b"}`, scimerrors.ScimTypeInvalidSyntax},
		{"a name twice inside", `{"name": {"givenName": "a", "givenname": "b"}}`, scimerrors.ScimTypeInvalidSyntax},
		{"an extension that is none", `{"` + enterprise + `": "x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"schemas is no list", `{"schemas": "x"}`, scimerrors.ScimTypeInvalidSyntax},
		{"schemas of numbers", `{"schemas": [1]}`, scimerrors.ScimTypeInvalidSyntax},
		{"a group", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}`, scimerrors.ScimTypeInvalidSyntax},
		{"text", `{"title": 1}`, scimerrors.ScimTypeInvalidValue},
		{"text, a list", `{"title": ["a"]}`, scimerrors.ScimTypeInvalidValue},
		{"Boolean", `{"active": 1}`, scimerrors.ScimTypeInvalidValue},
		{"complex", `{"name": "a"}`, scimerrors.ScimTypeInvalidValue},
		{"element", `{"emails": [[]]}`, scimerrors.ScimTypeInvalidValue},
		{"two primaries", `{"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`, scimerrors.ScimTypeInvalidValue},
		{"two managers", `{"` + enterprise + `": {"manager": ["a", "b"]}}`, scimerrors.ScimTypeInvalidValue},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got, err := resource(t, row.body); keyword(t, err) != row.want {
				t.Errorf("got %v, %v, want %s", got, err, row.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	for body, want := range map[string]bool{`{"userName": "a"}`: true, `{}`: false, `{"userName": null}`: false, `{"userName": ""}`: false} {
		got, err := resource(t, body)
		if err != nil {
			t.Fatal(err)
		}
		if err := users().Require(got); (err == nil) != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}
