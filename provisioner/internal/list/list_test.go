package list_test

import (
	"slices"
	"testing"

	"iamscim/provisioner/internal/list"
)

func TestSets(t *testing.T) {
	t.Parallel()
	if got := list.Unique([]string{"b", "a", "b"}); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("unique: %v", got)
	}
	if got := list.Without([]string{"c", "b", "c", "a"}, []string{"b"}); !slices.Equal(got, []string{"c", "a"}) {
		t.Errorf("without: %v", got)
	}
	in := []string{"bb", "a"}
	if got := list.SortedBy(in, func(s string) int { return len(s) }); !slices.Equal(got, []string{"a", "bb"}) || in[0] != "bb" {
		t.Errorf("sorted: %v of %v", got, in)
	}
	if list.SortedBy([]string(nil), func(s string) string { return s }) == nil {
		t.Error("a sorted list is nil")
	}
}
