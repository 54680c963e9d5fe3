package policy

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// withText resolves the variables of want and compares plain texts.
func withText(want *template, env *environment, compare func(want string) bool) truth {
	text, state := want.resolve(env)
	if state != present {
		return state.unresolved()
	}
	return truthOf(compare(text))
}

func equalText(value string, want *template, env *environment) truth {
	return withText(want, env, func(text string) bool { return text == value })
}

func equalFold(value string, want *template, env *environment) truth {
	return withText(want, env, func(text string) bool { return strings.EqualFold(text, value) })
}

func likeText(value string, want *template, env *environment) truth {
	return want.match(value, env)
}

// likeARN compares the six parts of an ARN one by one, so that a wildcard
// does not reach past a colon ("ARN condition operators"). ArnEquals and
// ArnLike are the same operator.
func likeARN(value string, want *template, env *environment) truth {
	return withText(want, env, func(text string) bool {
		wants, parts := strings.SplitN(text, ":", 6), strings.SplitN(value, ":", 6)
		if len(wants) != len(parts) {
			return text == "*"
		}
		for i := range wants {
			part := newPattern(wants[i])
			if !part.match(parts[i]) {
				return false
			}
		}
		return true
	})
}

func numeric(accept func(int) bool) comparison {
	return func(value string, want *template, env *environment) truth {
		return withText(want, env, func(text string) bool {
			a, errA := strconv.ParseFloat(value, 64)
			b, errB := strconv.ParseFloat(text, 64)
			return errA == nil && errB == nil && accept(cmp.Compare(a, b))
		})
	}
}

func date(accept func(int) bool) comparison {
	return func(value string, want *template, env *environment) truth {
		return withText(want, env, func(text string) bool {
			a, okA := parseDate(value)
			b, okB := parseDate(text)
			return okA && okB && accept(a.Compare(b))
		})
	}
}

// dateLayouts are the ISO 8601 profiles of the W3C note IAM refers to.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700",
	time.DateOnly, "2006-01", "2006",
}

func parseDate(text string) (time.Time, bool) {
	// Epoch seconds have more digits than a year.
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 4 {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func inNetwork(value string, want *template, env *environment) truth {
	return withText(want, env, func(text string) bool {
		address, err := netip.ParseAddr(value)
		if err != nil {
			return false
		}
		if network, err := netip.ParsePrefix(text); err == nil {
			return network.Contains(address.Unmap())
		}
		single, err := netip.ParseAddr(text)
		return err == nil && single.Unmap() == address.Unmap()
	})
}
