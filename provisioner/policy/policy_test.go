package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"iamscim/provisioner/policy"
)

const account = "123456789012"

var alice = policy.Principal{
	ARN: "arn:aws:iam::123456789012:user/people/alice", AccountID: account,
	Username: "alice", UserID: "AIDAALICEALICEALICE1", Type: policy.User,
	Tags: map[string]string{"Team": "blue"},
}

func mustParse(tb testing.TB, text string) *policy.Document {
	tb.Helper()
	doc, err := policy.Parse(text)
	if err != nil {
		tb.Fatalf("Parse(%s): %v", text, err)
	}
	return doc
}

// statement wraps one statement into a document of the current version.
func statement(tb testing.TB, text string) *policy.Document {
	tb.Helper()
	return mustParse(tb, `{"Version":"2012-10-17","Statement":`+text+`}`)
}

func TestParse(t *testing.T) {
	t.Run("strings in place of lists", func(t *testing.T) {
		doc := mustParse(t, `{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"A","Effect":"Allow",
			"Action":"iam:Get*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}}`)
		if len(doc.Statements) != 1 || doc.Statements[0].Actions[0] != "iam:Get*" {
			t.Errorf("got %+v", doc.Statements)
		}
		if got := doc.Statements[0].Conditions[0].Values[0]; got != "true" {
			t.Errorf("got condition value %q, want true", got)
		}
	})
	refused := []string{
		``, `null`, `[]`, `"x"`, `{`, `{"Statement":[1]}`, `{"Statement":[{}]}`,
		`{"Statement":{"Effect":"allow"}}`, `{"Statement":{"Effect":"Allow","Action":{}}}`,
		`{"Statement":{"Effect":"Allow","Principal":"x"}}`, `{"Statement":{"Effect":"Allow","Condition":[]}}`,
		`{"Version":{},"Statement":[]}`,
	}
	for _, text := range refused {
		t.Run("refuses "+text, func(t *testing.T) {
			if doc, err := policy.Parse(text); !errors.Is(err, policy.ErrMalformed) {
				t.Errorf("got %+v, %v, want ErrMalformed", doc, err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	rows := []struct {
		name, text string
		use        policy.Use
		valid      bool
	}{
		{"identity", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, policy.IdentityPolicy, true},
		{"no statement", `[]`, policy.IdentityPolicy, false},
		{"no action", `{"Effect":"Allow","Resource":"*"}`, policy.IdentityPolicy, false},
		{"no resource", `{"Effect":"Allow","Action":"s3:*"}`, policy.IdentityPolicy, false},
		{"both actions", `{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}`, policy.IdentityPolicy, false},
		{"both resources", `{"Effect":"Allow","Action":"s3:*","Resource":"*","NotResource":"*"}`, policy.IdentityPolicy, false},
		{"action without vendor", `{"Effect":"Allow","Action":"Get","Resource":"*"}`, policy.IdentityPolicy, false},
		{"resource no ARN", `{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`, policy.IdentityPolicy, false},
		{"principal in identity", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`, policy.IdentityPolicy, false},
		{"unknown element", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Foo":1}`, policy.IdentityPolicy, false},
		{"unknown operator", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"X":{"a":"b"}}}`, policy.IdentityPolicy, false},
		{"duplicate sid", `[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]`, policy.IdentityPolicy, false},
		{"trust", `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}`, policy.TrustPolicy, true},
		{"trust with resource", `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}`, policy.TrustPolicy, false},
		{"trust without principal", `{"Effect":"Allow","Action":"sts:AssumeRole"}`, policy.TrustPolicy, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			err := statement(t, row.text).Validate(row.use)
			if got := err == nil; got != row.valid {
				t.Errorf("got %v, want valid %t", err, row.valid)
			}
		})
	}
	if err := mustParse(t, `{"Version":"2013","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`).Validate(policy.IdentityPolicy); err == nil {
		t.Error("version 2013 accepted")
	}
}

func TestConditions(t *testing.T) {
	rows := []struct {
		condition string
		context   map[string][]string
		want      policy.Decision
	}{
		{`{"StringEquals":{"k":"a"}}`, map[string][]string{"K": {"a"}}, policy.Allowed},
		{`{"StringEquals":{"k":["b","a"]}}`, map[string][]string{"k": {"a"}}, policy.Allowed},
		{`{"StringEquals":{"k":"A"}}`, map[string][]string{"k": {"a"}}, policy.ImplicitDeny},
		{`{"StringEquals":{"k":"a*"}}`, map[string][]string{"k": {"ab"}}, policy.ImplicitDeny},
		{`{"StringEquals":{"k":"a"}}`, nil, policy.ImplicitDeny},
		{`{"StringEqualsIfExists":{"k":"a"}}`, nil, policy.Allowed},
		{`{"StringEqualsIfExists":{"k":"a"}}`, map[string][]string{"k": {"b"}}, policy.ImplicitDeny},
		{`{"StringNotEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a"}}, policy.ImplicitDeny},
		{`{"StringNotEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"c"}}, policy.Allowed},
		{`{"StringNotEquals":{"k":"a"}}`, nil, policy.Allowed},
		{`{"StringEqualsIgnoreCase":{"k":"A"}}`, map[string][]string{"k": {"a"}}, policy.Allowed},
		{`{"StringNotEqualsIgnoreCase":{"k":"A"}}`, map[string][]string{"k": {"a"}}, policy.ImplicitDeny},
		{`{"StringLike":{"k":"a*z?"}}`, map[string][]string{"k": {"abczé"}}, policy.Allowed},
		{`{"StringNotLike":{"k":"a*"}}`, map[string][]string{"k": {"abc"}}, policy.ImplicitDeny},
		{`{"StringEquals":{"k":"${aws:username}"}}`, map[string][]string{"k": {"alice"}}, policy.Allowed},
		{`{"StringEquals":{"k":"${aws:PrincipalTag/team}"}}`, map[string][]string{"k": {"blue"}}, policy.Allowed},
		{`{"StringEquals":{"k":"${x:y, 'dflt'}"}}`, map[string][]string{"k": {"dflt"}}, policy.Allowed},
		{`{"StringEquals":{"k":"${x:y}"}}`, map[string][]string{"k": {""}}, policy.ImplicitDeny},
		{`{"StringLike":{"k":"a${*}b"}}`, map[string][]string{"k": {"axb"}}, policy.ImplicitDeny},
		{`{"StringLike":{"k":"a${*}b"}}`, map[string][]string{"k": {"a*b"}}, policy.Allowed},
		{`{"NumericLessThanEquals":{"k":"3600"}}`, map[string][]string{"k": {"3600"}}, policy.Allowed},
		{`{"NumericLessThan":{"k":3600}}`, map[string][]string{"k": {"3600"}}, policy.ImplicitDeny},
		{`{"NumericGreaterThan":{"k":"1"}}`, map[string][]string{"k": {"x"}}, policy.ImplicitDeny},
		{`{"NumericNotEquals":{"k":"1"}}`, map[string][]string{"k": {"2"}}, policy.Allowed},
		{`{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`, map[string][]string{"aws:CurrentTime": {"2025-06-01T00:00:00Z"}}, policy.Allowed},
		{`{"DateGreaterThan":{"aws:EpochTime":"2026-01-01"}}`, map[string][]string{"aws:EpochTime": {"1798761600"}}, policy.Allowed},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, map[string][]string{"aws:multifactorauthpresent": {"TRUE"}}, policy.Allowed},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, nil, policy.ImplicitDeny},
		{`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, nil, policy.Allowed},
		{`{"Null":{"k":"true"}}`, nil, policy.Allowed},
		{`{"Null":{"k":"false"}}`, nil, policy.ImplicitDeny},
		{`{"Null":{"k":"false"}}`, map[string][]string{"k": {"v"}}, policy.Allowed},
		{`{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}`, map[string][]string{"aws:SourceIp": {"10.1.2.3"}}, policy.Allowed},
		{`{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, map[string][]string{"aws:SourceIp": {"2001:db8::1"}}, policy.Allowed},
		{`{"NotIpAddress":{"aws:SourceIp":"10.0.0.1"}}`, map[string][]string{"aws:SourceIp": {"10.0.0.1"}}, policy.ImplicitDeny},
		{`{"ArnLike":{"k":"arn:aws:iam::*:role/*"}}`, map[string][]string{"k": {"arn:aws:iam::1:role/a/b"}}, policy.Allowed},
		{`{"ArnEquals":{"k":"arn:aws:iam::*"}}`, map[string][]string{"k": {"arn:aws:iam::1:role/a"}}, policy.ImplicitDeny},
		{`{"ArnNotLike":{"k":"arn:aws:iam::1:role/*"}}`, map[string][]string{"k": {"arn:aws:iam::1:role/a"}}, policy.ImplicitDeny},
		{`{"ForAllValues:StringEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "b"}}, policy.Allowed},
		{`{"ForAllValues:StringEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "c"}}, policy.ImplicitDeny},
		{`{"ForAllValues:StringEquals":{"k":"a"}}`, nil, policy.Allowed},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, map[string][]string{"k": {"x", "a"}}, policy.Allowed},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, nil, policy.ImplicitDeny},
		{`{"ForAnyValue:StringNotEquals":{"k":"a"}}`, map[string][]string{"k": {"x", "a"}}, policy.Allowed},
		{`{"StringEquals":{"k":"a"},"Bool":{"m":"true"}}`, map[string][]string{"k": {"a"}}, policy.ImplicitDeny},
		{`{"Nonsense":{"k":"a"}}`, map[string][]string{"k": {"a"}}, policy.ImplicitDeny},
	}
	for _, row := range rows {
		t.Run(fmt.Sprint(row.condition, row.context), func(t *testing.T) {
			doc := statement(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+row.condition+`}`)
			got := policy.Evaluate(policy.Input{
				Action: "iam:GetUser", Resource: alice.ARN, Principal: alice,
				Context: row.context, Identity: []*policy.Document{doc},
			})
			if got.Decision != row.want {
				t.Errorf("got %v, want %v", got.Decision, row.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"StringLike":{"a":["b*","${x, 'y'}"]}}}]}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["*"],"X":"y"},"NotAction":[],"NotResource":[]}}`)
	f.Add(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"ForAllValues:ArnLikeIfExists":{"a":"${"}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := policy.Parse(text)
		if err != nil {
			return
		}
		docs := []*policy.Document{doc}
		policy.Evaluate(policy.Input{Action: "iam:GetUser", Resource: "*", Principal: alice, Identity: docs, ResourcePolicy: doc})
		caller := policy.NewCaller(alice, docs, doc)
		role := policy.NewRole("arn:aws:iam::123456789012:role/r", doc)
		one := caller.Assumable(role)
		found := policy.NewRoleIndex([]*policy.Role{role}).Assumable(caller)
		if (one != policy.NotAssumable) != (len(found) == 1) {
			t.Errorf("index and direct question differ: %v, %v", one, found)
		}
		policy.Summarize(doc, account)
		_ = doc.Validate(policy.TrustPolicy) // only that it does not panic
		doc.AdministratorEquivalent()
		doc.DeniesEverything()
	})
}

// TestReplacePrincipal: only Principal and NotPrincipal elements change, and
// not a byte of the rest.
func TestReplacePrincipal(t *testing.T) {
	const from, to = "arn:aws:iam::123456789012:user/a", "AIDAEXAMPLE"
	text := `{ "Statement":[
		{"Effect":"Allow","Principal":{"AWS":["` + from + `","` + from + `b"]},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":"` + from + `"}}},
		{"Effect":"Deny","NotPrincipal":{"AWS":"` + from + `"},"Action":"sts:AssumeRole"}]}`
	want := `{ "Statement":[
		{"Effect":"Allow","Principal":{"AWS":["` + to + `","` + from + `b"]},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":"` + from + `"}}},
		{"Effect":"Deny","NotPrincipal":{"AWS":"` + to + `"},"Action":"sts:AssumeRole"}]}`
	if got := policy.ReplacePrincipal(text, from, to); got != want {
		t.Errorf("got %s", got)
	}
	for _, text := range []string{"nonsense", "{}", `{"Statement":[1]}`} {
		if got := policy.ReplacePrincipal(text, from, to); got != text {
			t.Errorf("got %s", got)
		}
	}
}
