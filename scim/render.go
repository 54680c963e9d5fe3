package scim

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// The renderers append JSON to a byte slice. They are total: whatever a record
// holds, they write a valid resource, because one bad record must not fail a
// list. An attribute without a value is left out (RFC 7643 §2.5).

// pen appends the members of one JSON object or the elements of one array.
// What it is given with an empty value it does not write.
type pen struct{ b []byte }

// open begins an object and close ends it; between a member and the next the
// pen puts the comma.
func (p *pen) open()  { p.b = append(p.b, '{') }
func (p *pen) close() { p.b = append(p.b, '}') }

// comma separates from what was written before on the same level.
func (p *pen) comma() {
	if c := p.b[len(p.b)-1]; c != '{' && c != '[' {
		p.b = append(p.b, ',')
	}
}

// key begins a member; name needs no escaping.
func (p *pen) key(name string) {
	p.comma()
	p.b = append(p.b, '"')
	p.b = append(p.b, name...)
	p.b = append(p.b, '"', ':')
}

// begin begins a member whose value is a composite; end ends it and takes the
// member back if nothing was written into it. open is '{' or '['.
func (p *pen) begin(name string, open byte) (mark int) {
	mark = len(p.b)
	p.key(name)
	p.b = append(p.b, open)
	return mark
}

func (p *pen) end(mark int, closing byte) {
	if c := p.b[len(p.b)-1]; c == '{' || c == '[' {
		p.b = p.b[:mark]
		return
	}
	p.b = append(p.b, closing)
}

// element begins an object in an array; endElement takes it back if empty.
func (p *pen) element() (mark int) {
	mark = len(p.b)
	p.comma()
	p.b = append(p.b, '{')
	return mark
}

func (p *pen) endElement(mark int) { p.end(mark, '}') }

func (p *pen) text(name, value string) {
	if value == "" {
		return
	}
	p.key(name)
	p.b = appendString(p.b, value)
}

func (p *pen) flag(name string, value bool) {
	p.key(name)
	p.b = strconv.AppendBool(p.b, value)
}

func (p *pen) flagIfKnown(name string, value *bool) {
	if value != nil {
		p.flag(name, *value)
	}
}

func (p *pen) whole(name string, value int64) {
	p.key(name)
	p.b = strconv.AppendInt(p.b, value, 10)
}

func (p *pen) moment(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	p.key(name)
	p.b = append(p.b, '"')
	p.b = appendTime(p.b, t)
	p.b = append(p.b, '"')
}

// commit writes the time of a commit, always with its milliseconds: who takes
// the latest as text must find the latest.
func (p *pen) commit(name string, t time.Time) {
	p.key(name)
	p.b = append(p.b, '"')
	p.b = t.UTC().AppendFormat(p.b, commitTime)
	p.b = append(p.b, '"')
}

const commitTime = "2006-01-02T15:04:05.000Z07:00"

func (p *pen) momentIfKnown(name string, t *time.Time) {
	if t != nil {
		p.moment(name, *t)
	}
}

// schemas writes the schemas of a resource.
func (p *pen) schemas(urns ...string) {
	mark := p.begin("schemas", '[')
	for _, v := range urns {
		p.comma()
		p.b = appendString(p.b, v)
	}
	p.end(mark, ']')
}

// location writes a member whose value is base + endpoint + "/" + id, if there
// is a base.
func (p *pen) location(name, base, endpoint, id string) {
	if base == "" {
		return
	}
	p.key(name)
	p.b = append(p.b, '"')
	p.b = appendEscaped(p.b, base)
	p.b = append(p.b, endpoint...)
	p.b = append(p.b, '/')
	p.b = appendEscaped(p.b, id)
	p.b = append(p.b, '"')
}

// appendTime writes an RFC 3339 time in UTC; fractions only if there are any,
// so that what is served compares equal to what is stored.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, time.RFC3339Nano)
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	b = appendEscaped(b, s)
	return append(b, '"')
}

const hex = "0123456789abcdef"

// appendEscaped escapes s for a JSON string (RFC 8259 §7). Bytes that are not
// UTF-8 become U+FFFD: a list with one broken name must still parse.
func appendEscaped(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		b = appendSpecial(b, c)
		i += size
		start = i
	}
	return append(b, s[start:]...)
}

func appendSpecial(b []byte, c byte) []byte {
	switch {
	case c >= utf8.RuneSelf:
		return append(b, "\ufffd"...)
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, '\\', 'n')
	case c == '\t':
		return append(b, '\\', 't')
	case c == '\r':
		return append(b, '\\', 'r')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
