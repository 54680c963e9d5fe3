package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"
)

func sortChecks() []Check {
	const rfc = "RFC 7644 §3.4.2.3"
	family := []string{"name.familyName"}
	display := []string{"displayName"}
	return []Check{
		{"sort/ascending", rfc, Must, "sortOrder ascending sorts upwards.", sorted("ABC", nil, "sortBy", "userName", "sortOrder", "ascending")},
		{"sort/descending", rfc, Must, "sortOrder descending sorts downwards.", sorted("CBA", nil, "sortBy", "userName", "sortOrder", "descending")},
		{"sort/default", rfc, Must, "Without sortOrder the order is ascending.", sorted("ABC", nil, "sortBy", "userName")},
		{"sort/sub-attribute", rfc, Must, "sortBy takes a sub-attribute.", sorted("AB", family, "sortBy", "name.familyName", "sortOrder", "ascending")},
		{"sort/sub-attribute-down", rfc, Must, "sortBy takes a sub-attribute in descending order.", sorted("BA", family, "sortBy", "name.familyName", "sortOrder", "descending")},
		{"sort/urn", "RFC 7644 §3.10", Must, "sortBy may have the URN of the schema before the attribute.", sorted("CBA", nil, "sortBy", userURN+":userName", "sortOrder", "descending")},
		{"sort/attribute-case", "RFC 7643 §2.1", Must, "sortBy is not case-sensitive.", sorted("CBA", nil, "sortBy", "USERNAME", "sortOrder", "descending")},
		{"sort/extension", rfc, Must, "sortBy takes an attribute of an extension.", sorted("BA", []string{department}, "sortBy", department, "sortOrder", "descending")},
		{"sort/unassigned-last", rfc, Must, "Resources without the attribute come last in ascending order.", sorted("ABC", display, "sortBy", "displayName", "sortOrder", "ascending")},
		{"sort/unassigned-first", rfc, Must, "Resources without the attribute come first in descending order.", sorted("CBA", display, "sortBy", "displayName", "sortOrder", "descending")},
		{"sort/date", rfc, Must, "sortBy takes a dateTime.", sortedByDate},
		{"sort/multi-primary", rfc, Should, "Multi-valued attributes are sorted by their primary value.", sorted("BA", []string{"emails.primary"}, "sortBy", "emails.value", "sortOrder", "descending")},
		{"sort/pages", rfc, Must, "Pages of a sorted list follow the order.", sortedPages},
		{"sort/case-insensitive", rfc, Must, "Attributes that are not case-exact are sorted without case.", sortedWithoutCase},
		{"sort/unknown", rfc, Should, "sortBy an attribute that is not declared does not break the server.", unknownSort},
		{"sort/with-search", "RFC 7644 §3.4.3", Must, "A search by POST sorts, too.", sortedSearch},
	}
}

// sorted wants the people in an order. C counts only where it has no value that
// the server made up.
func sorted(want string, uses []string, parameters ...string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		p, err := c.sortable(ctx, uses...)
		if err != nil {
			return err
		}
		order := want
		for _, name := range uses {
			if p.made(name) {
				order = strings.ReplaceAll(want, "C", "")
			}
		}
		r, err := c.listFolk(ctx, p, parameters...)
		if err != nil {
			return err
		}
		return p.inOrder(r.resources(), order)
	}
}

func (c *Client) sortable(ctx context.Context, uses ...string) (*people, error) {
	if err := c.supports(ctx, "sort"); err != nil {
		return nil, err
	}
	return c.crowd(ctx, uses...)
}

// listFolk lists the people; that the filter works is what filter checks are for.
func (c *Client) listFolk(ctx context.Context, p *people, parameters ...string) (*reply, error) {
	base := query(parent(p.a.path), "filter", fmt.Sprintf("userName sw %q", p.mark))
	return c.expect(ctx, get(query(base, parameters...)), status(200), isObject)
}

// inOrder looks only at those of the people that are named.
func (p *people) inOrder(list []object, want string) error {
	var got strings.Builder
	for _, o := range list {
		for i, person := range p.all() {
			if letter := "ABC"[i]; text(o, "id") == person.id && strings.IndexByte(want, letter) >= 0 {
				got.WriteByte(letter)
			}
		}
	}
	if got.String() != want {
		return fmt.Errorf("the order is %q, want %q (A has everything, B too, C only a userName)", got.String(), want)
	}
	return nil
}

// sortedByDate accepts any order of equal times.
func sortedByDate(ctx context.Context, c *Client) error {
	p, err := c.sortable(ctx)
	if err != nil {
		return err
	}
	if p.a.at("meta/created") == nil {
		return skip("the server does not send meta.created")
	}
	r, err := c.listFolk(ctx, p, "sortBy", "meta.created", "sortOrder", "descending")
	if err != nil {
		return err
	}
	var last time.Time
	for i, o := range r.resources() {
		at, err := time.Parse(time.RFC3339, text(o, "meta/created"))
		if err != nil {
			return skip("meta.created has no time zone")
		}
		if i > 0 && at.After(last) {
			return fmt.Errorf("%s comes after %s in descending order", at, last)
		}
		last = at
	}
	return has("Resources")(r)
}

func sortedPages(ctx context.Context, c *Client) error {
	if err := c.indexed(ctx); err != nil {
		return err
	}
	p, err := c.sortable(ctx)
	if err != nil {
		return err
	}
	var all []object
	for _, start := range []string{"1", "2", "3"} {
		r, err := c.listFolk(ctx, p, "sortBy", "userName", "sortOrder", "descending", "startIndex", start, "count", "1")
		if err != nil {
			return err
		}
		all = append(all, r.resources()...)
	}
	return p.inOrder(all, "CBA")
}

// sortedWithoutCase makes two users whose order depends on letter case.
func sortedWithoutCase(ctx context.Context, c *Client) error {
	p, err := c.sortable(ctx, "displayName")
	if err != nil {
		return err
	}
	if a, _, err := c.declared(ctx, userURN, "displayName"); err != nil || a.CaseExact {
		return orSkip(err, "displayName is case-exact")
	}
	mark := c.unique()
	var made [2]*resource
	for i, name := range []string{"a", "B"} {
		if made[i], err = c.user(ctx, object{"userName": fmt.Sprintf("%s-%d@example.com", mark, i), "displayName": name}); err != nil {
			return err
		}
	}
	filter := fmt.Sprintf("userName sw %q", mark)
	r, err := c.expect(ctx, get(query(parent(p.a.path), "filter", filter, "sortBy", "displayName")), status(200))
	if err != nil {
		return err
	}
	list := r.resources()
	if len(list) != 2 {
		return skip("blocked, because the filter userName sw does not find the users made for this")
	}
	return fieldIs(list[0], "id", made[0].id)
}

func unknownSort(ctx context.Context, c *Client) error {
	p, err := c.sortable(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(query(parent(p.a.path), "sortBy", "scimconfNothing", "count", "1")), survived)
	return err
}

func sortedSearch(ctx context.Context, c *Client) error {
	p, err := c.sortable(ctx)
	if err != nil {
		return err
	}
	r, err := c.search(ctx, parent(p.a.path), object{"filter": fmt.Sprintf("userName sw %q", p.mark), "sortBy": "userName", "sortOrder": "descending"})
	if err != nil {
		return err
	}
	return p.inOrder(r.resources(), "CBA")
}
