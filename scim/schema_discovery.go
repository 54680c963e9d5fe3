package scim

import (
	"encoding/json"
	"fmt"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// schemaDocument is one rendered schema.
type schemaDocument struct {
	URN  string
	Body []byte
}

// schemaDocuments returns what /Schemas lists, rendered, in list order: the
// schemas of every resource type, then those of the discovery resources
// themselves (RFC 7643 §8.7.2).
func (c *content) schemaDocuments(base string) ([]schemaDocument, error) {
	var all []schema.Schema
	for _, res := range c.all() {
		all = append(all, res.schemas...)
	}
	all = append(all, serviceProviderConfigSchema(c.opt.DraftFeatures), schema.ResourceTypeSchema(), schema.Definition())
	documents := make([]schemaDocument, len(all))
	for i, s := range all {
		body, err := renderSchema(s, base)
		if err != nil {
			return nil, fmt.Errorf("render schema %s: %w", s.ID, err)
		}
		documents[i] = schemaDocument{URN: s.ID, Body: body}
	}
	return documents, nil
}

// renderSchema adds meta, which RFC 7643 §3.1 asks of every resource, to
// elimity's rendering, and a description where it has none.
func renderSchema(s schema.Schema, base string) ([]byte, error) {
	resource := s.ToMap()
	if s.Description.Value() == "" {
		resource["description"] = "Specifies the schema that describes a SCIM schema."
	}
	resource["meta"] = map[string]string{
		"resourceType": "Schema",
		"location":     base + "/Schemas/" + s.ID,
	}
	return json.Marshal(resource)
}

// serviceProviderConfigSchema is RFC 7643 §5 with the pagination member of
// RFC 9865 §4. elimity's own declares the maxima as decimals.
func serviceProviderConfigSchema(drafts bool) schema.Schema {
	supported := boolean("supported", "Whether it is supported.", readOnly, required)
	feature := func(name, description string, more ...schema.SimpleParams) schema.CoreAttribute {
		return frozen(singular(name, description, append([]schema.SimpleParams{supported}, more...)...)).WithRequired(true)
	}
	attributes := simple(schema.SimpleReferenceParams(schema.ReferenceParams{
		Name: "documentationUri", Description: optional.NewString("Documentation for people."),
		Mutability: schema.AttributeMutabilityReadOnly(), ReferenceTypes: to("external"),
	}))
	attributes = append(attributes,
		feature("patch", "PATCH."),
		feature("bulk", "Bulk.",
			whole("maxOperations", "Operations in one request.", readOnly),
			whole("maxPayloadSize", "Bytes in one request.", readOnly)),
		feature("filter", "Filters.", whole("maxResults", "Resources in one answer.", readOnly)),
		feature("changePassword", "Changing a password."),
		feature("sort", "Sorting."),
		feature("etag", "ETags."),
		frozen(plural("authenticationSchemes", "Ways to authenticate.",
			text("type", "The scheme.", canonical("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"), readOnly, required),
			text("name", "Its common name.", readOnly, required),
			text("description", "What it is.", readOnly, required),
			reference("specUri", "Its specification.", to("external"), readOnly),
			reference("documentationUri", "How to use it.", to("external"), readOnly),
			boolean("primary", "The preferred one.", readOnly))).WithRequired(true),
		frozen(singular("pagination", "Paging through lists (RFC 9865).",
			boolean("cursor", "Cursors are supported.", readOnly),
			boolean("index", "startIndex is supported.", readOnly),
			text("defaultPaginationMethod", "What a request without either gets.", canonical("cursor", "index"), readOnly),
			whole("defaultPageSize", "Resources in a page if count is absent.", readOnly),
			whole("maxPageSize", "The largest page.", readOnly),
			whole("cursorTimeout", "Seconds for which a cursor is good.", readOnly))))
	if drafts {
		attributes = append(attributes, draftAttributes()...)
	}
	return schema.Schema{
		ID:          "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
		Name:        optional.NewString("ServiceProviderConfig"),
		Description: optional.NewString("What this server supports."), Attributes: attributes,
	}
}
