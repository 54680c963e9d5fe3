package iamsim

import (
	"encoding/json"
	"slices"
	"strings"

	"iamscim/provisioner/policy"
)

// verdict is the outcome for one action on one resource.
type verdict struct {
	decision   policy.Decision
	statements []fields
	missing    []string
	boundary   any // bool where a boundary applies, else nil
	organised  any // bool where there are service control policies, else nil
}

// decide evaluates service control policies first: if they deny, "the
// simulation ends" (API_EvaluationResult).
func (s *simulation) decide(action, resource string) verdict {
	v := verdict{}
	in := policy.Input{Action: action, Resource: resource, Principal: s.principal, Context: s.keys}
	for _, level := range s.levels {
		scp := in
		scp.SCPs, scp.Identity = level, []*policy.Document{s.parse(allowEverything)}
		v.organised = true
		if result := policy.Evaluate(scp); result.Decision != policy.Allowed {
			v.organised, v.decision = false, result.Decision
			return v
		}
	}
	in.Identity = documentsOf(s.identity)
	if len(s.boundary) > 0 {
		in.Boundary = s.boundary[0].doc
	}
	if len(s.resource) > 0 {
		in.ResourcePolicy = s.resource[0].doc
	}
	result := policy.Evaluate(in)
	v.decision, v.missing = result.Decision, result.MissingContext
	if in.Boundary != nil {
		v.boundary = result.ByLayer[policy.LayerBoundary] == policy.Allowed
	}
	v.statements = s.matched(result)
	return v
}

// matched lists the statements that made the decision; beside a deny no allow
// is listed, and boundaries are never.
func (s *simulation) matched(result policy.Result) []fields {
	if result.Decision == policy.ImplicitDeny {
		return nil
	}
	effect := policy.Allow
	if result.Decision == policy.ExplicitDeny {
		effect = policy.Deny
	}
	var list []fields
	for _, m := range result.Matched {
		sources := map[policy.Layer][]source{policy.LayerIdentity: s.identity, policy.LayerResource: s.resource}[m.Layer]
		if m.Effect == effect && sources != nil {
			list = append(list, statementFields(sources[m.Position], m.Statement))
		}
	}
	return list
}

func statementFields(from source, index int) fields {
	f := fields{{"SourcePolicyId", from.id}, {"SourcePolicyType", from.shown}}
	start, end, ok := statementSpan(from.text, index)
	if !ok {
		return f
	}
	return append(f, field{"StartPosition", position(from.text, start)}, field{"EndPosition", position(from.text, end)})
}

// position counts lines and columns from 1.
func position(text string, offset int) fields {
	before := text[:offset]
	return fields{
		{"Line", 1 + strings.Count(before, "\n")},
		{"Column", offset - strings.LastIndexByte(before, '\n')},
	}
}

// statementSpan finds the text of the statement with the given index.
func statementSpan(text string, index int) (start, end int, ok bool) {
	var doc struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(text), &doc) != nil {
		return 0, 0, false
	}
	var list []json.RawMessage
	if !strings.HasPrefix(string(doc.Statement), "[") {
		list = []json.RawMessage{doc.Statement}
	} else if json.Unmarshal(doc.Statement, &list) != nil {
		return 0, 0, false
	}
	// Statements are searched in turn, because two may read alike.
	at := max(0, strings.Index(text, string(doc.Statement)))
	for i, statement := range list {
		found := strings.Index(text[at:], string(statement))
		if found < 0 {
			return 0, 0, false
		}
		start = at + found
		at = start + len(statement)
		if i == index {
			return start, at, true
		}
	}
	return 0, 0, false
}

var decisionNames = map[policy.Decision]string{
	policy.Allowed: "allowed", policy.ExplicitDeny: "explicitDeny", policy.ImplicitDeny: "implicitDeny",
}

// result is one EvaluationResult: the action over all resources, of which the
// top level reports the most restrictive decision.
func (s *simulation) result(action string) fields {
	if len(s.resources) == 0 || slices.Equal(s.resources, []string{"*"}) {
		v := s.decide(action, "*")
		return append(fields{
			{"EvalActionName", action}, {"EvalResourceName", "*"}, {"EvalDecision", decisionNames[v.decision]},
		}, v.details()...)
	}
	var all verdict
	var specific list
	for i, resource := range s.resources {
		v := s.decide(action, resource)
		specific = append(specific, append(fields{
			{"EvalResourceName", resource}, {"EvalResourceDecision", decisionNames[v.decision]},
		}, v.specific()...))
		if i == 0 {
			all = v
			continue
		}
		all.merge(v)
	}
	f := fields{
		{"EvalActionName", action}, {"EvalResourceName", resourceTemplate(action)}, {"EvalDecision", decisionNames[all.decision]},
	}
	f = append(f, all.details()...)
	return append(f, field{"EvalDecisionDetails", fields{}}, field{"ResourceSpecificResults", specific})
}

var severity = map[policy.Decision]int{policy.Allowed: 0, policy.ImplicitDeny: 1, policy.ExplicitDeny: 2}

func (v *verdict) merge(w verdict) {
	switch {
	case severity[w.decision] > severity[v.decision]:
		v.decision, v.statements = w.decision, w.statements
	case w.decision == v.decision:
		v.statements = append(v.statements, w.statements...)
	}
	for _, key := range w.missing {
		if !slices.Contains(v.missing, key) {
			v.missing = append(v.missing, key)
		}
	}
	v.boundary, v.organised = both(v.boundary, w.boundary), both(v.organised, w.organised)
}

// both is the conjunction of two details that may be absent.
func both(a, b any) any {
	if a == nil || b == false {
		return b
	}
	return a
}

// specific is what a ResourceSpecificResult holds beside name and decision.
func (v *verdict) specific() fields {
	missing := make(list, 0, len(v.missing))
	for _, key := range v.missing {
		missing = append(missing, key)
	}
	f := fields{
		{"MatchedStatements", each(v.statements, func(s fields) any { return s })},
		{"MissingContextValues", missing},
	}
	if v.boundary != nil {
		f = append(f, field{"PermissionsBoundaryDecisionDetail", fields{{"AllowedByPermissionsBoundary", v.boundary}}})
	}
	return f
}

// details adds what only the top level has.
func (v *verdict) details() fields {
	f := v.specific()
	if v.organised != nil {
		f = append(f, field{"OrganizationsDecisionDetail", fields{{"AllowedByOrganizations", v.organised}}})
	}
	return f
}

// templates are the resource types of IAM and STS by a word of the action, the
// first match counts
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
var templates = []struct{ word, resource string }{
	{"ListUsers", ""}, {"ListGroups", ""}, {"ListRoles", ""}, {"ListPolicies", ""}, {"Account", ""}, {"CredentialReport", ""},
	{"ListVirtualMFADevices", ""}, {"SimulateCustomPolicy", ""},
	{"VirtualMFADevice", "mfa/${MfaTokenIdWithPath}"},
	{"Group", "group/${GroupNameWithPath}"}, {"Role", "role/${RoleNameWithPath}"}, {"User", "user/${UserNameWithPath}"},
	{"LoginProfile", "user/${UserNameWithPath}"}, {"AccessKey", "user/${UserNameWithPath}"}, {"SSHPublicKey", "user/${UserNameWithPath}"},
	{"SigningCertificate", "user/${UserNameWithPath}"}, {"ServiceSpecificCredential", "user/${UserNameWithPath}"},
	{"MFADevice", "user/${UserNameWithPath}"}, {"ChangePassword", "user/${UserNameWithPath}"},
	{"Policy", "policy/${PolicyNameWithPath}"},
}

// resourceTemplate is what EvalResourceName shows beside several resources:
// the ARN format of the action's resource type, not a resource.
func resourceTemplate(action string) string {
	service, name, _ := strings.Cut(action, ":")
	if !strings.EqualFold(service, "iam") && !strings.EqualFold(service, "sts") {
		return "*"
	}
	for _, t := range templates {
		if !strings.Contains(name, t.word) {
			continue
		}
		if t.resource == "" {
			return "*"
		}
		return "arn:${Partition}:iam::${Account}:" + t.resource
	}
	return "*"
}
