package conformance

import (
	"context"
	"fmt"
	"net/http"
)

// search sends a SearchRequest (RFC 7644 §3.4.3). A server without .search is
// found out by one check and skipped by the others.
func (c *Client) search(ctx context.Context, endpoint string, body object) (*reply, error) {
	sent := object{"schemas": []any{searchURN}}
	for name, value := range body {
		sent[name] = value
	}
	probe, err := c.send(ctx, post(endpoint+"/.search", object{"schemas": []any{searchURN}, "count": 1}))
	if err != nil {
		return nil, err
	}
	if !probe.ok() {
		return nil, skip("%s/.search answers %d", endpoint, probe.status)
	}
	return c.expect(ctx, post(endpoint+"/.search", sent), status(200), isObject)
}

// searched is a check of a search for the people.
func searched(uses []string, body object, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		p, err := c.crowd(ctx, uses...)
		if err != nil {
			return err
		}
		sent := object{"filter": fmt.Sprintf("userName sw %q", p.mark)}
		for name, value := range body {
			sent[name] = value
		}
		r, err := c.search(ctx, parent(p.a.path), sent)
		if err != nil {
			return err
		}
		return r.meets(want...)
	}
}

func searchChecks() []Check {
	const rfc = "RFC 7644 §3.4.3"
	return []Check{
		{"search/available", rfc, Should, "POST to /Users/.search is answered with 200.", searchable(status(http.StatusOK))},
		{"search/list", rfc, Must, "The answer to a search is a ListResponse.", searchList},
		{"search/filter", rfc, Must, "A search filters.", searchFor},
		{"search/count", rfc, Must, "A search takes count.", searched(nil, object{"count": 2}, atMost(2), ifThere("totalResults", at("totalResults", 3)))},
		{"search/start-index", rfc, Must, "A search takes startIndex.", searchFrom(3, length(1), at("startIndex", 3))},
		{"search/attributes", rfc, Must, "A search takes attributes as an array.", hiding("displayName", object{"attributes": []any{"userName"}}, has("Resources/0/userName"), lacks("Resources/0/displayName"))},
		{"search/excluded", rfc, Must, "A search takes excludedAttributes as an array.", hiding("displayName", object{"excludedAttributes": []any{"displayName"}},
			has("Resources/0/userName"), lacks("Resources/0/displayName", "Resources/1/displayName"))},
		{"search/bad-filter", "RFC 7644 §3.12", Must, "A bad filter in a search is 400.", searchBad(object{"filter": "userName eq"}, status(400))},
		{"search/bad-filter-type", "RFC 7644 §3.12", Must, "The 400 for a bad filter has the scimType invalidFilter.", searchBad(object{"filter": "userName eq"}, ifStatus(400, scimType("invalidFilter")))},
		{"search/malformed", "RFC 7644 §3.12", Must, "A search that is no JSON is 400.", searchBad([]byte(`{"filter":`), status(400))},
		{"search/root", rfc, Should, "POST to /.search searches all resource types.", searchRoot},
		{"search/changes-nothing", rfc, Must, "A search makes no resource.", searched(nil, nil, lacks("id"))},
	}
}

// hiding is a check of a search that leaves an attribute out.
func hiding(name string, body object, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.hideable(ctx, userURN, name); err != nil {
			return err
		}
		return searched([]string{name}, body, want...)(ctx, c)
	}
}

func searchList(ctx context.Context, c *Client) error {
	return searched(nil, nil, c.listing(ctx))(ctx, c)
}

func searchFrom(start int, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.indexed(ctx); err != nil {
			return err
		}
		return searched(nil, object{"startIndex": start}, want...)(ctx, c)
	}
}

func searchFor(ctx context.Context, c *Client) error {
	p, err := c.filterable(ctx)
	if err != nil {
		return err
	}
	r, err := c.search(ctx, parent(p.a.path), object{"filter": fmt.Sprintf("userName eq %q", p.b.name())})
	if err != nil {
		return err
	}
	return r.meets(length(1), at("Resources/0/id", p.b.id))
}

func searchable(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, post(endpoint+"/.search", object{"schemas": []any{searchURN}, "count": 1}), want...)
		return err
	}
}

func searchBad(body any, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		if _, err := c.search(ctx, endpoint, object{"count": 1}); err != nil {
			return blocked("a good search", err)
		}
		sent := body
		if o, ok := body.(object); ok {
			sent = object{"schemas": []any{searchURN}, "filter": o["filter"]}
		}
		_, err = c.expect(ctx, post(endpoint+"/.search", sent), want...)
		return err
	}
}

func searchRoot(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "filter"); err != nil {
		return err
	}
	_, err := c.expect(ctx, post("/.search", object{"schemas": []any{searchURN}, "count": 2}), c.listing(ctx), atMost(2))
	return err
}
