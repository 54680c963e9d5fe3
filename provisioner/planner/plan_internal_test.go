package planner

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

var Update = flag.Bool("update", false, "rewrite the golden plans")

func testPlanner() *Planner {
	group := func(id, name string) *store.Group {
		return &store.Group{ID: id, Name: name, ARN: "arn:aws:iam::123456789012:group/" + name}
	}
	return &Planner{
		Settings:  Settings{MaxCalls: 2000, CreatePath: "/scim/", CreateBoundary: "arn:aws:iam::123456789012:policy/limit", Passwords: true, GroupsViaUsers: true, Strict: true},
		AccountID: "123456789012", Partition: "aws",
		Groups:   map[string]*store.Group{"AGPA1": group("AGPA1", "dev"), "AGPA2": group("AGPA2", "ops")},
		Policies: map[string]*store.Policy{},
		Known:    map[string]*store.User{"AIDA1": testUser(), "AIDA2": {ID: "AIDA2", Name: "bob", ARN: "arn:aws:iam::123456789012:user/bob"}},
	}
}

func testUser() *store.User {
	return &store.User{
		ID: "AIDA1", Name: "ann", UserName: "ann", Path: "/", ARN: "arn:aws:iam::123456789012:user/ann", Active: true,
		Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess", Name: "ReadOnlyAccess"}},
		Inline:   []store.InlinePolicy{{Name: "own", Document: "{}"}},
		Groups:   []string{"AGPA1"}, ConsoleAccess: aws.Bool(true),
		AccessKeys:         []store.AccessKey{{ID: "AKIA1", Status: "Active"}, {ID: "AKIA2", Status: "Inactive"}},
		SSHPublicKeys:      []store.Credential{{ID: "APKA1", Status: "Active"}},
		Certificates:       []store.Certificate{{ID: "CERT1", Status: "Active"}},
		ServiceCredentials: []store.ServiceCredential{{ID: "ACCA1", Status: "Active"}},
		MFADevices:         []store.MFADevice{{SerialNumber: "arn:aws:iam::123456789012:mfa/ann"}, {SerialNumber: "GAHT1"}},
	}
}

func ptrTo[T any](v T) *T { return &v }

// TestPlans compares plans, with their needs and inverses, with golden text.
func TestPlans(t *testing.T) {
	t.Parallel()
	pl := testPlanner()
	inactive := testUser()
	inactive.Active = false
	inactive.Attached = append(inactive.Attached, store.PolicyRef{ARN: pl.denyAll(), Deny: true})
	inactive.AccessKeys[0].Status = "Inactive"
	inactive.DisabledBy = []store.Deny{{Type: "attachedPolicy", Value: pl.denyAll(), Ours: true}, {Type: "record", Ours: true}}
	record := &store.Deactivation{Credentials: []store.RememberedCredential{{Kind: "accessKey", ID: "AKIA1"}}, Denies: []string{pl.denyAll()}}
	group := GroupNow{
		Group:   &store.Group{ID: "AGPA1", Name: "dev", DisplayName: "dev", Path: "/", ARN: "arn:aws:iam::123456789012:group/dev", Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess"}}, Inline: []store.InlinePolicy{{Name: "x"}}},
		Members: map[string]bool{"AIDA1": true, "AIDA2": false},
	}
	cases := []struct {
		name string
		plan func() (*Plan, error)
	}{
		{"user-create", func() (*Plan, error) {
			return pl.CreateUser(&UserWish{
				UserName: ptrTo("Ann Smith"), Entitlements: &[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
				Groups: &[]string{"AGPA2"}, Password: ptrTo("hunter2!"),
			}, "MANAGED")
		}},
		{"user-update", func() (*Plan, error) {
			return pl.UpdateUser(UserNow{User: testUser()}, &UserWish{
				UserName: ptrTo("anna"), Path: ptrTo("/x/"), Entitlements: &[]string{"arn:aws:iam::aws:policy/SecurityAudit"},
				Groups: &[]string{"AGPA2"}, Password: ptrTo("hunter2!"), Boundary: ptrTo("arn:aws:iam::123456789012:policy/limit"),
			})
		}},
		{"user-deactivate", func() (*Plan, error) { return pl.Deactivate(UserNow{User: testUser()}), nil }},
		{"user-reactivate", func() (*Plan, error) {
			return pl.UpdateUser(UserNow{User: inactive, Record: record}, &UserWish{Active: ptrTo(true)})
		}},
		{"user-delete", func() (*Plan, error) { return pl.DeleteUser(UserNow{User: testUser()}), nil }},
		{"group-create", func() (*Plan, error) {
			return pl.CreateGroup(&GroupWish{DisplayName: ptrTo("R & D"), Members: &[]string{"AIDA2"}, Policies: &[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}})
		}},
		{"group-update", func() (*Plan, error) {
			return pl.UpdateGroup(group, &GroupWish{DisplayName: ptrTo("R & D"), Policies: &[]string{}, AddMembers: []string{"AIDA1", "AIDA2"}, RemoveMembers: []string{"AIDA1"}})
		}},
		{"group-delete", func() (*Plan, error) { return pl.DeleteGroup(group) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan, err := c.plan()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, describePlan(plan))
			if strings.Contains(describePlan(plan), "hunter2") {
				t.Error("the plan shows a password")
			}
		})
	}
}

// describePlan prints everything about a plan.
func describePlan(p *Plan) string {
	var b strings.Builder
	b.WriteString(p.Kind + " " + string(p.Direction) + "\n")
	for _, s := range p.Steps {
		b.WriteString(s.String())
		if s.Destroys {
			b.WriteString("  (destroys)")
		}
		b.WriteString("\n")
		for _, n := range s.Needs {
			b.WriteString("    needs " + n.Action + " on " + n.Resource)
			for _, key := range []string{"iam:PolicyARN", "iam:PermissionsBoundary"} {
				if v := n.Context[key]; v != "" {
					b.WriteString(" with " + key + "=" + v)
				}
			}
			b.WriteString("\n")
		}
		if s.Inverse != nil {
			b.WriteString("    undone by " + s.Inverse.String() + "\n")
		}
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "plan", name+".txt")
	if *Update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// TestPlanNothing: what is so already is no step.
func TestPlanNothing(t *testing.T) {
	t.Parallel()
	pl, u := testPlanner(), testUser()
	plan, err := pl.UpdateUser(UserNow{User: u, Adopted: true}, &UserWish{
		UserName: ptrTo("ANN"), Person: &u.Person, Active: ptrTo(true), Path: ptrTo("/"), Boundary: ptrTo(""),
		Entitlements: &[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, Groups: &[]string{"AGPA1"},
	})
	if err != nil || !plan.Empty() {
		t.Errorf("user: %v, %v", plan, err)
	}
	g := GroupNow{Group: &store.Group{ID: "AGPA1", Name: "dev", DisplayName: "dev", Path: "/"}, Members: map[string]bool{"AIDA1": true}}
	plan, err = pl.UpdateGroup(g, &GroupWish{DisplayName: ptrTo("Dev"), Members: &[]string{"AIDA1"}, Policies: &[]string{}, ExternalID: ptrTo("")})
	if err != nil || !plan.Empty() {
		t.Errorf("group: %v, %v", plan, err)
	}
}

// TestStepInverses: a step and its inverse cancel each other out.
func TestStepInverses(t *testing.T) {
	t.Parallel()
	pl := testPlanner()
	plan, err := pl.UpdateUser(UserNow{User: testUser()}, &UserWish{
		UserName: ptrTo("anna"), Path: ptrTo("/x/"), Entitlements: &[]string{"arn:aws:iam::aws:policy/SecurityAudit"},
		Groups: &[]string{"AGPA2"}, Boundary: ptrTo("arn:aws:iam::123456789012:policy/limit"),
	})
	if err != nil {
		t.Fatal(err)
	}
	deactivation := pl.Deactivate(UserNow{User: testUser()})
	steps := append(plan.Steps, deactivation.Steps...)
	x := &Subject{User: testUser()}
	before := x.Clone()
	var taken []Step
	for _, s := range steps {
		if s.Inverse == nil {
			continue
		}
		s.Apply(x)
		taken = append(taken, *s.Inverse)
	}
	if Alike(before, x) {
		t.Fatal("the steps change nothing")
	}
	for i := len(taken) - 1; i >= 0; i-- {
		taken[i].Apply(x)
	}
	if !Alike(before, x) {
		t.Errorf("not restored (-want +got):\n%s", cmp.Diff(essence(before), essence(x), cmp.AllowUnexported(Credential{})))
	}
}
