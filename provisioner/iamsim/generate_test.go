package iamsim_test

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/policy"
)

// generated serves a generated account and returns a bench for it.
func generated(tb testing.TB, o iamsim.GenerateOptions) *lab {
	tb.Helper()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := iamsim.New(iamsim.Config{Seed: 7, Now: func() time.Time { return at }})
	iamsim.Generate(a, o)
	server := httptest.NewServer(a)
	tb.Cleanup(server.Close)
	id, secret := a.Credentials()
	return labs(server.URL, id, secret)(tb, 0)
}

// account is everything GetAccountAuthorizationDetails says.
type account struct {
	Users    []iamtypes.UserDetail
	Groups   []iamtypes.GroupDetail
	Roles    []iamtypes.RoleDetail
	Policies []iamtypes.ManagedPolicyDetail
}

func (l *lab) account(tb testing.TB) account {
	tb.Helper()
	var all account
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(l.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []iamtypes.EntityType{"User", "Group", "Role", "LocalManagedPolicy"}, MaxItems: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.ctx)
		if err != nil {
			tb.Fatal(err)
		}
		all.Users = append(all.Users, page.UserDetailList...)
		all.Groups = append(all.Groups, page.GroupDetailList...)
		all.Roles = append(all.Roles, page.RoleDetailList...)
		all.Policies = append(all.Policies, page.Policies...)
	}
	return all
}

// unexported fields of SDK shapes mark them for the serialiser only.
var shapes = cmpopts.IgnoreUnexported(
	iamtypes.UserDetail{}, iamtypes.GroupDetail{}, iamtypes.RoleDetail{}, iamtypes.ManagedPolicyDetail{}, iamtypes.Tag{},
	iamtypes.PolicyDetail{}, iamtypes.AttachedPolicy{}, iamtypes.AttachedPermissionsBoundary{}, iamtypes.PolicyVersion{}, iamtypes.RoleLastUsed{},
)

func TestGenerateIsDeterministic(t *testing.T) {
	o := iamsim.GenerateOptions{Users: 120, Seed: 42}
	one, two := generated(t, o).account(t), generated(t, o).account(t)
	if diff := cmp.Diff(one, two, shapes); diff != "" {
		t.Errorf("the same seed gave two accounts (-one +two):\n%s", diff)
	}
	if diff := cmp.Diff(generated(t, o).report(t), generated(t, o).report(t)); diff != "" {
		t.Errorf("the same seed gave two credential reports (-one +two):\n%s", diff)
	}
	o.Seed++
	if other := generated(t, o).account(t); cmp.Equal(one, other, shapes) {
		t.Error("another seed gave the same account")
	}
}

func TestGenerateKeepsTheRules(t *testing.T) {
	for _, users := range []int{3, 200, 5000} {
		all := generated(t, iamsim.GenerateOptions{Users: users, Seed: 1}).account(t)
		if want := min(users+1, 5000); len(all.Users) != want {
			t.Errorf("got %d users, want %d", len(all.Users), want)
		}
		if len(all.Groups) > 300 || len(all.Roles) > 1000 || len(all.Policies) > 1500 {
			t.Errorf("a quota is exceeded: %d groups, %d roles, %d policies", len(all.Groups), len(all.Roles), len(all.Policies))
		}
		for _, u := range all.Users {
			checkUser(t, u)
		}
		for _, r := range all.Roles {
			checkDocument(t, *r.RoleName, *r.AssumeRolePolicyDocument, policy.TrustPolicy)
		}
		for _, p := range all.Policies {
			for _, v := range p.PolicyVersionList {
				checkDocument(t, *p.PolicyName, *v.Document, policy.IdentityPolicy)
			}
		}
	}
}

var (
	userNames = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	tagValues = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
)

func checkUser(t *testing.T, u iamtypes.UserDetail) {
	t.Helper()
	if !userNames.MatchString(*u.UserName) {
		t.Errorf("user name %q", *u.UserName)
	}
	if len(u.GroupList) > 10 || len(u.AttachedManagedPolicies) > 10 || len(u.Tags) > 50 {
		t.Errorf("%s exceeds a quota", *u.UserName)
	}
	keys := map[string]bool{}
	for _, tag := range u.Tags {
		if !tagValues.MatchString(*tag.Value) || keys[strings.ToLower(*tag.Key)] {
			t.Errorf("%s: tag %s=%q", *u.UserName, *tag.Key, *tag.Value)
		}
		keys[strings.ToLower(*tag.Key)] = true
	}
	size := 0
	for _, p := range u.UserPolicyList {
		checkDocument(t, *u.UserName, *p.PolicyDocument, policy.IdentityPolicy)
		plain, _ := url.PathUnescape(*p.PolicyDocument) // checked above
		size += len(plain)
	}
	if size > 2048 {
		t.Errorf("%s has %d characters of inline policies", *u.UserName, size)
	}
}

func checkDocument(t *testing.T, owner, encoded string, use policy.Use) {
	t.Helper()
	plain, err := url.PathUnescape(encoded)
	if err != nil {
		t.Errorf("%s: %v", owner, err)
	}
	doc, err := policy.Parse(plain)
	if err != nil {
		t.Errorf("%s: %v", owner, err)
		return
	}
	if err := doc.Validate(use); err != nil {
		t.Errorf("%s: %v in %s", owner, err, plain)
	}
}

// TestGenerateHasEverything looks for what a reviewer must find.
func TestGenerateHasEverything(t *testing.T) {
	l := generated(t, iamsim.GenerateOptions{Seed: 1})
	all := l.account(t)
	t.Run("users", func(t *testing.T) {
		some := func(what string, holds func(iamtypes.UserDetail) bool) {
			t.Helper()
			if !slices.ContainsFunc(all.Users, holds) {
				t.Errorf("no user %s", what)
			}
		}
		some("frozen by AWSDenyAll", attachedTo("AWSDenyAll"))
		some("in quarantine", attachedTo("AWSCompromisedKeyQuarantineV3"))
		some("frozen by an inline policy", func(u iamtypes.UserDetail) bool { return u.UserPolicyList != nil && inlineDeny(u.UserPolicyList) })
		some("frozen through a group", func(u iamtypes.UserDetail) bool { return slices.Contains(u.GroupList, "offboarding") })
		some("with a boundary", func(u iamtypes.UserDetail) bool { return u.PermissionsBoundary != nil })
		some("in ten groups", func(u iamtypes.UserDetail) bool { return len(u.GroupList) == 10 })
		some("with an escaped name", func(u iamtypes.UserDetail) bool { return strings.Contains(*u.UserName, "=C3=AB") })
		some("with an e-mail address for a name", func(u iamtypes.UserDetail) bool { return strings.Contains(*u.UserName, "@") })
		some("with a mixed-case name", func(u iamtypes.UserDetail) bool { return strings.ToLower(*u.UserName) != *u.UserName })
		some("with an e-mail tag", func(u iamtypes.UserDetail) bool {
			return slices.ContainsFunc(u.Tags, func(t iamtypes.Tag) bool { return *t.Key == "email" })
		})
		some("with a name in other letters", func(u iamtypes.UserDetail) bool {
			return slices.ContainsFunc(u.Tags, func(t iamtypes.Tag) bool {
				return strings.ContainsFunc(*t.Value, func(r rune) bool { return unicode.Is(unicode.Han, r) })
			})
		})
		for _, path := range []string{"/", "/people/", "/people/contractors/", "/service/"} {
			some("under "+path, func(u iamtypes.UserDetail) bool { return *u.Path == path })
		}
	})
	t.Run("groups", func(t *testing.T) {
		members := map[string]int{}
		for _, u := range all.Users {
			for _, g := range u.GroupList {
				members[g]++
			}
		}
		if members["everyone"] < len(all.Users)/2 || members["empty-since-reorganisation"] != 0 {
			t.Errorf("group sizes: %v", members)
		}
	})
	t.Run("roles", func(t *testing.T) { checkTrusts(t, all.Roles) })
	t.Run("policies", func(t *testing.T) {
		unattached := slices.ContainsFunc(all.Policies, func(p iamtypes.ManagedPolicyDetail) bool {
			return *p.AttachmentCount == 0 && *p.PermissionsBoundaryUsageCount == 0
		})
		versions := slices.ContainsFunc(all.Policies, func(p iamtypes.ManagedPolicyDetail) bool { return len(p.PolicyVersionList) > 2 })
		if !unattached || !versions {
			t.Errorf("unattached policy: %t, policy with several versions: %t", unattached, versions)
		}
	})
	t.Run("credentials", func(t *testing.T) { checkCredentials(t, l, all.Users) })
}

func attachedTo(name string) func(iamtypes.UserDetail) bool {
	return func(u iamtypes.UserDetail) bool {
		return slices.ContainsFunc(u.AttachedManagedPolicies, func(p iamtypes.AttachedPolicy) bool { return *p.PolicyName == name })
	}
}

func inlineDeny(list []iamtypes.PolicyDetail) bool {
	return slices.ContainsFunc(list, func(p iamtypes.PolicyDetail) bool {
		plain, err := url.PathUnescape(*p.PolicyDocument)
		if err != nil {
			return false
		}
		doc, err := policy.Parse(plain)
		return err == nil && doc.DeniesEverything()
	})
}

func checkTrusts(t *testing.T, roles []iamtypes.RoleDetail) {
	const own = "123456789012"
	found := map[string]bool{}
	for _, r := range roles {
		plain, _ := url.PathUnescape(*r.AssumeRolePolicyDocument) // a bad one fails to parse
		doc, err := policy.Parse(plain)
		if err != nil {
			t.Errorf("%s: %v", *r.RoleName, err)
			continue
		}
		s := policy.Summarize(doc, own)
		found["service"] = found["service"] || len(s.Services) > 0
		found["service-linked"] = found["service-linked"] || policy.ServiceLinked(*r.Path)
		found["federated"] = found["federated"] || len(s.Federated) > 0
		found["cross-account"] = found["cross-account"] || s.CrossAccount
		found["account"] = found["account"] || slices.Equal(s.Accounts, []string{own}) && len(s.Principals) == 0
		for _, p := range s.Principals {
			found["user"] = found["user"] || strings.Contains(p, ":user/")
			found["former user"] = found["former user"] || strings.HasPrefix(p, "AIDA")
		}
		for _, key := range s.ConditionKeys {
			found[key] = true
		}
	}
	for _, kind := range []string{
		"service", "service-linked", "federated", "cross-account", "account", "user", "former user",
		"aws:MultiFactorAuthPresent", "sts:ExternalId",
	} {
		if !found[kind] {
			t.Errorf("no role of kind %s", kind)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		iamsim.Generate(iamsim.New(iamsim.Config{}), iamsim.GenerateOptions{Users: 4999, Seed: 1})
	}
}
