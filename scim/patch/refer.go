package patch

import (
	"strings"

	"iamscim/scim/tree"
)

// Swapped returns body, a PATCH of what s declares, with the references in its
// paths and values swapped, as tree.Schema.Swapped does with a representation.
// An operation of whose value nothing is left is left out. What cannot be
// understood stays as it is: to refuse it is for Parse.
func Swapped(body map[string]any, s *tree.Schema, swap tree.Swap) map[string]any {
	b, err := tree.Fold(body)
	list, ok := b["operations"].([]any)
	if err != nil || !ok {
		return body
	}
	w := swapper{s, swap}
	ops := make([]any, 0, len(list))
	for _, v := range list {
		if v, kept := w.operation(v); kept {
			ops = append(ops, v)
		}
	}
	b["operations"] = ops
	return b
}

type swapper struct {
	schema *tree.Schema
	swap   tree.Swap
}

func (w swapper) operation(v any) (swapped any, kept bool) {
	object, _ := v.(map[string]any)
	m, err := tree.Fold(object)
	path, isText := m["path"].(string)
	if err != nil || object == nil || !isText && m["path"] != nil {
		return v, true
	}
	value, given := m["value"]
	if strings.TrimSpace(path) == "" {
		value, kept = w.names("", value), true
	} else {
		path, value, kept = w.target(path, value)
		m["path"] = path
	}
	if given {
		m["value"] = value
	}
	return m, kept
}

// target swaps in a path and in the value for it.
func (w swapper) target(path string, value any) (string, any, bool) {
	t, err := parsePath(w.schema, path)
	switch {
	case err != nil || t.ignored():
		return path, value, true
	case t.urn != "":
		return path, w.names(t.urn+":", value), true
	}
	if t.where != nil {
		open := strings.IndexByte(path, '[')
		end := open + closing(path[open:])
		path = path[:open+1] + t.attr.SwappedFilter(path[open+1:end], w.swap) + path[end:]
	}
	at := t.attr
	if t.sub != nil {
		at = t.sub
	}
	value, kept := at.Swapped(value, w.swap)
	return path, value, kept
}

// names swaps in a value whose names are paths.
func (w swapper) names(prefix string, value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(object))
	for name, v := range object {
		if path, v, kept := w.target(prefix+name, v); kept {
			out[strings.TrimPrefix(path, prefix)] = v
		}
	}
	return out
}
