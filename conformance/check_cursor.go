package conformance

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

func cursorChecks() []Check {
	const rfc = "RFC 9865 §2"
	return []Check{
		{"cursor/first", rfc, Must, "An empty cursor asks for the first page.", onCursor(firstPage)},
		{"cursor/first-no-value", rfc, Must, "cursor without a value asks for the first page.", onCursor(bareCursor)},
		{"cursor/next", rfc, Must, "A page that is not the last has nextCursor.", onCursor(hasNext)},
		{"cursor/string", rfc, Must, "nextCursor is a string.", onCursor(nextIsString)},
		{"cursor/unreserved", rfc, Must, "A cursor consists of unreserved characters of URIs.", onCursor(unreserved)},
		{"cursor/count", rfc, Must, "A page holds no more than count resources.", onCursor(cursorCount)},
		{"cursor/items-per-page", rfc, Should, "itemsPerPage, if sent, is the number of resources on the page.", onCursor(cursorItems)},
		{"cursor/total", rfc, Must, "totalResults, if sent, is the number of matches.", onCursor(cursorTotal)},
		{"cursor/walk", rfc, Must, "Following nextCursor shows each resource exactly once.", onCursor(cursorWalk)},
		{"cursor/last", rfc, Must, "The last page has no nextCursor.", onCursor(cursorLast)},
		{"cursor/previous-first", rfc, Must, "The first page has no previousCursor.", onCursor(noPrevious)},
		{"cursor/previous", rfc, Must, "previousCursor, if sent, leads to the page before.", onCursor(previousLeads)},
		{"cursor/again", rfc, Should, "A cursor can be used twice.", onCursor(cursorAgain)},
		{"cursor/sorted", "RFC 9865 §2.2", Must, "Pages of a sorted list follow the order.", onCursor(cursorSorted)},
		{"cursor/while-changing", rfc, Should, "A walk while users are made shows those that were there exactly once, or ends with expiredCursor.", onCursor(cursorWhileChanging)},
		{"cursor/count-zero", rfc, Must, "count 0 returns no resources.", onCursor(cursorZero)},
		{"cursor/invalid", "RFC 9865 §2.1", Must, "A cursor that is none is 400.", onCursor(badCursor(status(400)))},
		{"cursor/invalid-type", "RFC 9865 §2.1", Must, "The 400 for a cursor that is none has the scimType invalidCursor.", onCursor(badCursor(ifStatus(400, scimType("invalidCursor", "expiredCursor"))))},
		{"cursor/tampered", "RFC 9865 §5", Should, "A cursor that was changed is refused.", onCursor(tampered)},
		{"cursor/other-filter", rfc, Should, "A cursor of another query is refused.", onCursor(otherFilter)},
		{"cursor/search", "RFC 9865 §3", Must, "A search by POST takes a cursor.", onCursor(cursorSearch)},
	}
}

// onCursor is a check on a server that advertises cursors.
func onCursor(fn func(context.Context, *Client, *people) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		config, err := c.config(ctx)
		if err != nil {
			return err
		}
		if field(config.body, "pagination/cursor") != true {
			return skip("the server does not advertise cursor paging")
		}
		p, err := c.crowd(ctx)
		if err != nil {
			return err
		}
		return fn(ctx, c, p)
	}
}

// page asks for one user of the people after a cursor.
func (c *Client) page(ctx context.Context, p *people, cursor string, more ...string) (*reply, error) {
	return c.listFolk(ctx, p, append([]string{"cursor", cursor, "count", "1"}, more...)...)
}

func (r *reply) next() string { return text(r.body, "nextCursor") }

// second returns the first page and the one after.
func (c *Client) second(ctx context.Context, p *people) (first, second *reply, err error) {
	if first, err = c.page(ctx, p, ""); err != nil {
		return nil, nil, err
	}
	if first.next() == "" {
		return nil, nil, skip("blocked, because the first page has no nextCursor")
	}
	second, err = c.page(ctx, p, first.next())
	return first, second, err
}

func firstPage(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(status(200), declaresSchema(listURN), length(1))
}

func bareCursor(ctx context.Context, c *Client, p *people) error {
	path := query(parent(p.a.path), "filter", fmt.Sprintf("userName sw %q", p.mark), "count", "1") + "&cursor"
	_, err := c.expect(ctx, get(path), status(200), length(1), has("nextCursor"))
	return err
}

func hasNext(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(has("nextCursor"))
}

func nextIsString(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(ifThere("nextCursor", isString("nextCursor")))
}

var notUnreserved = regexp.MustCompile(`[^A-Za-z0-9._~-]`)

func unreserved(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	if bad := notUnreserved.FindString(r.next()); bad != "" {
		return fmt.Errorf("nextCursor %q holds %q", r.next(), bad)
	}
	return nil
}

func cursorCount(ctx context.Context, c *Client, p *people) error {
	r, err := c.listFolk(ctx, p, "cursor", "", "count", "2")
	if err != nil {
		return err
	}
	return r.meets(atMost(2))
}

func cursorItems(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(ifThere("itemsPerPage", at("itemsPerPage", len(r.resources()))))
}

func cursorTotal(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(ifThere("totalResults", at("totalResults", 3)))
}

// follow walks to the end and returns how often each user was seen, in order.
func (c *Client) follow(ctx context.Context, p *people, between func() error, more ...string) ([]object, error) {
	var all []object
	cursor := ""
	for range 10 {
		r, err := c.page(ctx, p, cursor, more...)
		if err != nil {
			return nil, err
		}
		all = append(all, r.resources()...)
		if cursor = r.next(); cursor == "" {
			return all, nil
		}
		if err := between(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("ten pages of one user each, and still a nextCursor, for three users")
}

func still() error { return nil }

func cursorWalk(ctx context.Context, c *Client, p *people) error {
	all, err := c.follow(ctx, p, still)
	if err != nil {
		return err
	}
	return p.once(counted(all))
}

func counted(list []object) map[string]int {
	seen := map[string]int{}
	for _, o := range list {
		seen[text(o, "id")]++
	}
	return seen
}

func cursorLast(ctx context.Context, c *Client, p *people) error {
	r, err := c.listFolk(ctx, p, "cursor", "", "count", "100")
	if err != nil {
		return err
	}
	if len(r.resources()) < 3 {
		return skip("blocked, because the page does not hold all three users")
	}
	return r.meets(lacks("nextCursor"))
}

func noPrevious(ctx context.Context, c *Client, p *people) error {
	r, err := c.page(ctx, p, "")
	if err != nil {
		return err
	}
	return r.meets(lacks("previousCursor"))
}

func previousLeads(ctx context.Context, c *Client, p *people) error {
	first, second, err := c.second(ctx, p)
	if err != nil {
		return err
	}
	back := text(second.body, "previousCursor")
	if back == "" {
		return skip("the server sends no previousCursor")
	}
	r, err := c.page(ctx, p, back)
	if err != nil {
		return err
	}
	return r.meets(at("Resources/0/id", field(first.body, "Resources/0/id")))
}

func cursorAgain(ctx context.Context, c *Client, p *people) error {
	first, second, err := c.second(ctx, p)
	if err != nil {
		return err
	}
	r, err := c.page(ctx, p, first.next())
	if err != nil {
		return err
	}
	return r.meets(at("Resources/0/id", field(second.body, "Resources/0/id")))
}

func cursorSorted(ctx context.Context, c *Client, p *people) error {
	if err := c.supports(ctx, "sort"); err != nil {
		return err
	}
	all, err := c.follow(ctx, p, still, "sortBy", "userName", "sortOrder", "descending")
	if err != nil {
		return err
	}
	return p.inOrder(all, "CBA")
}

// cursorWhileChanging makes users that match the filter, before and after the others.
func cursorWhileChanging(ctx context.Context, c *Client, p *people) error {
	n := 0
	all, err := c.follow(ctx, p, func() error {
		if n++; n > 2 {
			return nil
		}
		_, err := c.user(ctx, object{"userName": fmt.Sprintf("%s-%c%d@example.com", p.mark, "az"[n%2], n)})
		return err
	})
	if err != nil && strings.Contains(err.Error(), "status 400") {
		last := c.log.kept[len(c.log.kept)-1]
		return (&reply{body: decode([]byte(last.ResponseBody))}).meets(scimType("expiredCursor"))
	}
	if err != nil {
		return err
	}
	return p.once(counted(all))
}

func cursorZero(ctx context.Context, c *Client, p *people) error {
	r, err := c.listFolk(ctx, p, "cursor", "", "count", "0")
	if err != nil {
		return err
	}
	return r.meets(length(0))
}

// asks sends a query whose refusal is expected.
func (c *Client) asks(ctx context.Context, p *people, filter, cursor string, want ...expectation) error {
	_, err := c.expect(ctx, get(query(parent(p.a.path), "filter", filter, "cursor", cursor, "count", "1")), want...)
	return err
}

func badCursor(want ...expectation) func(context.Context, *Client, *people) error {
	return func(ctx context.Context, c *Client, p *people) error {
		return c.asks(ctx, p, fmt.Sprintf("userName sw %q", p.mark), "scimconf-no-cursor", want...)
	}
}

func tampered(ctx context.Context, c *Client, p *people) error {
	first, _, err := c.second(ctx, p)
	if err != nil {
		return err
	}
	return c.asks(ctx, p, fmt.Sprintf("userName sw %q", p.mark), first.next()+"AAAA", refused)
}

func otherFilter(ctx context.Context, c *Client, p *people) error {
	first, _, err := c.second(ctx, p)
	if err != nil {
		return err
	}
	return c.asks(ctx, p, fmt.Sprintf("userName eq %q", p.c.name()), first.next(), refused)
}

func cursorSearch(ctx context.Context, c *Client, p *people) error {
	r, err := c.search(ctx, parent(p.a.path), object{"filter": fmt.Sprintf("userName sw %q", p.mark), "cursor": "", "count": 1})
	if err != nil {
		return err
	}
	return r.meets(length(1), has("nextCursor"))
}
