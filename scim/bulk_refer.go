package scim

import (
	"net/http"
	"slices"
	"strings"

	"iamscim/scim/patch"
	"iamscim/scim/tree"
)

// bulkPrefix begins the id of what another operation creates, wherever an
// operation names a resource: in its path, and in data where the schema has a
// reference (RFC 7644 §3.7.2). Elsewhere it begins a text like any other.
const bulkPrefix = "bulkId:"

// cutReference returns the bulkId that an id stands for.
func cutReference(id string) (bulkID string, ok bool) {
	bulkID, ok = strings.CutPrefix(id, bulkPrefix)
	return bulkID, ok && bulkID != ""
}

// findReferences notes what each operation refers to.
func (b *bulkRequest) findReferences() {
	for _, o := range b.operations {
		note := func(id string) (string, bool) {
			if ref, ok := cutReference(id); ok && !slices.Contains(o.needs, ref) {
				o.needs = append(o.needs, ref)
			}
			return id, true
		}
		_, id := splitPath(o.path)
		_, _ = note(id) // what it returns is for data
		c := b.template
		c.method = o.method
		if c.locate(o.path) == nil {
			c.swapped(o.data, note)
		}
	}
}

// swapped returns data, the body of c, with its references swapped. That of a
// DELETE means nothing.
func (c *change) swapped(data map[string]any, swap tree.Swap) map[string]any {
	switch {
	case data == nil || c.method == http.MethodDelete:
		return nil
	case c.method == http.MethodPatch:
		return patch.Swapped(data, c.schema(), swap)
	}
	return c.schema().Swapped(data, swap)
}

// known swaps a reference for the id of what was created, if it was.
func (b *bulkRequest) known(id string) (string, bool) {
	ref, ok := cutReference(id)
	if !ok {
		return id, true
	}
	made, ok := b.ids[ref]
	return made, ok
}

// pathOf is the path of o, resolved as far as that can be done.
func (b *bulkRequest) pathOf(o *bulkOperation) string {
	before, id := splitPath(o.path)
	if made, ok := b.known(id); ok {
		id = made
	}
	return before + id
}

// splitPath splits a path before its last segment.
func splitPath(path string) (before, last string) {
	path = strings.TrimRight(path, "/")
	at := strings.LastIndexByte(path, '/') + 1
	return path[:at], path[at:]
}
