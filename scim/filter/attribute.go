package filter

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"iamscim/store"
)

// Type is an attribute's data type, as RFC 7643 §2.3 names it.
type Type string

// The data types that occur.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Reference Type = "reference"
	Binary    Type = "binary"
	Complex   Type = "complex"
)

// Attribute is what a filter must know of an attribute.
type Attribute struct {
	Path  store.Path // in the snapshot
	Name  string     // the last part of the path, as declared
	Type  Type
	Multi bool
	Sub   map[string]*Attribute // by lower-case name
	// Endpoint, such as "/Groups/", is set for the URI of a resource of which the
	// snapshot has the id: that is compared, so only for equality.
	Endpoint string
	// Absent: declared, but no resource of this kind has it.
	Absent bool
	// Constant: every resource of this kind has these values and no others.
	Constant []string
	// Computed: made when a resource is shown, so that nothing can be found by
	// it, or sorted.
	Computed bool
}

// Value returns the attribute that comparisons with a mean: a itself, or the
// value of a complex one (RFC 7643 §2.4), or nil if it has none.
func (a *Attribute) Value() *Attribute {
	if a.Type != Complex {
		return a
	}
	return a.Sub["value"]
}

// Always and never hold of everything and nothing.
var (
	always store.Expr = store.And{}
	never  store.Expr = store.Or{}
)

// match restricts where to one element of a; a singular complex attribute has
// only one, and its sub-attributes have paths of their own.
func (a *Attribute) match(where store.Expr) store.Expr {
	switch {
	case a.Absent:
		return never
	case !a.Multi:
		return where
	}
	return store.Match{Path: a.Path, Where: where}
}

// path returns a's path in the scope of a value filter: relative to the
// element if there are many.
func (a *Attribute) path(scope *Attribute) store.Path {
	if scope != nil && scope.Multi {
		return a.Path[len(scope.Path)+1:]
	}
	return a.Path
}

func (a *Attribute) present(scope *Attribute) (store.Expr, error) {
	switch {
	case a.Computed:
		return nil, a.computed()
	case a.Constant != nil:
		return always, nil
	case a.Absent:
		return never, nil
	}
	return store.Present{Path: a.path(scope)}, nil
}

func (a *Attribute) computed() error {
	return errorf("%q is computed for the answer, and nothing can be found by it", a.Name)
}

// compare builds a comparison after checking that operator and value fit the
// type: RFC 7644 §3.4.2.2 demands invalidFilter where they do not.
func (a *Attribute) compare(scope *Attribute, op store.Op, v literal) (store.Expr, error) {
	if v.null() {
		return a.compareNull(scope, op)
	}
	target := a.Value()
	if target == nil {
		return nil, errorf("%q is complex and has no value to compare; name a sub-attribute", a.Name)
	}
	if target.Computed {
		return nil, target.computed()
	}
	value, err := target.convert(op, v)
	switch {
	case err != nil:
		return nil, err
	case target.Constant != nil:
		return target.compareConstant(op, v.text), nil
	case target.Absent && op == store.Ne && !target.Multi:
		return always, nil
	case target.Absent:
		return never, nil
	}
	return store.Compare{Path: target.path(scope), Op: op, Value: value}, nil
}

// compareNull: null is the same as having no value (RFC 7643 §2.5).
func (a *Attribute) compareNull(scope *Attribute, op store.Op) (store.Expr, error) {
	x, err := a.present(scope)
	switch {
	case err != nil:
		return nil, err
	case op == store.Eq:
		return store.Not{X: x}, nil
	case op == store.Ne:
		return x, nil
	}
	return nil, errorf("%q cannot be compared with null by %q", a.Name, op)
}

// compareConstant decides now. URNs and type names are compared regardless of
// case: RFC 7643 §2.1 takes schema URNs so.
func (a *Attribute) compareConstant(op store.Op, value string) store.Expr {
	value = strings.ToLower(value)
	for _, c := range a.Constant {
		if holds(op, strings.ToLower(c), value) {
			return always
		}
	}
	return never
}

func holds(op store.Op, have, want string) bool {
	switch op {
	case store.Eq:
		return have == want
	case store.Ne:
		return have != want
	case store.Co:
		return strings.Contains(have, want)
	case store.Sw:
		return strings.HasPrefix(have, want)
	case store.Ew:
		return strings.HasSuffix(have, want)
	case store.Gt:
		return have > want
	case store.Ge:
		return have >= want
	case store.Lt:
		return have < want
	}
	return have <= want
}

// convert reads v as a value of a's type.
func (a *Attribute) convert(op store.Op, v literal) (any, error) {
	if a.Endpoint != "" {
		return a.reference(op, v)
	}
	switch a.Type {
	case Boolean:
		return a.boolean(op, v)
	case Integer:
		return a.number(op, v)
	case DateTime:
		return a.dateTime(op, v)
	case Binary:
		if op != store.Eq && op != store.Ne {
			return nil, a.mismatch(op)
		}
	}
	return v.text, nil
}

// reference takes the id out of a URI; any other URI is nobody's.
func (a *Attribute) reference(op store.Op, v literal) (any, error) {
	if op != store.Eq && op != store.Ne {
		return nil, a.mismatch(op)
	}
	i := strings.LastIndex(v.text, a.Endpoint)
	if i < 0 {
		return "", nil
	}
	if id, err := url.PathUnescape(v.text[i+len(a.Endpoint):]); err == nil {
		return id, nil
	}
	return "", nil
}

func (a *Attribute) mismatch(op store.Op) error {
	return errorf("%q is of type %s, which %q does not apply to", a.Name, a.Type, op)
}

// boolean accepts the quoted "True" that Entra ID sends.
func (a *Attribute) boolean(op store.Op, v literal) (any, error) {
	if op != store.Eq && op != store.Ne {
		return nil, a.mismatch(op)
	}
	switch strings.ToLower(v.text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, errorf("%q is true or false, not %q", a.Name, excerpt(v.text))
}

func (a *Attribute) number(op store.Op, v literal) (any, error) {
	if op == store.Co || op == store.Sw || op == store.Ew {
		return nil, a.mismatch(op)
	}
	if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return n, nil
	}
	// ParseFloat also takes hexadecimal, "inf" and "nan", which JSON has not.
	if f, err := strconv.ParseFloat(v.text, 64); err == nil && strings.Trim(v.text, "+-0123456789.eE") == "" {
		return f, nil
	}
	return nil, errorf("%q is a number, not %q", a.Name, excerpt(v.text))
}

func (a *Attribute) dateTime(op store.Op, v literal) (any, error) {
	if op == store.Co || op == store.Sw || op == store.Ew {
		return nil, a.mismatch(op)
	}
	t, ok := parseTime(v.text)
	if !ok || v.strict && !isDateTime(v.text) {
		return nil, errorf("%q is a date such as 2026-01-31T12:00:00Z, not %q", a.Name, excerpt(v.text))
	}
	return t, nil
}

// isDateTime reports whether s is an xsd:dateTime, with an offset or without.
func isDateTime(s string) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// parseTime reads an xsd:dateTime (RFC 7643 §2.3.5) with any number of
// fractional digits; without an offset it is taken as UTC, and a date alone as
// its first moment. A blank before the offset is a "+" that nobody escaped in
// the URL.
func parseTime(s string) (time.Time, bool) {
	if i := strings.LastIndexByte(s, ' '); i > 10 {
		s = s[:i] + "+" + s[i+1:]
	}
	for _, layout := range []string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02",
	} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
