package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/policy"
)

func TestEvaluate(t *testing.T) {
	allowAll := `{"Effect":"Allow","Action":"*","Resource":"*"}`
	denyAll := `{"Effect":"Deny","Action":"*","Resource":"*"}`
	rows := []struct {
		name              string
		identity          string
		boundary          string
		scp               string
		session, resource string
		action            string
		want              policy.Decision
		by                policy.Layer
	}{
		{"nothing", "", "", "", "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerIdentity},
		{"action ignores case", `{"Effect":"Allow","Action":"IAM:getuser","Resource":"*"}`, "", "", "", "", "iam:GetUser", policy.Allowed, ""},
		{"action wildcard", `{"Effect":"Allow","Action":"iam:Get?ser","Resource":"*"}`, "", "", "", "", "iam:GetUser", policy.Allowed, ""},
		{"action not matched", `{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}`, "", "", "", "", "iam:ListUsers", policy.ImplicitDeny, policy.LayerIdentity},
		{"not action", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "", "", "", "", "s3:GetObject", policy.Allowed, ""},
		{"resource path", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::*:user/people/*"}`, "", "", "", "", "iam:GetUser", policy.Allowed, ""},
		{"resource case", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::*:user/PEOPLE/*"}`, "", "", "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerIdentity},
		{"not resource", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:iam::*:user/people/*"}`, "", "", "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerIdentity},
		{"variable", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::*:user/*/${aws:username}"}`, "", "", "", "", "iam:GetUser", policy.Allowed, ""},
		{"deny beats allow", `[` + allowAll + `,` + denyAll + `]`, "", "", "", "", "iam:GetUser", policy.ExplicitDeny, policy.LayerIdentity},
		{"boundary limits", allowAll, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "", "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerBoundary},
		{"boundary grants nothing", "", allowAll, "", "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerIdentity},
		{"boundary denies", allowAll, denyAll, "", "", "", "iam:GetUser", policy.ExplicitDeny, policy.LayerBoundary},
		{"scp denies", allowAll, "", `[` + allowAll + `,{"Effect":"Deny","Action":"iam:*","Resource":"*"}]`, "", "", "iam:GetUser", policy.ExplicitDeny, policy.LayerSCP},
		{"scp silent", allowAll, "", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "", "", "iam:GetUser", policy.ImplicitDeny, policy.LayerSCP},
		{"session limits", allowAll, "", "", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "", "iam:GetUser", policy.ImplicitDeny, policy.LayerSession},
		{"resource policy names user", "", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "", "", `{"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::123456789012:user/people/alice"}}`, "iam:GetUser", policy.Allowed, ""},
		{"resource policy names account", "", "", "", "", `{"Effect":"Allow","Action":"*","Principal":{"AWS":"123456789012"}}`, "iam:GetUser", policy.ImplicitDeny, policy.LayerIdentity},
		{"resource policy denies", allowAll, "", "", "", `{"Effect":"Deny","Action":"*","Principal":"*"}`, "iam:GetUser", policy.ExplicitDeny, policy.LayerResource},
	}
	docs := func(t *testing.T, text string) []*policy.Document {
		if text == "" {
			return nil
		}
		return []*policy.Document{statement(t, text)}
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			in := policy.Input{
				Action: row.action, Resource: alice.ARN, Principal: alice,
				Identity: docs(t, row.identity), SCPs: docs(t, row.scp), Session: docs(t, row.session),
			}
			if row.boundary != "" {
				in.Boundary = statement(t, row.boundary)
			}
			if row.resource != "" {
				in.ResourcePolicy = statement(t, row.resource)
			}
			got := policy.Evaluate(in)
			if got.Decision != row.want || got.By != row.by {
				t.Errorf("got %v by %q, want %v by %q", got.Decision, got.By, row.want, row.by)
			}
		})
	}
}

func TestMissingContext(t *testing.T) {
	doc := statement(t, `[
		{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
		{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"x"}}}]`)
	got := policy.Evaluate(policy.Input{
		Action: "iam:GetUser", Resource: "*", Principal: alice, Identity: []*policy.Document{doc},
		Context: map[string][]string{"AWS:SOURCEIP": {"10.0.0.1"}},
	})
	if diff := cmp.Diff([]string{"aws:MultiFactorAuthPresent"}, got.MissingContext); diff != "" {
		t.Errorf("missing context (-want +got):\n%s", diff)
	}
}

func TestVersionWithoutVariables(t *testing.T) {
	doc := mustParse(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"${aws:username}"}}`)
	in := policy.Input{Action: "x:Y", Resource: "alice", Principal: alice, Identity: []*policy.Document{doc}}
	if got := policy.Evaluate(in).Decision; got != policy.ImplicitDeny {
		t.Errorf("a policy of version 2008-10-17 resolved a variable: %v", got)
	}
}

func TestDeniesEverything(t *testing.T) {
	rows := []struct {
		text string
		want bool
	}{
		{`{"Effect":"Deny","Action":"*","Resource":"*"}`, true},
		{`{"Effect":"Deny","Action":["s3:*","*:*"],"Resource":["*"]}`, true},
		{`{"Effect":"Deny","NotAction":[],"Resource":"*"}`, true},
		{`{"Effect":"Deny","Action":"*","NotResource":[]}`, true},
		{`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]`, true},
		{`{"Effect":"Allow","Action":"*","Resource":"*"}`, false},
		{`{"Effect":"Deny","Action":"iam:*","Resource":"*"}`, false},
		{`{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}`, false},
		{`{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::*"}`, false},
		{`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`, false},
		{`[]`, false},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			if got := statement(t, row.text).DeniesEverything(); got != row.want {
				t.Errorf("got %t, want %t", got, row.want)
			}
		})
	}
}

func TestAdministratorEquivalent(t *testing.T) {
	rows := []struct {
		text string
		want bool
	}{
		{`{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		{`{"Effect":"Allow","Action":"iam:*","Resource":"*"}`, true},
		{`{"Effect":"Allow","Action":"iam:Put*","Resource":"*"}`, true},
		{`{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, true},
		{`{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}`, true},
		{`{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"arn:aws:iam::*:user/${aws:username}"}`, false},
		{`{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"arn:aws:iam::*:user/${aws:username}"}`, true},
		{`{"Effect":"Allow","Action":["iam:PassRole","lambda:CreateFunction"],"Resource":"*"}`, true},
		{`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`, false},
		{`{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`, false},
		{`{"Effect":"Allow","Action":["iam:Get*","iam:List*","s3:*"],"Resource":"*"}`, false},
		{`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]`, false},
		{`{"Effect":"Deny","Action":"*","Resource":"*"}`, false},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			if got := statement(t, row.text).AdministratorEquivalent(); got != row.want {
				t.Errorf("got %t, want %t", got, row.want)
			}
		})
	}
	t.Run("split over two documents", func(t *testing.T) {
		pass := statement(t, `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)
		launch := statement(t, `{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}`)
		if !policy.AdministratorEquivalent(pass, launch) {
			t.Error("got false, want true")
		}
	})
}

func TestSummarize(t *testing.T) {
	doc := statement(t, `[
		{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"],"AWS":["arn:aws:iam::999999999999:root","arn:aws:iam::123456789012:user/bob"]},"Condition":{"StringEquals":{"sts:ExternalId":"x"}}},
		{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/Okta"}},
		{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*"}]`)
	want := policy.TrustSummary{
		Services:  []string{"ec2.amazonaws.com", "lambda.amazonaws.com"},
		Accounts:  []string{"123456789012", "999999999999"},
		Federated: []string{"arn:aws:iam::123456789012:saml-provider/Okta"}, Principals: []string{"arn:aws:iam::123456789012:user/bob"},
		CrossAccount: true, ConditionKeys: []string{"sts:ExternalId"},
	}
	got := policy.Summarize(doc, account)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	anyone := policy.Summarize(statement(t, `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}`), account)
	if !anyone.Anyone || !anyone.CrossAccount || slices.Contains(anyone.Principals, "*") {
		t.Errorf("wildcard: got %+v", anyone)
	}
}
