package conformance

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// URNs of RFC 7643 and RFC 7644.
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	configURN     = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	typeURN       = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN     = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
	bulkURN       = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkReplyURN  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// server is what the checks of a run share: the documents of discovery, read
// once, and the people that filters are tried on. The people belong to the
// client of the whole run and are deleted at its end.
type server struct {
	run    string // makes names unique
	made   int
	config *reply
	types  *reply
	schema *reply
	bare   *reply // a user with nothing but what is required

	attributes map[string][]attribute // by core schema

	people *people
	kept   []string // what is deleted at the end of the run
	noFolk error    // why there are no people
}

// cached reads a document of discovery once. A failed read is repeated by the next check.
func (c *Client) cached(ctx context.Context, path string, slot **reply) (*reply, error) {
	if *slot != nil {
		return *slot, nil
	}
	r, err := c.expect(ctx, get(path), status(200), isObject)
	if err != nil {
		return nil, blocked("reading "+path, err)
	}
	*slot = r
	return r, nil
}

// config returns ServiceProviderConfig (RFC 7643 §5).
func (c *Client) config(ctx context.Context) (*reply, error) {
	return c.cached(ctx, "/ServiceProviderConfig", &c.server.config)
}

// supports skips the check unless the server advertises a feature.
func (c *Client) supports(ctx context.Context, feature string) error {
	config, err := c.config(ctx)
	if err != nil {
		return err
	}
	if field(config.body, feature+"/supported") != true {
		return skip("the server does not advertise %s", feature)
	}
	return nil
}

// resourceTypes returns the documents of /ResourceTypes (RFC 7643 §6).
func (c *Client) resourceTypes(ctx context.Context) ([]object, error) {
	r, err := c.cached(ctx, "/ResourceTypes", &c.server.types)
	if err != nil {
		return nil, err
	}
	return listed(r), nil
}

// schemas returns the documents of /Schemas (RFC 7643 §7).
func (c *Client) schemas(ctx context.Context) ([]object, error) {
	r, err := c.cached(ctx, "/Schemas", &c.server.schema)
	if err != nil {
		return nil, err
	}
	return listed(r), nil
}

// listed tolerates servers that answer discovery with a bare array.
func listed(r *reply) []object {
	if list, ok := r.body.([]any); ok {
		r = &reply{body: object{"Resources": list}}
	}
	return r.resources()
}

// kind is a resource type as the server describes it.
type kind struct {
	name       string
	endpoint   string // "/Users"
	schema     string
	extensions []string
	required   []string // those of them that every resource has to have
}

// kind finds the resource type with a core schema, or skips.
func (c *Client) kind(ctx context.Context, schema string) (kind, error) {
	types, err := c.resourceTypes(ctx)
	if err != nil {
		return kind{}, err
	}
	for _, t := range types {
		if strings.EqualFold(text(t, "schema"), schema) {
			return kindOf(t), nil
		}
	}
	return kind{}, skip("no resource type has the schema %s", schema)
}

func kindOf(t object) kind {
	k := kind{name: text(t, "name"), endpoint: text(t, "endpoint"), schema: text(t, "schema")}
	if u, err := url.Parse(k.endpoint); err == nil && u.IsAbs() { // RFC 7643 §6 wants it relative
		k.endpoint = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	}
	k.endpoint = "/" + strings.Trim(k.endpoint, "/")
	list, _ := field(t, "schemaExtensions").([]any)
	for _, e := range list {
		k.extensions = append(k.extensions, text(e, "schema"))
		if field(e, "required") == true {
			k.required = append(k.required, text(e, "schema"))
		}
	}
	return k
}

// users and groups are where the server keeps them.
func (c *Client) users(ctx context.Context) (string, error) {
	k, err := c.kind(ctx, userURN)
	return k.endpoint, err
}

func (c *Client) groups(ctx context.Context) (string, error) {
	k, err := c.kind(ctx, groupURN)
	return k.endpoint, err
}

// schemaOf returns a schema document by its URI.
func (c *Client) schemaOf(ctx context.Context, urn string) (object, error) {
	all, err := c.schemas(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if strings.EqualFold(text(s, "id"), urn) {
			return s, nil
		}
	}
	return nil, skip("/Schemas does not list %s", urn)
}

// unique returns a name that nobody else uses, and that no other begins with.
func (c *Client) unique() string {
	c.server.made++
	return fmt.Sprintf("scimconf-%s-%dx", c.server.run, c.server.made)
}

// unknownID has the form of most servers' ids, and is nobody's.
const unknownID = "00000000-dead-4000-8000-00000000beef"
