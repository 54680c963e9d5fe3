package policy_test

import (
	"fmt"
	"testing"

	"iamscim/provisioner/policy"
)

const (
	roleARN      = "arn:aws:iam::123456789012:role/ops/deploy"
	assumeAny    = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`
	assumeOther  = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/other/*"}`
	trustRoot    = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:root"}}`
	trustAlice   = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/people/alice"}}`
	trustUnique  = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"AIDAALICEALICEALICE1"}}`
	trustAnyone  = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}`
	trustService = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}`
	mfa          = `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`
)

func conditional(statement, condition string) string {
	return statement[:len(statement)-1] + condition
}

func TestTrusts(t *testing.T) {
	rows := []struct {
		name, trust string
		want        policy.Trust
	}{
		{"user", trustAlice, policy.Trust{Answer: policy.Yes, Via: policy.ViaPrincipal}},
		{"unique id", trustUnique, policy.Trust{Answer: policy.Yes, Via: policy.ViaUserID}},
		{"account", trustRoot, policy.Trust{Answer: policy.Yes, Via: policy.ViaAccount}},
		{"wildcard", trustAnyone, policy.Trust{Answer: policy.Yes, Via: policy.ViaWildcard}},
		{"service", trustService, policy.Trust{}},
		{"mfa", conditional(trustAlice, mfa), policy.Trust{Answer: policy.Possibly, Via: policy.ViaPrincipal}},
		{"decidable condition", conditional(trustRoot, `,"Condition":{"StringEquals":{"aws:PrincipalTag/Team":"red"}}}`), policy.Trust{}},
		{"condition met", conditional(trustRoot, `,"Condition":{"StringEquals":{"aws:PrincipalTag/Team":"blue"}}}`), policy.Trust{Answer: policy.Yes, Via: policy.ViaAccount}},
		{"deny", `[` + trustAlice + `,{"Effect":"Deny","Action":"*","Principal":"*"}]`, policy.Trust{Denied: true}},
		{"deny with condition", `[` + trustAlice + `,` + `{"Effect":"Deny","Action":"*","Principal":"*"` + mfa + `]`, policy.Trust{Answer: policy.Possibly, Via: policy.ViaPrincipal}},
		{"deny all but", `[` + trustRoot + `,{"Effect":"Deny","Action":"*","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/people/alice"}}]`, policy.Trust{Answer: policy.Yes, Via: policy.ViaAccount}},
		{"deny all but others", `[` + trustRoot + `,{"Effect":"Deny","Action":"*","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/bob"}}]`, policy.Trust{Denied: true}},
		{"other action", `{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":"*"}`, policy.Trust{}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := policy.Trusts(statement(t, row.trust), policy.TrustInput{Principal: alice})
			if got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
	t.Run("context given", func(t *testing.T) {
		in := policy.TrustInput{Principal: alice, Context: map[string][]string{"aws:MultiFactorAuthPresent": {"true"}}}
		if got := policy.Trusts(statement(t, conditional(trustAlice, mfa)), in).Answer; got != policy.Yes {
			t.Errorf("got %v, want Yes", got)
		}
	})
}

func TestAssumable(t *testing.T) {
	denyAssume := `{"Effect":"Deny","Action":"sts:*","Resource":"*"}`
	rows := []struct {
		name, identity, boundary, trust, role string
		want                                  policy.Assumability
	}{
		{"user named", "", "", trustAlice, roleARN, policy.AssumableRole},
		{"user named, denied", denyAssume, "", trustAlice, roleARN, policy.NotAssumable},
		{"user named, denied with condition", conditional(denyAssume, mfa), "", trustAlice, roleARN, policy.PossiblyAssumable},
		{"user named, boundary silent", "", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, trustAlice, roleARN, policy.AssumableRole},
		{"user named, boundary denies", "", denyAssume, trustAlice, roleARN, policy.NotAssumable},
		{"root, no policy", "", "", trustRoot, roleARN, policy.NotAssumable},
		{"root, policy", assumeAny, "", trustRoot, roleARN, policy.AssumableRole},
		{"root, policy on other roles", assumeOther, "", trustRoot, roleARN, policy.NotAssumable},
		{"root, administrator", `{"Effect":"Allow","Action":"*","Resource":"*"}`, "", trustRoot, roleARN, policy.AssumableRole},
		{"root, boundary silent", assumeAny, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, trustRoot, roleARN, policy.NotAssumable},
		{"root, policy with mfa", conditional(assumeAny, mfa), "", trustRoot, roleARN, policy.PossiblyAssumable},
		{"root with external id", assumeAny, "", conditional(trustRoot, `,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`), roleARN, policy.PossiblyAssumable},
		{"wildcard", "", "", trustAnyone, roleARN, policy.AssumableRole},
		{"wildcard, boundary silent", "", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, trustAnyone, roleARN, policy.PossiblyAssumable},
		{"unique id", "", "", trustUnique, roleARN, policy.AssumableRole},
		{"service", assumeAny, "", trustService, roleARN, policy.NotAssumable},
		{"other account, no policy", "", "", trustAlice, "arn:aws:iam::999999999999:role/x", policy.NotAssumable},
		{"other account, policy", assumeAny, "", trustAlice, "arn:aws:iam::999999999999:role/x", policy.AssumableRole},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var identity []*policy.Document
			if row.identity != "" {
				identity = append(identity, statement(t, row.identity))
			}
			var boundary *policy.Document
			if row.boundary != "" {
				boundary = statement(t, row.boundary)
			}
			role := policy.NewRole(row.role, statement(t, row.trust))
			if got := policy.Assumable(alice, identity, boundary, role); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
			caller := policy.NewCaller(alice, identity, boundary)
			found := policy.NewRoleIndex([]*policy.Role{role}).Assumable(caller)
			if got := len(found) == 1; got != (row.want != policy.NotAssumable) {
				t.Errorf("index found %v, want %v", found, row.want)
			}
		})
	}
}

// BenchmarkRoleIndex asks for a full account: 1,000 roles, a third of which
// trust the account, and callers of which one in ten is an administrator.
func BenchmarkRoleIndex(b *testing.B) {
	var roles []*policy.Role
	for i := range 1000 {
		text := trustService
		if i%3 == 0 {
			text = trustRoot
		}
		roles = append(roles, policy.NewRole(fmt.Sprintf("arn:aws:iam::123456789012:role/r%d", i), statement(b, text)))
	}
	index := policy.NewRoleIndex(roles)
	admin := []*policy.Document{statement(b, `{"Effect":"Allow","Action":"*","Resource":"*"}`)}
	plain := []*policy.Document{statement(b, `{"Effect":"Allow","Action":["s3:*","iam:Get*"],"Resource":"*"}`)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		docs := plain
		if i%10 == 0 {
			docs = admin
		}
		index.Assumable(policy.NewCaller(alice, docs, nil))
	}
}
