package observer

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/store"
)

// Derive says how to tell the attributes of users that nobody provisioned. Its
// zero value is the documented default.
type Derive struct {
	Tags         []TagRule // nil: DefaultTagRules
	IdentityTags []string  // nil: DefaultIdentityTags
	EmailDomain  string    // people without an address get userName@EmailDomain; empty: they get none
}

// TagRule takes an attribute from a tag, whose key is compared regardless of
// case as IAM does. The first rule that finds a value wins.
type TagRule struct{ Key, Attribute string }

// DefaultTagRules are the tags that customers commonly set.
var DefaultTagRules = []TagRule{
	{"email", "emails"}, {"mail", "emails"},
	{"displayName", "displayName"}, {"Name", "displayName"},
	{"department", "enterprise.department"},
	{"costCenter", "enterprise.costCenter"},
	{"manager", "enterprise.manager"}, {"owner", "enterprise.manager"},
}

// personFields are the attributes a TagRule may name, besides emails.
var personFields = map[string]func(*store.Person) *string{
	"displayName":               func(p *store.Person) *string { return &p.DisplayName },
	"name.givenName":            func(p *store.Person) *string { return &p.Name.GivenName },
	"name.familyName":           func(p *store.Person) *string { return &p.Name.FamilyName },
	"name.formatted":            func(p *store.Person) *string { return &p.Name.Formatted },
	"nickName":                  func(p *store.Person) *string { return &p.NickName },
	"title":                     func(p *store.Person) *string { return &p.Title },
	"userType":                  func(p *store.Person) *string { return &p.UserType },
	"preferredLanguage":         func(p *store.Person) *string { return &p.PreferredLanguage },
	"locale":                    func(p *store.Person) *string { return &p.Locale },
	"timezone":                  func(p *store.Person) *string { return &p.Timezone },
	"enterprise.employeeNumber": func(p *store.Person) *string { return &p.Enterprise.EmployeeNumber },
	"enterprise.costCenter":     func(p *store.Person) *string { return &p.Enterprise.CostCenter },
	"enterprise.organization":   func(p *store.Person) *string { return &p.Enterprise.Organization },
	"enterprise.division":       func(p *store.Person) *string { return &p.Enterprise.Division },
	"enterprise.department":     func(p *store.Person) *string { return &p.Enterprise.Department },
	"enterprise.manager":        func(p *store.Person) *string { return &p.Enterprise.Manager.DisplayName },
}

// person fills in what IAM has no field for: from the state file if a client
// ever wrote it, and nothing else then; derived otherwise.
func (c *Composer) person(u *store.User) {
	if p, ok := c.Memory.Persons[u.ID]; ok {
		u.Person = p
		return
	}
	d := derivation{c: c, u: u}
	d.fromTags()
	d.email()
	d.name()
	slices.SortFunc(u.AttributeSources, func(a, b store.AttributeSource) int { return strings.Compare(a.Attribute, b.Attribute) })
}

type derivation struct {
	c *Composer
	u *store.User
}

func (d *derivation) source(attribute, from string) {
	d.u.AttributeSources = append(d.u.AttributeSources, store.AttributeSource{Attribute: attribute, Source: from})
}

func (d *derivation) fromTags() {
	rules := d.c.Derive.Tags
	if rules == nil {
		rules = DefaultTagRules
	}
	for _, rule := range rules {
		value, key := store.TagValue(d.u.Tags, rule.Key)
		if value == "" {
			continue
		}
		if rule.Attribute == "emails" {
			d.emailTag(value, key)
			continue
		}
		field, ok := personFields[rule.Attribute]
		if ok && *field(&d.u.Person) == "" {
			*field(&d.u.Person) = value
			d.source(rule.Attribute, "tag:"+key)
		}
	}
}

func (d *derivation) emailTag(value, key string) {
	switch {
	case len(d.u.Person.Emails) > 0 || d.u.IdentityType == service:
	case isAddress(value):
		d.setEmail(value, "tag:"+key)
	default:
		d.c.flag(store.KindUser, d.u.ID, d.u.Name, "tag %s is not an e-mail address", key)
	}
}

// email derives an address where no tag gave one. Service identities get none:
// whoever matches people by address must not match a machine.
func (d *derivation) email() {
	if len(d.u.Person.Emails) > 0 || d.u.IdentityType == service {
		return
	}
	if isAddress(d.u.UserName) {
		d.setEmail(d.u.UserName, "userName")
		return
	}
	domain := strings.TrimPrefix(d.c.Derive.EmailDomain, "@")
	if address := d.u.UserName + "@" + domain; domain != "" && d.u.IdentityType == human && isAddress(address) {
		d.setEmail(address, "emailDomain")
	}
}

func (d *derivation) setEmail(address, from string) {
	d.u.Person.Emails = []store.MultiValue{{Value: address, Type: "work", Primary: aws.Bool(true)}}
	d.source("emails", from)
}

// name derives the parts of a name from the display name, or else from the
// userName: some clients refuse a whole list for one user without them, and a
// placeholder would be taken for a name.
func (d *derivation) name() {
	p := &d.u.Person
	words, from := strings.Fields(p.DisplayName), "displayName"
	if len(words) == 0 {
		words, from = nameWords(d.u.UserName), "userName"
	}
	if len(words) == 0 {
		words = []string{d.u.UserName}
	}
	derived := false
	fill := func(field *string, value string) {
		if *field == "" {
			*field, derived = value, true
		}
	}
	fill(&p.Name.GivenName, words[0])
	fill(&p.Name.FamilyName, strings.Join(words[min(1, len(words)-1):], " "))
	fill(&p.Name.Formatted, strings.Join(words, " "))
	if derived {
		d.source("name", from)
	}
	if p.DisplayName == "" {
		p.DisplayName = p.Name.Formatted
		d.source("displayName", from)
	}
}

// nameWords splits what stands before the @ at separators and capitalises
// words that have no capital of their own.
func nameWords(userName string) []string {
	local, _, _ := strings.Cut(userName, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._-+=, ", r) })
	for i, w := range words {
		if first, size := utf8.DecodeRuneInString(w); !strings.ContainsFunc(w, unicode.IsUpper) {
			words[i] = string(unicode.ToTitle(first)) + w[size:]
		}
	}
	return words
}

// isAddress accepts an address and nothing around it.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && !strings.ContainsAny(s, "<> \"")
}

// linkManagers points at the manager's own user where a derived manager is the
// userName, the address or the display name of exactly one.
func (c *Composer) linkManagers() {
	found := map[string]*store.User{}
	add := func(key string, u *store.User) {
		key = store.Fold(key)
		if other, ok := found[key]; ok && other != u {
			u = nil
		}
		found[key] = u
	}
	for i := range c.obs.Users {
		u := &c.obs.Users[i]
		add(u.UserName, u)
		add(u.Person.DisplayName, u)
		for _, e := range u.Person.Emails {
			add(e.Value, u)
		}
	}
	for i := range c.obs.Users {
		u := &c.obs.Users[i]
		if _, adopted := c.Memory.Persons[u.ID]; adopted || u.Person.Enterprise.Manager.DisplayName == "" {
			continue
		}
		if boss := found[store.Fold(u.Person.Enterprise.Manager.DisplayName)]; boss != nil && boss != u {
			u.Person.Enterprise.Manager = store.Manager{Value: boss.ID, DisplayName: boss.Person.DisplayName}
		}
	}
}
