package iamsim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner/iamsim"
)

// week is the life of an account with faults and delays.
func week(tb testing.TB, seed uint64) (*iamsim.Account, map[string]int) {
	tb.Helper()
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	a := iamsim.New(iamsim.Config{Seed: seed, Now: func() time.Time { return start }})
	iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: seed})
	a.SetSettling(10 * time.Second)
	for _, err := range []error{
		a.SetDelay("*", 3*time.Minute),
		a.Fault(iamsim.Fault{Count: -1, Percent: 3, Code: "Throttling"}),
		a.Fault(iamsim.Fault{Count: -1, Percent: 2, After: true}),
	} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	codes := a.Live(iamsim.LiveOptions{Steps: 5040, Seed: seed})
	a.ClearFaults()
	a.Advance(time.Hour)
	return a, codes
}

func TestLifeRepeats(t *testing.T) {
	one, codes := week(t, 7)
	two, _ := week(t, 7)
	if diff := cmp.Diff(one.Users(), two.Users()); diff != "" {
		t.Errorf("users differ: %s", diff)
	}
	if diff := cmp.Diff(one.Journal(), two.Journal()); diff != "" {
		t.Errorf("calls differ: %s", diff)
	}
	for _, want := range []string{
		"", "Throttling", "ServiceFailure", "NoSuchEntity", "EntityAlreadyExists", "DeleteConflict",
		"LimitExceeded", "ValidationError", "PasswordPolicyViolation", "InvalidInput",
	} {
		if codes[want] == 0 {
			t.Errorf("a week without %q: %v", want, codes)
		}
	}
	if codes["InternalFailure"] > 0 || codes["InvalidAction"] > 0 {
		t.Errorf("got %v", codes)
	}
}

// TestLifeKeepsTheRules looks at the account after a week.
func TestLifeKeepsTheRules(t *testing.T) {
	a, _ := week(t, 8)
	groups := map[string]bool{}
	for _, g := range a.Groups() {
		groups[g.ID] = true
	}
	names := map[string]bool{}
	devices := map[string]bool{}
	for _, u := range a.Users() {
		if names[strings.ToLower(u.Name)] {
			t.Errorf("two users are called %s", u.Name)
		}
		names[strings.ToLower(u.Name)] = true
		if len(u.Groups) > 10 || len(u.Keys) > 2 || len(u.Attached) > 10 || len(u.Tags) > 50 {
			t.Errorf("%s has more than a user may have", u.Name)
		}
		for _, id := range u.Groups {
			if !groups[id] {
				t.Errorf("%s is in a group that does not exist", u.Name)
			}
		}
		for _, m := range u.MFA {
			if devices[m.Serial] {
				t.Errorf("two users have %s", m.Serial)
			}
			devices[m.Serial] = true
		}
	}
}

// TestLifeIsReadable reads the account through the SDK and compares.
func TestLifeIsReadable(t *testing.T) {
	a, _ := week(t, 9)
	s := serve(t, a)
	type brief struct {
		Name, Path, ID string
		Groups, Tags   []string
	}
	var got, want []brief
	p := iam.NewGetAccountAuthorizationDetailsPaginator(s.retrying(), &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(7)})
	for p.HasMorePages() {
		page := must[*iam.GetAccountAuthorizationDetailsOutput](t)(p.NextPage(t.Context()))
		for _, u := range page.UserDetailList {
			b := brief{Name: *u.UserName, Path: *u.Path, ID: *u.UserId, Groups: u.GroupList}
			for _, tag := range u.Tags {
				b.Tags = append(b.Tags, *tag.Key+"="+*tag.Value)
			}
			got = append(got, b)
		}
	}
	groups := map[string]string{}
	for _, g := range a.Groups() {
		groups[g.ID] = g.Name
	}
	for _, u := range a.Users() {
		b := brief{Name: u.Name, Path: u.Path, ID: u.ID}
		for _, id := range u.Groups {
			b.Groups = append(b.Groups, groups[id])
		}
		for _, tag := range u.Tags {
			b.Tags = append(b.Tags, tag.Key+"="+tag.Value)
		}
		want = append(want, b)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if len(got) < 20 || !slices.ContainsFunc(got, func(b brief) bool { return strings.HasPrefix(b.Name, "person-") }) {
		t.Errorf("a week left %d users and nobody new", len(got))
	}
}
