package policy

import "strings"

// operator is a compiled condition operator.
type operator struct {
	known    bool
	name     string // without qualifier and suffix, lower case
	compare  comparison
	negated  bool
	ifExists bool
	set      setQualifier
}

type setQualifier uint8

const (
	single setQualifier = iota
	forAll
	forAny
)

// comparison reports whether one value of the request meets one value of the
// policy. It is always the positive form; operator.negated turns it round.
type comparison func(value string, want *template, env *environment) truth

// operators are the comparisons of IAM User Guide, "IAM JSON policy elements:
// Condition operators", by lower-case name. Null is apart: it compares nothing.
var operators = map[string]operator{
	"stringequals":              {compare: equalText},
	"stringnotequals":           {compare: equalText, negated: true},
	"stringequalsignorecase":    {compare: equalFold},
	"stringnotequalsignorecase": {compare: equalFold, negated: true},
	"stringlike":                {compare: likeText},
	"stringnotlike":             {compare: likeText, negated: true},
	"numericequals":             {compare: numeric(func(c int) bool { return c == 0 })},
	"numericnotequals":          {compare: numeric(func(c int) bool { return c == 0 }), negated: true},
	"numericlessthan":           {compare: numeric(func(c int) bool { return c < 0 })},
	"numericlessthanequals":     {compare: numeric(func(c int) bool { return c <= 0 })},
	"numericgreaterthan":        {compare: numeric(func(c int) bool { return c > 0 })},
	"numericgreaterthanequals":  {compare: numeric(func(c int) bool { return c >= 0 })},
	"dateequals":                {compare: date(func(c int) bool { return c == 0 })},
	"datenotequals":             {compare: date(func(c int) bool { return c == 0 }), negated: true},
	"datelessthan":              {compare: date(func(c int) bool { return c < 0 })},
	"datelessthanequals":        {compare: date(func(c int) bool { return c <= 0 })},
	"dategreaterthan":           {compare: date(func(c int) bool { return c > 0 })},
	"dategreaterthanequals":     {compare: date(func(c int) bool { return c >= 0 })},
	"bool":                      {compare: equalFold},
	"binaryequals":              {compare: equalText},
	"ipaddress":                 {compare: inNetwork},
	"notipaddress":              {compare: inNetwork, negated: true},
	"arnequals":                 {compare: likeARN},
	"arnlike":                   {compare: likeARN},
	"arnnotequals":              {compare: likeARN, negated: true},
	"arnnotlike":                {compare: likeARN, negated: true},
	"null":                      {},
}

func parseOperator(text string) operator {
	name := strings.ToLower(text)
	set := single
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		name, set = rest, forAll
	} else if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		name, set = rest, forAny
	}
	name, ifExists := strings.CutSuffix(name, "ifexists")
	op, known := operators[name]
	if name == "null" && (ifExists || set != single) {
		known = false
	}
	op.known, op.name, op.ifExists, op.set = known, name, ifExists, set
	return op
}

func (c *Condition) compile(version string) {
	c.key = strings.ToLower(c.Key)
	c.op = parseOperator(c.Operator)
	c.values = make([]template, len(c.Values))
	for i, text := range c.Values {
		c.values[i] = newTemplate(text, version)
	}
}

// holds evaluates one line of a Condition block.
func (c *Condition) holds(env *environment) truth {
	if !c.op.known {
		return c.undecidable(env)
	}
	values, state := env.lookup(c.key)
	if c.op.name == "null" {
		return c.null(state)
	}
	if state == present && (len(values) > 0 || c.op.set != single) {
		return c.compareAll(values, env)
	}
	if state == unknown {
		return maybe
	}
	return c.withoutKey(env)
}

// undecidable answers for an operator this package does not know. IAM refuses
// such a policy, so it is met only in a future with more operators.
func (c *Condition) undecidable(env *environment) truth {
	if env.open {
		return maybe
	}
	return no
}

func (c *Condition) null(state presence) truth {
	if state == unknown {
		return maybe
	}
	for _, text := range c.Values {
		if strings.EqualFold(text, "true") == (state == absent) {
			return yes
		}
	}
	return no
}

// withoutKey is the rule for keys that are not in the request: a negated
// operator, …IfExists and ForAllValues hold, everything else does not.
func (c *Condition) withoutKey(env *environment) truth {
	if c.op.ifExists {
		return yes
	}
	env.note(c.Key)
	switch c.op.set {
	case forAll:
		return yes
	case forAny:
		return no
	}
	return truthOf(c.op.negated)
}

func (c *Condition) compareAll(values []string, env *environment) truth {
	switch c.op.set {
	case forAll:
		result := yes
		for _, value := range values {
			result = min(result, c.compareOne(value, env))
		}
		return result
	case forAny:
		result := no
		for _, value := range values {
			result = max(result, c.compareOne(value, env))
		}
		return result
	}
	return c.compareSingle(values, env)
}

// compareSingle treats a list in a place for one value as "any of them meets
// it", and as "none of them does" for a negated operator.
func (c *Condition) compareSingle(values []string, env *environment) truth {
	found := no
	for _, value := range values {
		found = max(found, c.meets(value, env))
	}
	if c.op.negated {
		return found.not()
	}
	return found
}

func (c *Condition) compareOne(value string, env *environment) truth {
	found := c.meets(value, env)
	if c.op.negated {
		return found.not()
	}
	return found
}

// meets reports whether the value equals any of the policy's values.
func (c *Condition) meets(value string, env *environment) truth {
	found := no
	for i := range c.values {
		found = max(found, c.op.compare(value, &c.values[i], env))
	}
	return found
}

// holdAll is the Condition block: every line must hold.
func holdAll(conditions []Condition, env *environment) truth {
	result := yes
	for i := range conditions {
		// No early exit: every missing key is to be reported.
		result = min(result, conditions[i].holds(env))
	}
	return result
}
