package scim

import (
	"cmp"
	"strings"

	"github.com/elimity-com/scim/schema"

	"iamscim/scim/filter"
	"iamscim/store"
)

// attribute is one declared attribute with everything that reading needs.
type attribute struct {
	filter.Attribute
	keys     []string // where it stands in the JSON, outermost first
	declared schema.CoreAttribute
}

// schemaIndex finds the attributes of a resource type by any spelling that
// RFC 7644 §3.10 allows: in any case, with or without the schema's URN.
// Attributes of an extension are also found without their URN where no other
// attribute has the name, because Entra ID filters by "manager".
type schemaIndex struct {
	attributes map[string]*attribute // by lower-case path
	urns       map[string]string     // extension URNs by lower case
}

// prefixes of attribute paths in the snapshot, by schema.
var prefixes = map[string]string{
	enterpriseURN:     "enterprise.",
	awsUserURN:        "aws.",
	awsGroupURN:       "aws.",
	awsEntitlementURN: "aws.",
	awsRoleURN:        "aws.",
}

// newIndex indexes the schemas of a resource type, the core schema first.
func newIndex(res *resourceType, schemas []schema.Schema) *schemaIndex {
	x := &schemaIndex{attributes: map[string]*attribute{}, urns: map[string]string{}}
	stored := store.Attributes(res.kind)
	x.addCommon(res, stored)
	for i, s := range schemas {
		prefix, keys := "", []string(nil)
		if i > 0 {
			prefix, keys = prefixes[s.ID], []string{s.ID}
			x.urns[strings.ToLower(s.ID)] = s.ID
		}
		for _, declared := range s.Attributes {
			x.add(s.ID, newAttribute(declared, prefix, keys, stored))
		}
	}
	for path, values := range res.constants {
		x.attributes[strings.ToLower(path)].Constant = values
	}
	for path, alias := range res.aliases {
		_, found := stored[alias]
		a := x.attributes[strings.ToLower(path)]
		a.Path, a.Absent = alias, !found
	}
	return x
}

// newAttribute converts a declaration, with its sub-attributes.
func newAttribute(declared schema.CoreAttribute, prefix string, keys []string, stored map[store.Path]store.Attribute) *attribute {
	name := declared.Name()
	a := &attribute{
		keys:     append(append([]string(nil), keys...), name),
		declared: declared,
	}
	a.Name, a.Path = name, store.Path(prefix+name)
	a.Type, a.Multi = filter.Type(declared.AttributeType()), declared.MultiValued()
	_, found := stored[a.Path]
	a.Absent = !found
	if a.Type != filter.Complex {
		return a
	}
	a.Sub = map[string]*filter.Attribute{}
	for _, sub := range declared.SubAttributes() {
		path := a.Path + store.Path("."+sub.Name())
		_, found := stored[path]
		a.Sub[strings.ToLower(sub.Name())] = &filter.Attribute{
			Path: path, Name: sub.Name(), Type: filter.Type(sub.AttributeType()),
			Multi: a.Multi || sub.MultiValued(), Absent: !found,
		}
	}
	if endpoint := locations[a.Path]; endpoint != "" {
		ref := a.Sub["$ref"]
		ref.Path, ref.Endpoint, ref.Absent = a.Path+".value", endpoint, a.Absent
	}
	return a
}

// locations are the attributes whose $ref is made from their value.
var locations = map[store.Path]string{"groups": "/Groups/", "members": "/Users/"}

// add registers a under every spelling of its path and of its sub-attributes'.
func (x *schemaIndex) add(urn string, a *attribute) {
	x.register(urn, a.Name, a)
	for _, declared := range a.declared.SubAttributes() {
		name := declared.Name()
		x.register(urn, a.Name+"."+name, &attribute{
			Attribute: *a.Sub[strings.ToLower(name)],
			keys:      append(append([]string(nil), a.keys...), name),
			declared:  declared,
		})
	}
}

func (x *schemaIndex) register(urn, path string, a *attribute) {
	path = strings.ToLower(path)
	x.attributes[strings.ToLower(urn)+":"+path] = a
	if _, taken := x.attributes[path]; !taken {
		x.attributes[path] = a
	}
}

// addCommon adds what RFC 7643 §3 and §3.1 put on every resource and no
// schema declares.
func (x *schemaIndex) addCommon(res *resourceType, stored map[store.Path]store.Attribute) {
	schemas := newAttribute(simple(text("schemas", "", many, exact))[0].WithReturned(schema.AttributeReturnedAlways()), "", nil, stored)
	schemas.Constant = append([]string{res.Schema}, res.Extensions...)
	x.add(res.Schema, schemas)
	meta := newAttribute(singular("meta", "",
		text("resourceType", "", exact), moment("created", ""), moment("lastModified", ""),
		reference("location", "", to("uri")), text("version", "", exact)), "", nil, stored)
	meta.Sub["resourcetype"].Constant = []string{res.Name}
	meta.Sub["version"].Computed = true
	location := meta.Sub["location"]
	location.Path, location.Endpoint, location.Absent = cmp.Or(res.aliases["id"], "id"), res.Endpoint+"/", false
	x.add(res.Schema, meta)
}

// find returns the attribute at path, or nil.
func (x *schemaIndex) find(path string) *attribute {
	return x.attributes[strings.ToLower(path)]
}

// without returns a as it is where nothing has a value of it.
func (a *attribute) without() *attribute {
	absent := *a
	absent.Absent, absent.Constant = true, nil
	absent.Sub = make(map[string]*filter.Attribute, len(a.Sub))
	for name, sub := range a.Sub {
		s := *sub
		s.Absent, s.Constant = true, nil
		absent.Sub[name] = &s
	}
	return &absent
}
