package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guarded is a check of a request whose authentication is wrong. Without a
// token of its own the run cannot know whether there is any authentication.
func guarded(authorization string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if c.Token == "" {
			return skip("the run has no token")
		}
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		if _, err := c.expect(ctx, get(endpoint), status(200)); err != nil {
			return blocked("listing users", err)
		}
		_, err = c.expect(ctx, get(endpoint).with("Authorization", authorization), want...)
		return err
	}
}

func authChecks() []Check {
	const rfc = "RFC 7644 §2"
	unauthorized := status(http.StatusUnauthorized)
	return []Check{
		{"auth/none", rfc, Must, "A request without a token is 401.", guarded("", unauthorized)},
		{"auth/challenge", "RFC 9110 §11.6.1", Must, "The answer 401 has a WWW-Authenticate header.", guarded("", ifStatus(401, hasHeader("WWW-Authenticate")))},
		{"auth/error", "RFC 7644 §3.12", Should, "The answer 401 is a SCIM Error.", guarded("", ifStatus(401, isObject, declaresSchema(errorURN)))},
		{"auth/media-type", "RFC 7644 §3.1", Should, "The answer 401 is application/scim+json.", guarded("", ifStatus(401, isSCIM))},
		// 401 is what RFC 7644 §3.12 says of a header that is invalid, 403 what RFC 9110 §15.5.4 says of credentials that do not suffice.
		{"auth/wrong", rfc, Must, "A wrong token is 401, or 403.", guarded("Bearer scimconf-wrong-token", status(401, 403))},
		{"auth/wrong-status", "RFC 6750 §3.1", Should, "A wrong token is 401.", guarded("Bearer scimconf-wrong-token", unauthorized)},
		{"auth/empty", rfc, Must, "An empty token is refused.", guarded("Bearer ", refused)},
		{"auth/scheme", rfc, Must, "An unknown authentication scheme is refused.", guarded("Scimconf x", refused)},
		{"auth/basic", rfc, Must, "Wrong Basic credentials are 401, or 403.", guarded("Basic c2NpbWNvbmY6d3Jvbmc=", status(401, 403))},
		{"auth/long", rfc, Must, "A token of 6,000 characters is refused.", guarded("Bearer "+strings.Repeat("x", 6000), refused)},
		{"auth/prefix", rfc, Must, "A part of the token is refused.", partOfToken},
		{"auth/scheme-case", "RFC 9110 §11.1", Must, "The authentication scheme is not case-sensitive.", schemeCase},
		{"auth/write", rfc, Must, "A POST with a wrong token makes nothing.", wrongTokenWrites},
		{"auth/no-oracle", "RFC 7644 §7", Should, "Without a token, users that exist and users that do not are answered alike.", noOracle},
	}
}

func partOfToken(ctx context.Context, c *Client) error {
	if len(c.Token) < 8 {
		return skip("the token is too short")
	}
	return guarded("Bearer "+c.Token[:len(c.Token)-1], refused)(ctx, c)
}

func schemeCase(ctx context.Context, c *Client) error {
	return guarded("bearer "+c.Token, status(200))(ctx, c)
}

func wrongTokenWrites(ctx context.Context, c *Client) error {
	if c.Token == "" {
		return skip("the run has no token")
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	body, err := c.userBody(ctx, nil)
	if err != nil {
		return err
	}
	r, err := c.create(ctx, post(parent(u.path), body).with("Authorization", "Bearer scimconf-wrong-token"))
	if err != nil {
		return err
	}
	return r.meets(status(http.StatusUnauthorized, http.StatusForbidden))
}

func noOracle(ctx context.Context, c *Client) error {
	if c.Token == "" {
		return skip("the run has no token")
	}
	u, err := c.anyUser(ctx)
	if err != nil {
		return err
	}
	there, err := c.send(ctx, get(u.path).with("Authorization", ""))
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(parent(u.path)+"/"+unknownID).with("Authorization", ""), status(there.status))
	return err
}

// hostile posts a raw body to /Users, after it has shown that users can be made.
func hostile(body func(name string) []byte, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		u, err := c.user(ctx, nil)
		if err != nil {
			return err
		}
		r, err := c.create(ctx, post(parent(u.path), body(c.unique()+"@example.com")))
		if err != nil {
			return err
		}
		if err := r.meets(want...); err != nil {
			return err
		}
		_, err = c.expect(ctx, get(u.path), success) // still alive
		return err
	}
}

func hostileChecks() []Check {
	const rfc, depth, large = "RFC 7644 §7", 20000, 9 << 20
	userJSON := func(name, more string) []byte {
		return fmt.Appendf(nil, `{"schemas":[%q],"userName":%q%s}`, userURN, name, more)
	}
	return []Check{
		{"hostile/large", rfc, Should, "A body of 9 MiB does not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"displayName":"`+strings.Repeat("x", large)+`"`)
		}, survived)},
		{"hostile/deep", rfc, Should, "JSON nested 20,000 levels deep does not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"displayName":`+strings.Repeat("[", depth)+strings.Repeat("]", depth))
		}, survived)},
		{"hostile/utf-8", "RFC 8259 §8.1", Must, "A body that is not UTF-8 is refused, or answered in UTF-8.", hostile(func(name string) []byte {
			return userJSON(name, ",\"displayName\":\"a\xff\xfeb\"")
		}, survived, isUTF8)},
		{"hostile/duplicate-keys", "RFC 8259 §4", Should, "Two members of the same name do not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"userName":"`+name+`","displayName":"a","displayName":"b"`)
		}, survived)},
		{"hostile/nul", rfc, Should, "A NUL in a string does not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"displayName":"a\u0000b"`)
		}, survived)},
		{"hostile/surrogate", "RFC 8259 §8.2", Should, "Half of a surrogate pair does not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"displayName":"a\ud800b"`)
		}, survived, isUTF8)},
		{"hostile/number", "RFC 8259 §6", Should, "A number beyond all types does not break the server.", hostile(func(name string) []byte {
			return userJSON(name, `,"displayName":1e999999`)
		}, survived)},
		{"hostile/trailing", "RFC 8259 §2", Should, "A body with something after the JSON is refused.", hostile(func(name string) []byte {
			return append(userJSON(name, ""), " {}x"...)
		}, refused)},
		{"hostile/long-filter", rfc, Should, "A filter of 60 KB does not break the server.", hostileFilter(`userName eq "` + strings.Repeat("x", 60000) + `"`)},
		{"hostile/deep-filter", rfc, Should, "A filter nested 2,000 levels deep does not break the server.",
			hostileFilter(strings.Repeat("(", 2000) + `userName eq "x"` + strings.Repeat(")", 2000))},
		{"hostile/many-conditions", rfc, Should, "A filter with 1,000 conditions does not break the server.",
			hostileFilter(`userName eq "x"` + strings.Repeat(` or userName eq "x"`, 1000))},
		{"hostile/regular-expression", rfc, Should, "A filter that looks like a regular expression does not break the server.", hostileFilter(`userName co "(a+)+$["`)},
		{"hostile/id-path", rfc, Must, "Dots and slashes in an id lead nowhere.", hostileID("..%2f..%2fetc%2fpasswd", refused)},
		{"hostile/id-quote", rfc, Must, "A quotation mark in an id finds nobody.", hostileID("x%27%20OR%20%271%27=%271", refused)},
		{"hostile/id-nul", rfc, Must, "A NUL in an id finds nobody, and does not break the server.", hostileID("x%00", refused)},
		{"hostile/id-line-break", rfc, Must, "A line break in an id does not become a header.", hostileID("x%0d%0aScimconf:%20yes", survived, noInjected)},
		{"hostile/id-long", rfc, Should, "An id of 5,000 characters does not break the server.", hostileID(strings.Repeat("x", 5000), survived)},
		{"hostile/password-echo", rfc, Must, "An error about a user does not repeat the password.", passwordEcho},
	}
}

func hostileFilter(filter string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.supports(ctx, "filter"); err != nil {
			return err
		}
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(query(endpoint, "filter", filter)), survived)
		return err
	}
}

func hostileID(id string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.users(ctx)
		if err != nil {
			return err
		}
		if _, err := url.PathUnescape(id); err != nil {
			return err
		}
		_, err = c.expect(ctx, get(endpoint+"/"+id), want...)
		return err
	}
}

func noInjected(r *reply) error {
	if slices.ContainsFunc(r.header.Values("Scimconf"), func(v string) bool { return v != "" }) {
		return fmt.Errorf("the id became the header Scimconf: %s", r.header.Get("Scimconf"))
	}
	return nil
}

func passwordEcho(ctx context.Context, c *Client) error {
	if _, ok, err := c.declared(ctx, userURN, "password"); err != nil || !ok {
		return orSkip(err, "the server does not declare password")
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	secret := c.password()
	body, err := c.userBody(ctx, object{"userName": u.name(), "password": secret})
	if err != nil {
		return err
	}
	r, err := c.create(ctx, post(parent(u.path), body))
	if err != nil {
		return err
	}
	if strings.Contains(string(r.raw), secret) {
		return fmt.Errorf("the answer %d holds the password that was sent", r.status)
	}
	return nil
}
