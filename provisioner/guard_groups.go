package provisioner

import (
	"fmt"
	"slices"

	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// joins: groups that users are added to, as they would be with the plan done.
func (v *verdict) joins() error {
	asked := map[string]bool{}
	for i := range v.plan.Steps {
		s := &v.plan.Steps[i]
		if s.Action != "AddUserToGroup" || asked[s.GroupID] {
			continue
		}
		asked[s.GroupID] = true
		g := v.joined(s)
		if g == nil {
			return &planner.InvalidError{Attribute: "groups", Reason: fmt.Sprintf("there is no group %q", s.GroupID)}
		}
		if err := v.joinable(g); err != nil {
			return err
		}
	}
	return nil
}

// joined is the group that a membership step is about.
func (v *verdict) joined(s *planner.Step) *store.Group {
	if v.after.Group != nil {
		return v.after.Group
	}
	return v.groups[s.GroupID]
}

// renames: a group must not get a name under which more would be allowed.
func (v *verdict) renames() error {
	before, after := v.before.Group, v.after.Group
	if before == nil || after == nil || before.Name == after.Name && before.Path == after.Path {
		return nil
	}
	if v.joinable(after) == nil && v.joinable(before) != nil {
		return &planner.DeniedError{Rule: planner.RuleGroups, Resource: before.ARN, Reason: fmt.Sprintf("users may not be added to group %q, and would be under its new name or path", before.Name)}
	}
	return nil
}

// liftable: a deny of a group's policies was not placed by this server, unless
// the operator lets it grant that very policy.
func (v *verdict) liftable(arn string) error {
	if !v.deniesAll(arn) || slices.Contains(v.p.cfg.Grantable, arn) {
		return nil
	}
	return &planner.DeniedError{Rule: planner.RuleForeign, Reason: fmt.Sprintf("%s denies everything to the members of the group, and this server did not place it", arn)}
}

// leavable: leaving a group must not lift a deny either.
func (v *verdict) leavable(s *planner.Step) error {
	g := v.before.Group
	if g == nil {
		g = v.groups[s.GroupID]
	}
	if g == nil {
		return nil
	}
	for _, ref := range g.Attached {
		if err := v.liftable(ref.ARN); err != nil {
			return err
		}
	}
	for _, in := range g.Inline {
		if policy.DeniesAll(in.Document) {
			return &planner.DeniedError{Rule: planner.RuleForeign, Reason: fmt.Sprintf("inline policy %s denies everything to the members of group %q, and this server did not place it", in.Name, g.Name)}
		}
	}
	return nil
}

func (v *verdict) joinable(g *store.Group) error {
	list := v.cfg.GrantableGroups
	if slices.Contains(list, g.ARN) || slices.ContainsFunc(list, func(l string) bool { return !policy.IsPattern(l) && store.Fold(l) == store.Fold(g.Name) }) {
		return nil
	}
	denied := func(why string) error {
		return &planner.DeniedError{Rule: planner.RuleGroups, Action: "iam:AddUserToGroup", Resource: g.ARN, Reason: fmt.Sprintf("group %q %s", g.Name, why)}
	}
	if list != nil && !policy.MatchesAny(list, g.ARN) {
		return denied("is not one that users may be added to")
	}
	docs, ok := v.documents(g)
	if !ok {
		return denied("has a policy that could not be read; it must be listed by its name or ARN")
	}
	if policy.AdministratorEquivalent(docs...) {
		return denied("gives the power of an administrator; it must be listed by its name or ARN")
	}
	return nil
}

// documents reads everything a group gives; false if something of it is not
// known.
func (v *verdict) documents(g *store.Group) (docs []*policy.Document, ok bool) {
	for _, ref := range g.Attached {
		text := ""
		if p := v.policies[ref.ARN]; p != nil {
			text = p.Document
		}
		docs = append(docs, parsedPolicy(text))
	}
	for _, in := range g.Inline {
		docs = append(docs, parsedPolicy(in.Document))
	}
	return docs, !slices.Contains(docs, nil)
}
