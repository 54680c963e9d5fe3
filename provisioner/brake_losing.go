package provisioner

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// losing finds who loses access: whoever is deactivated or deleted, whoever
// leaves a group or loses a policy, and whoever gets one that denies
// everything. That something else is given instead makes no difference: it may
// be worth nothing.
func (v *verdict) losing(members func() ([]string, error)) ([]string, error) {
	lost := map[string]bool{}
	all := false // members of the group
	for i := range v.plan.Steps {
		switch s := &v.plan.Steps[i]; s.Action {
		case "RemoveUserFromGroup":
			lost[s.UserID] = true
		case "AddUserToGroup":
			lost[s.UserID] = lost[s.UserID] || v.deniesMembers(v.joined(s))
		case "DetachUserPolicy", "DeleteUserPolicy":
			lost[s.UserID] = lost[s.UserID] || !takesDeny(v.before, s)
		case "AttachGroupPolicy":
			all = all || v.deniesAll(s.Param("policy"))
		case "DetachGroupPolicy":
			all = all || !v.deniesAll(s.Param("policy"))
		}
	}
	if all && v.before.Group != nil {
		list, err := members()
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			lost[id] = true
		}
	}
	u := v.before.User
	later := !v.plan.After.Due.IsZero() // counts as the deletion that it is
	if v.plan.Kind == planner.KindDeleteUser || later || v.plan.Kind == planner.KindDeactivate && len(v.plan.Steps) > 0 && u != nil && u.Active {
		lost[v.plan.Object.ID] = true
	}
	maps.DeleteFunc(lost, func(id string, yes bool) bool { return !yes || id == "" })
	return slices.Sorted(maps.Keys(lost)), nil
}

// deniesAll judges a managed policy.
func (v *verdict) deniesAll(arn string) bool {
	p := v.policies[arn]
	return policy.IsDenyAll(arn) || p != nil && p.Deny
}

// deniesMembers reports whether being in the group denies everything.
func (v *verdict) deniesMembers(g *store.Group) bool {
	return g != nil && (slices.ContainsFunc(g.Attached, func(p store.PolicyRef) bool { return v.deniesAll(p.ARN) }) ||
		slices.ContainsFunc(g.Inline, func(p store.InlinePolicy) bool { return policy.DeniesAll(p.Document) }))
}

// takesDeny reports whether the step takes a deny away, which is no loss.
func takesDeny(before *planner.Subject, s *planner.Step) bool {
	if policy.IsDenyAll(s.Param("policy")) || s.Action == "DeleteUserPolicy" && s.Param("name") == planner.DenyInlineName {
		return true
	}
	return before.User != nil && slices.ContainsFunc(before.User.DisabledBy, func(d store.Deny) bool {
		return d.Type == "attachedPolicy" && d.Value == s.Param("policy") || d.Type == "inlinePolicy" && d.Value == s.Param("name")
	})
}

// guardBrake counts the people whom the plan takes access from.
func (p *Provisioner) guardBrake(ctx context.Context, v *verdict, opt Options) error {
	people, err := v.losing(func() ([]string, error) { return p.membersOf(ctx, v.plan.Object.ID) })
	if err != nil {
		return err
	}
	v.plan.Losing = people
	if opt.Unbraked && opt.DryRun {
		return nil
	}
	single := v.plan.Kind == planner.KindDeactivate && v.plan.After.Due.IsZero() && len(people) == 1
	return p.brake(ctx, v.actor, people, brakeQuestion{single: single, dry: opt.DryRun})
}

// membersOf lists the members of a group as the snapshot knows them.
func (p *Provisioner) membersOf(ctx context.Context, groupID string) (ids []string, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		members, err := tx.Members(ctx, groupID, false)
		for _, m := range members {
			ids = append(ids, m.ID)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the members of group %s: %w", groupID, err)
	}
	return ids, nil
}
