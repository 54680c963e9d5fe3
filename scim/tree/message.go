package tree

import "strings"

// A message is a body that is no resource: a PatchOp, a SearchRequest, a
// BulkRequest, and what is inside of them.

// Fold returns the members of an object by their names in lower case. A name
// that is given twice, in whatever case, is an error: which one counts would be
// chance.
func Fold(object map[string]any) (map[string]any, error) {
	folded := make(map[string]any, len(object))
	for name, v := range object {
		lower := strings.ToLower(name)
		if _, twice := folded[lower]; twice {
			return nil, invalidSyntax("%s is given twice.", Excerpt(name))
		}
		folded[lower] = v
	}
	return folded, nil
}

// CheckMessage checks the schemas of a message, which name what it is and
// nothing else. Who leaves them out is understood, unless strict: they are
// required (RFC 7644 §3.1).
func CheckMessage(schemas any, urn string, strict bool) error {
	if schemas == nil && !strict {
		return nil
	}
	if !lists(schemas, urn) {
		return invalidSyntax("schemas does not name %s.", urn)
	}
	if len(schemas.([]any)) > 1 && strict {
		return invalidSyntax("schemas names more than %s.", urn)
	}
	return nil
}

// lists reports whether a list of strings has urn, in any case.
func lists(list any, urn string) bool {
	values, _ := list.([]any)
	for _, v := range values {
		if s, ok := v.(string); ok && strings.EqualFold(s, urn) {
			return true
		}
	}
	return false
}
