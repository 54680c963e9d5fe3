package conformance

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// errorOf is a check of an error answer, whose status other checks test.
func errorOf(code int, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		r, err := c.provoke(ctx, code)
		if err != nil {
			return err
		}
		if r.status != code {
			return skip("blocked, because the status is %d, not %d", r.status, code)
		}
		return r.meets(want...)
	}
}

// provoke asks for something that is answered with a status.
func (c *Client) provoke(ctx context.Context, code int) (*reply, error) {
	endpoint, err := c.users(ctx)
	if err != nil {
		return nil, err
	}
	switch code {
	case http.StatusNotFound:
		return c.send(ctx, get(endpoint+"/"+unknownID))
	case http.StatusBadRequest:
		return c.send(ctx, post(endpoint, []byte(`{"schemas":[`)))
	}
	u, err := c.user(ctx, nil)
	if err != nil {
		return nil, err
	}
	body, err := c.userBody(ctx, object{"userName": u.name()})
	if err != nil {
		return nil, err
	}
	return c.create(ctx, post(endpoint, body))
}

func errorChecks() []Check {
	const rfc = "RFC 7644 §3.12"
	var list []Check
	for _, code := range []int{400, 404, 409} {
		name := "error/" + strconv.Itoa(code)
		list = append(list,
			Check{name + "-schema", rfc, Must, fmt.Sprintf("A %d is a SCIM Error.", code), errorOf(code, isObject, declaresSchema(errorURN))},
			Check{name + "-status", rfc, Must, fmt.Sprintf("The Error of a %d has this status.", code), errorOf(code, sameStatus(code))},
			Check{name + "-status-string", rfc, Must, fmt.Sprintf("The status in the Error of a %d is a string.", code), errorOf(code, ifThere("status", isString("status")))},
			Check{name + "-detail", rfc, Should, fmt.Sprintf("The Error of a %d says what is wrong.", code), errorOf(code, has("detail"))},
			Check{name + "-media-type", "RFC 7644 §3.1", Must, fmt.Sprintf("A %d is application/scim+json.", code), errorOf(code, isSCIM)},
		)
	}
	return append(list,
		Check{"error/scim-type-known", rfc, Should, "scimType, if sent, is one that an RFC names.", errorOf(400, knownType)},
		Check{"error/no-internals", "RFC 7644 §7", Should, "An Error does not show the inside of the server.", errorOf(400, noInternals)},
		Check{"error/unknown-path", rfc, Must, "A path that is no endpoint is 404.", single(get("/ScimconfNothing"), status(404))},
		Check{"error/unknown-path-schema", rfc, Should, "The 404 for a path that is no endpoint is a SCIM Error.", single(get("/ScimconfNothing"), ifStatus(404, isObject, declaresSchema(errorURN)))},
		Check{"error/unknown-path-media-type", "RFC 7644 §3.1", Should, "The 404 for a path that is no endpoint is application/scim+json.", single(get("/ScimconfNothing"), ifStatus(404, isSCIM))},
		Check{"error/sensitive", rfc, Should, "If a filter on password is refused with 403, the scimType is sensitive.", passwordFilter},
		Check{"error/invalid-version", rfc, Should, "If another protocol version is refused with 400, the scimType is invalidVers.", otherVersion},
	)
}

func sameStatus(code int) expectation {
	return func(r *reply) error {
		if got := fmt.Sprint(field(r.body, "status")); got != strconv.Itoa(code) {
			return fmt.Errorf("status in the body is %s, and of the answer %d", got, code)
		}
		return nil
	}
}

func knownType(r *reply) error {
	if unassigned(field(r.body, "scimType")) {
		return skip("the server sends no scimType")
	}
	return scimType("invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget",
		"invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount")(r)
}

// internals are signs of stack traces and statements that never belong to an answer.
var internals = regexp.MustCompile(`(?i)goroutine \d+ \[|Traceback \(most recent|\bat [\w.$]+\([\w.]+\.java:\d+\)|\bat .+ \(.+\.js:\d+:\d+\)|\bin .+\.php on line \d+|SELECT .+ FROM |INSERT INTO |panic:`)

func noInternals(r *reply) error {
	if found := internals.FindString(string(r.raw)); found != "" {
		return fmt.Errorf("the answer holds %q", found)
	}
	return nil
}

func passwordFilter(ctx context.Context, c *Client) error {
	if err := c.supports(ctx, "filter"); err != nil {
		return err
	}
	endpoint, err := c.users(ctx)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(query(endpoint, "filter", `password eq "scimconf"`)), survived, func(r *reply) error {
		if r.status == http.StatusForbidden {
			return scimType("sensitive")(r)
		}
		return nil
	})
	return err
}

func otherVersion(ctx context.Context, c *Client) error {
	base, ok := strings.CutSuffix(c.URL, "/v2")
	if !ok {
		return skip("the base URL does not end in /v2")
	}
	r, err := c.expect(ctx, get(base+"/v9/Users"))
	if err != nil {
		return err
	}
	if r.status == http.StatusBadRequest {
		return r.meets(scimType("invalidVers"))
	}
	return r.meets(survived)
}
