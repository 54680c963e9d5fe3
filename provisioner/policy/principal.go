package policy

import "strings"

// Via tells through what a resource or trust policy names a principal.
// Later constants are stronger.
type Via uint8

// ViaAccount only delegates to the account: its own policies must allow too.
const (
	ViaNobody  Via = iota
	ViaAccount     // arn:aws:iam::123456789012:root, or the bare account id
	ViaWildcard
	ViaUserID // the unique id AWS shows for a principal deleted and recreated
	ViaPrincipal
)

var viaNames = [...]string{"nobody", "account root", "wildcard", "unique id", "principal ARN"}

// String is for logs and reports.
func (v Via) String() string { return viaNames[v] }

// direct reports whether the grant stands without an identity policy.
func (v Via) direct() bool { return v >= ViaWildcard }

// names reports whether the statement's Principal or NotPrincipal element is
// about p. NotPrincipal exempts only who is listed by name: listing the account
// alone does not exempt its users ("IAM JSON policy elements: NotPrincipal").
func (s *Statement) names(p *Principal) Via {
	switch {
	case s.Principals != nil:
		return s.Principals.via(p)
	case s.NotPrincipals == nil:
		return ViaNobody
	case s.NotPrincipals.via(p) <= ViaAccount:
		return ViaWildcard
	}
	return ViaNobody
}

func (ps *Principals) via(p *Principal) Via {
	if ps.Any {
		return ViaWildcard
	}
	found := ViaNobody
	for i, name := range ps.AWS {
		found = max(found, viaName(name, ps.accounts[i], p))
	}
	return found
}

func viaName(name, account string, p *Principal) Via {
	switch {
	case name == "*":
		return ViaWildcard
	case name == p.ARN, p.RoleARN != "" && name == p.RoleARN:
		return ViaPrincipal
	case p.UserID != "" && name == uniqueID(p.UserID):
		return ViaUserID
	case account != "" && account == p.AccountID:
		return ViaAccount
	}
	return ViaNobody
}

// uniqueID drops the session from AROA…:session; policies hold the role's id.
func uniqueID(userID string) string {
	id, _, _ := strings.Cut(userID, ":")
	return id
}

// accountOf returns the account a principal stands for as a whole: the root
// ARN and the bare id mean the same; anything else is "".
func accountOf(name string) string {
	if isAccountID(name) {
		return name
	}
	parts := strings.SplitN(name, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[5] == "root" {
		return parts[4]
	}
	return ""
}

func isAccountID(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// AccountOf returns the account id inside an ARN or a bare account id, and ""
// for anything else.
func AccountOf(arn string) string {
	if isAccountID(arn) {
		return arn
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" && isAccountID(parts[4]) {
		return parts[4]
	}
	return ""
}
