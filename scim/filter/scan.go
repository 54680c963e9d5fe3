package filter

import (
	"encoding/json"
	"strings"
)

// literal is a value as it was spelt.
type literal struct {
	text           string
	quoted, strict bool
}

func (v literal) null() bool { return !v.quoted && strings.EqualFold(v.text, "null") }

// value = a JSON string, or a run of characters without quotes, which the strict
// want to be true, false, null or a number.
func (p *parser) value() (literal, error) {
	if !p.at('"') {
		switch word := p.run(isWordByte); {
		case word == "":
			return literal{}, p.unexpected("a value")
		case word[0] == '\'': // as an unquoted value it would find nobody, in silence
			return literal{}, errorf("a string needs double quotes, not single ones")
		case p.strict && (word[0] == '{' || !json.Valid([]byte(word))):
			return literal{}, errorf("%q is neither true, false, null nor a number, and a string needs double quotes", excerpt(word))
		default:
			return literal{text: word, strict: p.strict}, nil
		}
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
		return literal{raw[1 : len(raw)-1], true, p.strict}, nil
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return literal{}, errorf("the string at %d has an invalid escape", start)
	}
	return literal{s, true, p.strict}, nil
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
