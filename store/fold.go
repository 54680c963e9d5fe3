package store

import (
	"strings"

	"golang.org/x/text/cases"
)

// fold applies Unicode case folding, so that two texts which differ only in
// case are equal. Most of what IAM knows is ASCII, for which that is lower case.
func fold(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return cases.Fold().String(s)
		}
	}
	return strings.ToLower(s)
}
