package provisioner

import (
	"encoding/json"
	"flag"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
)

// placeholders are what an operator replaces in docs/iam-policy.json.
var placeholders = PolicyConfig{
	AccountID: "ACCOUNT_ID", Path: "/PATH/",
	Grantable: []string{"arn:aws:iam::ACCOUNT_ID:policy/GRANTABLE/*"}, Boundary: "arn:aws:iam::ACCOUNT_ID:policy/BOUNDARY",
}

const publishedPolicies = "../docs/iam-policy.json"

var update = flag.Bool("update", false, "rewrite docs/iam-policy.json")

func TestPublishedPolicies(t *testing.T) {
	t.Parallel()
	want, err := json.MarshalIndent(NewIAMPolicies(placeholders), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(publishedPolicies, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(publishedPolicies)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/iam-policy.json differs from the code (go test ./provisioner -run PublishedPolicies -update):\n%s", diff)
	}
}

// TestPoliciesAreWhatStepsDeclare: the lifecycle policy speaks about every
// action of the step table and about no other.
func TestPoliciesAreWhatStepsDeclare(t *testing.T) {
	t.Parallel()
	all := NewIAMPolicies(placeholders)
	for name, doc := range map[string]PolicyDocument{"lifecycle": all.Lifecycle, "lifecycleBounded": all.LifecycleBounded} {
		var got, want []string
		for _, s := range doc.Statement {
			got = append(got, s.Action...)
		}
		for _, a := range planner.Actions() {
			want = append(want, "iam:"+a)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
			t.Errorf("%s: -steps +policy\n%s", name, diff)
		}
	}
}

// TestPoliciesAllowEveryNeed: what the plans of every operation declare is
// allowed under the path, and nothing of it elsewhere.
func TestPoliciesAllowEveryNeed(t *testing.T) {
	t.Parallel()
	const account, grant, boundary = "123456789012", "arn:aws:iam::123456789012:policy/team/readers", "arn:aws:iam::123456789012:policy/edge"
	for _, bounded := range []bool{false, true} {
		cfg := PolicyConfig{AccountID: account, Path: "/scim/", Grantable: []string{"arn:aws:iam::123456789012:policy/team/*"}, Boundary: boundary}
		p := &Provisioner{cfg: Config{Grantable: cfg.Grantable}, conn: &awsapi.Connection{AccountID: account, Partition: "aws"}, writes: &writes{}}
		p.writes.cfg = WriteConfig{Passwords: true, Guard: GuardConfig{ManagePath: "/scim/"}}
		all := NewIAMPolicies(cfg)
		write := all.Lifecycle
		if bounded {
			write, p.writes.cfg.CreateBoundary = all.LifecycleBounded, boundary
		}
		docs := []*policy.Document{parsedPolicy(all.Read.String()), parsedPolicy(write.String())}
		decide := func(n planner.Need) policy.Decision {
			in := policy.Input{Action: n.Action, Resource: n.Resource, Identity: docs, Context: map[string][]string{}}
			for k, v := range n.Context {
				in.Context[k] = []string{v}
			}
			return policy.Evaluate(in).Decision
		}
		needs := p.newPlanner().InlineNeeds()
		for _, s := range p.samples([]string{grant}) {
			needs = append(needs, s.Needs...)
		}
		for _, n := range needs {
			if d := decide(n); d != policy.Allowed {
				t.Errorf("bounded %v: %+v is not allowed", bounded, n)
			}
			writes := (&planner.Step{Action: strings.TrimPrefix(n.Action, "iam:")}).Known()
			elsewhere := n
			elsewhere.Resource = strings.Replace(n.Resource, "/scim/", "/", 1)
			if elsewhere.Resource != n.Resource && writes && decide(elsewhere) == policy.Allowed {
				t.Errorf("bounded %v: %+v is allowed outside the path", bounded, elsewhere)
			}
		}
		for _, n := range []planner.Need{
			{Action: "iam:AttachUserPolicy", Resource: "arn:aws:iam::123456789012:user/scim/ann", Context: map[string]string{"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess", "iam:PermissionsBoundary": boundary}},
			{Action: "iam:AttachGroupPolicy", Resource: "arn:aws:iam::123456789012:group/scim/dev", Context: map[string]string{"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSDenyAll"}},
			{Action: "iam:DeleteUserPermissionsBoundary", Resource: "arn:aws:iam::123456789012:user/scim/ann"},
			{Action: "iam:CreatePolicyVersion", Resource: grant},
			{Action: "iam:CreateAccessKey", Resource: "arn:aws:iam::123456789012:user/scim/ann"},
		} {
			if d := decide(n); d == policy.Allowed {
				t.Errorf("bounded %v: %+v is allowed", bounded, n)
			}
		}
	}
}

// TestPoliciesAllowEveryRead: the read policy is the union of what the comments
// of the functions that read say.
func TestPoliciesAllowEveryRead(t *testing.T) {
	t.Parallel()
	var want []string
	for _, p := range observer.Permissions {
		want = append(want, p.Action)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`iam:[A-Z]\w+`)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Comments {
			if _, list, found := strings.Cut(c.Text(), "IAM actions:"); found && !strings.HasSuffix(name, "_test.go") {
				want = append(want, action.FindAllString(list, -1)...)
			}
		}
	}
	got := slices.Clone(NewIAMPolicies(placeholders).Read.Statement[0].Action)
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("-comments +policy\n%s", diff)
	}
}
