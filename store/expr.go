package store

// Expr is a condition on a resource. Its String is canonical: two expressions
// with equal strings select the same resources.
//
// A Path names an attribute by the names of RFC 7643 without a schema URN,
// sub-attributes after a dot: "userName", "name.familyName", "emails.value",
// "meta.lastModified". The enterprise extension is under "enterprise.", the AWS
// extensions under "aws.": "enterprise.manager.value", "aws.accessKeys.status".
// Attributes(kind) lists all of them with their types.
type Expr interface {
	String() string
	expr()
}

type (
	// And holds if every operand does; an empty And always holds.
	And []Expr
	// Or holds if any operand does; an empty Or never holds.
	Or []Expr
	// Not holds if X does not.
	Not struct{ X Expr }
	// Compare compares the attribute with Value. On a multi-valued attribute it
	// holds if it holds for any element. Strings are compared regardless of
	// case (Unicode case folding) unless the attribute is case-exact.
	Compare struct {
		Path  Path
		Op    Op
		Value any // string, bool, int64, float64, time.Time, or nil (the JSON null)
	}
	// Present holds if the attribute has a non-empty value (RFC 7644 §3.4.2.2, pr).
	Present struct{ Path Path }
	// Match holds if one and the same element of the multi-valued attribute
	// satisfies Where, whose paths are relative to the element.
	Match struct {
		Path  Path
		Where Expr
	}
)

// Path is the name of an attribute; see Expr.
type Path string

// Op is a comparison operator of RFC 7644 §3.4.2.2.
type Op string

// The comparison operators.
const (
	Eq Op = "eq"
	Ne Op = "ne"
	Co Op = "co"
	Sw Op = "sw"
	Ew Op = "ew"
	Gt Op = "gt"
	Ge Op = "ge"
	Lt Op = "lt"
	Le Op = "le"
)

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Compare) expr() {}
func (Present) expr() {}
func (Match) expr()   {}

// AttributeType is the type of an attribute's values, as RFC 7643 §2.3 names them.
type AttributeType string

// The attribute types; references are strings.
const (
	String   AttributeType = "string"
	Boolean  AttributeType = "boolean"
	Integer  AttributeType = "integer"
	DateTime AttributeType = "dateTime"
	Complex  AttributeType = "complex"
)

// Attribute describes one attribute that an Expr or an order may name.
type Attribute struct {
	Path      Path
	Type      AttributeType
	CaseExact bool
	Multi     bool // multi-valued, or a sub-attribute of a multi-valued one
}

// Query selects resources of one kind.
type Query struct {
	Where   Expr // nil: all
	OrderBy Path // empty: created, then id
	Desc    bool
}
