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
	for body, refused := range map[string]bool{
		`{"schemas": ["` + core + `", "` + enterprise + `"], "ID": "x", "META": {"x": 1}, "externalId": "e", "groups": [{"x": 1}]}`: false,
		`{"Name": {"GIVENNAME": "b"}, "active": "True", "` + enterprise + `": {"Department": "a", "manager": "b"}}`:                 false,
		`{"title": null, "emails": [], "` + enterprise + `": null}`:                                                                 false,
		`{"` + core + `": {"title": "a"}}`: false,

		`{"nonsense": 1}`:                        true,
		`{"nonsense": null}`:                     true,
		`{"name": {"nonsense": 1}}`:              true,
		`{"emails": [{"nonsense": 1}]}`:          true,
		`{"urn:x": {}}`:                          true,
		`{"` + enterprise + `": {"x": 1}}`:       true,
		`{"` + core + `": {"x": 1}}`:             true,
		`{"schemas": ["` + core + `", "urn:x"]}`: true,
		`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0User": {"department": "a"}}`: true,
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
