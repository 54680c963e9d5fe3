package patch_test

import (
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"iamscim/scim/patch"
	"iamscim/scim/tree"
)

const fixedURN = "urn:example:fixed:User"

// withFixed are schemas with an extension that clients can write half of.
func withFixed() []schema.Schema {
	text := func(name string, m schema.AttributeMutability) schema.CoreAttribute {
		return schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: name, Mutability: m}))
	}
	return []schema.Schema{schema.CoreUserSchema(), {
		ID: fixedURN, Attributes: schema.Attributes{text("arn", schema.AttributeMutabilityReadOnly()), text("path", schema.AttributeMutabilityReadWrite())},
	}}
}

// TestReadOnlyOfExtension: an operation on an extension as a whole changes what
// a client may write, and leaves the rest; a strict one says that it cannot.
func TestReadOnlyOfExtension(t *testing.T) {
	const resource = `{"userName":"ann","` + fixedURN + `":{"arn":"a","path":"/"}}`
	for _, row := range []struct {
		name, op, want string
		refused        bool // by a strict schema
	}{
		{"replace", `{"op":"replace","path":"` + fixedURN + `","value":{"arn":"b","path":"/x/"}}`, `{"arn":"a","path":"/x/"}`, true},
		{"add", `{"op":"add","path":"` + fixedURN + `","value":{"ARN":"b"}}`, `{"arn":"a","path":"/"}`, true},
		{"replace of what can be written", `{"op":"replace","path":"` + fixedURN + `","value":{"path":"/x/"}}`, `{"arn":"a","path":"/x/"}`, false},
		{"remove", `{"op":"remove","path":"` + fixedURN + `"}`, `{"arn":"a"}`, true},
		{"replace by a value of nothing", `{"op":"replace","path":"` + fixedURN + `","value":{}}`, `{"arn":"a","path":"/"}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := patch.Parse(object(t, `{"Operations":[`+row.op+`]}`), tree.NewSchema(withFixed()))
			if err != nil {
				t.Fatal(err)
			}
			if r.Touches(fixedURN, "arn") {
				t.Error("it touches what is readOnly")
			}
			got, err := r.Apply(object(t, resource))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(object(t, row.want), got[fixedURN]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			_, err = strictly(t, withFixed(), row.op)
			if (err != nil) != row.refused || err != nil && keyword(t, err) != scimerrors.ScimTypeMutability {
				t.Errorf("strict: %v", err)
			}
		})
	}
}

// TestEmptyList: for a value that is no list, an empty one is no value.
func TestEmptyList(t *testing.T) {
	for _, op := range []string{
		`{"op":"replace","path":"manager","value":[]}`,
		`{"op":"replace","value":{"` + urn + `":{"manager":[]}}}`,
		`{"op":"add","path":"name","value":[]},{"op":"replace","path":"` + urn + `:manager","value":[]}`,
	} {
		got, err := apply(t, ann, op)
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		want := object(t, ann)
		delete(want[urn].(map[string]any), "manager")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", op, diff)
		}
	}
}
