package conformance_test

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// predicate says whether a rendered resource, or an element, matches.
type predicate func(map[string]any) bool

// filterParser reads RFC 7644 figure 1 by recursive descent.
type filterParser struct {
	s      *reference
	attrs  func(path string) (*refAttr, []string) // declared attribute and where it is
	tokens []string
	depth  int
}

var filterToken = regexp.MustCompile(`^\s*("(?:[^"\\]|\\.)*"|[()\[\]]|[^\s()\[\]"]+)`)

var errFilter = fail(400, "invalidFilter", "the filter is not understood")

// parseFilter compiles a filter on resources of a kind; nil stands for any kind.
func (s *reference) parseFilter(k *refKind, text string) (predicate, error) {
	p := &filterParser{s: s, attrs: func(path string) (*refAttr, []string) { return s.resolve(k, path) }}
	for rest := strings.TrimRight(text, " "); rest != ""; {
		m := filterToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, errFilter
		}
		p.tokens = append(p.tokens, m[1])
		rest = rest[len(m[0]):]
	}
	match, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		return nil, errFilter
	}
	return match, err
}

// resolve finds a declared attribute by its path, in any letter case.
func (s *reference) resolve(k *refKind, path string) (*refAttr, []string) {
	if k == nil {
		k = s.user
	}
	attrs, where := append(append([]*refAttr{}, k.attrs...), metaAttrs...), []string(nil)
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		urn := path[:i]
		path = path[i+1:]
		for known, list := range k.extensions {
			if strings.EqualFold(known, urn) {
				attrs, where, urn = list, []string{known}, ""
			}
		}
		if urn != "" && !strings.EqualFold(urn, k.urn) {
			return nil, nil
		}
	}
	name, sub, nested := strings.Cut(path, ".")
	a := find(attrs, name)
	if a == nil || !nested {
		return a, append(where, nameOf(a, name))
	}
	b := find(a.sub, sub)
	return b, append(where, a.name, nameOf(b, sub))
}

func nameOf(a *refAttr, fallback string) string {
	if a == nil {
		return fallback
	}
	return a.name
}

func (p *filterParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *filterParser) take() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *filterParser) or() (predicate, error) {
	if p.depth++; p.depth > 100 {
		return nil, fail(400, "invalidFilter", "the filter is nested too deeply")
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && strings.EqualFold(p.peek(), "or") {
		p.take()
		a, b := left, predicate(nil)
		if b, err = p.and(); err == nil {
			left = func(o map[string]any) bool { return a(o) || b(o) }
		}
	}
	return left, err
}

func (p *filterParser) and() (predicate, error) {
	left, err := p.term()
	for err == nil && strings.EqualFold(p.peek(), "and") {
		p.take()
		a, b := left, predicate(nil)
		if b, err = p.term(); err == nil {
			left = func(o map[string]any) bool { return a(o) && b(o) }
		}
	}
	return left, err
}

func (p *filterParser) term() (predicate, error) {
	switch t := p.take(); {
	case strings.EqualFold(t, "not"):
		if p.peek() != "(" {
			return nil, errFilter
		}
		inner, err := p.term()
		return func(o map[string]any) bool { return !inner(o) }, err
	case t == "(":
		inner, err := p.or()
		if err == nil && p.take() != ")" {
			return nil, errFilter
		}
		return inner, err
	case !attributePath.MatchString(t):
		return nil, errFilter
	default:
		return p.comparison(t)
	}
}

var attributePath = regexp.MustCompile(`^(?i:urn:[^\s"]+:)?[A-Za-z][\w$-]*(\.[A-Za-z$][\w$-]*)?$`)

func (p *filterParser) comparison(path string) (predicate, error) {
	a, where := p.attrs(path)
	if a == nil {
		return nil, fail(400, "invalidFilter", "%s is not declared", path)
	}
	if p.peek() == "[" {
		return p.valuePath(a, where)
	}
	op := strings.ToLower(p.take())
	if op == "pr" && !p.s.ways.onlyEq {
		return func(o map[string]any) bool { return len(values(o, where)) > 0 }, nil
	}
	compare := p.s.operator(op)
	if compare == nil || p.s.ways.onlyEq && op != "eq" {
		return nil, errFilter
	}
	if a.typ == "complex" { // the value of a multi-valued attribute
		if a, where = find(a.sub, "value"), append(where, "value"); a == nil {
			return nil, errFilter
		}
	}
	if strings.Contains("gt ge lt le", op) && (a.typ == "boolean" || a.typ == "binary") {
		return nil, fail(400, "invalidFilter", "%s has no order", a.name)
	}
	want := p.take()
	var literal any
	dec := json.NewDecoder(strings.NewReader(want))
	dec.UseNumber()
	if err := dec.Decode(&literal); err != nil || dec.More() {
		return nil, errFilter
	}
	return func(o map[string]any) bool {
		found := values(o, where)
		if op == "ne" && len(found) == 0 {
			return true
		}
		for _, v := range found {
			if compare(p.s.order(a, v, literal), p.s.folded(a, v), p.s.folded(a, literal)) {
				return true
			}
		}
		return false
	}, nil
}

func (p *filterParser) valuePath(a *refAttr, where []string) (predicate, error) {
	p.take()
	outer := p.attrs
	p.attrs = func(path string) (*refAttr, []string) {
		b := find(a.sub, path)
		return b, []string{nameOf(b, path)}
	}
	inner, err := p.or()
	p.attrs = outer
	if err != nil {
		return nil, err
	}
	if p.take() != "]" {
		return nil, errFilter
	}
	return func(o map[string]any) bool {
		for _, e := range values(o, where) {
			if x, ok := e.(map[string]any); ok && inner(x) {
				return true
			}
		}
		return false
	}, nil
}

// values returns what a path leads to, through lists.
func values(v any, where []string) []any {
	if l, ok := v.([]any); ok {
		var out []any
		for _, e := range l {
			out = append(out, values(e, where)...)
		}
		return out
	}
	if v == nil {
		return nil
	}
	if len(where) == 0 {
		return []any{v}
	}
	o, _ := v.(map[string]any)
	return values(o[where[0]], where[1:])
}

// operator compares by order, or by text. Each has a fault of its own.
func (s *reference) operator(op string) func(order int, got, want string) bool {
	return map[string]func(int, string, string) bool{
		"eq": func(n int, _, _ string) bool { return n == 0 },
		"ne": func(n int, _, _ string) bool { return n != 0 },
		"gt": func(n int, _, _ string) bool { return n == 1 },
		"ge": func(n int, _, _ string) bool { return n == 1 || n == 0 },
		"lt": func(n int, _, _ string) bool { return n == -1 },
		"le": func(n int, _, _ string) bool { return n == -1 || n == 0 },
		"co": func(_ int, got, want string) bool { return strings.Contains(got, want) },
		"sw": func(_ int, got, want string) bool { return strings.HasPrefix(got, want) },
		"ew": func(_ int, got, want string) bool { return strings.HasSuffix(got, want) },
	}[op]
}

func (s *reference) folded(a *refAttr, v any) string {
	text, _ := v.(string)
	if a.exact && !s.faults["fold-everything"] || s.faults["fold-nothing"] {
		return text
	}
	return strings.ToLower(text)
}

const incomparable = 2

// order compares two values of an attribute.
func (s *reference) order(a *refAttr, got, want any) int {
	switch a.typ {
	case "boolean":
		x, okX := got.(bool)
		y, okY := want.(bool)
		if okX && okY && x == y {
			return 0
		}
		return incomparable
	case "integer", "decimal":
		x, okX := got.(json.Number)
		y, okY := want.(json.Number)
		if !okX || !okY {
			return incomparable
		}
		if s.faults["numbers-as-text"] {
			return strings.Compare(x.String(), y.String())
		}
		f, _ := new(big.Rat).SetString(x.String())
		g, _ := new(big.Rat).SetString(y.String())
		return f.Cmp(g)
	case "dateTime":
		x, errX := time.Parse(time.RFC3339, text(got))
		y, errY := time.Parse(time.RFC3339, text(want))
		if errX != nil || errY != nil {
			return incomparable
		}
		if s.faults["no-zones"] {
			return strings.Compare(text(got)[:19], text(want)[:19])
		}
		return x.Compare(y)
	}
	if _, ok := want.(string); !ok {
		return incomparable
	}
	return strings.Compare(s.folded(a, got), s.folded(a, want))
}

func text(v any) string {
	t, _ := v.(string)
	return t
}

func atoi(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fail(400, "invalidValue", "%q is no number", text)
	}
	return n, nil
}
