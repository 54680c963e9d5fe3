package patch

import (
	"strings"

	"golang.org/x/text/cases"

	"iamscim/scim/tree"
	"iamscim/store"
)

// matches evaluates a value filter on one element of a. filter.Parse has made
// sure that every path is a sub-attribute and every value fits its type.
func matches(a *tree.Attribute, x store.Expr, element map[string]any) bool {
	switch x := x.(type) {
	case store.And:
		for _, operand := range x {
			if !matches(a, operand, element) {
				return false
			}
		}
		return true
	case store.Or:
		for _, operand := range x {
			if matches(a, operand, element) {
				return true
			}
		}
		return false
	case store.Not:
		return !matches(a, x.X, element)
	case store.Present:
		v := element[string(x.Path)]
		return v != nil && v != ""
	case store.Compare:
		return compares(a.Sub[strings.ToLower(string(x.Path))], x, element[string(x.Path)])
	}
	return false
}

// compares: no value is equal to nothing and unequal to everything. What a
// client can write into an element is text or a Boolean.
func compares(sub *tree.Attribute, x store.Compare, have any) bool {
	switch have := have.(type) {
	case bool:
		return (have == x.Value) == (x.Op == store.Eq)
	case string:
		want, _ := x.Value.(string)
		return comparesText(x.Op, fold(sub, have), fold(sub, want))
	}
	if x.Op == store.Ne {
		return true
	}
	return x.Op == store.Eq && x.Value == false // an absent primary is false (RFC 7643 §2.4)
}

func comparesText(op store.Op, have, want string) bool {
	switch op {
	case store.Eq:
		return have == want
	case store.Ne:
		return have != want
	case store.Co:
		return strings.Contains(have, want)
	case store.Sw:
		return strings.HasPrefix(have, want)
	case store.Ew:
		return strings.HasSuffix(have, want)
	case store.Gt:
		return have > want
	case store.Ge:
		return have >= want
	case store.Lt:
		return have < want
	}
	return have <= want
}

// fold makes equal what the attribute's caseExact says is.
func fold(a *tree.Attribute, s string) string {
	if a.Exact {
		return s
	}
	return cases.Fold().String(s)
}

// described returns the element that a filter of nothing but equalities
// describes: type eq "work" and primary eq true.
func described(x store.Expr, into map[string]any) bool {
	switch x := x.(type) {
	case store.Compare:
		into[string(x.Path)] = x.Value
		_, isText := x.Value.(string)
		_, isBool := x.Value.(bool)
		return x.Op == store.Eq && (isText || isBool)
	case store.And:
		for _, operand := range x {
			if !described(operand, into) {
				return false
			}
		}
		return len(x) > 0
	}
	return false
}
