package policy

import "strings"

// AWSManaged reports whether the ARN names a policy that AWS maintains.
func AWSManaged(arn string) bool {
	_, rest, _ := strings.Cut(arn, ":iam::")
	return strings.HasPrefix(rest, "aws:policy/")
}

// IsDenyAll reports whether the ARN names AWSDenyAll.
func IsDenyAll(arn string) bool { return AWSManaged(arn) && strings.HasSuffix(arn, "/AWSDenyAll") }

// IsQuarantine recognises the policies that AWS attaches to a user whose key
// it found in public (IAM User Guide, AWSCompromisedKeyQuarantine).
func IsQuarantine(arn string) bool {
	return AWSManaged(arn) && strings.Contains(arn, "/AWSCompromisedKeyQuarantine")
}

// DeniesAll reports whether the document with this text denies everything,
// without a condition. One that cannot be read does not.
func DeniesAll(text string) bool {
	doc, err := Parse(text)
	return err == nil && doc.DeniesEverything()
}
