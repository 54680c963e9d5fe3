package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"iamscim/store"
)

// Limits on what a client may send.
const (
	MaxLength = 8 << 10 // bytes
	MaxDepth  = 64      // nested parentheses and brackets
)

// Error says what is wrong with a filter; its text is for the client.
type Error struct {
	Reason  string
	TooMany bool // it is well-formed, and too much work
}

func (e *Error) Error() string { return e.Reason }

func errorf(format string, args ...any) error {
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

// Lookup finds an attribute by its path as the client spelt it; nil is one that
// no schema declares.
type Lookup func(path string) *Attribute

// Parse translates a filter. Any error is an *Error.
func Parse(text string, lookup Lookup) (store.Expr, error) {
	return parse(text, parser{lookup: lookup})
}

// ParseStrict is Parse for who keeps to the grammar: a value is one of JSON
// (RFC 7644 §3.4.2.2, figure 1) and a date an xsd:dateTime.
func ParseStrict(text string, lookup Lookup) (store.Expr, error) {
	return parse(text, parser{lookup: lookup, strict: true})
}

func parse(text string, p parser) (store.Expr, error) {
	if len(text) > MaxLength {
		return nil, errorf("the filter is longer than %d bytes", MaxLength)
	}
	if !utf8.ValidString(text) {
		return nil, errorf("the filter is not valid UTF-8")
	}
	p.text = text
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.text) {
		return nil, p.unexpected(`"and", "or" or the end`)
	}
	return x, nil
}

// parser is a recursive descent over the text; each method consumes what it
// is named after.
type parser struct {
	text   string
	pos    int
	depth  int
	cost   cost
	strict bool
	lookup Lookup
	scope  *Attribute // inside its value filter; names are its sub-attributes
}

// or = and *("or" and); "and" binds tighter (RFC 7644 §3.4.2.2, table 5).
func (p *parser) or() (store.Expr, error) {
	var operands store.Or
	for {
		x, err := p.and()
		if err != nil {
			return nil, err
		}
		if nested, ok := x.(store.Or); ok && len(nested) > 0 {
			operands = append(operands, nested...)
		} else {
			operands = append(operands, x)
		}
		if p.keyword("or") {
			continue
		}
		if len(operands) == 1 {
			return operands[0], nil
		}
		return operands, nil
	}
}

// and = term *("and" term).
func (p *parser) and() (store.Expr, error) {
	var operands store.And
	for {
		x, err := p.term()
		if err != nil {
			return nil, err
		}
		if nested, ok := x.(store.And); ok && len(nested) > 0 {
			operands = append(operands, nested...)
		} else {
			operands = append(operands, x)
		}
		if p.keyword("and") {
			continue
		}
		if len(operands) == 1 {
			return operands[0], nil
		}
		return operands, nil
	}
}

// term = ["not"] "(" or ")" / comparison.
func (p *parser) term() (store.Expr, error) {
	p.space()
	start := p.pos
	negated := p.keyword("not")
	if p.space(); p.at('(') {
		x, err := p.group(')')
		if err != nil || !negated {
			return x, err
		}
		return store.Not{X: x}, nil
	}
	p.pos = start // an attribute whose name begins with "not"
	return p.comparison()
}

// group consumes an or between the delimiter it stands at and end.
func (p *parser) group(end byte) (store.Expr, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, errorf("the filter is nested more than %d levels deep", MaxDepth)
	}
	p.pos++ // the delimiter
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); !p.at(end) {
		return nil, p.unexpected(fmt.Sprintf(`"and", "or" or %q`, string(end)))
	}
	p.pos++
	p.depth--
	return x, nil
}

// comparison = path "pr" / path operator value / path "[" or "]" [ "." sub … ].
func (p *parser) comparison() (store.Expr, error) {
	path := p.run(isPathByte)
	if path == "" {
		return nil, p.unexpected("an attribute")
	}
	attr, err := p.resolve(path)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at('[') {
		return p.valueFilter(attr, path)
	}
	return p.operation(attr, path)
}

// resolve finds the attribute a path names, in the scope of a value filter
// among its sub-attributes.
func (p *parser) resolve(path string) (*Attribute, error) {
	if p.scope == nil {
		if attr := p.lookup(path); attr != nil {
			return attr, nil
		}
		return nil, errorf("unknown attribute %q", path)
	}
	if attr := p.scope.Sub[strings.ToLower(path)]; attr != nil {
		return attr, nil
	}
	return nil, errorf("unknown sub-attribute %q of %q", path, p.scope.Name)
}

// valueFilter = path "[" or "]" [ "." sub ("pr" / operator value) ]. Both parts
// speak of one and the same element.
func (p *parser) valueFilter(attr *Attribute, path string) (store.Expr, error) {
	if p.scope != nil {
		return nil, errorf("a value filter inside the value filter of %q", p.scope.Name)
	}
	if attr.Type != Complex {
		return nil, errorf("%q has no sub-attributes to filter by", path)
	}
	p.scope = attr
	defer func() { p.scope = nil }()
	where, err := p.group(']')
	if err != nil {
		return nil, err
	}
	if p.at('.') {
		p.pos++
		name := p.run(isPathByte)
		sub, err := p.resolve(name)
		if err != nil {
			return nil, err
		}
		p.space()
		x, err := p.operation(sub, name)
		if err != nil {
			return nil, err
		}
		if both, ok := where.(store.And); ok {
			where = append(both[:len(both):len(both)], x)
		} else {
			where = store.And{where, x}
		}
	}
	return attr.match(where), nil
}

// operation = "pr" / operator value.
func (p *parser) operation(attr *Attribute, path string) (store.Expr, error) {
	word := p.run(isLetter)
	op := store.Op(strings.ToLower(word))
	if op == "pr" {
		if err := p.cost.add(op); err != nil {
			return nil, err
		}
		return attr.present(p.scope)
	}
	switch op {
	case store.Eq, store.Ne, store.Co, store.Sw, store.Ew, store.Gt, store.Ge, store.Lt, store.Le:
	default:
		return nil, errorf("after %q an operator is expected, not %q", path, word)
	}
	if err := p.cost.add(op); err != nil {
		return nil, err
	}
	p.space()
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	return attr.compare(p.scope, op, v)
}
