package store

import "strings"

// Attributes lists what queries on a kind may name.
func Attributes(kind Kind) map[Path]Attribute {
	out := map[Path]Attribute{}
	c := catalogues[kind]
	if c == nil {
		return out
	}
	for path, a := range c.attributes {
		out[path] = a.Attribute
	}
	return out
}

// catalogue is all that queries on one kind may name, and how SQL reaches it.
// In SQL the row of the resource is x, and an element of a multi-valued
// attribute is e.
type catalogue struct {
	kind       Kind
	attributes map[Path]*attribute
}

// attribute is one attribute of a catalogue.
type attribute struct {
	Attribute
	source   string       // SQL of a singular value
	indexed  bool         // source is a column with an index
	always   bool         // it has a value in every resource
	modified bool         // it is meta.lastModified, which is no column of a row
	ages     bool         // it moves without a generation
	list     *list        // the multi-valued attribute that this is, or is a part of
	number   int          // under which the element table has its values, or 0
	among    bool         // the element table has other values, too
	parts    []*attribute // of a complex one
}

// list is how SQL reaches the elements of a multi-valued attribute.
type list struct {
	from  string // the FROM clause; $valid(a), or $member(a) of a membership, is the condition that a's row is seen
	where string // what ties elements to x, or empty
	tie   string // instead of where for "x.id in (select tie from …)", or empty
	order string // of the elements, the primary one first
	subs  map[Path]*attribute
}

var catalogues = map[Kind]*catalogue{
	KindUser: userCatalogue(), KindGroup: groupCatalogue(), KindPolicy: policyCatalogue(), KindRole: roleCatalogue(),
}

// exact is the option of case-exact attributes.
const exact = true

func newCatalogue(kind Kind) *catalogue {
	c := &catalogue{kind: kind, attributes: map[Path]*attribute{}}
	c.column("id", String, exact, `x.id`).always = true
	c.complexOf("meta",
		c.add(&attribute{Attribute: Attribute{Path: "meta.resourceType", Type: String, CaseExact: true}, source: `'` + string(kind) + `'`, always: true}),
		c.column("meta.created", DateTime, exact, `x.created`),
		c.add(&attribute{Attribute: Attribute{Path: "meta.lastModified", Type: DateTime, CaseExact: true}, modified: true, always: true}),
	)
	c.add(&attribute{Attribute: Attribute{Path: "aws.accountId", Type: String, CaseExact: true},
		source: `(select s.value from setting s where s.name = 'account')`, always: true})
	c.column("aws.arn", String, exact, `x.arn`)
	c.column("aws.path", String, exact, `x.path`)
	return c
}

func (c *catalogue) add(a *attribute) *attribute {
	c.attributes[a.Path] = a
	return a
}

// column adds an attribute that has a column and an index of its own.
func (c *catalogue) column(path Path, typ AttributeType, exact bool, source string) *attribute {
	return c.add(&attribute{Attribute: Attribute{Path: path, Type: typ, CaseExact: exact}, source: source, indexed: true})
}

// document adds attributes of one type that the search document holds.
func (c *catalogue) document(typ AttributeType, exact bool, paths ...Path) []*attribute {
	var out []*attribute
	for _, path := range paths {
		out = append(out, c.add(&attribute{
			Attribute: Attribute{Path: path, Type: typ, CaseExact: exact},
			source:    `x.search ->> ` + documentPath(path),
		}))
	}
	return out
}

// ageing adds an attribute that moves without a generation.
func (c *catalogue) ageing(path Path, typ AttributeType, source string) {
	c.add(&attribute{Attribute: Attribute{Path: path, Type: typ, CaseExact: true}, source: source, ages: true})
}

// bodySource reads a text of the body of a row, for attributes too large or
// too seldom asked for to be in the search document. A damaged body has none;
// row and path are SQL.
func bodySource(table, row, path string) string {
	return `(select iif(json_valid(b.t), b.t ->> ` + path + `, null) from (select cast(body as text) t from ` +
		table + `_body where row = ` + row + `) b)`
}

// complexOf adds a singular complex attribute.
func (c *catalogue) complexOf(path Path, parts ...*attribute) {
	c.add(&attribute{Attribute: Attribute{Path: path, Type: Complex}, parts: parts})
}

// documentPath is the SQL text of the JSON path of an attribute.
func documentPath(path Path) string {
	var b strings.Builder
	b.WriteString(`'$`)
	for part := range strings.SplitSeq(string(path), ".") {
		b.WriteString(`."` + part + `"`)
	}
	return b.String() + `'`
}

// part describes a sub-attribute of a multi-valued attribute.
type part struct {
	name   string
	typ    AttributeType
	exact  bool
	source string // SQL; empty: the member of the element with its name
	number int    // in the element table
	among  bool   // the element table has other values under the number, too
	ages   bool
}

func text(names ...string) []part {
	var out []part
	for _, name := range names {
		out = append(out, part{name: name, typ: String})
	}
	return out
}

func exactText(names ...string) []part {
	out := text(names...)
	for i := range out {
		out[i].exact = true
	}
	return out
}

func ofType(typ AttributeType, names ...string) []part {
	out := text(names...)
	for i := range out {
		out[i].typ, out[i].exact = typ, true
	}
	return out
}

// documentList adds a multi-valued attribute of the search document.
func (c *catalogue) documentList(path Path, parts ...[]part) {
	c.multi(path, &list{
		from:  `jsonb_each(x.search, ` + documentPath(path) + `) e`,
		order: `e.value ->> '$."primary"' is not 1, e.key`,
	}, parts...)
}

// multi adds a multi-valued attribute and its sub-attributes.
func (c *catalogue) multi(path Path, l *list, parts ...[]part) {
	l.subs = map[Path]*attribute{}
	whole := c.add(&attribute{Attribute: Attribute{Path: path, Type: Complex, Multi: true}, list: l})
	for _, group := range parts {
		for _, p := range group {
			source := p.source
			if source == "" {
				source = `e.value ->> ` + documentPath(Path(p.name))
			}
			a := c.add(&attribute{
				Attribute: Attribute{Path: path + "." + Path(p.name), Type: p.typ, CaseExact: p.exact, Multi: true},
				source:    source, list: l, number: p.number, among: p.among, ages: p.ages,
			})
			l.subs[Path(p.name)] = a
			whole.parts = append(whole.parts, a)
			whole.ages = whole.ages || p.ages
		}
	}
}

// value returns the attribute that a comparison with a means: of a complex one,
// its value (RFC 7643 §2.4), if it has one.
func (c *catalogue) value(a *attribute) *attribute {
	if a.Type != Complex {
		return a
	}
	return c.attributes[a.Path+".value"]
}

// indexedBy says that the element table has the values of a single part.
func indexedBy(number int, parts []part) []part {
	parts[0].number = number
	return parts
}
