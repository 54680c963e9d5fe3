package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// expectation says what is wrong with an answer, or nil.
type expectation func(*reply) error

// expect sends a request and holds the answer against the expectations.
func (c *Client) expect(ctx context.Context, r request, want ...expectation) (*reply, error) {
	answer, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer, answer.meets(want...)
}

func (r *reply) meets(want ...expectation) error {
	for _, w := range want {
		if err := w(r); err != nil {
			return err
		}
	}
	return nil
}

// single is a check of one request.
func single(r request, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		_, err := c.expect(ctx, r, want...)
		return err
	}
}

func status(codes ...int) expectation {
	return func(r *reply) error {
		if slices.Contains(codes, r.status) {
			return nil
		}
		return fmt.Errorf("status %d%s, want %s", r.status, r.reason(), words(codes))
	}
}

// reason quotes an error answer, so that a report can be read without the exchange.
func (r *reply) reason() string {
	if d := text(r.body, "detail"); d != "" && r.status >= 400 {
		return fmt.Sprintf(" (%q)", d)
	}
	return ""
}

func words[T any](list []T) string {
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, " or ")
}

// success is any 2xx.
func success(r *reply) error {
	if !r.ok() {
		return fmt.Errorf("status %d%s, want success", r.status, r.reason())
	}
	return nil
}

// refused is any 4xx, for requests that must not work but for which no status
// is laid down, and 501.
func refused(r *reply) error {
	if r.status >= 400 && r.status < 500 || r.status == 501 {
		return nil
	}
	return fmt.Errorf("status %d, want a refusal (4xx)", r.status)
}

// survived is anything but a fault of the server. 501 is an answer.
func survived(r *reply) error {
	if r.status >= 500 && r.status != 501 {
		return fmt.Errorf("status %d%s: the request broke the server", r.status, r.reason())
	}
	return nil
}

// at wants a value at a path; nil means unassigned.
func at(path string, want any) expectation {
	return func(r *reply) error { return fieldIs(r.body, path, want) }
}

func fieldIs(v any, path string, want any) error {
	got := field(v, path)
	if want == nil {
		if !unassigned(got) {
			return fmt.Errorf("%s is %s, want it unassigned", path, show(got))
		}
		return nil
	}
	if !equal(got, want) && !alike(path, got, want) {
		return fmt.Errorf("%s is %s, want %s", path, show(got), show(want))
	}
	return nil
}

// exact are the last steps of paths whose letter case matters.
var exact = []string{"id", "externalId", "location", "$ref", "version", "resourceType", "created", "lastModified", "endpoint", "schema",
	"status", "scimType", "method", "bulkId"}

// alike reports whether strings differ only in letter case where that may be: a
// server may alter the case of what is not case-exact (RFC 7643 §7).
func alike(path string, got, want any) bool {
	a, isText := got.(string)
	b, wantText := want.(string)
	return isText && wantText && strings.EqualFold(a, b) && !slices.Contains(exact, path[strings.LastIndexByte(path, '/')+1:])
}

// has wants a path to be assigned.
func has(paths ...string) expectation {
	return func(r *reply) error {
		for _, p := range paths {
			if unassigned(field(r.body, p)) {
				return fmt.Errorf("%s is missing", p)
			}
		}
		return nil
	}
}

func lacks(paths ...string) expectation {
	return func(r *reply) error {
		for _, p := range paths {
			if got := field(r.body, p); !unassigned(got) {
				return fmt.Errorf("%s is there (%s), want it absent", p, show(got))
			}
		}
		return nil
	}
}

// isObject wants a JSON object.
func isObject(r *reply) error {
	if r.object() == nil {
		return fmt.Errorf("the body is no JSON object, but %s", bodyWords(r))
	}
	return nil
}

func bodyWords(r *reply) string {
	switch {
	case len(r.raw) == 0:
		return "empty"
	case r.body != nil:
		return show(r.body)
	}
	return fmt.Sprintf("no JSON (Content-Type %q)", r.header.Get("Content-Type"))
}

// declaresSchema wants a URI among schemas, in any letter case (RFC 7643 §10.2.1 says URNs compare so).
func declaresSchema(urn string) expectation {
	return func(r *reply) error { return objectDeclares(r.body, urn) }
}

func objectDeclares(v any, urn string) error {
	list, _ := field(v, "schemas").([]any)
	for _, s := range list {
		if name, ok := s.(string); ok && strings.EqualFold(name, urn) {
			return nil
		}
	}
	return fmt.Errorf("schemas is %s, want it to hold %s", show(field(v, "schemas")), urn)
}

// isList wants a ListResponse with whole numbers (RFC 7644 §3.4.2).
func isList(r *reply) error {
	if err := r.meets(status(200), isObject, declaresSchema(listURN), isInteger("totalResults")); err != nil {
		return err
	}
	if total, _ := integer(field(r.body, "totalResults")); total < 0 {
		return fmt.Errorf("totalResults is %d", total)
	}
	return nil
}

func isInteger(path string) expectation {
	return func(r *reply) error {
		if _, ok := integer(field(r.body, path)); !ok {
			return fmt.Errorf("%s is %s, want a whole number", path, show(field(r.body, path)))
		}
		return nil
	}
}

func scimType(names ...string) expectation {
	return func(r *reply) error {
		if got := text(r.body, "scimType"); !slices.Contains(names, got) {
			return fmt.Errorf("scimType is %q, want %s", got, words(names))
		}
		return nil
	}
}

func hasHeader(name string) expectation {
	return func(r *reply) error {
		if r.header.Get(name) == "" {
			return fmt.Errorf("status %d without the header %s", r.status, name)
		}
		return nil
	}
}

func isSCIM(r *reply) error {
	if r.mediaType() != "application/scim+json" {
		return fmt.Errorf("Content-Type is %q (status %d), want application/scim+json", r.header.Get("Content-Type"), r.status)
	}
	return nil
}

// noLength wants no announcement of a body. The body itself is out of sight:
// HTTP clients do not read one after 204 or 304, or after HEAD.
func noLength(r *reply) error {
	if n := r.header.Get("Content-Length"); n != "" && n != "0" {
		return fmt.Errorf("the answer %d has Content-Length %s", r.status, n)
	}
	return nil
}

func isUTF8(r *reply) error {
	if !utf8.Valid(r.raw) {
		return fmt.Errorf("the body is not valid UTF-8")
	}
	return nil
}
