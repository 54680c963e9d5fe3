package filter

import (
	"encoding/json"
	"strings"
)

// Rewrite returns a filter with the values of its comparisons replaced; swap is
// given the attribute and the value. The rest stays as it was spelt, and so does
// what is no filter: to refuse it is for Parse.
func Rewrite(text string, swap func(name, value string) string) string {
	p := &parser{text: text}
	var out strings.Builder
	var words []string // of the comparison that is being read
	for copied := 0; ; copied = p.pos {
		for p.pos < len(text) && !p.at('"') && !isPathByte(text[p.pos]) {
			p.pos++
		}
		start := p.pos
		out.WriteString(text[copied:start])
		if start == len(text) {
			return out.String()
		}
		if len(words) == 2 || p.at('"') {
			out.WriteString(p.rewritten(words, swap))
			words = nil
			continue
		}
		word := p.run(isPathByte)
		out.WriteString(word)
		if words = append(words, word); !inComparison(words) {
			words = nil
		}
	}
}

// inComparison: "name" and "name operator", but neither a word between
// comparisons nor the end of "name pr".
func inComparison(words []string) bool {
	last := strings.ToLower(words[len(words)-1])
	if len(words) == 2 {
		return last != "pr"
	}
	return last != "and" && last != "or" && last != "not"
}

// rewritten reads a value and returns what stands for it.
func (p *parser) rewritten(words []string, swap func(name, value string) string) string {
	start := p.pos
	v, err := p.value()
	if err != nil {
		p.pos = len(p.text)
		return p.text[start:]
	}
	if len(words) == 2 {
		if swapped := swap(words[0], v.text); swapped != v.text {
			return quoted(swapped)
		}
	}
	return p.text[start:p.pos]
}

// quoted is a JSON string. A string can always be one.
func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
