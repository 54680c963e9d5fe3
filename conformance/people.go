package conformance

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// people are three users that filters and sorting are tried on. They are made
// by the first check that needs them and deleted at the end of the run, so that
// a hundred checks do not make three hundred users.
//
//	A  has everything
//	B  has everything, and the domains of its two mail addresses swapped
//	C  is inactive and has nothing but a name
type people struct {
	mark    string
	a, b, c *resource
	extra   map[string]attribute // by type: writable attributes beyond the usual ones
	apart   error                // why they are not found together
	replace *strings.Replacer    // {mark}, {A.id}, {A.created}, …
}

func (p *people) all() []*resource { return []*resource{p.a, p.b, p.c} }

// folk returns the people, and makes them if need be.
func (c *Client) folk(ctx context.Context) (*people, error) {
	if c.server.people != nil || c.server.noFolk != nil {
		return c.server.people, c.server.noFolk
	}
	p, err := c.makeFolk(ctx)
	if OutcomeOf(err) == Errored {
		return nil, err // the next check may have more luck
	}
	c.server.people, c.server.noFolk = p, err
	return p, err
}

func (c *Client) makeFolk(ctx context.Context) (*people, error) {
	extra, err := c.extraAttributes(ctx)
	if err != nil {
		return nil, err
	}
	p := &people{mark: c.unique(), extra: extra}
	err = c.born(ctx, p)
	if OutcomeOf(err) == Skipped && len(extra) > 0 { // the server may have rules for them that schemas cannot say
		p = &people{mark: c.unique()}
		err = c.born(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	if err := c.appear(ctx, p); err != nil {
		return nil, err
	}
	// They stay until the run ends: the leftovers of this check become the run's.
	c.server.keep(c)
	p.replace = strings.NewReplacer("{mark}", p.mark, "{MARK}", strings.ToUpper(p.mark),
		"{A.id}", p.a.id, "{A.created}", text(p.a.made.body, "meta/created"), "{B.created}", text(p.b.made.body, "meta/created"),
		"{A.name}", p.a.name(), "{B.name}", p.b.name())
	return p, nil
}

func (c *Client) born(ctx context.Context, p *people) error {
	for i, slot := range []**resource{&p.a, &p.b, &p.c} {
		attrs, err := c.pruned(ctx, "", p.person(i))
		if err != nil {
			return err
		}
		if *slot, err = c.user(ctx, attrs); err != nil {
			return err
		}
	}
	return nil
}

// appear waits until searches have caught up, and notes whether one search finds
// all three, on one page.
func (c *Client) appear(ctx context.Context, p *people) error {
	filter := fmt.Sprintf("userName sw %q", p.mark)
	err := c.soon(ctx, func() error {
		if err := c.supports(ctx, "filter"); err != nil {
			return err
		}
		r, err := c.expect(ctx, get(query(parent(p.a.path), "filter", filter)), status(200))
		if err != nil {
			return err
		}
		if found := p.letters(r.resources()); found != "ABC" {
			return fmt.Errorf("it finds %s of three users on its first page", who(found))
		}
		return nil
	})
	if OutcomeOf(err) == Errored {
		return err
	}
	p.apart = blocked("the filter "+filter, err)
	return nil
}

// crowd returns the people where one search finds all three.
func (c *Client) crowd(ctx context.Context, uses ...string) (*people, error) {
	p, err := c.filterable(ctx, uses...)
	if err == nil && p.apart != nil {
		return nil, p.apart
	}
	return p, err
}

// made reports whether the server made up a value for C, who was given none.
func (p *people) made(name string) bool {
	where := name
	if !strings.HasPrefix(name, "urn:") {
		where, _, _ = strings.Cut(name, ".")
	} else if i := strings.LastIndexByte(name, ':'); i >= 0 {
		where = name[:i] + "/" + strings.ReplaceAll(name[i+1:], ".", "/")
	}
	return name != "active" && !strings.HasPrefix(name, "meta.") && !unassigned(p.c.at(where))
}

// person returns the attributes of A, B or C.
func (p *people) person(i int) object {
	letter := string("abc"[i])
	name := p.mark + "-" + letter + "@example.com"
	if i == 2 {
		return object{"userName": name, "active": false}
	}
	domains := []string{"work.example", "home.example"}
	mail := func(d int) string { return p.mark + "-" + letter + "@" + domains[(d+i)%2] }
	attrs := object{
		"userName": name, "active": true, "externalId": p.mark + "-Ext-" + letter,
		"displayName": p.mark + []string{" Alpha", " Beta"}[i],
		"name":        object{"givenName": []string{"Ann", "Bob"}[i], "familyName": p.mark + []string{"Anderson", "Brown"}[i]},
		"emails": []any{object{"value": mail(0), "type": "work", "primary": true},
			object{"value": mail(1), "type": "home"}},
		enterpriseURN: object{"department": p.mark + []string{"Engines", "Looms"}[i]},
	}
	for kind, a := range p.extra {
		ext, _ := attrs[a.urn].(object)
		if strings.EqualFold(a.urn, userURN) {
			ext = attrs
		} else if ext == nil {
			ext = object{}
			attrs[a.urn] = ext
		}
		ext[a.Name] = p.extraValue(kind, i)
	}
	return attrs
}

// extraValue grows from A to B in every type.
func (p *people) extraValue(kind string, i int) any {
	switch kind {
	case "integer":
		return 5 + 5*i
	case "decimal":
		return 1.5 + float64(i)
	case "dateTime":
		return []string{"2024-02-29T12:00:00Z", "2025-03-01T12:00:00Z"}[i]
	case "binary":
		return base64.StdEncoding.EncodeToString([]byte(p.mark + string("ab"[i])))
	case "reference":
		return "https://example.com/" + p.mark + "/" + string("ab"[i])
	}
	return p.mark + []string{"Exact", "Other"}[i] // a case-exact string
}

// extraAttributes finds one attribute for each data type that the core schema
// has none of, and a case-exact string.
func (c *Client) extraAttributes(ctx context.Context) (map[string]attribute, error) {
	all, err := c.attributes(ctx, userURN)
	if err != nil {
		return nil, err
	}
	found := map[string]attribute{}
	for _, a := range all {
		kind := a.Type
		if a.Type == "string" && a.CaseExact && len(a.Canonical) == 0 {
			kind = "exact"
		}
		switch kind {
		case "integer", "decimal", "dateTime", "binary", "reference", "exact":
			used := slices.Contains([]string{"userName", "externalId", "displayName"}, a.Name)
			free := !used && !a.MultiValued && a.Mutability == "readWrite" && a.Returned == "default" && !strings.Contains(a.path, ".")
			if _, ok := found[kind]; !ok && free {
				found[kind] = a
			}
		}
	}
	return found, nil
}

// keep hands what a check has made over to the run.
func (s *server) keep(c *Client) {
	s.kept = append(s.kept, *c.leftovers...)
	*c.leftovers = nil
}

// A search is lenient if 400 invalidFilter may say that the server does not
// support a comparison (RFC 7644 §3.12), and strict if it must be understood.
const (
	lenient = false
	strict  = true
)

// matches returns which of the people a filter finds, as "AB". Where the answer
// is cut by paging, the filter is narrowed to the people.
func (c *Client) matches(ctx context.Context, p *people, filter string, must bool) (string, error) {
	found, complete, err := c.tryFilter(ctx, p, filter, must)
	if err != nil || complete {
		return found, err
	}
	found, complete, err = c.tryFilter(ctx, p, fmt.Sprintf("userName sw %q and (%s)", p.mark, filter), lenient)
	if err == nil && !complete {
		found, err = c.leafThrough(ctx, p, filter)
	}
	return found, err
}

func (c *Client) tryFilter(ctx context.Context, p *people, filter string, must bool) (string, bool, error) {
	r, err := c.send(ctx, get(query(parent(p.a.path), "filter", filter, "count", "100")))
	if err != nil {
		return "", false, err
	}
	if !must && r.status == http.StatusBadRequest && text(r.body, "scimType") == "invalidFilter" {
		return "", false, skip("the server says that it does not support a comparison of this filter: %s", filter)
	}
	if err := r.meets(status(200), isObject); err != nil {
		return "", false, fmt.Errorf("filter %s: %w", filter, err)
	}
	list := r.resources()
	total, _ := integer(field(r.body, "totalResults"))
	return p.letters(list), total <= len(list) && r.next() == "", nil
}

// leafThrough reads a list of some pages: three people may be more than a page holds.
func (c *Client) leafThrough(ctx context.Context, p *people, filter string) (string, error) {
	var list []object
	all := query(parent(p.a.path), "filter", fmt.Sprintf("userName sw %q and (%s)", p.mark, filter))
	if _, err := c.walk(ctx, all, func(o object) { list = append(list, o) }); err != nil {
		return "", err
	}
	return p.letters(list), nil
}

// letters returns who of the people is in a list, in alphabetical order.
func (p *people) letters(list []object) string {
	var b strings.Builder
	for i, person := range p.all() {
		for _, o := range list {
			if text(o, "id") == person.id {
				b.WriteByte("ABC"[i])
				break
			}
		}
	}
	return b.String()
}
