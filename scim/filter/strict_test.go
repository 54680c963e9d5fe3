package filter

import (
	"strings"
	"testing"
)

// TestParseStrict: the strict refuse what is outside the grammar, and it alone.
func TestParseStrict(t *testing.T) {
	for filter, ours := range map[string]bool{
		`userName eq "x"`: true, `USERNAME EQ "x"`: true, `title eq null`: true, `active eq true`: true, `sessions ge -1.5e2`: true,
		`not (emails[type eq "work" and value co "@x"])`:                     true,
		`meta.lastModified ge "2026-01-01T00:00:00.1234567Z"`:                true,
		`meta.lastModified ge "2026-01-01T02:00:00+02:00"`:                   true,
		`meta.lastModified ge "2026-01-01T02:00:00"`:                         true,
		`externalId eq jyoung`:                                               false,
		`active eq True`:                                                     false,
		`title eq NULL`:                                                      false,
		`userName eq {}`:                                                     false,
		`sessions eq +1`:                                                     false,
		`emails[type eq work]`:                                               false,
		`meta.lastModified ge 2026-01-01T00:00:00Z`:                          false,
		`meta.lastModified ge "2026-01-01"`:                                  false,
		`meta.lastModified ge "2026-01-01T02:00:00 02:00"`:                   false,
		`title pr and (active eq true or emails[value eq "x" or type eq y])`: false,
	} {
		x, err := ParseStrict(filter, attributes())
		switch {
		case ours && err != nil:
			t.Errorf("%s: %v", filter, err)
		case !ours && err == nil:
			t.Errorf("%s: accepted as %s", filter, sprint(x))
		}
		if ours {
			continue
		}
		if _, err := Parse(filter, attributes()); err != nil {
			t.Errorf("%s is refused by others, too: %v", filter, err)
		}
	}
}

// TestComputed: nothing can be found by what is computed for the answer, and a
// filter that asks for it says so instead of finding nothing.
func TestComputed(t *testing.T) {
	for _, filter := range []string{
		`meta.version eq "x"`, `meta.version ne "x"`, `meta.version pr`, `meta.version eq null`, `meta[version pr]`, `meta[resourceType eq "User" and version ne "x"]`,
		`title pr or not (meta.version sw "W")`,
	} {
		if x, err := Parse(filter, attributes()); err == nil {
			t.Errorf("%s: accepted as %s", filter, sprint(x))
		} else if !strings.Contains(err.Error(), "computed") {
			t.Errorf("%s: %v", filter, err)
		}
	}
}
