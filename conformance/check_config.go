package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// onConfig is a check of the document ServiceProviderConfig.
func onConfig(want ...expectation) func(context.Context, *Client) error {
	return single(get("/ServiceProviderConfig"), append([]expectation{isConfig}, want...)...)
}

// isConfig blocks the checks of single members when there is no document at all.
func isConfig(r *reply) error {
	return blocked("reading /ServiceProviderConfig", r.meets(status(200), isObject))
}

func isBoolean(path string) expectation {
	return func(r *reply) error {
		if _, ok := field(r.body, path).(bool); !ok {
			return fmt.Errorf("%s is %s, want true or false", path, show(field(r.body, path)))
		}
		return nil
	}
}

// ifThere applies expectations only if a path is assigned.
func ifThere(path string, want ...expectation) expectation {
	return func(r *reply) error {
		if unassigned(field(r.body, path)) {
			return skip("the server does not send %s", path)
		}
		return r.meets(want...)
	}
}

func configChecks() []Check {
	const rfc = "RFC 7643 §5"
	return []Check{
		{"config/readable", "RFC 7644 §4", Must, "GET /ServiceProviderConfig answers 200 with a JSON object.",
			single(get("/ServiceProviderConfig"), status(200), isObject)},
		{"config/schemas", rfc, Must, "ServiceProviderConfig declares its schema.", onConfig(declaresSchema(configURN))},
		{"config/patch", rfc, Must, "patch.supported is REQUIRED and a boolean.", onConfig(isBoolean("patch/supported"))},
		{"config/bulk", rfc, Must, "bulk.supported is REQUIRED and a boolean.", onConfig(isBoolean("bulk/supported"))},
		{"config/bulk-max-operations", rfc, Must, "bulk.maxOperations is REQUIRED and an integer.", onConfig(isInteger("bulk/maxOperations"))},
		{"config/bulk-max-payload", rfc, Must, "bulk.maxPayloadSize is REQUIRED and an integer.", onConfig(isInteger("bulk/maxPayloadSize"))},
		{"config/filter", rfc, Must, "filter.supported is REQUIRED and a boolean.", onConfig(isBoolean("filter/supported"))},
		{"config/filter-max-results", rfc, Must, "filter.maxResults is REQUIRED and an integer.", onConfig(isInteger("filter/maxResults"))},
		{"config/change-password", rfc, Must, "changePassword.supported is REQUIRED and a boolean.", onConfig(isBoolean("changePassword/supported"))},
		{"config/sort", rfc, Must, "sort.supported is REQUIRED and a boolean.", onConfig(isBoolean("sort/supported"))},
		{"config/etag", rfc, Must, "etag.supported is REQUIRED and a boolean.", onConfig(isBoolean("etag/supported"))},
		{"config/authentication", rfc, Must, "authenticationSchemes is REQUIRED and multi-valued.", onConfig(isArray("authenticationSchemes"))},
		{"config/authentication-parts", rfc, Must, "Each authentication scheme has type, name and description.", onConfig(schemeParts)},
		{"config/authentication-type", rfc, Should, "The type of an authentication scheme is one that RFC 7643 names.", onConfig(schemeTypes)},
		{"config/documentation", rfc, Must, "documentationUri, if sent, is a string.", onConfig(ifThere("documentationUri", isString("documentationUri")))},
		{"config/meta", "RFC 7643 §3.1", Should, "ServiceProviderConfig has meta.resourceType ServiceProviderConfig.",
			onConfig(at("meta/resourceType", "ServiceProviderConfig"))},
		{"config/pagination", "RFC 9865 §4", Must, "pagination, if sent, has the booleans cursor and index.",
			onConfig(ifThere("pagination", isBoolean("pagination/cursor"), isBoolean("pagination/index")))},
		{"config/pagination-default", "RFC 9865 §4", Must, "defaultPaginationMethod, if sent, is cursor or index, and supported.", onConfig(paginationDefault)},
		{"config/pagination-sizes", "RFC 9865 §4", Must, "Page sizes, if sent, are positive, and the default is not above the maximum.", onConfig(paginationSizes)},
		{"config/filter-refused", "RFC 7644 §4", Should, "A filter on /ServiceProviderConfig is answered with 403.",
			single(get(query("/ServiceProviderConfig", "filter", `patch.supported eq true`)), status(http.StatusForbidden))},
		{"config/read-only", "RFC 7644 §4", Must, "/ServiceProviderConfig cannot be written.",
			cannotBeWritten("/ServiceProviderConfig")},
		{"config/stable", "RFC 7643 §5", Should, "Two reads of /ServiceProviderConfig agree.", stableConfig},
	}
}

func isArray(path string) expectation {
	return func(r *reply) error {
		if _, ok := field(r.body, path).([]any); !ok {
			return fmt.Errorf("%s is %s, want an array", path, show(field(r.body, path)))
		}
		return nil
	}
}

func isString(path string) expectation {
	return func(r *reply) error {
		if _, ok := field(r.body, path).(string); !ok {
			return fmt.Errorf("%s is %s, want a string", path, show(field(r.body, path)))
		}
		return nil
	}
}

func authSchemes(r *reply) []any {
	list, _ := field(r.body, "authenticationSchemes").([]any)
	return list
}

func schemeParts(r *reply) error {
	for i, s := range authSchemes(r) {
		for _, part := range []string{"type", "name", "description"} {
			if text(s, part) == "" {
				return fmt.Errorf("authenticationSchemes[%d] has no %s", i, part)
			}
		}
	}
	return nil
}

func schemeTypes(r *reply) error {
	known := []string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}
	for i, s := range authSchemes(r) {
		if t := text(s, "type"); !slices.Contains(known, t) {
			return fmt.Errorf("authenticationSchemes[%d].type is %q, want one of %s", i, t, words(known))
		}
	}
	return nil
}

func paginationDefault(r *reply) error {
	method := field(r.body, "pagination/defaultPaginationMethod")
	if method == nil {
		return skip("the server does not send pagination.defaultPaginationMethod")
	}
	if method != "cursor" && method != "index" {
		return fmt.Errorf("defaultPaginationMethod is %s", show(method))
	}
	if field(r.body, "pagination/"+method.(string)) != true {
		return fmt.Errorf("defaultPaginationMethod is %s, which is not advertised as supported", method)
	}
	return nil
}

func paginationSizes(r *reply) error {
	size := map[string]int{}
	for _, name := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
		v := field(r.body, "pagination/"+name)
		if v == nil {
			continue
		}
		n, ok := integer(v)
		if !ok || n < 1 {
			return fmt.Errorf("pagination.%s is %s, want a positive integer", name, show(v))
		}
		size[name] = n
	}
	if len(size) == 0 {
		return skip("the server sends no page sizes")
	}
	if size["maxPageSize"] > 0 && size["defaultPageSize"] > size["maxPageSize"] {
		return fmt.Errorf("defaultPageSize %d is above maxPageSize %d", size["defaultPageSize"], size["maxPageSize"])
	}
	return nil
}

// cannotBeWritten sends bodies that would change nothing if they were obeyed.
func cannotBeWritten(path string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			r, err := c.send(ctx, request{method: method, path: path, body: object{}})
			if err != nil {
				return err
			}
			if r.ok() {
				return fmt.Errorf("%s %s answers %d", method, path, r.status)
			}
		}
		return nil
	}
}

func stableConfig(ctx context.Context, c *Client) error {
	first, err := c.expect(ctx, get("/ServiceProviderConfig"), isConfig)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get("/ServiceProviderConfig"), isConfig, func(r *reply) error {
		if !equal(first.body, r.body) {
			return fmt.Errorf("two reads in a row differ")
		}
		return nil
	})
	return err
}
