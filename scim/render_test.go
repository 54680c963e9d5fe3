package scim

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

var update = flag.Bool("update", false, "rewrite the golden renderings")

func fixtureSetting() *setting {
	return &setting{base: fixtureBase, accountID: fixtureAccount, versions: newVersions("epoch", "digest")}
}

// renderings are every resource at its fullest and at its barest, by file.
func renderings() map[string][]byte {
	s := fixtureSetting()
	user, group, policy, role := richUser(), richGroup(), richPolicy(), richRole()
	user.LastModified, group.LastModified, policy.LastModified, role.LastModified = *at(12), *at(12), *at(12), *at(12)
	members := []store.Member{{ID: "AIDARICH", UserName: "rich user"}, {ID: "AIDAPOOR", UserName: "poor"}}
	groups := []*store.Group{&group}
	version := s.versions.of(1)
	return map[string][]byte{
		"user":         s.user(nil, &user, groups, version),
		"user-bare":    s.user(nil, &store.User{ID: "AIDAPOOR", UserName: "poor", Active: true, Created: *at(1)}, nil, version),
		"group":        s.group(nil, &group, members, groupParts{members: true}, version),
		"group-names":  s.group(nil, &group, members, groupParts{members: true, display: true}, version),
		"group-bare":   s.group(nil, &store.Group{ID: "AGPA1", DisplayName: "bare", Created: *at(1)}, nil, groupParts{members: true}, version),
		"entitlement":  s.entitlement(nil, &policy, version),
		"entitle-bare": s.entitlement(nil, &store.Policy{ID: "ANPA1", LastModified: *at(1)}, version),
		"role":         s.role(nil, &role, version),
		"role-bare":    s.role(nil, &store.Role{ID: "AROA1", Created: *at(1)}, version),
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, body := range renderings() {
		var got bytes.Buffer
		if err := json.Indent(&got, body, "", "  "); err != nil {
			t.Errorf("%s: %v\n%s", name, err, body)
			continue
		}
		got.WriteByte('\n')
		file := filepath.Join("testdata", "render", name+".json")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestDeclared: what is rendered is declared, and what is declared is rendered
// for a resource that has everything.
func TestDeclared(t *testing.T) {
	t.Parallel()
	files := map[string]string{"User": "user", "Group": "group-names", "Entitlement": "entitlement", "Role": "role"}
	bodies := renderings()
	for _, res := range newResourceTypes(contentOptions{}) {
		var resource map[string]any
		if err := json.Unmarshal(bodies[files[res.Name]], &resource); err != nil {
			t.Fatal(err)
		}
		rendered := map[string]bool{}
		collect(res, rendered, "", resource)
		declared := map[string]bool{}
		for _, a := range res.index.attributes {
			declared[strings.Join(a.keys, " ")] = true
		}
		if diff := cmp.Diff(declared, rendered); diff != "" {
			t.Errorf("%s (-declared +rendered):\n%s", res.Name, diff)
		}
	}
}

// collect adds the path of every member below v, arrays looked through.
func collect(res *resourceType, into map[string]bool, path string, v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			collect(res, into, path, element)
		}
	case map[string]any:
		for key, member := range v {
			below := strings.TrimSpace(path + " " + key)
			if !slices.Contains(res.Extensions, below) {
				into[below] = true
			}
			collect(res, into, below, member)
		}
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "plain", `"quoted" \ back`, "line\nbreak\ttab\r", "\x00\x1f\x7f", "Zoë 日本 🙂", "bad \xff\xc3 utf8", "\xe2\x80\xa8", "</script>",
	} {
		b := appendString(nil, s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%q: %s: %v", s, b, err)
		} else if want := string([]rune(s)); got != want {
			t.Errorf("%q reads back as %q", s, got)
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("a\"\\\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if want := string([]rune(s)); got != want {
			t.Errorf("%q reads back as %q", s, got)
		}
	})
}
