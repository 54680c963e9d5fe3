package conformance

import (
	"context"
	"fmt"
	"strconv"
)

// walk limits: what a check reads of a list that it does not own.
const (
	walkPage  = 100
	walkPages = 60
)

// walk reads a whole list, by index or by cursor, and returns the ids on it. It
// gives up on lists that are longer than a check should read.
func (c *Client) walk(ctx context.Context, endpoint string, visit func(object)) (map[string]bool, error) {
	found := map[string]bool{}
	where, byIndex := []string{"startIndex", "1"}, c.indexed(ctx) == nil
	if !byIndex {
		where = []string{"cursor", ""}
	}
	for start, pages := 1, 0; ; pages++ {
		if pages == walkPages {
			return nil, skip("the list is too long to be read whole")
		}
		r, err := c.expect(ctx, get(query(endpoint, append(where, "count", strconv.Itoa(walkPage))...)), status(200), isObject)
		if err != nil {
			return nil, blocked("listing "+endpoint, err)
		}
		list := r.resources()
		for _, o := range list {
			found[text(o, "id")] = true
			if visit != nil {
				visit(o)
			}
		}
		start += len(list)
		total, _ := integer(field(r.body, "totalResults"))
		if len(list) == 0 || byIndex && start > total || !byIndex && r.next() == "" {
			return found, nil
		}
		where = []string{"startIndex", strconv.Itoa(start)}
		if !byIndex {
			where = []string{"cursor", r.next()}
		}
	}
}

// pageOf is a check of one page of the people.
func pageOf(want []expectation, parameters ...string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		p, err := c.pageable(ctx)
		if err != nil {
			return err
		}
		r, err := c.listFolk(ctx, p, parameters...)
		if err != nil {
			return err
		}
		return r.meets(want...)
	}
}

// pageable returns the people on a server that pages by index.
func (c *Client) pageable(ctx context.Context) (*people, error) {
	if err := c.indexed(ctx); err != nil {
		return nil, err
	}
	return c.crowd(ctx)
}

func length(n int) expectation {
	return func(r *reply) error {
		if got := len(r.resources()); got != n {
			return fmt.Errorf("%d resources, want %d", got, n)
		}
		return nil
	}
}

func pagingChecks() []Check {
	const rfc = "RFC 7644 §3.4.2.4"
	return []Check{
		{"paging/total", "RFC 7644 §3.4.2", Must, "totalResults is the number of matches.", pageOf(want(at("totalResults", 3)))},
		{"paging/total-on-page", "RFC 7644 §3.4.2", Must, "totalResults is that of all pages, on each page.", pageOf(want(at("totalResults", 3)), "startIndex", "2", "count", "1")},
		{"paging/count", rfc, Must, "No more than count resources are returned.", pageOf(want(atMost(2)), "count", "2")},
		{"paging/count-zero", rfc, Must, "count 0 returns no resources.", pageOf(want(length(0)), "count", "0")},
		{"paging/count-zero-total", rfc, Must, "count 0 still returns totalResults.", pageOf(want(at("totalResults", 3)), "count", "0")},
		{"paging/count-negative", rfc, Must, "A negative count means 0.", pageOf(want(length(0)), "count", "-1")},
		{"paging/count-large", rfc, Must, "A count above what the server sends at once is no error.", pageOf(want(length(3)), "count", "1000000")},
		{"paging/count-max-results", "RFC 7643 §5", Must, "No more than filter.maxResults resources are returned.", maxResults},
		{"paging/start-zero", rfc, Must, "startIndex 0 means 1.", pageOf(want(length(3)), "startIndex", "0")},
		{"paging/start-negative", rfc, Must, "A negative startIndex means 1.", pageOf(want(length(3)), "startIndex", "-5")},
		{"paging/start", rfc, Must, "startIndex skips the resources before it.", pageOf(want(length(1)), "startIndex", "3")},
		{"paging/start-beyond", rfc, Should, "startIndex beyond the end is an empty page.", pageOf(want(status(200), length(0), at("totalResults", 3)), "startIndex", "1000")},
		{"paging/start-echo", "RFC 7644 §3.4.2", Must, "A page says where it starts.", pageOf(want(at("startIndex", 2)), "startIndex", "2", "count", "1")},
		{"paging/items-per-page", "RFC 7644 §3.4.2", Must, "itemsPerPage is the number of resources on the page.", pageOf(want(at("itemsPerPage", 2)), "count", "2")},
		{"paging/integers", "RFC 7644 §3.4.2", Must, "startIndex and itemsPerPage are integers.", pageOf(want(isInteger("startIndex"), isInteger("itemsPerPage")), "startIndex", "1", "count", "2")},
		{"paging/walk", rfc, Must, "Pages of a list hold each resource exactly once.", walkOnce},
		{"paging/stable", rfc, Should, "Two reads of a list have the same order.", stableOrder},
		{"paging/while-changing", rfc, Should, "A walk goes on while users are made and deleted.", walkWhileChanging},
		{"paging/not-a-number", "RFC 7644 §3.12", Should, "A count that is no number does not break the server.", pageOfUsers("count", "many")},
		{"paging/huge-number", rfc, Should, "A count beyond 64 bits does not break the server.", pageOfUsers("count", "99999999999999999999999")},
		{"paging/resources", "RFC 7644 §3.4.2", Must, "Listed resources have id and schemas.", pageOf(want(has("Resources/0/id", "Resources/0/schemas")))},
		{"paging/empty", "RFC 7644 §3.4.2", Must, "A list without matches has totalResults 0.", emptyList},
		{"paging/empty-array", "Okta, Microsoft Entra ID", Should, "A list without matches has an empty array of Resources.", emptyArray},
	}
}

func atMost(n int) expectation {
	return func(r *reply) error {
		if got := len(r.resources()); got > n {
			return fmt.Errorf("%d resources, want at most %d", got, n)
		}
		return nil
	}
}

func maxResults(ctx context.Context, c *Client) error {
	config, err := c.config(ctx)
	if err != nil {
		return err
	}
	limit, ok := integer(field(config.body, "filter/maxResults"))
	if !ok || limit < 1 {
		return skip("the server advertises no filter.maxResults")
	}
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	if !c.readOnly { // something to return too much of
		if _, err := c.folk(ctx); err != nil {
			return err
		}
	}
	if c.supports(ctx, "filter") == nil {
		endpoint = query(endpoint, "filter", "userName pr")
	}
	r, err := c.expect(ctx, get(query(endpoint, "count", strconv.Itoa(limit+1))))
	if err != nil {
		return err
	}
	if r.status == 400 { // tooMany is the other answer there is
		return r.meets(scimType("tooMany", "invalidFilter"))
	}
	return r.meets(status(200), atMost(limit))
}

func walkOnce(ctx context.Context, c *Client) error {
	p, err := c.pageable(ctx)
	if err != nil {
		return err
	}
	seen := map[string]int{}
	for start := 1; start <= 3; start++ {
		r, err := c.listFolk(ctx, p, "startIndex", strconv.Itoa(start), "count", "1")
		if err != nil {
			return err
		}
		if err := r.meets(length(1)); err != nil {
			return fmt.Errorf("page at %d: %w", start, err)
		}
		seen[text(r.resources()[0], "id")]++
	}
	return p.once(seen)
}

func (p *people) once(seen map[string]int) error {
	for i, person := range p.all() {
		if n := seen[person.id]; n != 1 {
			return fmt.Errorf("user %c was on %d pages, want 1", "ABC"[i], n)
		}
	}
	return nil
}

func stableOrder(ctx context.Context, c *Client) error {
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	if !c.readOnly { // something to put in order
		if _, err := c.folk(ctx); err != nil {
			return err
		}
	}
	var orders [2][]any
	for i := range orders {
		r, err := c.expect(ctx, get(query(endpoint, "count", "20")), status(200))
		if err != nil {
			return blocked("listing users", err)
		}
		for _, o := range r.resources() {
			orders[i] = append(orders[i], field(o, "id"))
		}
	}
	if !equal(orders[0], orders[1]) {
		return fmt.Errorf("two reads in a row list users in different orders")
	}
	return nil
}

func walkWhileChanging(ctx context.Context, c *Client) error {
	p, err := c.pageable(ctx)
	if err != nil {
		return err
	}
	for start := 1; start <= 3; start++ {
		r, err := c.listFolk(ctx, p, "startIndex", strconv.Itoa(start), "count", "1")
		if err != nil {
			return err
		}
		if err := r.meets(status(200), isList); err != nil {
			return err
		}
		u, err := c.user(ctx, object{"userName": fmt.Sprintf("%s-z%d@example.com", c.unique(), start)})
		if err != nil {
			return err
		}
		if _, err := c.send(ctx, del(u.path)); err != nil {
			return err
		}
	}
	return nil
}

func pageOfUsers(parameters ...string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(query(endpoint, parameters...)), survived)
		return err
	}
}

// noneList asks for a user that is not there.
func (c *Client) noneList(ctx context.Context) (*reply, error) {
	if err := c.supports(ctx, "filter"); err != nil {
		return nil, err
	}
	endpoint, err := c.users(ctx)
	if err != nil {
		return nil, err
	}
	r, err := c.expect(ctx, get(query(endpoint, "filter", fmt.Sprintf("userName eq %q", c.unique()))), status(200))
	return r, blocked("a filter without match", err)
}

func emptyList(ctx context.Context, c *Client) error {
	r, err := c.noneList(ctx)
	if err != nil {
		return err
	}
	return r.meets(c.listing(ctx), ifThere("totalResults", at("totalResults", 0)), length(0))
}

func emptyArray(ctx context.Context, c *Client) error {
	r, err := c.noneList(ctx)
	if err != nil {
		return err
	}
	return r.meets(isArray("Resources"))
}
