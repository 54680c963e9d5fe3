package policy

import (
	"slices"
	"strings"
)

// Kind is the kind of principal, in the spelling of aws:PrincipalType.
type Kind string

// The kinds of principals the account knows.
const (
	Account     Kind = "Account" // the root user
	User        Kind = "User"
	AssumedRole Kind = "AssumedRole"
)

// Principal is who makes the request.
type Principal struct {
	ARN       string
	AccountID string
	Username  string // only for User
	UserID    string // aws:userid: AIDA…, or AROA…:session
	Type      Kind
	// RoleARN is the role of an AssumedRole session; policies name the role.
	RoleARN string
	// Tags are the principal's tags; nil means that they are not known.
	Tags map[string]string
}

// presence tells a key that is not in the request from one nobody knows.
type presence uint8

const (
	absent presence = iota
	present
	unknown
)

func (p presence) unresolved() truth {
	if p == unknown {
		return maybe
	}
	return no
}

// environment answers for condition keys. It lives for one evaluation.
type environment struct {
	principal *Principal
	context   map[string][]string // lower-case keys
	// open means that keys which are not given may still be in the request.
	open    bool
	missing []string
	quiet   bool
}

func newEnvironment(p *Principal, context map[string][]string, open bool) *environment {
	env := &environment{principal: p, open: open, quiet: open}
	if len(context) == 0 {
		return env
	}
	env.context = make(map[string][]string, len(context))
	for key, values := range context {
		env.context[strings.ToLower(key)] = values
	}
	return env
}

// lookup expects a lower-case key. What the context says wins over what the
// principal implies.
func (e *environment) lookup(key string) ([]string, presence) {
	if values, ok := e.context[key]; ok {
		return values, present
	}
	if values, state := e.fromPrincipal(key); state != unknown {
		return values, state
	}
	if e.open {
		return nil, unknown
	}
	return nil, absent
}

const principalTag = "aws:principaltag/"

// fromPrincipal serves the keys of IAM User Guide, "AWS global condition
// context keys", section "Properties of the principal".
func (e *environment) fromPrincipal(key string) ([]string, presence) {
	p := e.principal
	if tag, ok := strings.CutPrefix(key, principalTag); ok {
		return p.tag(tag)
	}
	value := ""
	switch key {
	case "aws:username":
		value = p.Username
	case "aws:userid":
		value = p.UserID
	case "aws:principalarn":
		value = p.ARN
		if p.RoleARN != "" {
			value = p.RoleARN
		}
	case "aws:principalaccount":
		value = p.AccountID
	case "aws:principaltype":
		value = string(p.Type)
	case "aws:principalisawsservice", "aws:viaawsservice":
		value = "false"
	default:
		return nil, unknown
	}
	if value == "" {
		return nil, absent
	}
	return []string{value}, present
}

// tag finds a tag of the principal; keys of tags ignore case.
func (p *Principal) tag(key string) ([]string, presence) {
	if p.Tags == nil {
		return nil, unknown
	}
	for name, value := range p.Tags {
		if strings.EqualFold(name, key) {
			return []string{value}, present
		}
	}
	return nil, absent
}

// note remembers a key that was asked for and not given.
func (e *environment) note(key string) {
	if !e.quiet && !slices.Contains(e.missing, key) {
		e.missing = append(e.missing, key)
	}
}
