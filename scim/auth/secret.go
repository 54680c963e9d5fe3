package auth

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Secret is a text that must not be shown: printed, logged or marshalled, it is
// REDACTED. Reveal is the way to it. Two places know no better and show it: a
// Secret as the key of a map in JSON, and one in an unexported field of a
// struct that is printed whole. Use it in neither.
type Secret string

// Reveal returns the secret itself. Its callers are the list of places where a
// secret may leave.
func (s Secret) Reveal() string { return string(s) }

// String returns REDACTED.
func (Secret) String() string { return redacted }

// GoString returns REDACTED.
func (Secret) GoString() string { return redacted }

// Format writes REDACTED for every verb; a verb that does not suit a string
// would print it otherwise.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, redacted) // fmt.State reports errors to nobody
}

// LogValue returns REDACTED.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns REDACTED, for YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "REDACTED".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
