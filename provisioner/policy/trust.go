package policy

// assumeRole is the action a trust policy is asked for, in the lower-case form
// in which actions are matched.
const assumeRole = "sts:assumerole"

// Answer is a three-valued answer about a request not yet made.
type Answer uint8

// Possibly means that conditions on the future request decide.
const (
	No Answer = iota
	Possibly
	Yes
)

// TrustInput is the principal that may want to assume a role, and what is
// known about its request already.
type TrustInput struct {
	Principal Principal
	Context   map[string][]string
}

// Trust is what a trust policy by itself says about a principal. With Via
// ViaAccount the principal's own policies must allow sts:AssumeRole as well.
type Trust struct {
	Answer Answer
	Via    Via
	// Denied is set when an unconditional deny decided.
	Denied bool
}

// Trusts asks a trust policy whether the principal may call sts:AssumeRole.
func Trusts(trust *Document, in TrustInput) Trust {
	env := newEnvironment(&in.Principal, in.Context, true)
	truths := NewRole("", trust).trusts(env)
	return truths.summary()
}

// trustTruth keeps the ways of being trusted apart, because they need
// different things of the principal's own policies.
type trustTruth struct {
	by   [ViaPrincipal + 1]truth
	deny truth
}

// trusts evaluates the compiled trust policy of a role.
func (r *Role) trusts(env *environment) trustTruth {
	var t trustTruth
	for _, s := range r.statements {
		via := s.names(env.principal)
		if via == ViaNobody {
			continue
		}
		holds := holdAll(s.Conditions, env)
		if s.Effect == Deny {
			t.deny = max(t.deny, holds)
			continue
		}
		t.by[via] = max(t.by[via], holds)
	}
	return t
}

func (t *trustTruth) summary() Trust {
	if t.deny == yes {
		return Trust{Denied: true}
	}
	result, via := no, ViaNobody
	for v := ViaPrincipal; v > ViaNobody; v-- {
		if t.by[v] > result {
			result, via = t.by[v], v
		}
	}
	if t.deny == maybe {
		result = min(result, maybe)
	}
	return Trust{Answer: Answer(result), Via: via}
}
