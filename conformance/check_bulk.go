package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// bulkOf is a BulkRequest (RFC 7644 §3.7).
func bulkOf(operations ...object) object {
	return object{"schemas": []any{bulkURN}, "Operations": ops(operations...)}
}

// bulk sends operations and sees to it that what they make is deleted.
func (c *Client) bulk(ctx context.Context, body any) (*reply, error) {
	r, err := c.send(ctx, post("/Bulk", body))
	if err != nil {
		return nil, err
	}
	list, _ := field(r.body, "Operations").([]any)
	for _, o := range list {
		if where := text(o, "location"); where != "" && strings.EqualFold(text(o, "method"), http.MethodPost) {
			if target, err := c.resolve(where); err == nil {
				c.leave(target)
			}
		}
	}
	return r, nil
}

// bulked is a check of the answer to a Bulk of two users to be made.
func bulked(want ...expectation) func(context.Context, *Client) error {
	return onBulk(func(ctx context.Context, c *Client, one, two object) error {
		if err := c.severalAtOnce(ctx, 2); err != nil {
			return err
		}
		r, err := c.bulk(ctx, bulkOf(one, two))
		if err != nil {
			return err
		}
		return r.meets(want...)
	})
}

// onBulk hands a check two operations that make users.
func onBulk(fn func(ctx context.Context, c *Client, one, two object) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "bulk"); err != nil {
			return err
		}
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		var list [2]object
		for i := range list {
			body, err := c.userBody(ctx, nil)
			if err != nil {
				return err
			}
			list[i] = object{"method": "POST", "path": endpoint, "bulkId": fmt.Sprintf("one%d", i+1), "data": body}
		}
		return fn(ctx, c, list[0], list[1])
	}
}

func bulkChecks() []Check {
	const rfc = "RFC 7644 §3.7"
	both := func(path string, value any) expectation {
		return func(r *reply) error { return r.meets(at("Operations/0/"+path, value), at("Operations/1/"+path, value)) }
	}
	return []Check{
		{"bulk/status", rfc, Must, "A Bulk is answered with 200.", bulked(status(200))},
		{"bulk/schemas", rfc, Must, "The answer is a BulkResponse.", bulked(readable, declaresSchema(bulkReplyURN))},
		{"bulk/operations", rfc, Must, "The answer has a result for each operation.", bulked(readable, at("Operations/#", 2))},
		{"bulk/created", rfc, Must, "An operation that makes a user has the status 201.", bulked(readable, opStatus(0, 201), opStatus(1, 201))},
		{"bulk/status-string", "RFC 7644 §3.7.3", Should, "The status of an operation is a string.", bulked(readable, both("status", "201"))},
		{"bulk/location", "RFC 7644 §3.7.3", Must, "An operation that makes a user has its location.", bulked(readable, has("Operations/0/location", "Operations/1/location"))},
		{"bulk/method", "RFC 7644 §3.7.3", Must, "A result names its method.", bulked(readable, both("method", "POST"))},
		{"bulk/bulk-id", "RFC 7644 §3.7", Must, "A result of a POST names its bulkId.", bulked(readable, has("Operations/[bulkId=one1]", "Operations/[bulkId=one2]"))},
		{"bulk/makes", rfc, Must, "A user that a Bulk makes can be read.", onBulk(bulkMakes)},
		{"bulk/put", rfc, Must, "A Bulk replaces.", bulkWrites(http.MethodPut)},
		{"bulk/patch", rfc, Must, "A Bulk patches.", bulkWrites(http.MethodPatch)},
		{"bulk/delete", rfc, Must, "A Bulk deletes.", bulkWrites(http.MethodDelete)},
		{"bulk/reference", "RFC 7644 §3.7.2", Must, "bulkId: in data stands for the id of what was made.", onBulk(bulkReference)},
		{"bulk/reference-first", "RFC 7644 §3.7.2", Should, "bulkId: may stand for what a later operation makes.", onBulk(bulkReferenceFirst)},
		{"bulk/reference-unknown", "RFC 7644 §3.7.2", Must, "bulkId: of nothing is an error of the operation.", bulkReferenceUnknown},
		{"bulk/reference-text", "RFC 7644 §3.7.2", Should, "bulkId: in an attribute that refers to nothing is text like any other.", onBulk(bulkText)},
		{"bulk/error", "RFC 7644 §3.7.3", Must, "An operation that fails has its status.", bulkFails(opStatus(0, 404))},
		{"bulk/error-response", "RFC 7644 §3.7.3", Must, "An operation that fails has an error response.", bulkFails(opStatus(0, 404), has("Operations/0/response"))},
		{"bulk/continues", rfc, Must, "Without failOnErrors the operations after a failed one are done.", bulkContinues},
		{"bulk/fail-on-errors", rfc, Must, "With failOnErrors 1 nothing is done after the first error.", bulkStops},
		{"bulk/too-many", "RFC 7644 §3.7.4", Must, "More than maxOperations is 413.", bulkTooMany},
		{"bulk/too-large", "RFC 7644 §3.7.4", Must, "More than maxPayloadSize is 413.", bulkTooLarge},
		{"bulk/malformed", "RFC 7644 §3.12", Must, "A Bulk that is no JSON is 400.", onBulk(func(ctx context.Context, c *Client, _, _ object) error {
			_, err := c.expect(ctx, post("/Bulk", []byte(`{"Operations":`)), status(400))
			return err
		})},
		{"bulk/bad-method", rfc, Should, "An operation with an unknown method fails.", onBulk(func(ctx context.Context, c *Client, one, _ object) error {
			one["method"] = "SCIMCONF"
			return c.bulkRefused(ctx, one)
		})},
		{"bulk/get", rfc, Must, "/Bulk cannot be read.", onBulk(func(ctx context.Context, c *Client, _, _ object) error {
			_, err := c.expect(ctx, get("/Bulk"), refused)
			return err
		})},
	}
}

// opStatus accepts a number, too; whether it is a string is another check.
func opStatus(i, code int) expectation {
	return func(r *reply) error {
		path := fmt.Sprintf("Operations/%d/status", i)
		if got := fmt.Sprint(field(r.body, path)); got != fmt.Sprint(code) {
			return fmt.Errorf("%s is %s, want %d", path, got, code)
		}
		return nil
	}
}

// bulkRefused wants an operation to fail, alone or with the whole request.
func (c *Client) bulkRefused(ctx context.Context, operation object) error {
	r, err := c.bulk(ctx, bulkOf(operation))
	if err != nil || !r.ok() {
		return orRefused(r, err)
	}
	if s := fmt.Sprint(field(r.body, "Operations/0/status")); !strings.HasPrefix(s, "4") && s != "501" {
		return fmt.Errorf("the status of the operation is %s, want 4xx", s)
	}
	return nil
}

func orRefused(r *reply, err error) error {
	if err != nil {
		return err
	}
	return r.meets(refused)
}

func bulkMakes(ctx context.Context, c *Client, one, _ object) error {
	r, err := c.bulk(ctx, bulkOf(one))
	if err != nil {
		return err
	}
	where := text(r.body, "Operations/0/location")
	if where == "" {
		return skip("blocked, because there is no location")
	}
	target, err := c.resolve(where)
	if err != nil {
		return err
	}
	return c.shows(ctx, &resource{path: target}, success, at("userName", field(one, "data/userName")))
}

func bulkWrites(method string) func(context.Context, *Client) error {
	return onBulk(func(ctx context.Context, c *Client, _, _ object) error {
		if err := c.needs(ctx, userURN, "displayName"); err != nil {
			return err
		}
		u, err := c.user(ctx, ada)
		if err != nil {
			return err
		}
		r, err := c.change(ctx, method, u)
		if err != nil {
			return err
		}
		operation := object{"method": method, "path": u.path}
		if r.body != nil {
			operation["data"] = r.body
		}
		answer, err := c.bulk(ctx, bulkOf(operation))
		if err != nil {
			return err
		}
		if err := answer.meets(status(200)); err != nil {
			return blocked("a Bulk", err)
		}
		if method == http.MethodDelete {
			return c.shows(ctx, u, status(404))
		}
		want := field(r.body, "displayName")
		if method == http.MethodPatch {
			want = field(r.body, "Operations/0/value")
		}
		return c.shows(ctx, u, at("displayName", want))
	})
}
