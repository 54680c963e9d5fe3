package policy

import (
	"strings"
	"unicode/utf8"
)

// pattern is a compiled wildcard: * matches any run of characters, ? exactly
// one (IAM User Guide, "IAM JSON policy elements: Resource").
type pattern struct {
	kind   patternKind
	text   string // exact, or the prefix
	tokens []rune // general
}

type patternKind uint8

const (
	exactPattern patternKind = iota
	anyPattern
	prefixPattern
	generalPattern
)

// Wildcards inside tokens, chosen outside the range of runes so that a
// literal * from a policy variable stays a literal.
const (
	star     rune = -1
	question rune = -2
)

func newPattern(text string) pattern {
	first := strings.IndexAny(text, "*?")
	switch {
	case first < 0:
		return pattern{kind: exactPattern, text: text}
	case strings.Trim(text, "*") == "":
		return pattern{kind: anyPattern}
	case first == len(text)-1 && text[first] == '*':
		return pattern{kind: prefixPattern, text: text[:first]}
	}
	return pattern{kind: generalPattern, tokens: appendWildcards(nil, text)}
}

func appendWildcards(tokens []rune, text string) []rune {
	for _, r := range text {
		switch r {
		case '*':
			r = star
		case '?':
			r = question
		}
		tokens = append(tokens, r)
	}
	return tokens
}

func (p *pattern) match(s string) bool {
	switch p.kind {
	case exactPattern:
		return p.text == s
	case anyPattern:
		return true
	case prefixPattern:
		return strings.HasPrefix(s, p.text)
	}
	return matchTokens(p.tokens, s)
}

// matchTokens is the usual greedy match with one point of return, linear in
// practice and at worst quadratic, never exponential.
func matchTokens(tokens []rune, s string) bool {
	t, i := 0, 0
	back, resume := -1, 0
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case t < len(tokens) && tokens[t] == star:
			back, resume = t, i
			t++
		case t < len(tokens) && (tokens[t] == question || tokens[t] == r):
			t++
			i += size
		case back >= 0:
			_, step := utf8.DecodeRuneInString(s[resume:])
			resume += step
			t, i = back+1, resume
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t] == star {
		t++
	}
	return t == len(tokens)
}

// Wildcard matches text against a pattern with * and ?, as resources are
// matched.
func Wildcard(wildcard, text string) bool {
	p := newPattern(wildcard)
	return p.match(text)
}
