package patch

import (
	"cmp"
	"errors"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/filter"
	"iamscim/scim/tree"
	"iamscim/store"
)

// target is what a path points at.
type target struct {
	attr  *tree.Attribute // nil: what this server does not keep, or all of urn
	urn   string          // all of an extension or of the core schema; in no operation
	where store.Expr      // nil: no value filter
	sub   *tree.Attribute // nil: all of attr
}

// ignored reports whether the target is something RFC 7643 or somebody else
// declares and this server keeps nowhere.
func (t target) ignored() bool { return t.attr == nil && t.urn == "" }

// readOnly reports whether the target cannot be written, or is part of what
// cannot.
func (t target) readOnly() bool {
	return t.attr != nil && (t.attr.ReadOnly || t.sub != nil && t.sub.ReadOnly)
}

func (t target) path() string {
	if t.sub != nil {
		return t.sub.Path()
	}
	return t.attr.Path()
}

// unkept are attributes of RFC 7643 §4.1 that are accepted and dropped.
var unkept = map[string]bool{"ims": true, "photos": true, "password": true, "schemas": true}

// fixed are the common attributes that a path must not name; schemas declares
// nothing of the kind and is dropped.
var fixed = map[string]bool{"id": true, "meta": true}

// errUnknown is the cause of an invalidPath that names an undeclared attribute.
var errUnknown = errors.New("unknown attribute")

type unknownError struct{ error }

func (unknownError) Is(target error) bool { return target == errUnknown }
func (e unknownError) Unwrap() error      { return e.error }

func invalidPath(format string, args ...any) error {
	return tree.Errorf(scimerrors.ScimTypeInvalidPath, format, args...)
}

// parsePath reads [URN ":"] attribute ["[" filter "]"] ["." sub] (RFC 7644
// §3.5.2, figure 7). An undeclared attribute is an error that is errUnknown.
func parsePath(s *tree.Schema, path string) (target, error) {
	urn, rest, ours := s.CutURN(strings.TrimSpace(path))
	switch {
	case ours && rest == "":
		return target{urn: cmp.Or(urn, s.Core)}, nil
	case !ours && len(rest) > 4 && strings.EqualFold(rest[:4], "urn:"):
		return foreign(s, rest)
	}
	name := rest
	if end := strings.IndexAny(rest, ".["); end >= 0 {
		name = rest[:end]
	}
	rest = rest[len(name):]
	attr := s.Attribute(urn, name)
	if attr == nil && !ours && !s.Strict {
		attr = s.AnyAttribute(name)
	}
	if attr == nil {
		return unknown(s, urn, name)
	}
	t := target{attr: attr}
	var err error
	if strings.HasPrefix(rest, "[") {
		if t.where, rest, err = parseFilter(attr, rest); err != nil {
			return target{}, err
		}
	}
	return t.parseSub(rest)
}

// foreign is what a path of somebody else's schema points at.
func foreign(s *tree.Schema, path string) (target, error) {
	if s.Strict {
		return target{}, unknownError{invalidPath("There is no attribute %q.", tree.Excerpt(path))}
	}
	return target{}, nil
}

func unknown(s *tree.Schema, urn, name string) (target, error) {
	switch lower := strings.ToLower(name); {
	case urn == "" && unkept[lower] && !s.Strict:
		return target{}, nil
	case urn == "" && fixed[lower]:
		return target{}, readOnly(name)
	}
	return target{}, unknownError{invalidPath("There is no attribute %q.", tree.Excerpt(name))}
}

// parseFilter reads "[" filter "]" and returns what follows.
func parseFilter(attr *tree.Attribute, text string) (store.Expr, string, error) {
	end := closing(text)
	if end < 0 {
		return nil, "", invalidPath("The value filter of %s has no end.", attr.Path())
	}
	if attr.Sub == nil {
		return nil, "", invalidPath("%s has no sub-attributes to filter by.", attr.Path())
	}
	parse := filter.Parse
	if attr.Strict {
		parse = filter.ParseStrict
	}
	where, err := parse(text[1:end], attr.Filter())
	if err != nil {
		return nil, "", tree.Errorf(scimerrors.ScimTypeInvalidFilter, "In the path: %v", err)
	}
	return where, text[end+1:], nil
}

// closing returns the index of the "]" that ends the filter at the start of s,
// or -1; one inside a string does not.
func closing(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted:
			return i
		}
	}
	return -1
}

func (t target) parseSub(rest string) (target, error) {
	if rest == "" {
		return t, nil
	}
	name, ok := strings.CutPrefix(rest, ".")
	if !ok {
		return target{}, invalidPath("After %s a dot is expected, not %q.", t.attr.Path(), tree.Excerpt(rest))
	}
	if t.sub = t.attr.Sub[strings.ToLower(name)]; t.sub == nil {
		return target{}, unknownError{invalidPath("%s has no sub-attribute %q.", t.attr.Path(), tree.Excerpt(name))}
	}
	return t, nil
}
