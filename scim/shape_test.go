package scim

import (
	"strings"
	"testing"
)

func TestFilterShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ filter, want string }{
		{``, ``},
		{`userName eq "ann@example.com"`, `userName eq ?`},
		{`externalId eq jyoung`, `externalId eq ?`},
		{`displayName eq John Smith`, `displayName eq ?`},
		{`name.familyName co "O\"Brien" and active eq true`, `name.familyName co ? and active eq ?`},
		{`emails[type eq "work"].value eq "a@b"`, `emails [ type eq ? ] .value eq ?`},
		{`not (title pr) or meta.lastModified gt "2026-01-01T00:00:00Z"`, `not ( title pr ) or meta.lastModified gt ?`},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department EQ "x"`,
			`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department EQ ?`},
		{`"a (secret) value" eq "unterminated`, `? eq ?`},
		{`ann@example.com`, `?`},
		{`userName eq John secret eq x`, `userName eq ? eq ?`},
	} {
		if got := filterShape(tt.filter); got != tt.want {
			t.Errorf("filterShape(%q) = %q, want %q", tt.filter, got, tt.want)
		}
	}
}

func FuzzFilterShape(f *testing.F) {
	f.Add(`userName eq "SECRET" and (x[y eq "SECRET"] pr)`)
	f.Add(`userName eq \"SECRET`)
	f.Fuzz(func(t *testing.T, filter string) {
		filter = strings.ReplaceAll(filter, `"`, "") // what is quoted starts and ends where we say
		shape := filterShape(`userName eq "SECRET ` + filter + `SECRET"`)
		if !strings.Contains(filter, `\`) && shape != "userName eq ?" {
			t.Errorf("shape %q shows a value", shape)
		}
	})
}

func TestQueryShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ raw, want string }{
		{"", ""},
		{"startIndex=1&count=100", "count,startIndex"},
		{"filter=userName+eq+%22ann%22&FILTER=x", "FILTER,filter"},
		{"eyJhbGciOi1=&a%zz=b", "?"},
	} {
		if got := queryShape(tt.raw); got != tt.want {
			t.Errorf("queryShape(%q) = %q, want %q", tt.raw, got, tt.want)
		}
	}
}
