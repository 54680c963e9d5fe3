package store

import (
	"time"
	"unicode/utf8"
)

// compare builds one comparison. ne is the negation of eq, so it holds of a
// resource that has no value; of a multi-valued attribute it holds if any
// element differs, which includes an element that lacks the sub-attribute.
func (k *compiler) compare(x Compare) (string, error) {
	a, err := k.attribute(x.Path)
	if err != nil {
		return "", err
	}
	if x.Value == nil {
		return k.compareNull(a, x.Op)
	}
	whole := a
	if k.in == nil {
		a = k.catalogue.value(a)
	}
	if a == nil || a.Type == Complex {
		return "", &QueryError{whole.Path, "is complex and has no value to compare; name a sub-attribute"}
	}
	value, err := operand(a, x.Op, x.Value)
	if err != nil {
		return "", err
	}
	k.ages = k.ages || a.ages
	switch {
	case a.modified && k.c.asOf == 0 && order[x.Op] != "":
		return `x.id in (select n.id from resource n where n.kind = '` + string(k.catalogue.kind) + `' and n.changed_at ` +
			order[x.Op] + ` ` + k.bind(value) + `)`, nil
	case a.list == nil || k.in != nil:
		return `(` + k.condition(k.source(a), x.Op, value, a.indexed) + `)`, nil
	case a.number != 0 && k.c.asOf == 0 && x.Op != Ne && !a.among:
		return k.byElement(a, x.Op, value), nil
	}
	hint := ``
	if a.number != 0 && k.c.asOf == 0 && x.Op == Eq {
		hint = k.byElement(a, x.Op, value) + ` and `
	}
	return `(` + hint + k.exists(a.list, k.condition(k.source(a), x.Op, value, false)) + `)`, nil
}

// compareNull: null is the same as no value (RFC 7643 §2.5).
func (k *compiler) compareNull(a *attribute, op Op) (string, error) {
	switch op {
	case Eq:
		return `((` + k.presence(a) + `) is not true)`, nil
	case Ne:
		return k.presence(a), nil
	}
	return "", &QueryError{a.Path, "cannot be compared with null by " + string(op)}
}

// order are the operators that SQL has by another name.
var order = map[Op]string{Eq: `=`, Gt: `>`, Ge: `>=`, Lt: `<`, Le: `<=`}

// condition compares an SQL value with a bound one.
func (k *compiler) condition(source string, op Op, value any, indexed bool) string {
	switch op {
	case Eq:
		return source + ` = ` + k.bind(value)
	case Ne:
		return source + ` is not ` + k.bind(value)
	case Co, Sw, Ew:
		return k.substring(source, op, value.(string), indexed)
	}
	return source + ` ` + order[op] + ` ` + k.bind(value)
}

// substring: every text, but not an absent one, contains the empty text.
func (k *compiler) substring(source string, op Op, value string, indexed bool) string {
	runes := utf8.RuneCountInString(value)
	switch {
	case value == "":
		return source + ` is not null`
	case op == Co:
		return `instr(` + source + `, ` + k.bind(value) + `) > 0`
	case op == Ew:
		return `substr(` + source + `, ` + k.bind(-runes) + `) = ` + k.bind(value)
	case !indexed:
		return `substr(` + source + `, 1, ` + k.bind(runes) + `) = ` + k.bind(value)
	}
	s := source + ` >= ` + k.bind(value)
	if end, ok := prefixEnd(value); ok {
		s += ` and ` + source + ` < ` + k.bind(end)
	}
	return s
}

// prefixEnd is the least text above all that begin with prefix. UTF-8 sorts as
// its code points do.
func prefixEnd(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xd800 { // surrogates are no characters
			next = 0xe000
		}
		if next <= utf8.MaxRune {
			return string(runes[:i]) + string(next), true
		}
	}
	return "", false
}

// operand checks that operator and value fit the attribute and returns the
// value as it is stored (RFC 7644 §3.4.2.2).
func operand(a *attribute, op Op, value any) (any, error) {
	textual := op == Co || op == Sw || op == Ew
	ordered := order[op] != "" || op == Ne
	if !textual && !ordered {
		return nil, &QueryError{a.Path, "cannot be compared by " + string(op)}
	}
	bad := &QueryError{a.Path, "is of type " + string(a.Type) + ", which " + string(op) + " or the value does not fit"}
	switch v := value.(type) {
	case string:
		if a.Type == String {
			return textOperand(a, v), nil
		}
	case bool:
		if a.Type == Boolean && (op == Eq || op == Ne) {
			return v, nil
		}
	case time.Time:
		if a.Type == DateTime && !textual {
			return formatTime(v), nil
		}
	case int, int64, float64:
		if a.Type == Integer && !textual {
			return v, nil
		}
	}
	return nil, bad
}

func textOperand(a *attribute, v string) string {
	if a.CaseExact {
		return v
	}
	return fold(v)
}
