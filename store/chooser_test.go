package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"iamscim/store"
)

// words are what resources and queries of these tests are made of.
var words = []string{
	"", "a", "A", "ab", "aB", "Ann", "ANN", "anna", "Straße", "STRASSE", "İstanbul", "Zoë", "ZOË", "work", "Work", "home",
	"o'Brien", `q"uote`, `back\slash`, "100%", "under_score", "日本", "😀", "User", "direct",
	"arn:aws:iam::aws:policy/P1", "arn:aws:iam::aws:policy/p1", "AIDA2", "AGPA1", "\U0010ffff",
}

var times = []time.Time{
	start, start.Add(-time.Hour), start.Add(time.Nanosecond), start.Add(time.Millisecond), start.AddDate(0, -3, 0), start.AddDate(1, 0, 0),
}

// chooser makes random resources and queries.
type chooser struct{ *rand.Rand }

func newChooser(seed uint64) chooser { return chooser{rand.New(rand.NewPCG(seed, 1))} }

func pick[T any](c chooser, list []T) T { return list[c.IntN(len(list))] }

func (c chooser) word() string { return pick(c, words) }

func (c chooser) flag() *bool {
	if c.IntN(3) == 0 {
		return nil
	}
	b := c.IntN(2) == 0
	return &b
}

func (c chooser) time() *time.Time {
	if c.IntN(3) == 0 {
		return nil
	}
	t := pick(c, times)
	return &t
}

func several[T any](c chooser, f func() T) []T {
	var out []T
	for range c.IntN(3) {
		out = append(out, f())
	}
	return out
}

func (c chooser) policyRef() store.PolicyRef {
	return store.PolicyRef{ARN: fmt.Sprintf("arn:aws:iam::aws:policy/P%d", c.IntN(4)), Name: c.word(), Deny: c.IntN(4) == 0}
}

// policyRefs are distinct, as they are in IAM.
func (c chooser) policyRefs() []store.PolicyRef {
	list := several(c, c.policyRef)
	slices.SortFunc(list, func(a, b store.PolicyRef) int { return strings.Compare(a.ARN, b.ARN) })
	return slices.CompactFunc(list, func(a, b store.PolicyRef) bool { return a.ARN == b.ARN })
}

func (c chooser) multiValue() store.MultiValue {
	return store.MultiValue{Value: c.word(), Display: c.word(), Type: c.word(), Primary: c.flag()}
}

func (c chooser) user(i int) store.User {
	u := store.User{
		ID: fmt.Sprintf("AIDA%d", i), Name: fmt.Sprint("u", i), UserName: c.word() + fmt.Sprint(i), Path: "/" + c.word(), ARN: c.word(),
		Created: pick(c, times), Boundary: c.word(), Active: c.IntN(2) == 0, IdentityType: c.word(), ConsoleAccess: c.flag(),
		PasswordLastChanged: c.time(), MFAActive: c.flag(), Managed: c.IntN(2) == 0, Attached: c.policyRefs(),
		Tags:       several(c, func() store.Tag { return store.Tag{Key: c.word(), Value: c.word()} }),
		Inline:     several(c, func() store.InlinePolicy { return store.InlinePolicy{Name: c.word(), Document: c.word()} }),
		Roles:      several(c, func() store.RoleRef { return store.RoleRef{ARN: c.word(), Name: c.word(), Type: c.word()} }),
		DisabledBy: several(c, func() store.Deny { return store.Deny{Type: c.word(), Value: c.word(), Ours: c.IntN(2) == 0} }),
		MFADevices: several(c, func() store.MFADevice { return store.MFADevice{SerialNumber: c.word(), Enabled: c.time()} }),
		Certificates: several(c, func() store.Certificate {
			return store.Certificate{ID: c.word(), Status: pick(c, []string{"Active", "Inactive"})}
		}),
		SSHPublicKeys:    several(c, func() store.Credential { return store.Credential{ID: c.word(), Created: c.time()} }),
		AccessKeys:       several(c, func() store.AccessKey { return store.AccessKey{ID: c.word(), Status: c.word(), Created: c.time()} }),
		AttributeSources: several(c, func() store.AttributeSource { return store.AttributeSource{Attribute: c.word(), Source: c.word()} }),
		ServiceCredentials: several(c, func() store.ServiceCredential {
			return store.ServiceCredential{ID: c.word(), User: c.word(), Expires: c.time()}
		}),
	}
	u.Person = store.Person{
		ExternalID: c.word(), DisplayName: c.word(), Title: c.word(), NickName: c.word(), Timezone: c.word(),
		Name:   store.PersonName{FamilyName: c.word(), GivenName: c.word(), MiddleName: c.word()},
		Emails: several(c, c.multiValue), PhoneNumbers: several(c, c.multiValue),
		Addresses:  several(c, func() store.Address { return store.Address{Region: c.word(), Type: c.word(), Primary: c.flag()} }),
		Enterprise: store.Enterprise{Department: c.word(), Manager: store.Manager{Value: c.word(), Ref: c.word()}},
	}
	for g := range 3 {
		if c.IntN(2) == 0 {
			u.Groups = append(u.Groups, fmt.Sprint("AGPA", g))
		}
	}
	return u
}

func (c chooser) observation() *store.Observation {
	obs := &store.Observation{AccountID: account, Started: start}
	for i := range 3 {
		obs.Groups = append(obs.Groups, store.Group{
			ID: fmt.Sprint("AGPA", i), Name: fmt.Sprint("g", i), DisplayName: c.word() + fmt.Sprint(i), ARN: c.word(), Created: pick(c, times),
			ExternalID: c.word(), Managed: c.IntN(2) == 0, Attached: c.policyRefs(),
			Inline: []store.InlinePolicy{{Name: "a" + c.word()}, {Name: "b" + c.word()}}[:c.IntN(3)],
		})
	}
	for i := range 12 {
		u := c.user(i)
		obs.Users = append(obs.Users, u)
		a := store.Activity{UserID: u.ID, ObservedAt: start, PasswordLastUsed: c.time(), ReportedAt: c.time(), DetailsAt: c.time()}
		for range u.AccessKeys {
			a.Keys = append(a.Keys, store.KeyUse{LastUsed: c.time(), Service: c.word(), Region: c.word()})
		}
		obs.Activities = append(obs.Activities, a)
	}
	return obs
}

// value is of the type of an attribute.
func (c chooser) value(typ store.AttributeType, text string) any {
	switch typ {
	case store.Boolean:
		return c.IntN(2) == 0
	case store.DateTime:
		return pick(c, times)
	case store.Integer:
		return c.Int64N(5)
	}
	if c.IntN(8) == 0 {
		return text
	}
	return c.word()
}

func (c chooser) operator(typ store.AttributeType) store.Op {
	switch typ {
	case store.Boolean:
		return pick(c, []store.Op{store.Eq, store.Ne})
	case store.DateTime, store.Integer:
		return pick(c, []store.Op{store.Eq, store.Ne, store.Gt, store.Ge, store.Lt, store.Le})
	}
	return pick(c, []store.Op{store.Eq, store.Ne, store.Co, store.Sw, store.Ew, store.Gt, store.Ge, store.Lt, store.Le})
}

// expr makes an expression; within is the multi-valued attribute in whose
// elements it is, or empty.
func (c chooser) expr(attributes map[store.Path]store.Attribute, within store.Path, depth int, text string) store.Expr {
	if depth > 0 {
		sub := func() store.Expr { return c.expr(attributes, within, depth-1, text) }
		switch c.IntN(6) {
		case 0:
			return store.And(several(c, sub))
		case 1:
			return store.Or(several(c, sub))
		case 2:
			return store.Not{X: sub()}
		}
	}
	var paths []store.Path
	for _, path := range slices.Sorted(maps.Keys(attributes)) {
		if within == "" || strings.HasPrefix(string(path), string(within)+".") {
			paths = append(paths, path)
		}
	}
	a := attributes[pick(c, paths)]
	relative := store.Path(strings.TrimPrefix(string(a.Path), string(within)+"."))
	switch {
	case c.IntN(6) == 0:
		return store.Present{Path: relative}
	case c.IntN(12) == 0:
		return store.Compare{Path: relative, Op: pick(c, []store.Op{store.Eq, store.Ne}), Value: nil}
	case a.Type != store.Complex:
		return store.Compare{Path: relative, Op: c.operator(a.Type), Value: c.value(a.Type, text)}
	case a.Multi && c.IntN(3) > 0:
		return store.Match{Path: a.Path, Where: c.expr(attributes, a.Path, depth, text)}
	}
	if value, ok := attributes[a.Path+".value"]; ok {
		return store.Compare{Path: a.Path, Op: c.operator(value.Type), Value: c.value(value.Type, text)}
	}
	return store.Present{Path: a.Path}
}
