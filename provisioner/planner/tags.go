package planner

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"iamscim/store"
)

// tagFields are the attributes that may also be written as tags, under these
// keys. One way: the state file is what is served.
var tagFields = map[string]func(*store.Person) string{
	"email": func(p *store.Person) string {
		if len(p.Emails) == 0 {
			return ""
		}
		return p.Emails[0].Value
	},
	"displayName":    func(p *store.Person) string { return p.DisplayName },
	"title":          func(p *store.Person) string { return p.Title },
	"userType":       func(p *store.Person) string { return p.UserType },
	"employeeNumber": func(p *store.Person) string { return p.Enterprise.EmployeeNumber },
	"costCenter":     func(p *store.Person) string { return p.Enterprise.CostCenter },
	"organization":   func(p *store.Person) string { return p.Enterprise.Organization },
	"division":       func(p *store.Person) string { return p.Enterprise.Division },
	"department":     func(p *store.Person) string { return p.Enterprise.Department },
	"manager":        func(p *store.Person) string { return p.Enterprise.Manager.DisplayName },
}

// TagAttributes lists what Settings.TagAttributes may hold.
func TagAttributes() []string { return slices.Sorted(maps.Keys(tagFields)) }

// personTags are the tags that a person is to have; an empty value is none.
func (pl *Planner) personTags(p *store.Person) []store.Tag {
	var out []store.Tag
	for _, key := range pl.TagAttributes {
		if field := tagFields[key]; field != nil && p != nil {
			out = append(out, store.Tag{Key: key, Value: tagText(field(p))})
		}
	}
	return out
}

// tagText makes a tag value of any text: IAM allows letters, digits, blanks and
// _.:/=+-@, up to 256 characters (IAM User Guide, Rules for tagging).
func tagText(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 256 {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Z, r) && !strings.ContainsRune("_.:/=+-@", r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// tagging plans the tags that differ.
func (u *userPlan) tagging(p *store.Person) {
	set := func(key, value string) Step {
		if value == "" {
			return u.at.step("UntagUser").with("key", key)
		}
		return u.at.step("TagUser").with("tag", key+"="+value)
	}
	for _, t := range u.personTags(p) {
		if have, _ := store.TagValue(u.now.Tags, t.Key); have != t.Value {
			u.plan.Add(set(t.Key, t.Value).undoneBy(set(t.Key, have)))
		}
	}
}
