package provisioner_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// eventually waits until yes holds; how long that takes is not what is tested.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// TestCapabilityFollows: what the credentials may do is asked at start, and
// again once AWS refuses something.
func TestCapabilityFollows(t *testing.T) {
	t.Parallel()
	l := newGuardLab(t, setup{config: managing("/scim/")})
	decided := func(d provisioner.Decision) func() bool {
		return func() bool {
			c := l.p.Capability()
			return c.Operation("user.create").Decision == d
		}
	}
	if !decided(provisioner.Unknown)() {
		t.Error("it was known before it was asked")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.p.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	eventually(t, "allowed at start", decided(provisioner.Allowed))
	_, err := l.client().PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("gateway"), PolicyName: aws.String("stop"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.create(planner.UserWish{UserName: ptr("ann")})
	wantDenied(t, err, "aws")
	eventually(t, "denied after the refusal", decided(provisioner.Denied))
	l.ResetCalls()
	_, err = l.create(planner.UserWish{UserName: ptr("ann")})
	wantDenied(t, err, "capability")
	if n := l.Calls()["CreateUser"]; n != 0 {
		t.Errorf("CreateUser was called %d times", n)
	}
}

// TestInlineDenyNotAllowed: without PutUserPolicy, a user without a free
// attachment is deactivated as far as that goes.
func TestInlineDenyNotAllowed(t *testing.T) {
	t.Parallel()
	role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:PutUserPolicy","Resource":"*"}`)
	l := newGuardLab(t, setup{role: role, config: managing("/scim/"), fill: func(a *iamsim.Account) { veteran(a, "") }})
	if d := l.decisions()["user.deactivate"].Decision; d != provisioner.Allowed {
		t.Errorf("got %s", d)
	}
	l.calls()
	id := l.id("full")
	c := l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	if len(c.Plan.Notes) == 0 || c.User.Active {
		t.Errorf("got %+v, notes %q", c.User, c.Plan.Notes)
	}
	l.unchanged()
}
