package auth

import (
	"errors"
	"fmt"
	"strings"
)

// Scope is one thing that a credential may do.
type Scope uint8

// The scopes. None implies another: a token that is to write and to read its
// own writes has both.
const (
	Read         Scope = 1 << iota // every GET, and searches
	Write                          // users, groups and members
	Entitlements                   // attach and detach policies
	Password                       // set passwords
	Admin                          // boundaries, and whatever changes something under /admin
)

// Scopes is a set of scopes; the zero value is none.
type Scopes uint8

// AllScopes is what the bootstrap token has.
const AllScopes = Scopes(Read | Write | Entitlements | Password | Admin)

var scopeNames = []struct {
	scope Scope
	name  string
}{
	{Read, "read"},
	{Write, "write"},
	{Entitlements, "entitlements"},
	{Password, "password"},
	{Admin, "admin"},
}

// String returns the scope's name.
func (s Scope) String() string { return Scopes(s).String() }

// Has reports whether all of want are in the set.
func (s Scopes) Has(want Scope) bool { return s&Scopes(want) == Scopes(want) }

// Names returns the names of the scopes, always in the same order.
func (s Scopes) Names() []string {
	names := []string{}
	for _, n := range scopeNames {
		if s.Has(n.scope) {
			names = append(names, n.name)
		}
	}
	return names
}

// String returns the names separated by blanks.
func (s Scopes) String() string { return strings.Join(s.Names(), " ") }

// ParseScopes reads names separated by blanks or commas. An unknown name is an
// error that says which there are, and so is none at all.
func ParseScopes(text string) (Scopes, error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) == 0 {
		return 0, fmt.Errorf("no scope given: choose from %s", AllScopes)
	}
	var scopes Scopes
	var errs []error
	for _, name := range names {
		scope, ok := scopeNamed(name)
		if !ok {
			errs = append(errs, fmt.Errorf("unknown scope %q: choose from %s", name, AllScopes))
		}
		scopes |= Scopes(scope)
	}
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	return scopes, nil
}

func scopeNamed(name string) (Scope, bool) {
	for _, n := range scopeNames {
		if strings.EqualFold(n.name, name) {
			return n.scope, true
		}
	}
	return 0, false
}
