package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	library "github.com/scim2/filter-parser/v2"

	"iamscim/store"
)

func sprintValue(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// seeds are filters that both parsers understand.
var seeds = []string{
	`userName eq "bjensen"`,
	`title pr and userType eq "Employee"`,
	`title pr or userType eq "Intern" and active eq true`,
	`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`,
	`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`,
	`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`,
	`meta.lastModified gt "2011-05-13T04:42:34Z"`,
	`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`,
	`(title pr or userType pr) and not (name.familyName sw "x")`,
	`emails[not (type eq "work")]`,
	`sessions ge 12 and title ne null`,
}

// TestAgainstLibrary: where the published parser accepts a filter, ours reads
// the same out of it.
func TestAgainstLibrary(t *testing.T) {
	for _, filter := range seeds {
		if _, err := Parse(filter, attributes()); err != nil {
			t.Errorf("%q: %v", filter, err)
		}
		checkAgainstLibrary(t, filter)
	}
}

// checkAgainstLibrary compares what both accept. Each accepts what the other
// does not: the library takes "and" without blanks in a value filter.

func checkAgainstLibrary(t *testing.T, filter string) {
	tree, err := library.ParseFilterNumber([]byte(filter))
	if err != nil || strings.Contains(filter, `\`) { // it does not undo escapes
		return
	}
	want, wantErr := translate(tree, nil)
	got, err := Parse(filter, attributes())
	if err != nil {
		return
	}
	if wantErr != nil {
		t.Errorf("%q: accepted, but the library's tree gives %v", filter, wantErr)
	} else if sprint(got) != sprint(want) {
		t.Errorf("%q:\n got %s\nwant %s", filter, sprint(got), sprint(want))
	}
}

// translate builds the condition from the library's tree.
func translate(x library.Expression, scope *Attribute) (store.Expr, error) {
	p := &parser{lookup: attributes(), scope: scope}
	switch x := x.(type) {
	case *library.NotExpression:
		inner, err := translate(x.Expression, scope)
		return store.Not{X: inner}, err
	case *library.LogicalExpression:
		return translateLogical(x, scope)
	case *library.ValuePath:
		attr, err := p.resolve(x.AttributePath.String())
		if err != nil {
			return nil, err
		}
		if attr.Type != Complex {
			return nil, errorf("not complex")
		}
		where, err := translate(x.ValueFilter, attr)
		if err != nil {
			return nil, err
		}
		return attr.match(where), nil
	case *library.AttributeExpression:
		attr, err := p.resolve(x.AttributePath.String())
		if err != nil {
			return nil, err
		}
		if x.Operator == library.PR {
			return attr.present(scope)
		}
		return attr.compare(scope, store.Op(x.Operator), valueOf(x.CompareValue))
	}
	return nil, fmt.Errorf("%T", x)
}

func translateLogical(x *library.LogicalExpression, scope *Attribute) (store.Expr, error) {
	left, err := translate(x.Left, scope)
	if err != nil {
		return nil, err
	}
	right, err := translate(x.Right, scope)
	if err != nil {
		return nil, err
	}
	if x.Operator == library.AND {
		var all store.And
		for _, side := range []store.Expr{left, right} {
			if nested, ok := side.(store.And); ok && len(nested) > 0 {
				all = append(all, nested...)
			} else {
				all = append(all, side)
			}
		}
		return all, nil
	}
	var all store.Or
	for _, side := range []store.Expr{left, right} {
		if nested, ok := side.(store.Or); ok && len(nested) > 0 {
			all = append(all, nested...)
		} else {
			all = append(all, side)
		}
	}
	return all, nil
}

func valueOf(v any) literal {
	switch v := v.(type) {
	case nil:
		return literal{text: "null"}
	case string:
		return literal{text: v, quoted: true}
	case json.Number:
		return literal{text: v.String()}
	}
	return literal{text: fmt.Sprint(v)}
}

// FuzzFilter: whatever the text, there is an expression with a canonical
// string or an *Error, and never a panic; and the library, where it accepts
// the text, agrees.
func FuzzFilter(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	for _, s := range []string{
		`externalId eq jyoung`, `emails[type eq "work"].value eq "x"`, `members eq "id"`, `emails co "x"`,
		`not(not(title pr))`, `name[familyName pr]`, `a[`, `"`, `userName eq "\ud800"`, `((`, `emails[]`, `. pr`, `:`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text, attributes())
		if err == nil {
			_ = x.String() // canonical or not, it must not panic
		} else if reason := (*Error)(nil); !errors.As(err, &reason) {
			t.Errorf("%q: %v is not an *Error", text, err)
		}
		if len(text) < 200 { // it takes seconds for some that are longer
			checkAgainstLibrary(t, text)
		}
	})
}
