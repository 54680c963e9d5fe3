package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// everyType is a check of each resource type.
func everyType(fn func(object) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		types, err := c.resourceTypes(ctx)
		if err != nil {
			return err
		}
		for _, t := range types {
			if err := fn(t); err != nil {
				return fmt.Errorf("resource type %s: %w", show(field(t, "name")), err)
			}
		}
		return nil
	}
}

func resourceTypeChecks() []Check {
	const rfc = "RFC 7643 §6"
	return []Check{
		{"types/list", "RFC 7644 §4", Must, "GET /ResourceTypes answers with a ListResponse.", single(get("/ResourceTypes"), isList)},
		{"types/total", "RFC 7644 §4", Must, "totalResults of /ResourceTypes is the number of resource types listed.", single(get("/ResourceTypes"), totalIsLength)},
		{"types/some", rfc, Must, "There is at least one resource type.", single(get("/ResourceTypes"), readable, has("Resources"))},
		{"types/name", rfc, Must, "Each resource type has a name.", everyType(wantText("name"))},
		{"types/endpoint", rfc, Must, "Each resource type has an endpoint.", everyType(wantText("endpoint"))},
		{"types/schema", rfc, Must, "Each resource type has a schema.", everyType(wantText("schema"))},
		{"types/schemas", "RFC 7643 §3", Must, "Each resource type declares the schema ResourceType.",
			everyType(func(t object) error { return objectDeclares(t, typeURN) })},
		{"types/endpoint-relative", rfc, Should, `Endpoints are relative to the base URL and start with "/".`, everyType(relativeEndpoint)},
		{"types/extensions", rfc, Must, "Each schema extension has a schema and the boolean required.", everyType(extensionParts)},
		{"types/meta", "RFC 7643 §3.1", Should, "Each resource type has meta.resourceType ResourceType and a meta.location.", everyType(typeMeta)},
		{"types/id-is-name", "draft-zollner-scim-interop-profile", May, "The id of a resource type is its name.", everyType(idIsName)},
		{"types/unique", rfc, Must, "No two resource types have the same name.", uniqueTypes},
		{"types/schemas-exist", rfc, Must, "Schemas and extensions of resource types are among /Schemas.", typeSchemasExist},
		{"types/by-name", "RFC 7644 §4", Must, "Each resource type can be read on its own.", typesByName},
		{"types/unknown", "RFC 7644 §3.12", Must, "An unknown resource type is 404.", single(get("/ResourceTypes/Scimconf"), status(http.StatusNotFound))},
		{"types/endpoints-answer", rfc, Must, "A search below every advertised endpoint is not 404.", endpointsAnswer},
		{"types/filter-refused", "RFC 7644 §4", Should, "A filter on /ResourceTypes is answered with 403.",
			single(get(query("/ResourceTypes", "filter", `name eq "User"`)), status(http.StatusForbidden))},
		{"types/read-only", "RFC 7644 §4", Must, "/ResourceTypes cannot be written.", cannotBeWritten("/ResourceTypes")},
	}
}

// readable blocks checks of what is in a list that cannot be read.
func readable(r *reply) error { return blocked("reading the list", r.meets(status(200), isObject)) }

func totalIsLength(r *reply) error {
	if err := readable(r); err != nil {
		return err
	}
	return at("totalResults", field(r.body, "Resources/#"))(r)
}

func wantText(path string) func(object) error {
	return func(o object) error {
		if text(o, path) == "" {
			return fmt.Errorf("%s is %s, want a string", path, show(field(o, path)))
		}
		return nil
	}
}

func relativeEndpoint(t object) error {
	if e := text(t, "endpoint"); !strings.HasPrefix(e, "/") || strings.HasPrefix(e, "//") {
		return fmt.Errorf("endpoint is %q", e)
	}
	return nil
}

func extensionParts(t object) error {
	list, _ := field(t, "schemaExtensions").([]any)
	for i, e := range list {
		if _, ok := field(e, "required").(bool); !ok || text(e, "schema") == "" {
			return fmt.Errorf("schemaExtensions[%d] is %s", i, show(e))
		}
	}
	return nil
}

func typeMeta(t object) error {
	if err := fieldIs(t, "meta/resourceType", "ResourceType"); err != nil {
		return err
	}
	return wantText("meta/location")(t)
}

func idIsName(t object) error { return fieldIs(t, "id", field(t, "name")) }

func uniqueTypes(ctx context.Context, c *Client) error {
	seen := map[string]bool{}
	return everyType(func(t object) error {
		name := text(t, "name")
		if name != "" && seen[name] {
			return fmt.Errorf("there are two of that name")
		}
		seen[name] = true
		return nil
	})(ctx, c)
}

func typeSchemasExist(ctx context.Context, c *Client) error {
	all, err := c.schemas(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range all {
		known[strings.ToLower(text(s, "id"))] = true
	}
	return everyType(func(t object) error {
		k := kindOf(t)
		for _, urn := range append([]string{k.schema}, k.extensions...) {
			if urn != "" && !known[strings.ToLower(urn)] {
				return fmt.Errorf("/Schemas does not list %s", urn)
			}
		}
		return nil
	})(ctx, c)
}

// typesByName accepts the id, too, where it differs: RFC 7643 §6 says that id and name are often the same.
func typesByName(ctx context.Context, c *Client) error {
	return everyType(func(t object) error {
		key := text(t, "id")
		if key == "" {
			key = text(t, "name")
		}
		r, err := c.send(ctx, get("/ResourceTypes/"+escape(key)))
		if err != nil {
			return err
		}
		if !r.ok() && key != text(t, "name") {
			if r, err = c.send(ctx, get("/ResourceTypes/"+escape(text(t, "name")))); err != nil {
				return err
			}
		}
		return r.meets(status(200), at("endpoint", field(t, "endpoint")), at("schema", field(t, "schema")))
	})(ctx, c)
}

func endpointsAnswer(ctx context.Context, c *Client) error {
	return everyType(func(t object) error {
		r, err := c.send(ctx, get(query(kindOf(t).endpoint, "count", "1")))
		if err != nil {
			return err
		}
		if r.status == http.StatusNotFound {
			return fmt.Errorf("GET %s answers 404", kindOf(t).endpoint)
		}
		return nil
	})(ctx, c)
}
