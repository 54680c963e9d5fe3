package policy

import "slices"

// Assumability says whether a principal can assume a role.
type Assumability uint8

// PossiblyAssumable means that conditions nobody can decide before the
// request, such as MFA or an external id, stand between the two.
const (
	NotAssumable Assumability = iota
	PossiblyAssumable
	AssumableRole
)

// String is the spelling of the role types that are shown to clients.
func (a Assumability) String() string {
	return [...]string{"NotAssumable", "PossiblyAssumable", "AssumableRole"}[a]
}

// Role is a role with its trust policy reduced to what sts:AssumeRole needs.
type Role struct {
	ARN string

	account    string
	statements []*Statement
}

// NewRole compiles a trust policy. It may be nil: nobody is trusted then.
func NewRole(arn string, trust *Document) *Role {
	r := &Role{ARN: arn, account: AccountOf(arn)}
	if trust == nil {
		return r
	}
	for i := range trust.Statements {
		s := &trust.Statements[i]
		if s.actions.match(assumeRole) {
			r.statements = append(r.statements, s)
		}
	}
	return r
}

// Caller is a principal with its policies reduced to what sts:AssumeRole
// needs. Compile it once and ask it about many roles. It is safe for
// concurrent use.
type Caller struct {
	principal Principal
	env       *environment
	identity  grants
	boundary  *grants
}

// NewCaller compiles the policies of a principal: identity holds every
// document that applies to it, attached, inline and through groups.
func NewCaller(p Principal, identity []*Document, boundary *Document) *Caller {
	c := &Caller{principal: p}
	c.env = newEnvironment(&c.principal, nil, true)
	for _, doc := range identity {
		c.identity.add(doc, c.env)
	}
	if boundary != nil {
		c.boundary = &grants{}
		c.boundary.add(boundary, c.env)
	}
	return c
}

// MayAssumeByPolicy reports whether the caller's own policies could allow
// sts:AssumeRole on some role. If not, only roles that name the caller, its
// unique id or everybody remain.
func (c *Caller) MayAssumeByPolicy() bool {
	return len(c.identity.allow) > 0 && (c.boundary == nil || len(c.boundary.allow) > 0)
}

// Assumable decides about one role.
func (c *Caller) Assumable(r *Role) Assumability {
	trust := r.trusts(c.env)
	if trust.deny == yes {
		return NotAssumable
	}
	allow, deny := c.identity.about(r.ARN, c.env)
	limit := yes
	if c.boundary != nil {
		var denied truth
		limit, denied = c.boundary.about(r.ARN, c.env)
		deny = max(deny, denied)
	}
	result := c.combine(&trust, min(allow, limit), limit, r.account)
	if deny = max(deny, trust.deny); deny != no {
		result = min(result, deny.not())
	}
	return Assumability(result)
}

// combine weighs the ways of being trusted. Inside one account a trust policy
// that names the user grants by itself, past identity policy and boundary; a
// wildcard grants past the identity policy, and AWS does not say whether past
// the boundary, so that is left open; the account only delegates. Across
// accounts both sides must always allow.
func (c *Caller) combine(t *trustTruth, own, limit truth, account string) truth {
	named := max(t.by[ViaPrincipal], t.by[ViaUserID])
	if account != c.principal.AccountID {
		return min(own, max(named, t.by[ViaWildcard], t.by[ViaAccount]))
	}
	wildcard := min(t.by[ViaWildcard], max(limit, maybe))
	return max(named, wildcard, min(own, t.by[ViaAccount]))
}

// Assumable decides about one principal and one role. For many of either use
// NewCaller and NewRoleIndex.
func Assumable(p Principal, identity []*Document, boundary *Document, r *Role) Assumability {
	return NewCaller(p, identity, boundary).Assumable(r)
}

// grants are the statements of some documents about sts:AssumeRole. Their
// conditions do not depend on the role and are decided once.
type grants struct {
	allow, deny []grant
}

type grant struct {
	targets resourceSet
	holds   truth
}

func (g *grants) add(doc *Document, env *environment) {
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if !s.actions.match(assumeRole) {
			continue
		}
		holds := holdAll(s.Conditions, env)
		if holds == no {
			continue
		}
		if s.Effect == Deny {
			g.deny = append(g.deny, grant{s.targets, holds})
		} else {
			g.allow = append(g.allow, grant{s.targets, holds})
		}
	}
}

func (g *grants) about(arn string, env *environment) (allow, deny truth) {
	return best(g.allow, arn, env), best(g.deny, arn, env)
}

func best(list []grant, arn string, env *environment) truth {
	result := no
	for i := range list {
		result = max(result, min(list[i].holds, list[i].targets.match(arn, env)))
		if result == yes {
			return yes
		}
	}
	return result
}

// RoleIndex finds the roles a caller may assume without asking every role.
type RoleIndex struct {
	roles     []*Role
	byName    map[string][]int // ARNs and unique ids
	byAccount map[string][]int
	wildcard  []int
}

// NewRoleIndex builds the index; the order of roles is the order of answers.
func NewRoleIndex(roles []*Role) *RoleIndex {
	x := &RoleIndex{roles: roles, byName: map[string][]int{}, byAccount: map[string][]int{}}
	for i, r := range roles {
		for _, s := range r.statements {
			if s.Effect == Allow {
				x.add(i, s)
			}
		}
	}
	return x
}

func (x *RoleIndex) add(i int, s *Statement) {
	if s.Principals == nil || s.Principals.Any {
		x.wildcard = append(x.wildcard, i)
		return
	}
	for j, name := range s.Principals.AWS {
		account := s.Principals.accounts[j]
		switch {
		case name == "*":
			x.wildcard = append(x.wildcard, i)
		case account != "":
			x.byAccount[account] = append(x.byAccount[account], i)
			x.byName[name] = append(x.byName[name], i)
		default:
			x.byName[name] = append(x.byName[name], i)
		}
	}
}

// Grant is a role a caller can, or possibly can, assume.
type Grant struct {
	Role *Role
	As   Assumability
}

// Assumable returns the roles the caller can or possibly can assume.
func (x *RoleIndex) Assumable(c *Caller) []Grant {
	p := &c.principal
	candidates := slices.Concat(x.wildcard, x.byName[p.ARN], x.byName[uniqueID(p.UserID)])
	if c.MayAssumeByPolicy() {
		candidates = append(candidates, x.byAccount[p.AccountID]...)
	}
	if p.RoleARN != "" {
		candidates = append(candidates, x.byName[p.RoleARN]...)
	}
	slices.Sort(candidates)
	var list []Grant
	for _, i := range slices.Compact(candidates) {
		if as := c.Assumable(x.roles[i]); as != NotAssumable {
			list = append(list, Grant{x.roles[i], as})
		}
	}
	return list
}
