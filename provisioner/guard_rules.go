package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// verdict gathers what the rules look at for one plan.
type verdict struct {
	p      *Provisioner
	cfg    *GuardConfig
	actor  Actor
	before *planner.Subject
	plan   *planner.Plan
	after  *planner.Subject

	own      *own
	resolved map[string][]store.Ref // of Protect
	was      []*touched             // everything the plan writes to, as it is
	next     *touched               // the plan's object as it would be; nil: gone
	groups   map[string]*store.Group
	policies map[string]*store.Policy // those that are attached
}

// guardPlan asks every rule about a plan that would change something.
func (p *Provisioner) guardPlan(ctx context.Context, a Actor, opt Options, before *planner.Subject, plan *planner.Plan, after *planner.Subject) error {
	v := &verdict{p: p, cfg: &p.writes.cfg.Guard, actor: a, before: before, plan: plan, after: after}
	if err := v.load(ctx); err != nil {
		return err
	}
	for _, rule := range []func() error{v.protection, v.managePath, v.grants, v.renames, v.joins} {
		if err := rule(); err != nil {
			return err
		}
	}
	return p.guardBrake(ctx, v, opt)
}

// protection: nothing of our own credential chain, and nothing the operator
// named, neither as it is nor as it would be.
func (v *verdict) protection() error {
	all := v.was
	if v.next != nil {
		all = append(slices.Clone(all), v.next)
	}
	for _, t := range all {
		if reason := v.own.protects(t); reason != "" {
			return &planner.DeniedError{Rule: planner.RuleProtected, Reason: fmt.Sprintf("%s: %s", t, reason), Resource: t.arn}
		}
		if entry := protectedBy(v.cfg.Protect, v.resolved, t); entry != "" {
			return &planner.DeniedError{Rule: planner.RuleProtected, Reason: fmt.Sprintf("%s is protected as %q", t, entry), Resource: t.arn}
		}
	}
	return nil
}

// managePath: what exists must be under the path or ours; what is made or moved
// must end up where the operator wants it.
func (v *verdict) managePath() error {
	for _, t := range v.was {
		if !t.owned && !v.cfg.manages(t.path) {
			return &planner.DeniedError{Rule: planner.RuleManagePath, Resource: t.arn, Reason: fmt.Sprintf("%s is at %s, outside what this server manages, and was neither created nor adopted by it", t, t.path)}
		}
	}
	if v.next == nil || v.before.User != nil && v.before.User.Path == v.next.path || v.before.Group != nil && v.before.Group.Path == v.next.path {
		return nil
	}
	create := v.p.writes.cfg.createPath()
	chosen := v.p.writes.cfg.CreatePath != "" && strings.HasPrefix(v.next.path, create)
	if v.cfg.manages(v.next.path) || v.next.path == create || chosen {
		return nil
	}
	return &planner.DeniedError{Rule: planner.RuleManagePath, Resource: v.next.arn, Reason: fmt.Sprintf("%s would be at %s, outside what this server manages", v.next, v.next.path)}
}

// guardBoundary: only an administrator decides what bounds a user.
func (p *Provisioner) guardBoundary(a Actor, plan *planner.Plan) error {
	for i := range plan.Steps {
		s := &plan.Steps[i]
		sets := s.Action == "PutUserPermissionsBoundary" || s.Action == "DeleteUserPermissionsBoundary" ||
			s.Action == "CreateUser" && s.Param("boundary") != p.writes.cfg.CreateBoundary
		if sets && !a.Scopes[planner.ScopeAdmin] {
			return &planner.DeniedError{Rule: planner.RuleBoundary, Action: "iam:" + s.Action, Reason: fmt.Sprintf("a permissions boundary is set, changed or removed only with the scope %q", planner.ScopeAdmin)}
		}
	}
	return nil
}

// grants: policies that are attached or detached, and groups that are left.
func (v *verdict) grants() error {
	for i := range v.plan.Steps {
		s := &v.plan.Steps[i]
		err := v.grant(s, s.Param("policy"))
		var d *planner.DeniedError
		if errors.As(err, &d) {
			d.Action, d.Resource = "iam:"+s.Action, s.Param("policy")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// grant asks about one step. What is deleted loses everything it has.
func (v *verdict) grant(s *planner.Step, arn string) error {
	ending := v.plan.Kind == planner.KindDeleteUser || v.plan.Kind == planner.KindDeleteGroup
	listed := policy.MatchesAny(v.p.cfg.Grantable, arn)
	switch s.Action {
	case "AttachUserPolicy":
		if policy.IsDenyAll(arn) && v.plan.CutsOff() {
			return nil
		}
		return v.grantable(arn)
	case "AttachGroupPolicy":
		return v.grantable(arn)
	case "DetachUserPolicy":
		if !ending && !listed && !takesDeny(v.before, s) {
			return notGrantable(arn)
		}
	case "DetachGroupPolicy":
		if !ending && !listed {
			return notGrantable(arn)
		}
		if !ending {
			return v.liftable(arn)
		}
	case "RemoveUserFromGroup":
		if v.plan.Kind != planner.KindDeleteUser {
			return v.leavable(s)
		}
	case "PutUserPolicy":
		if !policy.DeniesAll(s.Param("document")) {
			return &planner.DeniedError{Rule: planner.RulePolicies, Reason: "this server writes no inline policy but one that denies everything"}
		}
	}
	return nil
}

func notGrantable(arn string) error {
	return &planner.DeniedError{Rule: planner.RulePolicies, Reason: fmt.Sprintf("policy %s is not one that this server may grant or take away", arn)}
}

// grantable: an administrator's policy is given only by its very ARN, and so is
// our own.
func (v *verdict) grantable(arn string) error {
	if slices.Contains(v.p.cfg.Grantable, arn) {
		return nil
	}
	if !policy.MatchesAny(v.p.cfg.Grantable, arn) {
		return notGrantable(arn)
	}
	pol := v.policies[arn]
	var doc *policy.Document
	if pol != nil {
		doc = parsedPolicy(pol.Document)
	}
	switch {
	case doc == nil:
		return &planner.DeniedError{Rule: planner.RulePolicies, Reason: fmt.Sprintf("what policy %s allows is not known; it must be listed by its ARN", arn)}
	case doc.AdministratorEquivalent():
		return &planner.DeniedError{Rule: planner.RulePolicies, Reason: fmt.Sprintf("policy %s gives the power of an administrator; it must be listed by its ARN", arn)}
	case doc.DeniesEverything():
		return &planner.DeniedError{Rule: planner.RulePolicies, Reason: fmt.Sprintf("policy %s denies everything; it must be listed by its ARN", arn)}
	case slices.Contains(v.own.policies, arn):
		return &planner.DeniedError{Rule: planner.RuleProtected, Reason: fmt.Sprintf("policy %s gives this server its own permissions; it must be listed by its ARN", arn)}
	}
	return nil
}

func parsedPolicy(text string) *policy.Document {
	doc, err := policy.Parse(text)
	if err != nil {
		return nil
	}
	return doc
}
