package policy

// Effect is what a statement does when it applies.
type Effect string

// The two effects. IAM spells them exactly so.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Document is one parsed policy.
type Document struct {
	// Version is "2012-10-17", "2008-10-17" or empty, which means the latter.
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one parsed statement. A nil list means that the element is not
// in the text; an empty one that it is there and empty.
type Statement struct {
	Sid           string
	Effect        Effect
	Actions       []string
	NotActions    []string
	Resources     []string
	NotResources  []string
	Principals    *Principals
	NotPrincipals *Principals
	Conditions    []Condition

	unknown []string // elements IAM does not define, for Validate
	actions actionSet
	targets resourceSet
}

// Principals is a Principal or NotPrincipal element.
type Principals struct {
	// Any is the bare "*".
	Any           bool
	AWS           []string
	Service       []string
	Federated     []string
	CanonicalUser []string

	accounts []string // parallel to AWS: the account it stands for, or ""
	unknown  []string
}

// Condition is one line of a Condition block.
type Condition struct {
	Operator string // as written, e.g. "ForAnyValue:StringLikeIfExists"
	Key      string
	Values   []string

	key    string // lower case
	op     operator
	values []template
}

// Unconditional reports whether the statement applies whatever the context.
func (s *Statement) Unconditional() bool { return len(s.Conditions) == 0 }

// actionSet decides whether a statement speaks about an action.
type actionSet struct {
	negated  bool
	patterns []pattern
}

// match expects a lower-case action.
func (a actionSet) match(action string) bool {
	for i := range a.patterns {
		if a.patterns[i].match(action) {
			return !a.negated
		}
	}
	return a.negated
}

// resourceSet decides whether a statement speaks about a resource.
type resourceSet struct {
	// implied is set when neither Resource nor NotResource is present, as in
	// a trust policy: the resource is the one the policy is attached to.
	implied   bool
	negated   bool
	templates []template
}

func (r resourceSet) match(resource string, env *environment) truth {
	if r.implied {
		return yes
	}
	found := no
	for i := range r.templates {
		found = max(found, r.templates[i].match(resource, env))
		if found == yes {
			break
		}
	}
	if r.negated {
		return found.not()
	}
	return found
}

// truth is three-valued; the order no < maybe < yes makes "and" the minimum
// and "or" the maximum.
type truth int8

const (
	no truth = iota
	maybe
	yes
)

func (t truth) not() truth { return yes - t }

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
