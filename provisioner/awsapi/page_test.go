package awsapi_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/awsapi"
)

func TestReadPages(t *testing.T) {
	t.Parallel()
	more := func(marker string) awsapi.Page { return awsapi.Page{Truncated: true, Marker: &marker} }
	for name, tt := range map[string]struct {
		pages []awsapi.Page
		bad   bool
	}{
		"one page":                {pages: []awsapi.Page{{}}},
		"three pages":             {pages: []awsapi.Page{more("a"), more("b"), {}}},
		"marker after the end":    {pages: []awsapi.Page{{Marker: aws.String("a")}}},
		"truncated, no marker":    {pages: []awsapi.Page{{Truncated: true}, {}}, bad: true},
		"truncated, empty marker": {pages: []awsapi.Page{more(""), {}}, bad: true},
		"marker repeated":         {pages: []awsapi.Page{more("a"), more("b"), more("a"), {}}, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			err := awsapi.ReadPages("List", func(*string) (awsapi.Page, error) {
				n++
				return tt.pages[n-1], nil
			})
			if errors.Is(err, awsapi.ErrIncomplete) != tt.bad {
				t.Errorf("got %v after %d pages", err, n)
			}
			if !tt.bad && n != len(tt.pages) {
				t.Errorf("read %d pages of %d", n, len(tt.pages))
			}
		})
	}
}
