package tree

import (
	"fmt"

	scimerrors "github.com/elimity-com/scim/errors"
)

// Error says what is wrong with what a client sent: always its fault, and its
// text is for the client.
type Error struct {
	Keyword scimerrors.ScimType // RFC 7644 §3.12, table 9
	Reason  string
}

func (e *Error) Error() string { return e.Reason }

// Errorf returns an *Error.
func Errorf(keyword scimerrors.ScimType, format string, args ...any) error {
	return &Error{Keyword: keyword, Reason: fmt.Sprintf(format, args...)}
}

func invalidSyntax(format string, args ...any) error {
	return Errorf(scimerrors.ScimTypeInvalidSyntax, format, args...)
}

func invalidValue(format string, args ...any) error {
	return Errorf(scimerrors.ScimTypeInvalidValue, format, args...)
}
