package iamsim

import (
	"strings"
	"testing"
)

// TestGenerateUnique: no two users, groups or roles of a generated account
// share a name, in whatever case (IAM API reference, CreateGroup).
func TestGenerateUnique(t *testing.T) {
	for _, users := range []int{1, 50, 200, 2000} {
		a := New(Config{})
		Generate(a, GenerateOptions{Users: users, Seed: uint64(users)})
		seen := map[string]bool{}
		unique := func(kind, name string) {
			key := kind + " " + strings.ToLower(name)
			if seen[key] {
				t.Errorf("%d users: two of %s", users, key)
			}
			seen[key] = true
		}
		for _, u := range a.users.all(a.now()) {
			unique("user", u.Name)
		}
		for _, g := range a.groups.all(a.now()) {
			unique("group", g.Name)
		}
		for _, r := range a.roles.all(a.now()) {
			unique("role", r.Name)
		}
	}
}
