package tree_test

import (
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"

	"iamscim/scim/tree"
)

// TestStrict: a strict schema refuses what is not declared, and nothing else
// that others take.
func TestStrict(t *testing.T) {
	strict := tree.NewStrict([]schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()})
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	const named = `"schemas": ["` + core + `"], `
	for body, refused := range map[string]bool{
		`{"SCHEMAS": ["` + core + `", "` + enterprise + `"], "ID": "x", "META": {"x": 1}, "externalId": "e", "groups": [{"x": 1}]}`:         false,
		`{` + named + `"Name": {"GIVENNAME": "b"}, "active": "True", "` + enterprise + `": {"Department": "a", "manager": {"value": "b"}}}`: false,
		`{` + named + `"title": null, "emails": [], "` + enterprise + `": null}`:                                                            false,
		`{` + named + `"` + core + `": {"title": "a"}}`:                                                                                     false,
		`{` + named + `"nonsense": 1}`:                         true,
		`{` + named + `"nonsense": null}`:                      true,
		`{` + named + `"name": {"nonsense": 1}}`:               true,
		`{` + named + `"emails": [{"nonsense": 1}]}`:           true,
		`{` + named + `"urn:x": {}}`:                           true,
		`{` + named + `"` + enterprise + `": {"x": 1}}`:        true,
		`{` + named + `"` + core + `": {"x": 1}}`:              true,
		`{"title": "a"}`:                                       true,
		`{"schemas": null, "title": "a"}`:                      true,
		`{"schemas": [], "title": "a"}`:                        true,
		`{"schemas": ["` + enterprise + `"], "title": "a"}`:    true,
		`{"schemas": ["` + core + `", "urn:x"], "title": "a"}`: true,
		`{` + named + `"urn:ietf:params:scim:schemas:extension:enterprise:2.0User": {"department": "a"}}`: true,
	} {
		v, err := tree.Read([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := strict.Resource(v)
		switch {
		case refused && err == nil:
			t.Errorf("%s: taken as %v", body, got)
		case refused && keyword(t, err) != scimerrors.ScimTypeInvalidSyntax, !refused && err != nil:
			t.Errorf("%s: %v", body, err)
		}
		if _, err := users().Resource(v); err != nil {
			t.Errorf("%s is refused by a lenient schema, too: %v", body, err)
		}
	}
}

// TestStrictTypes: a strict schema takes no JSON type for another, where others
// know what clients mean.
func TestStrictTypes(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	strict := tree.NewStrict([]schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()})
	for _, members := range []string{
		`"emails": "a"`, `"emails": {"value": "a"}`, `"emails": ["a"]`,
		`"` + enterprise + `": {"manager": "b"}`, `"` + enterprise + `": {"manager": [{"value": "b"}]}`, `"` + enterprise + `": {"manager": []}`,
	} {
		v, err := tree.Read([]byte(`{"schemas": ["` + core + `"], ` + members + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := strict.Resource(v); err == nil || keyword(t, err) != scimerrors.ScimTypeInvalidValue {
			t.Errorf("%s: taken as %v, %v", members, got, err)
		}
		if _, err := users().Resource(v); err != nil {
			t.Errorf("%s is refused by a lenient schema, too: %v", members, err)
		}
	}
}

func TestFold(t *testing.T) {
	got, err := tree.Fold(map[string]any{"Operations": 1, "schemas": 2})
	if err != nil || len(got) != 2 || got["operations"] != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := tree.Fold(map[string]any{"path": "a", "PATH": "b"}); err == nil || keyword(t, err) != scimerrors.ScimTypeInvalidSyntax {
		t.Errorf("a name twice: %v, %v", got, err)
	}
}
