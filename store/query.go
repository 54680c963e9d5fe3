package store

import (
	"fmt"
	"strings"
)

// QueryError says why a query makes no sense: an unknown attribute, or an
// operator or value that does not fit the attribute's type. Its text is safe to
// show to the client.
type QueryError struct {
	Path   Path
	Reason string
}

func (e *QueryError) Error() string {
	return fmt.Sprintf("attribute %q %s", string(e.Path), e.Reason)
}

// compiled is a query as one SQL statement that yields ids.
type compiled struct {
	text string
	args []any
	ages bool // the answer moves without a generation
}

// compiler turns an expression into a condition on x, with bound parameters
// only. A condition may be null instead of false; not takes both as false.
type compiler struct {
	c         conn
	catalogue *catalogue
	in        *list // the multi-valued attribute in whose elements we are, or nil
	args      []any
	ages      bool
}

// compile builds the statement for a query.
func compile(c conn, kind Kind, q Query) (*compiled, error) {
	t, catalogue := tableOf(kind), catalogues[kind]
	if t == nil || catalogue == nil {
		return nil, fmt.Errorf("no resources of kind %q", kind)
	}
	k := &compiler{c: c, catalogue: catalogue}
	condition := c.valid("x")
	if q.Where != nil {
		where, err := k.expr(q.Where)
		if err != nil {
			return nil, err
		}
		condition += ` and ` + where
	}
	order, err := k.order(q)
	if err != nil {
		return nil, err
	}
	text := `select x.id from ` + t.name + ` x where ` + condition + ` order by ` + order
	return &compiled{text: text, args: k.args, ages: k.ages}, nil
}

func (k *compiler) bind(v any) string {
	k.args = append(k.args, v)
	return `?`
}

func (k *compiler) expr(x Expr) (string, error) {
	switch x := x.(type) {
	case And:
		return k.join(x, ` and `, `1`)
	case Or:
		return k.join(x, ` or `, `0`)
	case Not:
		s, err := k.expr(x.X)
		return `((` + s + `) is not true)`, err
	case Present:
		return k.present(x.Path)
	case Compare:
		return k.compare(x)
	case Match:
		return k.match(x)
	}
	return "", fmt.Errorf("unknown expression %T", x)
}

func (k *compiler) join(operands []Expr, operator, empty string) (string, error) {
	if len(operands) == 0 {
		return empty, nil
	}
	parts := make([]string, len(operands))
	for i, x := range operands {
		s, err := k.expr(x)
		if err != nil {
			return "", err
		}
		parts[i] = s
	}
	return balanced(parts, operator), nil
}

// balanced joins parts as a tree of least depth: SQLite bounds the depth of an
// expression, and a filter may have a thousand terms in a row.
func balanced(parts []string, operator string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	half := len(parts) / 2
	return `(` + balanced(parts[:half], operator) + operator + balanced(parts[half:], operator) + `)`
}

// attribute finds what a path names where we are.
func (k *compiler) attribute(path Path) (*attribute, error) {
	a := k.catalogue.attributes[path]
	if k.in != nil {
		a = k.in.subs[path]
	}
	if a == nil {
		return nil, &QueryError{path, "is not known"}
	}
	k.ages = k.ages || a.ages
	return a, nil
}

// source is the SQL of a's value, in x or in the element we are in.
func (k *compiler) source(a *attribute) string {
	if !a.modified {
		return k.c.sql(a.source)
	}
	at := `n.changed_at`
	if k.c.asOf != 0 {
		at = k.c.modifiedThen(tableOf(k.catalogue.kind))
	}
	return `(select ` + at + ` from resource n where n.kind = '` + string(k.catalogue.kind) + `' and n.id = x.id)`
}

func (k *compiler) present(path Path) (string, error) {
	a, err := k.attribute(path)
	if err != nil {
		return "", err
	}
	return k.presence(a), nil
}

// presence: RFC 7644 §3.4.2.2: a complex attribute is present if any part is.
func (k *compiler) presence(a *attribute) string {
	switch {
	case a.always:
		return `1`
	case a.list != nil && k.in == nil && a.Type == Complex:
		return k.exists(a.list, ``)
	case a.list != nil && k.in == nil:
		return k.exists(a.list, k.source(a)+` is not null`)
	case a.Type == Complex:
		parts := make([]string, len(a.parts))
		for i, p := range a.parts {
			parts[i] = k.presence(p)
		}
		return balanced(parts, ` or `)
	}
	return `(` + k.source(a) + ` is not null)`
}

// exists holds if some element of the list meets the condition. Memberships are
// looked up the other way round, so that the condition may drive the search.
func (k *compiler) exists(l *list, condition string) string {
	if l.tie != "" && condition != "" {
		return fmt.Sprintf(`x.id in (select %s from %s where %s and %s)`, l.tie, k.c.sql(l.from), k.c.member("e"), condition)
	}
	var conditions []string
	for _, s := range []string{k.c.sql(l.where), condition} {
		if s != "" {
			conditions = append(conditions, s)
		}
	}
	text := `exists (select 1 from ` + k.c.sql(l.from)
	if len(conditions) > 0 {
		text += ` where ` + strings.Join(conditions, ` and `)
	}
	return text + `)`
}

// match: one and the same element meets all of Where. If Where demands a value
// that the element table knows, that finds the few rows to look into.
func (k *compiler) match(x Match) (string, error) {
	a, err := k.attribute(x.Path)
	if err != nil {
		return "", err
	}
	if a.list == nil || a.Type != Complex || k.in != nil {
		return "", &QueryError{x.Path, "has no elements to choose from"}
	}
	hint := k.hint(a.list, x.Where)
	k.in = a.list
	where, err := k.expr(x.Where)
	k.in = nil
	if err != nil {
		return "", err
	}
	return `(` + hint + k.exists(a.list, where) + `)`, nil
}

func (k *compiler) hint(l *list, where Expr) string {
	terms, ok := where.(And)
	if !ok {
		terms = And{where}
	}
	for _, term := range terms {
		x, ok := term.(Compare)
		if !ok || x.Op != Eq {
			continue
		}
		value, isText := x.Value.(string)
		if a := l.subs[x.Path]; isText && a != nil && a.number != 0 && k.c.asOf == 0 {
			return k.byElement(a, Eq, textOperand(a, value)) + ` and `
		}
	}
	return ``
}

// byElement selects rows by the element table.
func (k *compiler) byElement(a *attribute, op Op, value any) string {
	return fmt.Sprintf(`x.row in (select row from element where attribute = %d and %s)`, a.number, k.condition(`value`, op, value, true))
}
