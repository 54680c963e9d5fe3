package policy

import (
	"slices"
	"strings"
)

// TrustSummary is what to show about a role's trust policy.
type TrustSummary struct {
	Services  []string // lambda.amazonaws.com
	Accounts  []string // account ids, our own included
	Federated []string // provider ARNs and well-known web identity names
	// Principals are users, roles and sessions trusted by name.
	Principals []string
	// Anyone is set for a wildcard, or a NotPrincipal.
	Anyone bool
	// CrossAccount is set when another account, or anyone, is trusted.
	CrossAccount bool
	// ConditionKeys are the keys on which trust depends, as written.
	ConditionKeys []string
}

// Summarize lists whom the Allow statements of a trust policy name. The
// accountID is the role's own.
func Summarize(trust *Document, accountID string) TrustSummary {
	var t TrustSummary
	for i := range trust.Statements {
		if s := &trust.Statements[i]; s.Effect == Allow {
			t.add(s)
		}
	}
	for _, list := range []*[]string{&t.Services, &t.Accounts, &t.Federated, &t.Principals, &t.ConditionKeys} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	foreign := func(id string) bool { return id != accountID }
	t.CrossAccount = t.Anyone || slices.ContainsFunc(t.Accounts, foreign)
	return t
}

func (t *TrustSummary) add(s *Statement) {
	for _, c := range s.Conditions {
		t.ConditionKeys = append(t.ConditionKeys, c.Key)
	}
	if s.Principals == nil || s.Principals.Any {
		t.Anyone = t.Anyone || s.Principals != nil || s.NotPrincipals != nil
		return
	}
	t.Services = append(t.Services, s.Principals.Service...)
	t.Federated = append(t.Federated, s.Principals.Federated...)
	for _, name := range s.Principals.AWS {
		t.name(name)
	}
}

func (t *TrustSummary) name(name string) {
	if name == "*" {
		t.Anyone = true
		return
	}
	if account := AccountOf(name); account != "" {
		t.Accounts = append(t.Accounts, account)
	}
	if accountOf(name) == "" {
		t.Principals = append(t.Principals, name)
	}
}

// ServiceLinked reports whether a role path is that of service-linked roles,
// which only their service may change.
func ServiceLinked(path string) bool { return strings.HasPrefix(path, "/aws-service-role/") }
