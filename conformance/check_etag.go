package conformance

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// tagged is a check on a new user of a server that advertises ETags.
func tagged(fn func(context.Context, *Client, *resource, string) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "etag"); err != nil {
			return err
		}
		u, err := c.anyUser(ctx)
		if err != nil {
			return err
		}
		now, err := c.read(ctx, u)
		if err != nil {
			return err
		}
		tag := now.header.Get("ETag")
		if tag == "" {
			tag = text(now.body, "meta/version")
		}
		if tag == "" {
			return skip("blocked, because users have neither ETag nor meta.version")
		}
		return fn(ctx, c, u, tag)
	}
}

const staleTag = `W/"scimconf-stale"`

func etagChecks() []Check {
	const rfc, pre = "RFC 7644 §3.14", "RFC 9110 §13.1"
	return []Check{
		{"etag/header", rfc, Must, "GET of a user has an ETag header.", taggedUser(hasHeader("ETag"))},
		{"etag/form", "RFC 9110 §8.8.3", Must, "An ETag is a quoted string, perhaps after W/.", taggedUser(goodTag)},
		{"etag/version", "RFC 7643 §3.1", Must, "meta.version is the ETag.", taggedUser(versionIsTag)},
		{"etag/create", rfc, Should, "The answer to a POST has an ETag header.", taggedCreate},
		{"etag/list", "RFC 7643 §3.1", Should, "Listed users have meta.version.", taggedList},
		{"etag/none-match", pre, Must, "If-None-Match with the current ETag is 304.", noneMatch(status(http.StatusNotModified))},
		{"etag/none-match-other", pre, Must, "If-None-Match with another ETag is 200.", tagged(func(ctx context.Context, c *Client, u *resource, _ string) error {
			_, err := c.expect(ctx, get(u.path).with("If-None-Match", staleTag), status(200))
			return err
		})},
		{"etag/none-match-list", pre, Must, "If-None-Match takes a list of ETags.", tagged(func(ctx context.Context, c *Client, u *resource, tag string) error {
			_, err := c.expect(ctx, get(u.path).with("If-None-Match", staleTag+", "+tag), status(http.StatusNotModified))
			return err
		})},
		{"etag/stable", rfc, Should, "An ETag does not change while nothing is written.", tagged(func(ctx context.Context, c *Client, u *resource, tag string) error {
			_, err := c.expect(ctx, get(u.path), versionIs(tag))
			return err
		})},
		{"etag/match-put-stale", rfc, Must, "PUT with a stale If-Match is 412.", ifMatch(http.MethodPut, true, status(http.StatusPreconditionFailed))},
		{"etag/match-patch-stale", rfc, Must, "PATCH with a stale If-Match is 412.", ifMatch(http.MethodPatch, true, status(http.StatusPreconditionFailed))},
		{"etag/match-delete-stale", pre, Must, "DELETE with a stale If-Match is 412.", ifMatch(http.MethodDelete, true, status(http.StatusPreconditionFailed))},
		{"etag/match-put", rfc, Must, "PUT with the current ETag in If-Match works.", ifMatch(http.MethodPut, false, success)},
		{"etag/match-patch", rfc, Must, "PATCH with the current ETag in If-Match works.", ifMatch(http.MethodPatch, false, success)},
		{"etag/match-delete", pre, Must, "DELETE with the current ETag in If-Match works.", ifMatch(http.MethodDelete, false, success)},
		{"etag/stale-changes-nothing", rfc, Must, "A write that is refused with 412 changes nothing.", staleChangesNothing},
		{"etag/changes-put", rfc, Must, "A PUT that changes a user changes the ETag.", tagMoves(http.MethodPut)},
		{"etag/changes-patch", rfc, Must, "A PATCH that changes a user changes the ETag.", tagMoves(http.MethodPatch)},
	}
}

func taggedUser(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "etag"); err != nil {
			return err
		}
		return onUser(want...)(ctx, c)
	}
}

var entityTag = regexp.MustCompile(`^(W/)?"[\x21\x23-\x7e\x80-\xff]*"$`)

func goodTag(r *reply) error {
	tag := r.header.Get("ETag")
	if tag == "" {
		return skip("blocked, because there is no ETag")
	}
	if !entityTag.MatchString(tag) {
		return fmt.Errorf("ETag is %s", tag)
	}
	return nil
}

func versionIsTag(r *reply) error {
	if r.header.Get("ETag") == "" {
		return skip("blocked, because there is no ETag")
	}
	if field(r.body, "meta/version") == nil { // RFC 7644 §3.14 says SHOULD
		return skip("the server sends no meta.version")
	}
	return at("meta/version", r.header.Get("ETag"))(r)
}

func versionIs(tag string) expectation {
	return func(r *reply) error {
		got := r.header.Get("ETag")
		if got == "" {
			got = text(r.body, "meta/version")
		}
		if got != tag {
			return fmt.Errorf("the ETag was %s, and is %s now", tag, got)
		}
		return nil
	}
}

func taggedCreate(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "etag"); err != nil {
		return err
	}
	return postUser(created, hasHeader("ETag"))(ctx, c)
}

func taggedList(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "etag"); err != nil {
		return err
	}
	u, err := c.anyUser(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(query(parent(u.path), "count", "1")), readable, ifThere("Resources", has("Resources/0/meta/version")))
	return err
}

func noneMatch(want ...expectation) func(context.Context, *Client) error {
	return tagged(func(ctx context.Context, c *Client, u *resource, tag string) error {
		_, err := c.expect(ctx, get(u.path).with("If-None-Match", tag), want...)
		return err
	})
}

// change is a request of some method that changes a user's displayName, or deletes it.
func (c *Client) change(ctx context.Context, method string, u *resource) (request, error) {
	switch method {
	case http.MethodDelete:
		return del(u.path), nil
	case http.MethodPatch:
		return patchTo(u.path, patchOf(op("replace", "displayName", c.unique()))), c.supports(ctx, "patch")
	}
	body, err := c.userBody(ctx, object{"userName": u.name(), "displayName": c.unique()})
	return put(u.path, body), err
}

func ifMatch(method string, stale bool, want ...expectation) func(context.Context, *Client) error {
	return tagged(func(ctx context.Context, c *Client, u *resource, tag string) error {
		if err := c.needs(ctx, userURN, "displayName"); err != nil {
			return err
		}
		r, err := c.change(ctx, method, u)
		if err != nil {
			return err
		}
		if stale {
			tag = staleTag
		}
		answer, err := c.send(ctx, r.with("If-Match", tag))
		if err != nil {
			return err
		}
		if !stale && strings.HasPrefix(tag, "W/") && answer.status == http.StatusPreconditionFailed {
			return skip("the ETag is weak, and RFC 9110 §13.1.1 compares strongly; the example of RFC 7644 §3.14 does not")
		}
		return answer.meets(want...)
	})
}

func staleChangesNothing(ctx context.Context, c *Client) error {
	return tagged(func(ctx context.Context, c *Client, u *resource, _ string) error {
		r, err := c.change(ctx, http.MethodPut, u)
		if err != nil {
			return err
		}
		answer, err := c.send(ctx, r.with("If-Match", staleTag))
		if err != nil {
			return err
		}
		if answer.status != http.StatusPreconditionFailed {
			return skip("blocked, because the status is %d, not 412", answer.status)
		}
		_, err = c.expect(ctx, get(u.path), at("displayName", u.at("displayName")))
		return err
	})(ctx, c)
}

func tagMoves(method string) func(context.Context, *Client) error {
	return tagged(func(ctx context.Context, c *Client, u *resource, tag string) error {
		if err := c.needs(ctx, userURN, "displayName"); err != nil {
			return err
		}
		r, err := c.change(ctx, method, u)
		if err != nil {
			return err
		}
		if _, err := c.expect(ctx, r, success); err != nil {
			return blocked("a "+method, err)
		}
		return c.soon(ctx, func() error {
			now, err := c.read(ctx, u)
			if err != nil {
				return err
			}
			if versionIs(tag)(now) == nil {
				return fmt.Errorf("the ETag %s did not change", tag)
			}
			return nil
		})
	})
}
