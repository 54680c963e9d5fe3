package provisioner_test

import (
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestScopeOfReactivation: lifting a deny that an operator released is what
// active means, so the scope write is enough for it, and for nothing else.
func TestScopeOfReactivation(t *testing.T) {
	t.Parallel()
	var freeze string
	config := managing("/")
	config.Grantable = []string{s3ReadOnly, awsDenyAll, "freeze"}
	l := newGuardLab(t, setup{config: config, fill: func(a *iamsim.Account) {
		freeze = a.AddPolicy(iamsim.Policy{Name: "freeze", Path: "/"}, denyDocument).ARN
		a.AddUser(iamsim.User{Name: "ann", Path: "/", Grants: iamsim.Grants{Attached: []string{s3ReadOnly, freeze}}})
		a.AddUser(iamsim.User{Name: "bob", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "frozen", Path: "/", Grants: iamsim.Grants{Attached: []string{awsDenyAll}}})
		a.AddGroup(iamsim.Group{Name: "open", Path: "/"})
	}})
	only := actor("only", "read", "write")
	update := func(name string, w planner.UserWish) error {
		_, err := l.p.UpdateUser(t.Context(), only, l.id(name), func(*store.User) (planner.UserWish, error) { return w, nil }, provisioner.Options{})
		return err
	}
	refused := func(err error, rule string) {
		t.Helper()
		wantDenied(t, err, rule)
		l.unchanged()
	}
	group := func(name string, policies ...string) error {
		_, err := l.p.UpdateGroup(t.Context(), only, l.groupID(name), func(*store.Group) (planner.GroupWish, error) {
			return planner.GroupWish{Policies: &policies}, nil
		}, provisioner.Options{})
		return err
	}
	on, none := ptr(true), &[]string{}

	refused(update("ann", planner.UserWish{Active: on}), planner.RuleForeign)
	refused(update("ann", planner.UserWish{Entitlements: none}), planner.RuleScope)
	if _, err := l.p.Adopt(t.Context(), admin, "ann"); err != nil {
		t.Fatal(err)
	}
	l.calls()
	refused(update("ann", planner.UserWish{Active: on, Entitlements: none}), planner.RuleScope)
	refused(update("bob", planner.UserWish{Entitlements: &[]string{s3ReadOnly}}), planner.RuleScope)
	refused(group("frozen"), planner.RuleScope)
	refused(group("open", awsDenyAll), planner.RuleScope)

	// Without active it stays: it is no entitlement.
	if err := update("ann", planner.UserWish{Entitlements: &[]string{s3ReadOnly}}); err != nil {
		t.Error(err)
	}
	l.wantCalls()
	if err := update("ann", planner.UserWish{Active: on}); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("DetachUserPolicy PolicyArn=" + freeze + " UserName=ann")
	if !l.user(l.id("ann")).Active {
		t.Error("not shown as active")
	}
	if err := update("ann", planner.UserWish{Active: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("AttachUserPolicy PolicyArn=" + awsDenyAll + " UserName=ann")
}
