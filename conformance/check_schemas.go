package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func schemaListChecks() []Check {
	const rfc = "RFC 7643 §7"
	return []Check{
		{"schemas/list", "RFC 7644 §4", Must, "GET /Schemas answers with a ListResponse.", single(get("/Schemas"), isList)},
		{"schemas/total", "RFC 7644 §4", Must, "totalResults of /Schemas is the number of schemas listed.", single(get("/Schemas"), totalIsLength)},
		{"schemas/id", rfc, Must, "Each schema has an id.", everySchema(wantText("id"))},
		{"schemas/id-urn", "RFC 7643 §10.3", Should, "The id of a schema is a URN.", everySchema(idIsURN)},
		{"schemas/name", rfc, Should, "Each schema has a name.", everySchema(wantText("name"))},
		{"schemas/attributes", rfc, Must, "Each schema has a list of attributes.", everySchema(hasAttributes)},
		{"schemas/meta", "RFC 7643 §3.1", Should, "Each schema has meta.resourceType Schema and a meta.location.", everySchema(schemaMeta)},
		{"schemas/unique", rfc, Must, "No two schemas have the same id.", uniqueSchemas},
		{"schemas/by-id", "RFC 7644 §4", Must, "Each schema can be read by its URI.", schemasByID(status(200))},
		{"schemas/by-id-agrees", "RFC 7644 §4", Should, "A schema read by its URI has the attributes it has in the list.", schemasAgree},
		{"schemas/unknown", "RFC 7644 §3.12", Must, "An unknown schema is 404.",
			single(get("/Schemas/urn:ietf:params:scim:schemas:scimconf:2.0:Nothing"), status(http.StatusNotFound))},
		{"schemas/user-name", "RFC 7643 §4.1.1", Must, "The User schema declares userName, and as required.", declares(userURN, "userName", required)},
		{"schemas/user-name-case", "RFC 7643 §8.7.1", Should, "userName is declared as not case-exact.", declares(userURN, "userName", notCaseExact)},
		{"schemas/user-name-unique", "RFC 7643 §4.1.1", Should, "userName is declared with uniqueness server or global.", declares(userURN, "userName", uniqueName)},
		{"schemas/group-name", "RFC 7643 §4.2", Must, "The Group schema declares displayName.", declares(groupURN, "displayName", nil)},
		{"schemas/group-members", "RFC 7643 §4.2", Should, "The Group schema declares members with value.", declares(groupURN, "members.value", nil)},
		{"schemas/password", "RFC 7643 §4.1.1", Must, "password, if declared, is declared with returned never.", declares(userURN, "password", neverReturned)},
		{"schemas/filter-refused", "RFC 7644 §4", Should, "A filter on /Schemas is answered with 403.",
			single(get(query("/Schemas", "filter", `name eq "User"`)), status(http.StatusForbidden))},
		{"schemas/read-only", "RFC 7644 §4", Must, "/Schemas cannot be written.", cannotBeWritten("/Schemas")},
	}
}

func everySchema(fn func(object) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		all, err := c.schemas(ctx)
		if err != nil {
			return err
		}
		for _, s := range all {
			if err := fn(s); err != nil {
				return fmt.Errorf("schema %s: %w", show(field(s, "id")), err)
			}
		}
		return nil
	}
}

func idIsURN(s object) error {
	if id := text(s, "id"); !strings.HasPrefix(strings.ToLower(id), "urn:") {
		return fmt.Errorf("id is %q", id)
	}
	return nil
}

func hasAttributes(s object) error {
	if _, ok := field(s, "attributes").([]any); !ok {
		return fmt.Errorf("attributes is %s", show(field(s, "attributes")))
	}
	return nil
}

func schemaMeta(s object) error {
	if err := fieldIs(s, "meta/resourceType", "Schema"); err != nil {
		return err
	}
	return wantText("meta/location")(s)
}

func uniqueSchemas(ctx context.Context, c *Client) error {
	seen := map[string]bool{}
	return everySchema(func(s object) error {
		id := strings.ToLower(text(s, "id"))
		if id != "" && seen[id] {
			return fmt.Errorf("there are two of that id")
		}
		seen[id] = true
		return nil
	})(ctx, c)
}

func schemasByID(want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		return everySchema(func(s object) error {
			_, err := c.expect(ctx, get("/Schemas/"+text(s, "id")), want...)
			return err
		})(ctx, c)
	}
}

func schemasAgree(ctx context.Context, c *Client) error {
	return everySchema(func(s object) error {
		r, err := c.expect(ctx, get("/Schemas/"+text(s, "id")), status(200))
		if err != nil {
			return blocked("reading one schema", err)
		}
		if got, want := len(attributesOf(r.object())), len(attributesOf(s)); got != want {
			return fmt.Errorf("%d attributes alone, %d in the list", got, want)
		}
		return nil
	})(ctx, c)
}

// declares is a check of one attribute's definition. An optional attribute that
// is missing is a skip; one without a further rule has to be there.
func declares(core, path string, rule func(attribute) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if _, err := c.kind(ctx, core); err != nil {
			return err
		}
		a, ok, err := c.declared(ctx, core, path)
		switch {
		case err != nil:
			return err
		case !ok && path == "password":
			return skip("the server does not declare password")
		case !ok:
			return fmt.Errorf("%s does not declare %s", core, path)
		case rule == nil:
			return nil
		}
		return rule(a)
	}
}

func required(a attribute) error {
	if !a.Required {
		return fmt.Errorf("%s is declared with required false", a.path)
	}
	return nil
}

func notCaseExact(a attribute) error {
	if a.CaseExact {
		return fmt.Errorf("%s is declared with caseExact true", a.path)
	}
	return nil
}

func uniqueName(a attribute) error {
	if a.Uniqueness == "none" {
		return fmt.Errorf("%s is declared with uniqueness none", a.path)
	}
	return nil
}

func neverReturned(a attribute) error {
	if a.Returned != "never" {
		return fmt.Errorf("%s is declared with returned %s", a.path, a.Returned)
	}
	return nil
}
