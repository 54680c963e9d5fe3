package filter_test

import (
	"strings"
	"testing"

	"iamscim/scim/filter"
)

func TestRewrite(t *testing.T) {
	swap := func(name, value string) string {
		if strings.EqualFold(name, "value") && value == "x" {
			return `new"`
		}
		return value
	}
	for text, want := range map[string]string{
		`value eq "x"`:                           `value eq "new\""`,
		`Value EQ x`:                             `Value EQ "new\""`,
		`value eq "\u0078" and type eq "x"`:      `value eq "new\"" and type eq "x"`,
		`not (type pr and value ne "x")`:         `not (type pr and value ne "new\"")`,
		`type eq "y" or  value  sw  "x" `:        `type eq "y" or  value  sw  "new\"" `,
		`value eq "y"`:                           `value eq "y"`,
		`type eq "value eq \"x\""`:               `type eq "value eq \"x\""`,
		`type eq true and value eq "x"`:          `type eq true and value eq "new\""`,
		`value eq "x`:                            `value eq "x`,
		`value eq`:                               `value eq`,
		`"x" value eq "x"`:                       `"x" value eq "new\""`,
		`value pr "x"`:                           `value pr "x"`,
		``:                                       ``,
		`(value eq "x")or(value eq "x")`:         `(value eq "new\"")or(value eq "new\"")`,
		`value eq 'x'`:                           `value eq 'x'`,
		"value eq \"\xff\" and value\teq\n\"x\"": "value eq \"\xff\" and value\teq\n\"new\\\"\"",
	} {
		if got := filter.Rewrite(text, swap); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// FuzzRewrite: what nothing is swapped in stays as it was.
func FuzzRewrite(f *testing.F) {
	for _, text := range []string{`value eq "x"`, `not (a pr or b ne y)`, `a eq "`, `"\"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := filter.Rewrite(text, func(_, value string) string { return value }); got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
