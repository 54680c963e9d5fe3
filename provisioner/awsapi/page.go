package awsapi

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// PageSize is the largest IAM accepts.
const PageSize = 1000

// ErrIncomplete says that what was read is not all there is: a list cannot be
// read to its end, or two lists disagree.
var ErrIncomplete = errors.New("incomplete list")

// Page is the tail of a paginated answer.
type Page struct {
	Truncated bool
	Marker    *string // of the next one
}

// ReadPages calls read until IAM says that a list is complete. The SDK's own
// paginators follow the marker and never look at IsTruncated, which would take
// a broken page for the end.
func ReadPages(action string, read func(marker *string) (Page, error)) error {
	seen := map[string]bool{}
	var marker *string
	for {
		p, err := read(marker)
		if err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		if !p.Truncated {
			return nil
		}
		next := aws.ToString(p.Marker)
		if next == "" {
			return fmt.Errorf("%s: %w: truncated page without a marker", action, ErrIncomplete)
		}
		if seen[next] {
			return fmt.Errorf("%s: %w: marker repeated", action, ErrIncomplete)
		}
		seen[next] = true
		marker = aws.String(next)
	}
}
