package provisioner

import (
	"testing"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestGuardScopes holds what the guard says of plans that no planner makes today.
func TestGuardScopes(t *testing.T) {
	t.Parallel()
	const deny, custom, grant = "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::1:policy/freeze", "arn:aws:iam::aws:policy/ReadOnlyAccess"
	before := &planner.Subject{User: &store.User{ID: "AIDA1", DisabledBy: []store.Deny{
		{Type: "attachedPolicy", Value: custom}, {Type: "attachedPolicy", Value: deny}, {Type: "groupPolicy", Value: grant, Group: "AGPA1"},
	}}}
	step := func(action, arn string) planner.Step {
		return planner.Step{Action: action, Params: []planner.Param{{Name: "policy", Value: arn}}}
	}
	forget, inactive := planner.Remembrance{Forget: true}, planner.Remembrance{Inactive: true}
	rows := []struct {
		name string
		plan planner.Plan
		step planner.Step
		free bool // the scope write is enough
	}{
		{"reactivation, AWSDenyAll", planner.Plan{Kind: planner.KindUpdateUser, After: forget}, step("DetachUserPolicy", deny), true},
		{"reactivation, another deny", planner.Plan{Kind: planner.KindUpdateUser, After: forget}, step("DetachUserPolicy", custom), true},
		{"reactivation, an entitlement", planner.Plan{Kind: planner.KindUpdateUser, After: forget}, step("DetachUserPolicy", grant), false},
		{"reactivation, giving", planner.Plan{Kind: planner.KindUpdateUser, After: forget}, step("AttachUserPolicy", deny), false},
		{"update, AWSDenyAll", planner.Plan{Kind: planner.KindUpdateUser}, step("DetachUserPolicy", deny), false},
		{"update, another deny", planner.Plan{Kind: planner.KindUpdateUser}, step("DetachUserPolicy", custom), false},
		{"update, denying", planner.Plan{Kind: planner.KindUpdateUser}, step("AttachUserPolicy", deny), false},
		{"deactivation, denying", planner.Plan{Kind: planner.KindDeactivate, After: inactive}, step("AttachUserPolicy", deny), true},
		{"deactivation, giving", planner.Plan{Kind: planner.KindDeactivate, After: inactive}, step("AttachUserPolicy", grant), false},
		{"deactivation, lifting", planner.Plan{Kind: planner.KindDeactivate, After: inactive}, step("DetachUserPolicy", deny), false},
		{"creation, inactive", planner.Plan{Kind: planner.KindCreateUser, After: inactive}, step("AttachUserPolicy", deny), true},
		{"creation, active", planner.Plan{Kind: planner.KindCreateUser}, step("AttachUserPolicy", deny), false},
		{"group, denying", planner.Plan{Kind: planner.KindUpdateGroup}, step("AttachGroupPolicy", deny), false},
		{"group, lifting", planner.Plan{Kind: planner.KindUpdateGroup}, step("DetachGroupPolicy", deny), false},
		{"deletion", planner.Plan{Kind: planner.KindDeleteUser}, step("DetachUserPolicy", grant), true},
	}
	for _, row := range rows {
		row.plan.Steps = []planner.Step{row.step}
		err := guardScopes(Actor{Scopes: map[string]bool{planner.ScopeWrite: true}}, before, &row.plan)
		if free := err == nil; free != row.free {
			t.Errorf("%s: got %v", row.name, err)
		}
		if err := guardScopes(Actor{Scopes: map[string]bool{planner.ScopeWrite: true, planner.ScopeEntitlements: true}}, before, &row.plan); err != nil {
			t.Errorf("%s, with the scope: got %v", row.name, err)
		}
	}
}
