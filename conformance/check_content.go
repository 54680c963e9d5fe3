package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func contentChecks() []Check {
	const rfc = "RFC 7644 §3.1"
	accept := func(value string) request { return get("").with("Accept", value) }
	return []Check{
		{"content/get", rfc, Must, "A user is application/scim+json.", onUser(ifStatus(200, isSCIM))},
		{"content/list", rfc, Must, "A list is application/scim+json.", onUsers("", readable, isSCIM)},
		{"content/create", rfc, Must, "The answer to a POST is application/scim+json.", postUser(created, isSCIM)},
		{"content/config", rfc, Must, "ServiceProviderConfig is application/scim+json.", onConfig(isSCIM)},
		{"content/types", rfc, Must, "/ResourceTypes is application/scim+json.", single(get("/ResourceTypes"), readable, isSCIM)},
		{"content/schemas", rfc, Must, "/Schemas is application/scim+json.", single(get("/Schemas"), readable, isSCIM)},
		{"content/utf-8", "RFC 7644 §8.1", Must, "Answers are valid UTF-8.", onUsers("", readable, isUTF8)},
		{"content/accept-scim", rfc, Must, "Accept: application/scim+json works.", onUsers("", status(200))},
		{"content/accept-json", rfc, Should, "Accept: application/json works.", listWith(accept("application/json"), status(200))},
		{"content/accept-any", "RFC 9110 §12.5.1", Must, "Accept: */* works.", listWith(accept("*/*"), status(200))},
		{"content/accept-none", "RFC 9110 §12.5.1", Must, "A request without Accept works.", listWith(accept(""), status(200))},
		{"content/accept-list", "RFC 9110 §12.5.1", Must, "Accept takes a list with weights.", listWith(accept("text/html;q=0.5, application/scim+json;q=0.9"), status(200))},
		{"content/accept-html", "RFC 9110 §12.5.1", Should, "Accept: text/html is 406, or is answered with SCIM.", listWith(accept("text/html"), acceptHTML)},
		{"content/type-json", rfc, Should, "A POST of application/json works.", postAs("application/json", success)},
		{"content/type-scim", rfc, Must, "A POST of application/scim+json works.", postAs("application/scim+json", success)},
		{"content/type-charset", rfc, Should, "A POST with a charset parameter works.", postAs("application/scim+json; charset=utf-8", success)},
		{"content/type-case", "RFC 9110 §8.3.1", Should, "Media types are not case-sensitive.", postAs("Application/SCIM+JSON", success)},
		{"content/type-text", "RFC 9110 §15.5.16", Should, "A POST of text/html is refused.", postAs("text/html", refused)},
		{"content/question-mark", "RFC 3986 §3.4", Must, "A question mark without parameters means nothing.", onUsers("?", status(200))},
		{"content/no-user-agent", "RFC 9110 §10.1.5", Should, "A request without User-Agent works.", listWith(get("").with("User-Agent", ""), status(200))},
		{"content/unknown-parameter", "RFC 7644 §3.4.2", Should, "A parameter that is not known does not break a search.", onUsers("?scimconf=1", status(200))},
		{"content/gzip", "RFC 9110 §8.4", Must, "An answer is not compressed in a way that was not asked for.", listWith(get("").with("Accept-Encoding", "identity"), notEncoded)},
	}
}

// listWith sends a GET of users that has other headers.
func listWith(r request, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		if _, err := c.expect(ctx, get(endpoint), status(200)); err != nil {
			return blocked("listing users", err)
		}
		r := r // the check may run again
		r.path = endpoint
		_, err = c.expect(ctx, r, want...)
		return err
	}
}

func acceptHTML(r *reply) error {
	if r.status == http.StatusNotAcceptable {
		return nil
	}
	return r.meets(status(200), isObject)
}

func notEncoded(r *reply) error {
	if e := r.header.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("Content-Encoding is %q for Accept-Encoding: identity", e)
	}
	return nil
}

// postAs posts a user under a media type, after it has shown that it can be posted at all.
func postAs(mediaType string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if _, err := c.user(ctx, nil); err != nil && mediaType != "application/scim+json" {
			return err
		}
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		body, err := c.userBody(ctx, nil)
		if err != nil {
			return err
		}
		r, err := c.create(ctx, post(endpoint, body).with("Content-Type", mediaType))
		if err != nil {
			return err
		}
		return r.meets(want...)
	}
}

func methodChecks() []Check {
	const http9, me = "RFC 9110 §15.5.6", "RFC 7644 §3.11"
	return []Check{
		{"method/head", "RFC 9110 §9.3.2", Should, "HEAD of a user answers as GET does.", headUser(status(200))},
		{"method/head-unknown", "RFC 9110 §9.3.2", Should, "HEAD of an unknown user is 404.", headUnknown},
		{"method/put-list", http9, Should, "PUT of /Users is 405, or 501.", badMethod(http.MethodPut, "", status(405, 501))},
		{"method/patch-list", http9, Should, "PATCH of /Users is 405, or 501.", badMethod(http.MethodPatch, "", status(405, 501))},
		{"method/delete-list", http9, Must, "DELETE of /Users does not work.", badMethod(http.MethodDelete, "?filter=id%20eq%20%22scimconf-nobody%22", refused)},
		{"method/post-user", http9, Should, "POST to a user is 405, or 501.", badMethod(http.MethodPost, "/"+unknownID, status(404, 405, 501))},
		{"method/unknown", "RFC 9110 §15.6.2", Should, "A method that nobody knows is 405 or 501.", badMethod("SCIMCONF", "", status(405, 501, 400))},
		{"method/allow", http9, Must, "The answer 405 has an Allow header.", badMethod(http.MethodPut, "", ifStatus(405, hasHeader("Allow")))},
		{"method/allow-true", http9, Should, "Allow of /Users names GET and POST.", badMethod(http.MethodPut, "", ifStatus(405, allows(http.MethodGet, http.MethodPost)))},
		{"method/error", "RFC 7644 §3.12", Should, "The answer 405 is a SCIM Error.", badMethod(http.MethodPut, "", ifStatus(405, isObject, declaresSchema(errorURN)))},
		{"method/me", me, Should, "/Me answers with a user, a redirection, 404 or 501.", meCheck(status(200, 301, 302, 303, 307, 308, 404, 501, 403))},
		{"method/me-location", me, Must, "If /Me answers 200, meta.location is that of the user.", meCheck(ifStatus(200, meLocation))},
	}
}

func headUser(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, err := c.anyUser(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, head(u.path), want...)
		return err
	}
}

func headUnknown(ctx context.Context, c *Client) error {
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, head(endpoint+"/"+unknownID), status(404, 405))
	return err
}

// badMethod sends a body that would do no harm if it were obeyed.
func badMethod(method, suffix string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, request{method: method, path: endpoint + suffix, body: object{"schemas": []any{}}}, want...)
		return err
	}
}

func allows(methods ...string) expectation {
	return func(r *reply) error {
		var got []string
		for m := range strings.SplitSeq(strings.Join(r.header.Values("Allow"), ","), ",") {
			got = append(got, strings.TrimSpace(m))
		}
		for _, m := range methods {
			if !slices.Contains(got, m) {
				return fmt.Errorf("the header Allow is %q, without %s", strings.Join(got, ", "), m)
			}
		}
		return nil
	}
}

func meCheck(want ...expectation) func(context.Context, *Client) error {
	return single(get("/Me"), want...)
}

func meLocation(r *reply) error {
	if where := text(r.body, "meta/location"); where == "" || strings.HasSuffix(where, "/Me") {
		return fmt.Errorf("meta.location is %q", where)
	}
	return nil
}
