package iamsim_test

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	simulateAction = "SimulatePrincipalPolicy"
	pageSimulate   = "API_SimulatePrincipalPolicy"
	pageResult     = "API_EvaluationResult"

	allowIAM  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}`
	denyIAM   = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`
	allowMFA  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`
	allowPath = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/people/*"}]}`
	person    = "arn:aws:iam::123456789012:user/people/alice"
	robot     = "arn:aws:iam::123456789012:user/service/robot"
)

// simulate asks about iam:GetUser for a user who has the given inline policies.
func (l *lab) simulate(change func(*iam.SimulatePrincipalPolicyInput), documents ...string) (iamtypes.EvaluationResult, error) {
	user := l.user("sim")
	for i, d := range documents {
		l.ok(l.put(user, l.name("p"+strings.Repeat("x", i)), d))
	}
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: l.get(user).Arn, ActionNames: []string{"iam:GetUser"}}
	change(in)
	out, err := l.iam.SimulatePrincipalPolicy(l.ctx, in)
	if err != nil || len(out.EvaluationResults) == 0 {
		return iamtypes.EvaluationResult{}, err
	}
	return out.EvaluationResults[0], nil
}

func unchanged(*iam.SimulatePrincipalPolicyInput) {}

// decides is a case about the decision alone.
func decides(name, source string, want iamtypes.PolicyEvaluationDecisionType, change func(*iam.SimulatePrincipalPolicyInput), documents ...string) contractCase {
	return contractCase{simulateAction, name, source, func(l *lab) {
		got, err := l.simulate(change, documents...)
		l.want(l.ok(err) && got.EvalDecision == want, "decision %q, want %q", got.EvalDecision, want)
	}}
}

func simulateRefused(name, code string, change func(*iam.SimulatePrincipalPolicyInput)) contractCase {
	return contractCase{simulateAction, name, pageSimulate, func(l *lab) {
		_, err := l.simulate(change)
		l.refused(err, code)
	}}
}

func resources(arns ...string) func(*iam.SimulatePrincipalPolicyInput) {
	return func(in *iam.SimulatePrincipalPolicyInput) { in.ResourceArns = arns }
}

func contextOf(key, kind string, values ...string) func(*iam.SimulatePrincipalPolicyInput) {
	return func(in *iam.SimulatePrincipalPolicyInput) {
		in.ContextEntries = []iamtypes.ContextEntry{{ContextKeyName: &key, ContextKeyType: iamtypes.ContextKeyTypeEnum(kind), ContextKeyValues: values}}
	}
}

func simulateCases() []contractCase {
	return slices.Concat([]contractCase{
		decides("nothing allows", pageSimulate, "implicitDeny", unchanged),
		decides("an inline policy allows", pageSimulate, "allowed", unchanged, allowIAM),
		decides("a deny beats an allow", pageSimulate, "explicitDeny", unchanged, allowIAM, denyIAM),
		decides("a resource that fits", pageSimulate, "allowed", resources(person), allowPath),
		decides("a resource that does not fit", pageSimulate, "implicitDeny", resources(robot), allowPath),
		decides("the most restrictive of several resources", pageResult, "implicitDeny", resources(person, robot), allowPath),
		decides("a condition without its key", pageSimulate, "implicitDeny", unchanged, allowMFA),
		decides("a condition with its key", pageSimulate, "allowed", contextOf("aws:MultiFactorAuthPresent", "boolean", "true"), allowMFA),
		decides("a context key in another case", pageSimulate, "allowed", contextOf("AWS:multifactorauthpresent", "boolean", "true"), allowMFA),
		decides("a policy that is handed in", pageSimulate, "allowed", func(in *iam.SimulatePrincipalPolicyInput) { in.PolicyInputList = []string{allowIAM} }),
		decides("a boundary that is handed in", pageSimulate, "implicitDeny", func(in *iam.SimulatePrincipalPolicyInput) {
			in.PermissionsBoundaryPolicyInputList = []string{readBucket}
		}, allowIAM),
		decides("inline policies excluded", pageSimulate, "implicitDeny", func(in *iam.SimulatePrincipalPolicyInput) {
			in.PolicyExclusionList = []iamtypes.PolicyIdentifier{&iamtypes.PolicyIdentifierMemberPolicyType{Value: "inline"}}
		}, allowIAM),
		simulateRefused("of nobody", "NoSuchEntity", func(in *iam.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.String(*in.PolicySourceArn + "-gone")
		}),
		simulateRefused("of an assumed role", "InvalidInput", func(in *iam.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.String("arn:aws:sts::123456789012:assumed-role/r/s")
		}),
		simulateRefused("a resource that is no ARN", "InvalidInput", resources("bucket")),
		simulateRefused("an action without its service", "InvalidInput", func(in *iam.SimulatePrincipalPolicyInput) { in.ActionNames = []string{"GetUser"} }),
		simulateRefused("a context value of another type", "InvalidInput", contextOf("aws:MultiFactorAuthAge", "numeric", "old")),
		simulateRefused("two values of a type for one", "InvalidInput", contextOf("aws:username", "string", "a", "b")),
		simulateRefused("a malformed policy", "InvalidInput", func(in *iam.SimulatePrincipalPolicyInput) { in.PolicyInputList = []string{"nonsense"} }),
	}, simulateDetailCases(), simulateCustomCases())
}

func simulateDetailCases() []contractCase {
	return []contractCase{
		{simulateAction, "missing context values", pageResult, func(l *lab) {
			got, err := l.simulate(unchanged, allowMFA)
			l.want(l.ok(err) && slices.Equal(got.MissingContextValues, []string{"aws:MultiFactorAuthPresent"}), "missing %v", got.MissingContextValues)
		}},
		{simulateAction, "results by resource", pageResult, func(l *lab) {
			got, err := l.simulate(resources(person, robot), allowPath)
			if !l.ok(err) {
				return
			}
			l.want(len(got.ResourceSpecificResults) == 2, "%d results", len(got.ResourceSpecificResults))
			first := got.ResourceSpecificResults[0]
			l.want(*first.EvalResourceName == person && first.EvalResourceDecision == "allowed", "first %v", first.EvalResourceDecision)
			l.want(strings.HasPrefix(*got.EvalResourceName, "arn:${Partition}"), "resource name %q", *got.EvalResourceName)
		}},
		{simulateAction, "names the statement", pageResult, func(l *lab) {
			got, err := l.simulate(unchanged, allowIAM)
			l.want(l.ok(err) && len(got.MatchedStatements) == 1 && strings.HasPrefix(*got.MatchedStatements[0].SourcePolicyId, "user_"), "statements %v", got.MatchedStatements)
		}},
		{simulateAction, "a boundary says what it does", pageResult, func(l *lab) {
			got, err := l.simulate(func(in *iam.SimulatePrincipalPolicyInput) {
				in.PermissionsBoundaryPolicyInputList = []string{readBucket}
			}, allowIAM)
			d := got.PermissionsBoundaryDecisionDetail
			l.want(l.ok(err) && d != nil && !d.AllowedByPermissionsBoundary, "detail %v", d)
		}},
		{simulateAction, "through a group", pageSimulate, func(l *lab) {
			user, group := l.user("u"), l.group("g")
			_, err := l.iam.PutGroupPolicy(l.ctx, &iam.PutGroupPolicyInput{GroupName: &group, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowIAM)})
			l.ok(err)
			l.ok(l.join(user, group))
			out, err := l.iam.SimulatePrincipalPolicy(l.ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: l.get(user).Arn, ActionNames: []string{"iam:GetUser"}})
			l.want(l.ok(err) && out.EvaluationResults[0].EvalDecision == "allowed", "not allowed")
		}},
		{simulateAction, "the boundary of the user", pageSimulate, func(l *lab) {
			user := l.user("u")
			l.ok(l.put(user, "p", allowIAM))
			l.ok(l.bound(user, l.policy("b")))
			out, err := l.iam.SimulatePrincipalPolicy(l.ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: l.get(user).Arn, ActionNames: []string{"iam:GetUser"}})
			l.want(l.ok(err) && out.EvaluationResults[0].EvalDecision == "implicitDeny", "allowed past the boundary")
		}},
		{simulateAction, "in pages", pageSimulate, func(l *lab) {
			names := []string{"iam:GetUser", "iam:ListUsers", "iam:CreateUser", "s3:GetObject"}
			var got []string
			pages := iam.NewSimulatePrincipalPolicyPaginator(l.iam, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: l.get(l.user("u")).Arn, ActionNames: names, MaxItems: aws.Int32(2)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(l.ctx)
				if !l.ok(err) {
					return
				}
				for _, r := range page.EvaluationResults {
					got = append(got, *r.EvalActionName)
				}
			}
			l.want(slices.Equal(got, names), "got %v", got)
		}},
	}
}

func simulateCustomCases() []contractCase {
	ask := func(l *lab, in iam.SimulateCustomPolicyInput) iamtypes.EvaluationResult {
		in.ActionNames = []string{"iam:GetUser"}
		out, err := l.iam.SimulateCustomPolicy(l.ctx, &in)
		if !l.ok(err) || len(out.EvaluationResults) != 1 {
			return iamtypes.EvaluationResult{}
		}
		return out.EvaluationResults[0]
	}
	return []contractCase{
		{"SimulateCustomPolicy", "allows", "API_SimulateCustomPolicy", func(l *lab) {
			l.want(ask(l, iam.SimulateCustomPolicyInput{PolicyInputList: []string{allowIAM}}).EvalDecision == "allowed", "not allowed")
		}},
		{"SimulateCustomPolicy", "denies", "API_SimulateCustomPolicy", func(l *lab) {
			l.want(ask(l, iam.SimulateCustomPolicyInput{PolicyInputList: []string{allowIAM, denyIAM}}).EvalDecision == "explicitDeny", "not denied")
		}},
		{"SimulateCustomPolicy", "a service control policy denies", "API_OrderedOrganizationPolicyType", func(l *lab) {
			got := ask(l, iam.SimulateCustomPolicyInput{
				PolicyInputList:                    []string{allowIAM},
				OrderedOrganizationPolicyInputList: []iamtypes.OrderedOrganizationPolicyType{{ServiceControlPolicyInputList: []string{denyIAM}}},
			})
			l.want(got.EvalDecision == "explicitDeny" && got.OrganizationsDecisionDetail != nil && !got.OrganizationsDecisionDetail.AllowedByOrganizations, "decision %v", got.EvalDecision)
		}},
		{"SimulateCustomPolicy", "a resource policy names the caller", "API_SimulateCustomPolicy", func(l *lab) {
			got := ask(l, iam.SimulateCustomPolicyInput{
				PolicyInputList: []string{readBucket}, CallerArn: aws.String(person), ResourceArns: []string{robot},
				ResourcePolicy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + person + `"},"Action":"iam:GetUser","Resource":"*"}]}`),
			})
			l.want(got.EvalDecision == "allowed", "decision %v", got.EvalDecision)
		}},
	}
}
