package patch_test

import (
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/scim/patch"
	"iamscim/scim/tree"
)

func members(ids ...string) []tree.Member {
	var all []tree.Member
	for _, id := range ids {
		all = append(all, tree.Member{ID: id})
	}
	return all
}

func TestMembers(t *testing.T) {
	rows := []struct {
		name, ops string
		want      patch.Members
	}{
		{"add", `{"op":"add","path":"members","value":[{"value":"a","display":"Ann"},{"$ref":null,"value":"b"}]}`,
			patch.Members{Added: []tree.Member{{ID: "a", Display: "Ann"}, {ID: "b"}}}},
		{"add one, without a list", `{"op":"Add","path":"members","value":{"value":"a","type":"User"}}`, patch.Members{Added: members("a")}},
		{"add without a path", `{"op":"add","value":{"members":[{"value":"a"}],"displayName":"x"}}`, patch.Members{Added: members("a")}},
		{"remove by filter", `{"op":"remove","path":"members[value eq \"a\"]"}`, patch.Members{Removed: []string{"a"}}},
		{"remove several by filter", `{"op":"remove","path":"members[value eq \"b\" or value eq \"a\"]"}`, patch.Members{Removed: []string{"b", "a"}}},
		{"remove with a list", `{"op":"Remove","path":"members","value":[{"value":"a"}]}`, patch.Members{Removed: []string{"a"}}},
		{"remove with one", `{"op":"Remove","path":"members","value":{"value":"a"}}`, patch.Members{Removed: []string{"a"}}},
		{"remove nobody", `{"op":"remove","path":"members","value":[]}`, patch.Members{}},
		{"remove all", `{"op":"remove","path":"members"}`, patch.Members{Replaced: true}},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"a"},{"value":"a"},{"value":"b"}]}`,
			patch.Members{Replaced: true, Set: members("a", "b")}},
		{"replace with nobody", `{"op":"replace","path":"members","value":[]}`, patch.Members{Replaced: true}},
		{"replace with null", `{"op":"replace","value":{"members":null}}`, patch.Members{Replaced: true}},
		{"Okta: remove and add", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b"}]}`,
			patch.Members{Added: members("b"), Removed: []string{"a"}}},
		{"the later wins, add", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b"},{"value":"a"}]}`,
			patch.Members{Added: members("b", "a")}},
		{"the later wins, remove", `{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]},{"op":"remove","path":"members[value eq \"a\"]"}`,
			patch.Members{Added: members("b"), Removed: []string{"a"}}},
		{"the later wins, three times", `{"op":"add","path":"members","value":"a"},{"op":"remove","path":"members","value":"a"},{"op":"add","path":"members","value":"a"}`,
			patch.Members{Added: members("a")}},
		{"replace, then add and remove", `{"op":"add","path":"members","value":"z"},{"op":"replace","path":"members","value":["a","b"]},{"op":"add","path":"members","value":["c"]},{"op":"remove","path":"members[value eq \"a\"]"}`,
			patch.Members{Replaced: true, Set: members("b", "c")}},
		{"remove, then replace", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"replace","path":"members","value":["a"]}`,
			patch.Members{Replaced: true, Set: members("a")}},
		{"nothing about members", `{"op":"replace","path":"displayName","value":"x"}`, patch.Members{}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, err := patch.Parse(object(t, `{"Operations": [`+row.ops+`]}`), groupSchema())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, r.Members, cmpopts.IgnoreUnexported(patch.Members{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestMembersRefused(t *testing.T) {
	rows := []struct {
		name, ops string
		want      scimerrors.ScimType
	}{
		{"a group", `{"op":"add","path":"members","value":[{"value":"g","type":"Group"}]}`, scimerrors.ScimTypeInvalidValue},
		{"nobody in particular", `{"op":"add","path":"members","value":[{"display":"Ann"}]}`, scimerrors.ScimTypeInvalidValue},
		{"a number", `{"op":"add","path":"members","value":[1]}`, scimerrors.ScimTypeInvalidValue},
		{"change in place", `{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}`, scimerrors.ScimTypeMutability},
		{"replace in place", `{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}`, scimerrors.ScimTypeMutability},
		{"by display", `{"op":"remove","path":"members[display eq \"Ann\"]"}`, scimerrors.ScimTypeInvalidFilter},
		{"by something else than eq", `{"op":"remove","path":"members[value sw \"a\"]"}`, scimerrors.ScimTypeInvalidFilter},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := patch.Parse(object(t, `{"Operations": [`+row.ops+`]}`), groupSchema())
			if keyword(t, err) != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}
