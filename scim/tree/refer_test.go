package tree_test

import (
	"strings"
	"testing"

	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/tree"
)

// TestSwapped: what is a reference is for the schema to say; profileUrl is one,
// but to nothing of SCIM.
func TestSwapped(t *testing.T) {
	const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	s := tree.NewSchema([]schema.Schema{schema.CoreUserSchema(), schema.ExtensionEnterpriseUser()})
	swap := func(id string) (string, bool) { return strings.ToUpper(id), id != "gone" }
	for _, row := range []struct{ body, want string }{
		{`{"groups":[{"value":"a","$ref":"https://x/Groups/a","display":"a"}]}`, `{"groups":[{"value":"A","$ref":"https://x/Groups/A","display":"a"}]}`},
		{`{"GROUPS":["a",{"VALUE":"b"},null]}`, `{"GROUPS":["A",{"VALUE":"B"},null]}`},
		{`{"groups":"a"}`, `{"groups":"A"}`},
		{`{"groups":[{"value":"a/b"},{"$ref":"a"}]}`, `{"groups":[{"value":"A/B"},{"$ref":"A"}]}`},
		{`{"groups":[{"value":"gone","display":"x"},{"value":"a"}]}`, `{"groups":[{"value":"A"}]}`},
		{`{"` + urn + `":{"Manager":{"value":"gone","displayName":"x"},"department":"d"}}`, `{"` + urn + `":{"department":"d"}}`},
		{`{"` + strings.ToUpper(urn) + `":{"manager":"a","nonsense":"a"}}`, `{"` + strings.ToUpper(urn) + `":{"manager":"A","nonsense":"a"}}`},
		{`{"` + s.Core + `":{"groups":[{"value":"a"}],"title":"a"}}`, `{"` + s.Core + `":{"groups":[{"value":"A"}],"title":"a"}}`},
		{`{"userName":"a","profileUrl":"http://x/a","emails":[{"value":"a"}],"entitlements":[{"value":"a"}],"photos":[{"value":"a"}],"nonsense":{"value":"a"}}`,
			`{"userName":"a","profileUrl":"http://x/a","emails":[{"value":"a"}],"entitlements":[{"value":"a"}],"photos":[{"value":"a"}],"nonsense":{"value":"a"}}`},
		{`{"groups":{"value":{"value":"a"}},"` + urn + `":7,"manager":"a"}`, `{"groups":{"value":{"value":"a"}},"` + urn + `":7,"manager":"a"}`},
	} {
		body := read(t, row.body)
		if diff := cmp.Diff(read(t, row.want), s.Swapped(body, swap)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.body, diff)
		}
		if diff := cmp.Diff(read(t, row.body), body); diff != "" {
			t.Errorf("%s has changed (-want +got)\n%s", row.body, diff)
		}
	}
}

func read(t testing.TB, body string) map[string]any {
	t.Helper()
	object, err := tree.Read([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return object
}
