package provisioner_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// TestPolicyChanged: a policy that matches what may be granted was harmless when
// it was observed. What it says now counts.
func TestPolicyChanged(t *testing.T) {
	t.Parallel()
	var arn string
	config := managing("/")
	config.Grantable = []string{"team-*"}
	l := newGuardLab(t, setup{config: config, fill: func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "ann"})
		a.AddGroup(iamsim.Group{Name: "dev"})
		arn = a.AddPolicy(iamsim.Policy{Name: "team-x"}, listBuckets).ARN
	}})
	l.must(l.update(l.id("ann"), planner.UserWish{Entitlements: &[]string{arn}}))
	l.must(l.update(l.id("ann"), planner.UserWish{Entitlements: &[]string{}}))
	_, err := l.client().CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: ptr(allowDocument), SetAsDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.update(l.id("ann"), planner.UserWish{Entitlements: &[]string{arn}})
	wantDenied(t, err, planner.RulePolicies)
	_, err = l.updateGroup(l.groupID("dev"), planner.GroupWish{Policies: &[]string{arn}})
	wantDenied(t, err, planner.RulePolicies)
	if u, _ := l.User("ann"); slices.Contains(u.Attached, arn) {
		t.Error("an administrator was made")
	}
}
