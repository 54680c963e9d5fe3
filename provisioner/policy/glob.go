package policy

import (
	"path"
	"slices"
	"strings"
)

// MatchesAny reports whether an ARN matches one of the patterns: on the whole ARN
// if the pattern begins like one, or else on the name at its end.
func MatchesAny(patterns []string, arn string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		subject := arn
		if !strings.HasPrefix(pattern, "arn:") {
			subject = path.Base(arn)
		}
		return Glob(pattern, subject)
	})
}

// IsPattern reports whether s stands for more than itself to Glob.
func IsPattern(s string) bool { return strings.ContainsAny(s, "*?") }

// Glob matches * and ?, where * also matches a slash: a path is part of a
// name. One point of return is enough, so it is at worst quadratic.
func Glob(pattern, s string) bool {
	p, i, back, resume := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			back, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case back >= 0:
			resume++
			p, i = back+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
