package filter_test

import (
	"errors"
	"strings"
	"testing"

	"iamscim/scim/filter"
)

// TestCost: the limits themselves are fine; one more is too much, wherever it
// stands.
func TestCost(t *testing.T) {
	lookup := func(string) *filter.Attribute {
		return &filter.Attribute{Path: "title", Name: "title", Type: "string"}
	}
	many := func(n int, term, last string) string { return strings.Repeat(term+" or ", n-1) + last }
	for _, row := range []struct {
		name, filter string
		refused      bool
	}{
		{"most terms", many(filter.MaxTerms, `a pr`, `a eq "x"`), false},
		{"too many terms", many(filter.MaxTerms+1, `a pr`, `a eq "x"`), true},
		{"too many terms, the last pr", many(filter.MaxTerms+1, `a eq 1`, `a pr`), true},
		{"too many terms in brackets", `not (` + many(filter.MaxTerms, `a eq 1`, `(a pr)`) + `) and a pr`, true},
		{"most searches", many(filter.MaxSearches, `a co "x"`, `a ew "x"`) + ` or a sw "x"`, false},
		{"too many searches", many(filter.MaxSearches+1, `a co "x"`, `a EW "x"`), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := filter.Parse(row.filter, lookup)
			reason, _ := errors.AsType[*filter.Error](err)
			if (err != nil) != row.refused || reason != nil && !reason.TooMany {
				t.Errorf("%v", err)
			}
		})
	}
}
