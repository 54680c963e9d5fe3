package policy

import "strings"

// variablesVersion is the only policy version in which ${…} is a variable;
// before it the text is literal (IAM User Guide, "Policy variables").
const variablesVersion = "2012-10-17"

// template is a string that may contain wildcards and policy variables.
type template struct {
	text    string
	fixed   pattern // when there are no variables
	parts   []part  // otherwise
	dynamic bool
}

// part is literal text with wildcards, or a variable with its default.
type part struct {
	tokens     []rune
	literal    string // the text of tokens, for operators without wildcards
	key        string // lower case; empty for literal text
	fallback   string
	hasDefault bool
}

func newTemplate(text, version string) template {
	t := template{text: text}
	if version != variablesVersion || !strings.Contains(text, "${") {
		t.fixed = newPattern(text)
		return t
	}
	t.dynamic = true
	t.parts = splitVariables(text)
	return t
}

func splitVariables(text string) []part {
	var parts []part
	for text != "" {
		start := strings.Index(text, "${")
		end := -1
		if start >= 0 {
			end = strings.IndexByte(text[start:], '}')
		}
		if end < 0 {
			return append(parts, literalPart(text))
		}
		if start > 0 {
			parts = append(parts, literalPart(text[:start]))
		}
		parts = append(parts, variablePart(text[start+2:start+end]))
		text = text[start+end+1:]
	}
	return parts
}

func literalPart(text string) part {
	return part{tokens: appendWildcards(nil, text), literal: text}
}

// variablePart reads the inside of ${…}. ${*}, ${?} and ${$} are the escapes
// for the characters themselves; ${key, 'text'} carries a default.
func variablePart(inside string) part {
	if inside == "*" || inside == "?" || inside == "$" {
		return part{tokens: []rune(inside), literal: inside}
	}
	key, fallback, found := strings.Cut(inside, ",")
	return part{
		key:        strings.ToLower(strings.TrimSpace(key)),
		fallback:   strings.Trim(strings.TrimSpace(fallback), "'"),
		hasDefault: found,
	}
}

// match compares with wildcards. A variable without a value makes the answer
// no, or maybe where the environment is open.
func (t *template) match(s string, env *environment) truth {
	if !t.dynamic {
		return truthOf(t.fixed.match(s))
	}
	var tokens []rune
	for i := range t.parts {
		p := &t.parts[i]
		if p.key == "" {
			tokens = append(tokens, p.tokens...)
			continue
		}
		value, state := p.value(env)
		if state != present {
			return state.unresolved()
		}
		tokens = append(tokens, []rune(value)...)
	}
	return truthOf(matchTokens(tokens, s))
}

// resolve returns the text with variables replaced and wildcards untouched.
func (t *template) resolve(env *environment) (string, presence) {
	if !t.dynamic {
		return t.text, present
	}
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		if p.key == "" {
			b.WriteString(p.literal)
			continue
		}
		value, state := p.value(env)
		if state != present {
			return "", state
		}
		b.WriteString(value)
	}
	return b.String(), present
}

// value looks a variable up. A key with several values cannot be a variable.
func (p *part) value(env *environment) (string, presence) {
	values, state := env.lookup(p.key)
	if state == present && len(values) == 1 {
		return values[0], present
	}
	if state != unknown && p.hasDefault {
		return p.fallback, present
	}
	if state == present {
		return "", absent
	}
	env.note(p.key)
	return "", state
}
