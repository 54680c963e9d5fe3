package conformance

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// attribute is one definition of a schema (RFC 7643 §7), with its defaults.
type attribute struct {
	path        string // "name.givenName", or with the URN of an extension before it
	urn         string
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	MultiValued bool        `json:"multiValued"`
	Required    bool        `json:"required"`
	CaseExact   bool        `json:"caseExact"`
	Mutability  string      `json:"mutability"`
	Returned    string      `json:"returned"`
	Uniqueness  string      `json:"uniqueness"`
	Canonical   []any       `json:"canonicalValues"`
	Sub         []attribute `json:"subAttributes"`
}

func (a attribute) writable() bool { return a.Mutability != "readOnly" }

// attributesOf reads the definitions of a schema document; what is malformed
// is left to the checks of the schema.
func attributesOf(schema object) []attribute {
	list, _ := field(schema, "attributes").([]any)
	var out []attribute
	for _, v := range list {
		raw, err := json.Marshal(v)
		if err != nil {
			continue
		}
		var a attribute
		if json.Unmarshal(raw, &a) == nil && a.Name != "" {
			out = append(out, a.completed(text(schema, "id"), ""))
		}
	}
	return out
}

func (a attribute) completed(urn, parent string) attribute {
	a.urn, a.path = urn, parent+a.Name
	orDefault(&a.Mutability, "readWrite")
	orDefault(&a.Returned, "default")
	orDefault(&a.Uniqueness, "none")
	orDefault(&a.Type, "string")
	for i, s := range a.Sub {
		a.Sub[i] = s.completed(urn, a.path+".")
	}
	return a
}

func orDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// full is the attribute's name with its schema, as filters and paths take it (RFC 7644 §3.10).
func (a attribute) full() string { return a.urn + ":" + a.path }

// slash is where the attribute is in a user.
func (a attribute) slash() string {
	path := strings.ReplaceAll(a.path, ".", "/")
	if strings.EqualFold(a.urn, userURN) {
		return path
	}
	return a.urn + "/" + path
}

// attributes returns every definition that resources of a kind may have,
// sub-attributes after their parents.
func (c *Client) attributes(ctx context.Context, core string) ([]attribute, error) {
	if known, ok := c.server.attributes[core]; ok {
		return known, nil
	}
	k, err := c.kind(ctx, core)
	if err != nil {
		return nil, err
	}
	var out []attribute
	for _, urn := range append([]string{k.schema}, k.extensions...) {
		schema, err := c.schemaOf(ctx, urn)
		if err != nil {
			return nil, err
		}
		for _, a := range attributesOf(schema) {
			out = append(append(out, a), a.Sub...)
		}
	}
	c.server.attributes[core] = out
	return out, nil
}

// common are the attributes of every resource (RFC 7643 §3.1), which schemas need not declare.
var common = []attribute{
	{path: "id", Name: "id", Type: "string", CaseExact: true, Mutability: "readOnly", Returned: "always", Uniqueness: "server"},
	{path: "externalId", Name: "externalId", Type: "string", CaseExact: true, Mutability: "readWrite", Returned: "default"},
	{path: "meta", Name: "meta", Type: "complex", Mutability: "readOnly", Returned: "default"},
	{path: "meta.created", Name: "created", Type: "dateTime", Mutability: "readOnly", Returned: "default"},
	{path: "meta.lastModified", Name: "lastModified", Type: "dateTime", Mutability: "readOnly", Returned: "default"},
}

// declared finds an attribute of a core schema or, with its URN before the
// path, of an extension.
func (c *Client) declared(ctx context.Context, core, path string) (attribute, bool, error) {
	urn := core
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		urn, path = path[:i], path[i+1:]
	}
	all, err := c.attributes(ctx, core)
	if err != nil {
		return attribute{}, false, err
	}
	same := func(a attribute) bool {
		return strings.EqualFold(a.path, path) && (a.urn == "" || strings.EqualFold(a.urn, urn))
	}
	if i := slices.IndexFunc(all, same); i >= 0 {
		return all[i], true, nil
	}
	i := slices.IndexFunc(common, same)
	if i < 0 || urn != core {
		return attribute{}, false, nil
	}
	return common[i], true, nil
}

// pick returns the first attribute of a kind with some property, or skips.
func (c *Client) pick(ctx context.Context, core, what string, match func(attribute) bool) (attribute, error) {
	all, err := c.attributes(ctx, core)
	if err != nil {
		return attribute{}, err
	}
	if i := slices.IndexFunc(all, match); i >= 0 {
		return all[i], nil
	}
	return attribute{}, skip("the server declares no %s", what)
}
