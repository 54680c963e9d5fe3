package provisioner

import (
	"testing"

	"iamscim/store"
)

// TestGuardScopes holds what the guard says of plans that no planner makes today.
func TestGuardScopes(t *testing.T) {
	t.Parallel()
	const deny, custom, grant = "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::1:policy/freeze", "arn:aws:iam::aws:policy/ReadOnlyAccess"
	before := &subject{user: &store.User{ID: "AIDA1", DisabledBy: []store.Deny{
		{Type: "attachedPolicy", Value: custom}, {Type: "attachedPolicy", Value: deny}, {Type: "groupPolicy", Value: grant, Group: "AGPA1"},
	}}}
	step := func(action, arn string) Step {
		return Step{Action: action, Params: []Param{{Name: "policy", Value: arn}}}
	}
	forget, inactive := remembrance{forget: true}, remembrance{inactive: true}
	rows := []struct {
		name string
		plan Plan
		step Step
		free bool // the scope write is enough
	}{
		{"reactivation, AWSDenyAll", Plan{Kind: kindUpdateUser, after: forget}, step("DetachUserPolicy", deny), true},
		{"reactivation, another deny", Plan{Kind: kindUpdateUser, after: forget}, step("DetachUserPolicy", custom), true},
		{"reactivation, an entitlement", Plan{Kind: kindUpdateUser, after: forget}, step("DetachUserPolicy", grant), false},
		{"reactivation, giving", Plan{Kind: kindUpdateUser, after: forget}, step("AttachUserPolicy", deny), false},
		{"update, AWSDenyAll", Plan{Kind: kindUpdateUser}, step("DetachUserPolicy", deny), false},
		{"update, another deny", Plan{Kind: kindUpdateUser}, step("DetachUserPolicy", custom), false},
		{"update, denying", Plan{Kind: kindUpdateUser}, step("AttachUserPolicy", deny), false},
		{"deactivation, denying", Plan{Kind: kindDeactivate, after: inactive}, step("AttachUserPolicy", deny), true},
		{"deactivation, giving", Plan{Kind: kindDeactivate, after: inactive}, step("AttachUserPolicy", grant), false},
		{"deactivation, lifting", Plan{Kind: kindDeactivate, after: inactive}, step("DetachUserPolicy", deny), false},
		{"creation, inactive", Plan{Kind: kindCreateUser, after: inactive}, step("AttachUserPolicy", deny), true},
		{"creation, active", Plan{Kind: kindCreateUser}, step("AttachUserPolicy", deny), false},
		{"group, denying", Plan{Kind: kindUpdateGroup}, step("AttachGroupPolicy", deny), false},
		{"group, lifting", Plan{Kind: kindUpdateGroup}, step("DetachGroupPolicy", deny), false},
		{"deletion", Plan{Kind: kindDeleteUser}, step("DetachUserPolicy", grant), true},
	}
	for _, row := range rows {
		row.plan.Steps = []Step{row.step}
		err := guardScopes(Actor{Scopes: map[string]bool{ScopeWrite: true}}, before, &row.plan)
		if free := err == nil; free != row.free {
			t.Errorf("%s: got %v", row.name, err)
		}
		if err := guardScopes(Actor{Scopes: map[string]bool{ScopeWrite: true, ScopeEntitlements: true}}, before, &row.plan); err != nil {
			t.Errorf("%s, with the scope: got %v", row.name, err)
		}
	}
}
