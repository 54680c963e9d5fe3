package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// rowOf is the row of a *User, *Group, *Policy or *Role.
func rowOf(resource any) (*row, error) {
	switch r := resource.(type) {
	case *User:
		return userRow(r)
	case *Group:
		return groupRow(r)
	case *Policy:
		return policyRow(r)
	case *Role:
		return roleRow(r)
	}
	return nil, fmt.Errorf("no table for %T", resource)
}

func userRow(u *User) (*row, error) {
	c := *u
	c.Created = u.Created.UTC()
	c.Tags, c.Inline, c.Attached = sortedTags(u.Tags), sortedInline(u.Inline), sortedPolicies(u.Attached)
	c.Roles = sorted(u.Roles, func(a, b RoleRef) int { return cmp.Compare(a.ARN, b.ARN) })
	body, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("encode user %q: %w", u.ID, err)
	}
	return &row{id: u.ID, label: u.UserName, created: u.Created, body: body, fill: func(r *row) { fillUser(r, &c) }}, nil
}

func fillUser(r *row, u *User) {
	r.search = userSearch(u)
	p := &u.Person
	r.columns = []any{
		fold(u.UserName), absent(p.ExternalID), absent(fold(p.DisplayName)),
		absent(fold(p.Name.FamilyName)), absent(fold(p.Name.GivenName)), absent(fold(p.Title)), absent(fold(p.UserType)),
		absent(fold(p.Enterprise.EmployeeNumber)), absent(fold(p.Enterprise.Department)),
		absent(u.ARN), absent(u.Path), u.Active,
	}
	for _, m := range p.Emails {
		r.add(elementUserEmail, fold(m.Value))
	}
	for _, m := range p.PhoneNumbers {
		r.add(elementUserPhoneNumber, fold(m.Value))
	}
	for i := range u.AccessKeys {
		r.add(elementUserAccessKey, u.AccessKeys[i].ID)
	}
	r.addPolicies(elementUserAttached, u.Attached)
}

func groupRow(g *Group) (*row, error) {
	c := *g
	c.Created = g.Created.UTC()
	c.Inline, c.Attached = sortedInline(g.Inline), sortedPolicies(g.Attached)
	body, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("encode group %q: %w", g.ID, err)
	}
	return &row{id: g.ID, label: g.DisplayName, created: g.Created, body: body, fill: func(r *row) {
		r.search = groupSearch(&c)
		r.columns = []any{fold(c.DisplayName), absent(c.ExternalID), absent(c.ARN), absent(c.Path)}
		r.addPolicies(elementGroupAttached, c.Attached)
	}}, nil
}

func policyRow(p *Policy) (*row, error) {
	c := *p
	c.Tags = sortedTags(p.Tags)
	body, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("encode policy %q: %w", p.ID, err)
	}
	r := &row{id: p.ID, label: p.Name, body: body, fill: func(r *row) {
		r.search = policySearch(&c)
		r.columns = []any{absent(c.ARN), fold(c.Name), absent(c.Path)}
	}}
	if p.Created != nil {
		r.created = *p.Created
	}
	return r, nil
}

func roleRow(o *Role) (*row, error) {
	c := *o
	c.Created = o.Created.UTC()
	c.Tags, c.Inline, c.Attached = sortedTags(o.Tags), sortedInline(o.Inline), sortedPolicies(o.Attached)
	body, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("encode role %q: %w", o.ID, err)
	}
	return &row{id: o.ID, label: o.Name, created: o.Created, body: body, fill: func(r *row) {
		r.search = roleSearch(&c)
		r.columns = []any{absent(c.ARN), fold(c.Name), absent(c.Path)}
		r.addPolicies(elementRoleAttached, c.Attached)
	}}, nil
}

// add adds a value once; the table holds a set.
func (r *row) add(attribute int, value string) {
	e := element{attribute, value}
	if value != "" && !slices.Contains(r.elements, e) {
		r.elements = append(r.elements, e)
	}
}

func (r *row) addPolicies(attribute int, policies []PolicyRef) {
	for i := range policies {
		r.add(attribute, policies[i].ARN)
	}
}

// sorted returns list in order without touching the caller's. IAM promises no
// order for these, and another order must not look like a change.
func sorted[T any](list []T, compare func(a, b T) int) []T {
	if slices.IsSortedFunc(list, compare) {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, compare)
	return list
}

func sortedTags(tags []Tag) []Tag {
	return sorted(tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
}

func sortedInline(list []InlinePolicy) []InlinePolicy {
	return sorted(list, func(a, b InlinePolicy) int { return cmp.Compare(a.Name, b.Name) })
}

func sortedPolicies(list []PolicyRef) []PolicyRef {
	return sorted(list, func(a, b PolicyRef) int { return cmp.Compare(a.ARN, b.ARN) })
}

// decode fills a resource from its body.
func decode(kind Kind, body []byte, resource any) error {
	if err := json.Unmarshal(body, resource); err != nil {
		return fmt.Errorf("decode %s: %w", kind, err)
	}
	return nil
}

// storedTime reads a time that may be null.
func storedTime(s *string) *time.Time {
	if s == nil {
		return nil
	}
	t, err := parseTime(*s)
	if err != nil {
		return nil // not a time: as good as none
	}
	return &t
}
