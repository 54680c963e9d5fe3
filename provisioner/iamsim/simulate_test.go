package iamsim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner/iamsim"
)

// TestSimulateSCP: the organisation's policies are those of the account, and
// what they deny is not explained by statements (API_EvaluationResult).
func TestSimulateSCP(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ask := func(action string) iamtypes.EvaluationResult {
		out, err := s.iam.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(s.RoleARN()), ActionNames: []string{action},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.EvaluationResults[0]
	}
	if got := ask("iam:CreateUser"); got.EvalDecision != "allowed" || got.OrganizationsDecisionDetail != nil {
		t.Errorf("without an organisation: got %v, %v", got.EvalDecision, got.OrganizationsDecisionDetail)
	}
	// The bootstrap user must still be allowed to ask.
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}`
	if err := s.SetSCP(deny); err != nil {
		t.Fatal(err)
	}
	denied := ask("iam:CreateUser")
	if denied.EvalDecision != "explicitDeny" || denied.OrganizationsDecisionDetail.AllowedByOrganizations || len(denied.MatchedStatements) != 0 {
		t.Errorf("denied by an SCP: got %v, %v", denied.EvalDecision, denied.MatchedStatements)
	}
	if got := ask("iam:GetUser"); got.EvalDecision != "allowed" || !got.OrganizationsDecisionDetail.AllowedByOrganizations {
		t.Errorf("allowed by the SCPs: got %v", got.EvalDecision)
	}
}

// TestSimulatePositions: a statement ends behind its last character.
func TestSimulatePositions(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	document := "{\"Version\":\"2012-10-17\",\n \"Statement\":[\n  {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"},\n  {\"Effect\":\"Allow\",\n   \"Action\":\"iam:*\",\"Resource\":\"*\"}]}"
	out, err := s.iam.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
		ActionNames: []string{"iam:GetUser"}, PolicyInputList: []string{document},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []iamtypes.Statement{{
		SourcePolicyId: aws.String("PolicyInputList.1"), SourcePolicyType: "IAM Policy",
		StartPosition: &iamtypes.Position{Line: 4, Column: 3}, EndPosition: &iamtypes.Position{Line: 5, Column: 36},
	}}
	got := out.EvaluationResults[0].MatchedStatements
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(iamtypes.Statement{}, iamtypes.Position{})); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}

// TestSimulateExclusions takes policies away one identifier at a time
// (API_PolicyIdentifier).
func TestSimulateExclusions(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "ann", Grants: iamsim.Grants{
		Attached: []string{"arn:aws:iam::aws:policy/IAMFullAccess"},
		Inline:   []iamsim.InlinePolicy{{Name: "extra", Document: allowIAM}},
	}})
	managed := &iamtypes.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::aws:policy/IAM*"}
	inline := &iamtypes.PolicyIdentifierMemberInlinePolicyIdentifier{Value: iamtypes.InlinePolicyIdentifierType{
		PolicyName: aws.String("extra"), AttachmentType: "user", AttachmentName: aws.String("a*"),
	}}
	rows := []struct {
		name string
		list []iamtypes.PolicyIdentifier
		want iamtypes.PolicyEvaluationDecisionType
	}{
		{"nothing", nil, "allowed"},
		{"the managed policy", []iamtypes.PolicyIdentifier{managed}, "allowed"},
		{"the inline policy", []iamtypes.PolicyIdentifier{inline}, "allowed"},
		{"both", []iamtypes.PolicyIdentifier{managed, inline}, "implicitDeny"},
		{"a policy nobody has", []iamtypes.PolicyIdentifier{&iamtypes.PolicyIdentifierMemberPolicyArn{Value: denyAllARN}}, "allowed"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			out, err := s.iam.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
				PolicySourceArn: aws.String("arn:aws:iam::" + s.ID() + ":user/ann"), ActionNames: []string{"iam:GetUser"}, PolicyExclusionList: row.list,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := out.EvaluationResults[0].EvalDecision; got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}
