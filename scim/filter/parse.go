package filter

import (
	"encoding/json"
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

// Parse translates a filter. Attributes are found through lookup, which is
// handed the path as the client spelt it and returns nil for one that no
// schema declares. Any error is an *Error.
func Parse(text string, lookup func(path string) *Attribute) (store.Expr, error) {
	if len(text) > MaxLength {
		return nil, errorf("the filter is longer than %d bytes", MaxLength)
	}
	if !utf8.ValidString(text) {
		return nil, errorf("the filter is not valid UTF-8")
	}
	p := &parser{text: text, lookup: lookup}
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
	lookup func(string) *Attribute
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
		return attr.present(p.scope), p.cost.add(op)
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

// literal is a value as it was spelt.
type literal struct {
	text   string
	quoted bool
}

func (v literal) null() bool { return !v.quoted && strings.EqualFold(v.text, "null") }

// value = a JSON string, or a run of characters without quotes.
func (p *parser) value() (literal, error) {
	if !p.at('"') {
		if word := p.run(isWordByte); word != "" {
			return literal{text: word}, nil
		}
		return literal{}, p.unexpected("a value")
	}
	start := p.pos
	for p.pos++; p.pos < len(p.text) && p.text[p.pos] != '"'; p.pos++ {
		if p.text[p.pos] == '\\' {
			p.pos++
		}
	}
	if p.pos >= len(p.text) {
		return literal{}, errorf("the string at %d has no end", start)
	}
	p.pos++
	raw := p.text[start:p.pos]
	if !strings.Contains(raw, `\`) {
		return literal{text: raw[1 : len(raw)-1], quoted: true}, nil
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return literal{}, errorf("the string at %d has an invalid escape", start)
	}
	return literal{text: s, quoted: true}, nil
}

// keyword consumes word, in any case, if it is next and stands alone.
func (p *parser) keyword(word string) bool {
	p.space()
	end := p.pos + len(word)
	if end > len(p.text) || !strings.EqualFold(p.text[p.pos:end], word) {
		return false
	}
	if end < len(p.text) && isPathByte(p.text[end]) {
		return false
	}
	p.pos = end
	return true
}

func (p *parser) space() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

func (p *parser) at(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

func (p *parser) run(in func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.text) && in(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func (p *parser) unexpected(want string) error {
	if p.pos >= len(p.text) {
		return errorf("the filter ends where %s is expected", want)
	}
	return errorf("%s is expected at %d, not %q", want, p.pos, excerpt(p.text[p.pos:]))
}

// excerpt keeps an error short, on a rune boundary.
func excerpt(s string) string {
	for i := range s {
		if i >= 20 {
			return s[:i] + "…"
		}
	}
	return s
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isWordByte: what a value without quotes may consist of.
func isWordByte(c byte) bool { return !isSpace(c) && c != ')' && c != ']' && c != '"' }

// isPathByte: attribute names (RFC 7643 §2.1), dots, and URNs before them.
func isPathByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte(":._$-", c) >= 0
}
