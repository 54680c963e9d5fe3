package tree

import (
	"maps"
	"slices"
	"strings"

	"github.com/elimity-com/scim/schema"

	"iamscim/scim/filter"
	"iamscim/store"
)

// Attribute is a declared attribute with what a write must know of it.
type Attribute struct {
	Name     string // as declared
	URN      string // of the extension it is part of; "" in the core schema
	Type     filter.Type
	Multi    bool
	Required bool
	Exact    bool // strings are compared with their case
	// ReadOnly attributes are never in a tree; Immutable ones only as part of
	// a new element (RFC 7643 §7).
	ReadOnly, Immutable bool
	// Strict attributes refuse what others ignore; see Schema.Strict.
	Strict bool
	Sub    map[string]*Attribute // by lower-case name

	refers bool // to another resource; see Swap
	parent *Attribute
}

// Path is the attribute as messages name it.
func (a *Attribute) Path() string {
	switch {
	case a.parent != nil:
		return a.parent.Path() + "." + a.Name
	case a.URN != "":
		return a.URN + ":" + a.Name
	}
	return a.Name
}

// Filter returns the lookup for value filters on a's elements.
func (a *Attribute) Filter() func(name string) *filter.Attribute {
	return func(name string) *filter.Attribute {
		sub := a.Sub[strings.ToLower(name)]
		if sub == nil {
			return nil
		}
		return &filter.Attribute{Path: store.Path(sub.Name), Name: sub.Name, Type: sub.Type}
	}
}

// Schema is what can be written to a resource type. It is safe for concurrent
// use.
type Schema struct {
	Core string // URN
	// Strict schemas refuse what is not declared, as the SCIM interoperability
	// profile wants, and what is not of the declared type; others ignore the
	// one, as RFC 7644 §3.3 says, and make the best of the other.
	Strict bool

	core       map[string]*Attribute
	extensions []*extension
}

type extension struct {
	urn        string
	attributes map[string]*Attribute
}

// misspelt URNs that clients are known to send: Entra ID's documentation
// leaves out the colon before User.
var misspelt = map[string]string{
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0user": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
}

// NewSchema takes the schemas of a resource type, the core schema first.
func NewSchema(schemas []schema.Schema) *Schema { return newSchema(schemas, false) }

// NewStrict is NewSchema with Strict set.
func NewStrict(schemas []schema.Schema) *Schema { return newSchema(schemas, true) }

func newSchema(schemas []schema.Schema, strict bool) *Schema {
	s := &Schema{Core: schemas[0].ID, Strict: strict}
	s.core = attributesOf(schemas[0].Attributes, &Attribute{Strict: strict})
	for _, x := range schemas[1:] {
		of := &Attribute{URN: x.ID, Strict: strict}
		s.extensions = append(s.extensions, &extension{x.ID, attributesOf(x.Attributes, of)})
	}
	return s
}

// attributesOf converts declarations; at the top of a schema, of has no name.
func attributesOf(declared schema.Attributes, of *Attribute) map[string]*Attribute {
	attributes := make(map[string]*Attribute, len(declared))
	for _, d := range declared {
		a := &Attribute{
			Name: d.Name(), URN: of.URN, Strict: of.Strict, Type: filter.Type(d.AttributeType()), Multi: d.MultiValued(),
			Required: d.Required(), Exact: d.CaseExact(),
			ReadOnly: d.Mutability() == "readOnly", Immutable: d.Mutability() == "immutable",
			refers: refersTo(d),
		}
		if d.HasSubAttributes() {
			a.Sub = pointed(attributesOf(d.SubAttributes(), a))
		}
		if of.Name != "" {
			a.parent = of
		}
		attributes[strings.ToLower(a.Name)] = a
	}
	return attributes
}

// Attribute returns the attribute of that name, in any case, of the extension
// urn, or with "" of the core schema, or nil.
func (s *Schema) Attribute(urn, name string) *Attribute {
	if urn == "" {
		return s.core[strings.ToLower(name)]
	}
	if x := s.extension(urn); x != nil {
		return x.attributes[strings.ToLower(name)]
	}
	return nil
}

// AnyAttribute also finds an attribute of an extension by its bare name, if the
// core schema has none of that name: Entra ID writes "manager".
func (s *Schema) AnyAttribute(name string) *Attribute {
	name = strings.ToLower(name)
	if a := s.core[name]; a != nil {
		return a
	}
	for _, x := range s.extensions {
		if a := x.attributes[name]; a != nil {
			return a
		}
	}
	return nil
}

// Extended lists the attributes of an extension by their names.
func (s *Schema) Extended(urn string) []*Attribute {
	x := s.extension(urn)
	if x == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(x.attributes), func(a, b *Attribute) int { return strings.Compare(a.Name, b.Name) })
}

// Extension returns the URN of the extension that urn, in any case or misspelt
// in a known way, names; "" if none.
func (s *Schema) Extension(urn string) string {
	if x := s.extension(urn); x != nil {
		return x.urn
	}
	return ""
}

func (s *Schema) extension(urn string) *extension {
	if right, ok := misspelt[strings.ToLower(urn)]; ok && !s.Strict {
		urn = right
	}
	for _, x := range s.extensions {
		if strings.EqualFold(x.urn, urn) {
			return x
		}
	}
	return nil
}

// CutURN splits the URN of one of the schemas off a path. The rest is empty
// where the path names a whole schema; found says whether there was one.
func (s *Schema) CutURN(path string) (urn, rest string, found bool) {
	for known := range s.spellings() {
		if len(path) < len(known) || !strings.EqualFold(path[:len(known)], known) {
			continue
		}
		if rest = path[len(known):]; rest == "" || rest[0] == ':' {
			return s.Extension(known), strings.TrimPrefix(rest, ":"), true
		}
	}
	return "", path, false
}

// spellings yields every URN of this resource type that a client may write.
func (s *Schema) spellings() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(s.Core) {
			return
		}
		for _, x := range s.extensions {
			if !yield(x.urn) {
				return
			}
		}
		for wrong, right := range misspelt {
			if !s.Strict && s.Extension(right) != "" && !yield(wrong) {
				return
			}
		}
	}
}
