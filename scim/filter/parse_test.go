package filter

import (
	"errors"
	"strings"
	"testing"

	"iamscim/store"
)

const userURN = "urn:ietf:params:scim:schemas:core:2.0:User"

// attributes is a schema with one attribute of each sort.
func attributes() func(string) *Attribute {
	leaf := func(path string, t Type) *Attribute {
		return &Attribute{Path: store.Path(path), Name: path[strings.LastIndex(path, ".")+1:], Type: t}
	}
	complexOf := func(path string, multi bool, sub ...string) *Attribute {
		a := leaf(path, Complex)
		a.Multi, a.Sub = multi, map[string]*Attribute{}
		for _, name := range sub {
			s := leaf(path+"."+name, String)
			s.Multi = multi
			a.Sub[strings.ToLower(name)] = s
		}
		return a
	}
	all := map[string]*Attribute{}
	for _, a := range []*Attribute{
		leaf("id", String), leaf("userName", String), leaf("title", String), leaf("userType", String),
		leaf("externalId", String), leaf("nothing", String), leaf("active", Boolean), leaf("sessions", Integer),
		complexOf("name", false, "familyName", "givenName"),
		complexOf("emails", true, "value", "type"),
		complexOf("ims", true, "value", "type"),
		complexOf("members", true, "value"),
		complexOf("meta", false, "resourceType", "location"),
		complexOf("certificates", true, "value"),
	} {
		all[strings.ToLower(a.Name)] = a
		all[strings.ToLower(userURN+":"+a.Name)] = a
		for name, sub := range a.Sub {
			all[strings.ToLower(a.Name)+"."+name] = sub
		}
	}
	manager := complexOf("enterprise.manager", false, "value", "displayName")
	all["manager"], all["manager.value"] = manager, manager.Sub["value"]
	meta := all["meta"]
	meta.Sub["resourcetype"].Constant = []string{"User"}
	meta.Sub["lastmodified"] = leaf("meta.lastModified", DateTime)
	all["meta.lastmodified"] = meta.Sub["lastmodified"]
	version := leaf("meta.version", String)
	version.Absent, version.Computed = true, true
	meta.Sub["version"], all["meta.version"] = version, version
	all["schemas"] = &Attribute{Path: "schemas", Name: "schemas", Type: String, Multi: true, Constant: []string{userURN, "urn:x"}}
	all["certificates"].Sub["value"].Type = Binary
	ref := &Attribute{Path: "members.value", Name: "$ref", Type: Reference, Multi: true, Endpoint: "/Users/"}
	all["members"].Sub["$ref"], all["members.$ref"] = ref, ref
	all["nickname"] = &Attribute{Path: "nickName", Name: "nickName", Type: String, Absent: true}
	all["photos"] = complexOf("photos", true, "value")
	all["photos"].Absent, all["photos"].Sub["value"].Absent = true, true
	return func(path string) *Attribute { return all[strings.ToLower(path)] }
}

// sprint writes an expression for people; store's String is for machines.
func sprint(x store.Expr) string {
	join := func(word string, list []store.Expr) string {
		parts := make([]string, len(list))
		for i := range list {
			parts[i] = sprint(list[i])
		}
		return "(" + strings.Join(parts, " "+word+" ") + ")"
	}
	switch x := x.(type) {
	case store.And:
		if len(x) == 0 {
			return "always"
		}
		return join("and", x)
	case store.Or:
		if len(x) == 0 {
			return "never"
		}
		return join("or", x)
	case store.Not:
		return "not " + sprint(x.X)
	case store.Present:
		return string(x.Path) + " pr"
	case store.Match:
		return string(x.Path) + "[" + sprint(x.Where) + "]"
	case store.Compare:
		return string(x.Path) + " " + string(x.Op) + " " + sprintValue(x.Value)
	}
	return "?"
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ filter, want string }{
		// RFC 7644 §3.4.2.2, in its order.
		{`userName eq "bjensen"`, `userName eq "bjensen"`},
		{`name.familyName co "O'Malley"`, `name.familyName co "O'Malley"`},
		{`userName sw "J"`, `userName sw "J"`},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`, `userName sw "J"`},
		{`title pr`, `title pr`},
		{`meta.lastModified gt "2011-05-13T04:42:34Z"`, `meta.lastModified gt 2011-05-13T04:42:34Z`},
		{`title pr and userType eq "Employee"`, `(title pr and userType eq "Employee")`},
		{`title pr or userType eq "Intern"`, `(title pr or userType eq "Intern")`},
		{`schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"`, `always`},
		{`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`,
			`(userType eq "Employee" and (emails.value co "example.com" or emails.value co "example.org"))`},
		{`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`,
			`(userType ne "Employee" and not (emails.value co "example.com" or emails.value co "example.org"))`},
		{`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`,
			`(userType eq "Employee" and emails[(type eq "work" and value co "@example.com")])`},
		{`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`,
			`(emails[(type eq "work" and value co "@example.com")] or ims[(type eq "xmpp" and value co "@foo.com")])`},

		// Precedence and grouping.
		{`title pr or userType pr and active eq true`, `(title pr or (userType pr and active eq true))`},
		{`(title pr or userType pr) and active eq true`, `((title pr or userType pr) and active eq true)`},
		{`not (title pr) and userType pr`, `(not title pr and userType pr)`},
		{`NOT(title pr)`, `not title pr`},
		{`((((title pr))))`, `title pr`},
		{`nothing eq "x"`, `nothing eq "x"`},
		{`title pr and title pr and title pr`, `(title pr and title pr and title pr)`},

		// Inside a value filter.
		{`emails[not (type eq "home")]`, `emails[not type eq "home"]`},
		{`emails[type eq "work" or type eq "home" and value pr]`, `emails[(type eq "work" or (type eq "home" and value pr))]`},
		{`emails[type eq "work"].value eq "x"`, `emails[(type eq "work" and value eq "x")]`},
		{`emails[type eq "a" and value pr].value pr`, `emails[(type eq "a" and value pr and value pr)]`},
		{`emails[ type  eq "work" ] and title pr`, `(emails[type eq "work"] and title pr)`},
		{`name[familyName eq "x" and givenName eq "y"]`, `(name.familyName eq "x" and name.givenName eq "y")`},

		// Where clients leave the grammar.
		{`USERNAME EQ "x"`, `userName eq "x"`},
		{`externalId eq jyoung`, `externalId eq "jyoung"`},
		{`userName eq o'neill`, `userName eq "o'neill"`},
		{`(externalId eq jyoung)`, `externalId eq "jyoung"`},
		{`id eq "1" and manager eq "2"`, `(id eq "1" and enterprise.manager.value eq "2")`},
		{`members eq "AIDA"`, `members.value eq "AIDA"`},
		{`active eq "True"`, `active eq true`},
		{`active eq FALSE`, `active eq false`},
		{`externalId eq 701984`, `externalId eq "701984"`},
		{"  userName \t eq   \"x\"  ", `userName eq "x"`},
		{`meta.lastModified ge "2026-01-01T00:00:00.1234567Z"`, `meta.lastModified ge 2026-01-01T00:00:00.1234567Z`},
		{`meta.lastModified ge "2026-01-01T02:00:00+02:00"`, `meta.lastModified ge 2026-01-01T00:00:00Z`},
		{`meta.lastModified ge "2026-01-01T02:00:00 02:00"`, `meta.lastModified ge 2026-01-01T00:00:00Z`},
		{`meta.lastModified ge 2026-01-01T00:00:00`, `meta.lastModified ge 2026-01-01T00:00:00Z`},
		{`meta.lastModified lt "2026-01-01"`, `meta.lastModified lt 2026-01-01T00:00:00Z`},

		// Values.
		{`userName eq "a\"b\\c\u00e9"`, `userName eq "a\"b\\cé"`},
		{`userName eq ""`, `userName eq ""`},
		{`userName eq "x) or (title pr"`, `userName eq "x) or (title pr"`},
		{`userName eq "日本"`, `userName eq "日本"`},
		{`sessions ge 5`, `sessions ge 5`},
		{`sessions lt 1.5`, `sessions lt 1.5`},
		{`title eq null`, `not title pr`},
		{`title ne null`, `title pr`},
		{`title eq "null"`, `title eq "null"`},
		{`certificates eq "MIIB"`, `certificates.value eq "MIIB"`},

		// What every resource has, and what none has.
		{`meta[resourceType eq "user"]`, `always`},
		{`schemas eq "urn:other"`, `never`},
		{`schemas pr`, `always`},
		{`photos pr`, `never`},
		{`photos[value pr]`, `never`},
		{`photos eq "x"`, `never`},
		{`nickName eq "x"`, `never`},
		{`nickName ne "x"`, `always`},

		// The URI of a resource is compared by the id in it.
		{`members.$ref eq "https://x.example/scim/v2/Users/a%3Ab"`, `members.value eq "a:b"`},
		{`members[$ref eq "../Users/1"]`, `members[value eq "1"]`},
		{`members.$ref ne "https://x.example/Groups/1"`, `members.value ne ""`},
		{`members.$ref pr`, `members.value pr`},
	} {
		x, err := Parse(tt.filter, attributes())
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
		} else if got := sprint(x); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.filter, got, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("(", MaxDepth+1) + "title pr" + strings.Repeat(")", MaxDepth+1)
	for _, tt := range []struct{ filter, want string }{
		{``, `an attribute`},
		{`   `, `an attribute`},
		{`userName`, `an operator is expected`},
		{`userName eq`, `a value`},
		{`userName eq "x`, `has no end`},
		{`userName eq "x\`, `has no end`},
		{`userName eq "\x"`, `invalid escape`},
		{`userName eq 'x'`, `double quotes`},
		{`emails[type eq 'work']`, `double quotes`},
		{`userName like "x"`, `"like"`},
		{`nonsense eq "x"`, `unknown attribute "nonsense"`},
		{`emails[nonsense eq "x"]`, `unknown sub-attribute "nonsense" of "emails"`},
		{`emails[type eq "work"].nonsense pr`, `unknown sub-attribute "nonsense"`},
		{`emails[type eq "work"`, `"]"`},
		{`emails[type eq "work"].`, `unknown sub-attribute ""`},
		{`emails[emails[type pr]]`, `unknown sub-attribute "emails"`},
		{`userName[type eq "work"]`, `no sub-attributes`},
		{`(title pr`, `")"`},
		{`title pr)`, `"and", "or" or the end`},
		{`title pr userType pr`, `"and", "or" or the end`},
		{`title pr and`, `an attribute`},
		{`title pr or or title pr`, `unknown attribute "or"`},
		{`not title pr`, `unknown attribute "not"`},
		{`active gt true`, `does not apply`},
		{`active eq "perhaps"`, `true or false`},
		{`active co "t"`, `does not apply`},
		{`sessions eq "many"`, `is a number`},
		{`sessions eq 0x10`, `is a number`},
		{`sessions eq NaN`, `is a number`},
		{`sessions sw 1`, `does not apply`},
		{`meta.lastModified gt "yesterday"`, `is a date`},
		{`meta.lastModified co "2026"`, `does not apply`},
		{`certificates gt "x"`, `does not apply`},
		{`name eq "x"`, `is complex`},
		{`title gt null`, `null`},
		{`userName eq "` + strings.Repeat("x", MaxLength) + `"`, `longer than`},
		{deep, `nested more than`},
		{"userName eq \"\xff\"", `UTF-8`},
	} {
		x, err := Parse(tt.filter, attributes())
		if err == nil {
			t.Errorf("%.60s: accepted as %s", tt.filter, sprint(x))
			continue
		}
		if reason := (*Error)(nil); !errors.As(err, &reason) {
			t.Errorf("%.60s: %v is not an *Error", tt.filter, err)
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60s: %q does not say %q", tt.filter, err, tt.want)
		}
	}
}
