package policy_test

import (
	"testing"

	"iamscim/provisioner/policy"
)

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a*c", "abbc", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"a*b*c", "axxbyyc", true}, {"a*b*c", "axxbyy", false},
		{"arn:*:policy/team/*", "arn:aws:iam::1:policy/team/a/b", true}, {"team", "team-read", false},
	} {
		if got := policy.Glob(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%q, %q: got %v", tt.pattern, tt.s, got)
		}
	}
}
