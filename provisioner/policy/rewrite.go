package policy

import (
	"encoding/json"
	"strings"
)

// ReplacePrincipal returns the policy with one name of a principal exchanged
// for another, in Principal and NotPrincipal elements only and with the rest of
// the text as it was. IAM keeps principals by their unique id: a policy shows
// the new ARN after a rename, and the id after a deletion ("IAM JSON policy
// elements: Principal").
func ReplacePrincipal(text, from, to string) string {
	root, err := object([]byte(text))
	if err != nil {
		return text
	}
	statements, err := elements(root["Statement"])
	if err != nil {
		return text
	}
	for _, raw := range statements {
		text = strings.ReplaceAll(text, string(raw), inStatement(raw, from, to))
	}
	return text
}

func inStatement(raw json.RawMessage, from, to string) string {
	statement := string(raw)
	fields, err := object(raw)
	if err != nil {
		return statement
	}
	for _, name := range []string{"Principal", "NotPrincipal"} {
		old := string(fields[name])
		if next := strings.ReplaceAll(old, `"`+from+`"`, `"`+to+`"`); next != old {
			statement = strings.ReplaceAll(statement, old, next)
		}
	}
	return statement
}
