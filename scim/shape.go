package scim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Shapes are what the log keeps of a request: its form, with every value that
// might be about a person or be a secret replaced.

var (
	shapeKey  = regexp.MustCompile(`^[A-Za-z][A-Za-z._-]{0,31}$`)
	shapePath = regexp.MustCompile(`^\.?[A-Za-z][A-Za-z0-9_.:$-]{0,127}$`)
	operators = []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}
	// methods are those that may become a label; anybody can invent others.
	methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace, http.MethodConnect}
)

// queryShape lists the keys of a query string.
func queryShape(raw string) string {
	var keys []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if key == "" {
			continue
		}
		if k, err := url.QueryUnescape(key); err != nil || !shapeKey.MatchString(k) {
			key = "?"
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return clip(strings.Join(slices.Compact(keys), ","), 200)
}

// filterShape blanks the values of a filter. A word survives only as a bracket,
// an operator, or an attribute path in the place of one: Entra is known to send
// values without quotes.
func filterShape(filter string) string {
	words := filterWords(clip(filter, 2000))
	shape := make([]string, 0, len(words))
	for i, word := range words {
		before, after := "(", ""
		if i > 0 {
			before = words[i-1]
		}
		if i+1 < len(words) {
			after = words[i+1]
		}
		if !isBracket(word) && !isOperator(word) && !isLogical(word) && !isPath(before, word, after) {
			word = "?"
		}
		shape = append(shape, word)
	}
	return strings.Join(slices.CompactFunc(shape, func(a, b string) bool { return a == "?" && b == "?" }), " ")
}

// isPath says whether word is an attribute path, judged by its neighbours.
func isPath(before, word, after string) bool {
	opens := before == "(" || before == "[" || isLogical(before) || before == "]" && word[0] == '.'
	return opens && shapePath.MatchString(word) && (isOperator(after) || strings.EqualFold(after, "pr") || after == "[")
}

// filterWords splits a filter into words, brackets, and quoted strings.
func filterWords(filter string) []string {
	var words []string
	for i := 0; i < len(filter); {
		end := i + 1
		switch c := filter[i]; {
		case c == ' ':
			i++
			continue
		case c == '"':
			end = closingQuote(filter, i)
		case !strings.ContainsRune("()[]", rune(c)):
			for end < len(filter) && !strings.ContainsRune(" \"()[]", rune(filter[end])) {
				end++
			}
		}
		words = append(words, filter[i:end])
		i = end
	}
	return words
}

// closingQuote returns the index after the string that starts at i.
func closingQuote(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func isOperator(word string) bool { return slices.Contains(operators, strings.ToLower(word)) }

func isLogical(word string) bool {
	return slices.Contains([]string{"and", "or", "not", "pr"}, strings.ToLower(word))
}

func isBracket(word string) bool { return len(word) == 1 && strings.Contains("()[]", word) }

func shortMethod(method string) string {
	if slices.Contains(methods, method) {
		return method
	}
	return "other"
}

// clip bounds what a client can put into a line of the log.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
