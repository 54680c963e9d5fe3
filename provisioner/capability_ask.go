package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// Where a Capability comes from.
const (
	sourceSimulation = "simulation"
	sourcePolicies   = "policies"
)

// question is what can be asked in one call: actions on one resource in one
// context.
type question struct {
	resource string
	context  map[string]string
	needs    []planner.Need
}

// questions groups what the samples need.
func questions(needs []planner.Need) []*question {
	byKey := map[string]*question{}
	var all []*question
	seen := map[string]bool{}
	for _, n := range needs {
		key := n.Resource + fmt.Sprint(n.Context)
		if seen[n.Action+key] {
			continue
		}
		seen[n.Action+key] = true
		q := byKey[key]
		if q == nil {
			q = &question{resource: n.Resource, context: n.Context}
			byKey[key] = q
			all = append(all, q)
		}
		q.needs = append(q.needs, n)
	}
	return all
}

// ask finds out about every need: by simulation or, where that is not allowed,
// by the policies that we have. An error may come with answers that are worse
// than they could be.
func (p *Provisioner) ask(ctx context.Context, samples []planner.Sample) (answers map[string]Decision, source string, err error) {
	needs := p.newPlanner().InlineNeeds()
	for _, s := range samples {
		needs = append(needs, s.Needs...)
	}
	all := questions(needs)
	self, err := p.self(ctx)
	if err != nil {
		return nil, "", err
	}
	answers, err = p.simulate(ctx, self, all)
	if err == nil {
		return answers, sourceSimulation, nil
	}
	if !awsapi.IsForbidden(err) {
		return nil, "", err
	}
	guessed, gerr := p.guess(ctx, all)
	if gerr != nil || guessed == nil {
		return nil, "", errors.Join(err, gerr)
	}
	return guessed, sourcePolicies, err
}

// self is the ARN of our own role or user. An assumed role's ARN does not say
// the path of the role; IAM finds it by its name alone (observed), but GetRole
// says it.
func (p *Provisioner) self(ctx context.Context) (string, error) {
	if p.conn.RoleARN != "" {
		return p.conn.RoleARN, nil
	}
	caller := p.conn.CallerARN
	if caller == "" {
		id, err := p.conn.Identity(ctx)
		if err != nil {
			return "", fmt.Errorf("who we are: %w", err)
		}
		caller = id.ARN
	}
	a, err := arn.Parse(caller)
	if err != nil {
		return "", fmt.Errorf("who we are: %w", err)
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	if kind != "assumed-role" {
		return caller, nil
	}
	name, _, _ := strings.Cut(rest, "/")
	if out, err := p.writes.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)}); err == nil {
		return aws.ToString(out.Role.Arn), nil
	}
	return "arn:" + a.Partition + ":iam::" + a.AccountID + ":role/" + name, nil
}

// simulate asks the policy simulator, a call for each question.
func (p *Provisioner) simulate(ctx context.Context, self string, all []*question) (map[string]Decision, error) {
	answers := map[string]Decision{}
	for _, q := range all {
		if err := p.simulateOne(ctx, self, q, answers); err != nil {
			return nil, fmt.Errorf("simulate: %w", err)
		}
	}
	return answers, nil
}

func (p *Provisioner) simulateOne(ctx context.Context, self string, q *question, answers map[string]Decision) error {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(self), ResourceArns: []string{q.resource}}
	byAction := map[string]planner.Need{}
	for _, n := range q.needs {
		in.ActionNames = append(in.ActionNames, n.Action)
		byAction[strings.ToLower(n.Action)] = n
	}
	for _, key := range slices.Sorted(maps.Keys(q.context)) {
		in.ContextEntries = append(in.ContextEntries, iamtypes.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{q.context[key]},
		})
	}
	err := awsapi.ReadPages("SimulatePrincipalPolicy", func(marker *string) (awsapi.Page, error) {
		in.Marker = marker
		out, err := p.writes.iam.SimulatePrincipalPolicy(ctx, in)
		if err != nil {
			return awsapi.Page{}, err
		}
		for i := range out.EvaluationResults {
			r := &out.EvaluationResults[i]
			if n, ok := byAction[strings.ToLower(aws.ToString(r.EvalActionName))]; ok {
				worst(answers, n.Key(), decided(r))
			}
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if awsapi.ErrorCode(err) != "InvalidInput" {
		return err
	}
	if len(q.needs) == 1 {
		return nil // the simulator cannot tell
	}
	for _, n := range q.needs { // "require different authorization information"
		if err := p.simulateOne(ctx, self, &question{q.resource, q.context, []planner.Need{n}}, answers); err != nil {
			return err
		}
	}
	return nil
}

// worst keeps the least favourable answer: a rename is allowed on both names.
func worst(answers map[string]Decision, key string, d Decision) {
	order := []Decision{"", Allowed, Unknown, Denied}
	if slices.Index(order, d) > slices.Index(order, answers[key]) {
		answers[key] = d
	}
}

// decided reads one answer of the simulator. A denial that hangs on a fact of
// the real request, which the simulation does not know, is no denial yet.
func decided(r *iamtypes.EvaluationResult) Decision {
	return decision(r.EvalDecision == iamtypes.PolicyEvaluationDecisionTypeAllowed,
		r.EvalDecision == iamtypes.PolicyEvaluationDecisionTypeExplicitDeny, r.MissingContextValues)
}

func decision(allowed, explicit bool, missing []string) Decision {
	ofRequest := slices.ContainsFunc(missing, func(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") })
	switch {
	case allowed:
		return Allowed
	case explicit && !ofRequest:
		return Denied
	case len(missing) == 0:
		return Denied
	}
	return Unknown
}

// guess evaluates the policies that the snapshot shows on our own role or user.
// It knows nothing of service control and session policies.
func (p *Provisioner) guess(ctx context.Context, all []*question) (answers map[string]Decision, err error) {
	c, err := p.ownChain(ctx)
	if err != nil {
		return nil, err
	}
	in, err := p.ownPolicies(ctx, c)
	if err != nil || in == nil {
		return nil, err
	}
	answers = map[string]Decision{}
	for _, q := range all {
		in.Resource, in.Context = q.resource, map[string][]string{}
		for key, value := range q.context {
			in.Context[key] = []string{value}
		}
		for _, n := range q.needs {
			in.Action = n.Action
			r := policy.Evaluate(*in)
			worst(answers, n.Key(), decision(r.Decision == policy.Allowed, r.Decision == policy.ExplicitDeny, r.MissingContext))
		}
	}
	return answers, nil
}

// ownPolicies reads what we hold from the snapshot; nil if it does not show us.
func (p *Provisioner) ownPolicies(ctx context.Context, c *chain) (in *policy.Input, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		h, err := p.heldByUs(ctx, tx, c)
		if err != nil || h == nil {
			return err
		}
		return p.compose(ctx, tx, nil, nil, func(s *observer.Single) error {
			in = h.input(s, p.conn.AccountID)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read our own policies: %w", err)
	}
	return in, nil
}

// samples lists every operation with what it needs.
func (p *Provisioner) samples(grants []string) []planner.Sample {
	return p.newPlanner().Samples(grants, len(p.cfg.Grantable) > 0)
}

// sampleGrants finds policies that are grantable, to ask about.
func (p *Provisioner) sampleGrants(ctx context.Context) (arns []string, err error) {
	for _, g := range p.cfg.Grantable {
		if strings.HasPrefix(g, "arn:") && !policy.IsPattern(g) {
			arns = append(arns, g)
		}
	}
	if len(arns) > 0 || len(p.cfg.Grantable) == 0 || p.account.Snapshot.Generation().ID == 0 {
		return arns, nil
	}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		all, err := tx.Select(ctx, store.KindPolicy, store.Query{Where: store.Compare{Path: "aws.grantable", Op: store.Eq, Value: true}})
		if err != nil {
			return err
		}
		list, err := tx.Policies(ctx, all.IDs[:min(len(all.IDs), 1)]...)
		for _, pol := range list {
			arns = append(arns, pol.ARN)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a grantable policy: %w", err)
	}
	return arns, nil
}
