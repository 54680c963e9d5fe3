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
	u, g := userTarget{name: "ann", id: "AIDA1"}, groupTarget{name: "dev", id: "AGPA1"}
	forget, inactive := remembrance{forget: true}, remembrance{inactive: true}
	rows := []struct {
		name string
		plan Plan
		step Step
		free bool // the scope write is enough
	}{
		{"reactivation, AWSDenyAll", Plan{Kind: kindUpdateUser, after: forget}, u.detach(deny), true},
		{"reactivation, another deny", Plan{Kind: kindUpdateUser, after: forget}, u.detach(custom), true},
		{"reactivation, an entitlement", Plan{Kind: kindUpdateUser, after: forget}, u.detach(grant), false},
		{"reactivation, giving", Plan{Kind: kindUpdateUser, after: forget}, u.attach(deny), false},
		{"update, AWSDenyAll", Plan{Kind: kindUpdateUser}, u.detach(deny), false},
		{"update, another deny", Plan{Kind: kindUpdateUser}, u.detach(custom), false},
		{"update, denying", Plan{Kind: kindUpdateUser}, u.attach(deny), false},
		{"deactivation, denying", Plan{Kind: kindDeactivate, after: inactive}, u.attach(deny), true},
		{"deactivation, giving", Plan{Kind: kindDeactivate, after: inactive}, u.attach(grant), false},
		{"deactivation, lifting", Plan{Kind: kindDeactivate, after: inactive}, u.detach(deny), false},
		{"creation, inactive", Plan{Kind: kindCreateUser, after: inactive}, u.attach(deny), true},
		{"creation, active", Plan{Kind: kindCreateUser}, u.attach(deny), false},
		{"group, denying", Plan{Kind: kindUpdateGroup}, g.attach(deny), false},
		{"group, lifting", Plan{Kind: kindUpdateGroup}, g.detach(deny), false},
		{"deletion", Plan{Kind: kindDeleteUser}, u.detach(grant), true},
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
