package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String returns the canonical text of the expression.
func (x And) String() string { return joinExpr(x, " and ", "true") }

// String returns the canonical text of the expression.
func (x Or) String() string { return joinExpr(x, " or ", "false") }

// String returns the canonical text of the expression.
func (x Not) String() string { return "not " + x.X.String() }

// String returns the canonical text of the expression.
func (x Compare) String() string {
	return string(x.Path) + " " + string(x.Op) + " " + valueString(x.Value)
}

// String returns the canonical text of the expression.
func (x Present) String() string { return string(x.Path) + " pr" }

// String returns the canonical text of the expression.
func (x Match) String() string { return string(x.Path) + "[" + x.Where.String() + "]" }

func joinExpr(list []Expr, operator, empty string) string {
	if len(list) == 0 {
		return empty
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, x := range list {
		if i > 0 {
			b.WriteString(operator)
		}
		b.WriteString(x.String())
	}
	b.WriteByte(')')
	return b.String()
}

func valueString(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	case time.Time:
		return formatTime(v)
	}
	return fmt.Sprintf("%T(%v)", v, v)
}
