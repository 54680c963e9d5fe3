package scim

import "strings"

// A projection is what is left of a resource after attributes and
// excludedAttributes (RFC 7644 §3.9). It is applied to the rendered resource:
// the renderers know nothing of it, so a cached rendering serves every
// projection, and only what is costly to read is asked about beforehand.
type projection struct {
	include *branch // nil: all
	exclude *branch // nil: nothing
	parts   groupParts
}

// branch is a node of the tree of named attributes. A nil *branch as a child
// names the whole member.
type branch struct{ children map[string]*branch }

// grow adds a path. The whole of a member beats parts of it.
func (n *branch) grow(keys []string) {
	child, known := n.children[keys[0]]
	switch {
	case len(keys) == 1:
		n.children[keys[0]] = nil
	case known && child == nil:
	default:
		if !known {
			child = newBranch()
			n.children[keys[0]] = child
		}
		child.grow(keys[1:])
	}
}

func newBranch() *branch { return &branch{children: map[string]*branch{}} }

// project compiles a selection for a resource type; nil is the default
// projection. Unknown names are ignored. What is always returned stays, and
// the minimum is id and schemas (RFC 7643 §7, returned).
func (res *resourceType) project(sel selection, display bool) *projection {
	if len(sel.Attributes) == 0 && len(sel.Excluded) == 0 {
		return nil
	}
	p := &projection{parts: groupParts{members: true, display: display}}
	if len(sel.Attributes) > 0 {
		p.include = newBranch()
		for _, name := range sel.Attributes {
			keys := res.index.keys(name)
			if keys != nil {
				p.include.grow(keys)
			}
			p.parts.display = p.parts.display || isMembersDisplay(keys)
		}
		p.include.grow([]string{"id"})
		p.include.grow([]string{"schemas"})
		_, p.parts.members = p.include.children["members"]
	}
	for _, name := range sel.Excluded {
		if keys := res.index.keys(name); keys != nil && !res.index.always(name) {
			if p.exclude == nil {
				p.exclude = newBranch()
			}
			p.exclude.grow(keys)
		}
	}
	if p.exclude != nil {
		if whole, named := p.exclude.children["members"]; named && whole == nil {
			p.parts.members = false
		}
	}
	return p
}

func isMembersDisplay(keys []string) bool {
	return len(keys) == 2 && keys[0] == "members" && keys[1] == "display"
}

// keys returns where a named attribute, or a whole extension, stands in the
// JSON; nil if the name is unknown.
func (x *schemaIndex) keys(name string) []string {
	if a := x.find(name); a != nil {
		return a.keys
	}
	if urn, ok := x.urns[strings.ToLower(name)]; ok {
		return []string{urn}
	}
	return nil
}

func (x *schemaIndex) always(name string) bool {
	a := x.find(name)
	return a != nil && a.declared.Returned() == "always"
}

// apply appends what is left of body, one rendered resource.
func (p *projection) apply(b, body []byte) []byte {
	if p == nil || p.include == nil && p.exclude == nil {
		return append(b, body...)
	}
	return pruneObject(b, body, p.include, p.exclude)
}

// pruneObject copies the members of the object at the start of src that
// include names and exclude does not. src is our own rendering: compact and
// valid.
func pruneObject(b, src []byte, include, exclude *branch) []byte {
	start := len(b)
	b = append(b, '{')
	i := 1
	for src[i] != '}' {
		if src[i] == ',' {
			i++
		}
		end := i + stringEnd(src[i:])
		key := string(src[i+1 : end-1])
		value := src[end+1:] // after the colon
		size := valueEnd(value)
		b = pruneMember(b, src[i:end+1], value[:size], branchAt(include, key), branchAt(exclude, key))
		i = end + 1 + size
	}
	if len(b) == start+1 {
		return b[:start] // nothing left: the member goes too
	}
	return append(b, '}')
}

// step is where a walk stands in a tree: on a member that the tree names,
// wholly if the branch is nil, or on one that it does not.
type step struct {
	*branch
	named bool
	none  bool // there is no tree
}

func branchAt(tree *branch, key string) step {
	if tree == nil {
		return step{none: true}
	}
	child, named := tree.children[key]
	return step{branch: child, named: named}
}

// pruneMember appends one member with its key, or nothing.
func pruneMember(b, key, value []byte, include, exclude step) []byte {
	if !include.none && !include.named || exclude.named && exclude.branch == nil {
		return b
	}
	start := len(b)
	if b[start-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, key...)
	filled := len(b)
	if include.branch == nil && exclude.branch == nil {
		return append(b, value...)
	}
	switch value[0] {
	case '{':
		b = pruneObject(b, value, include.branch, exclude.branch)
	case '[':
		b = pruneArray(b, value, include.branch, exclude.branch)
	default:
		b = append(b, value...)
	}
	if len(b) == filled {
		return b[:start]
	}
	return b
}

func pruneArray(b, src []byte, include, exclude *branch) []byte {
	start := len(b)
	b = append(b, '[')
	for i := 1; src[i] != ']'; {
		if src[i] == ',' {
			i++
			continue
		}
		before := len(b)
		if b[before-1] != '[' {
			b = append(b, ',')
		}
		filled := len(b)
		size := valueEnd(src[i:])
		if src[i] == '{' {
			b = pruneObject(b, src[i:], include, exclude)
		} else {
			b = append(b, src[i:i+size]...)
		}
		if len(b) == filled {
			b = b[:before]
		}
		i += size
	}
	if len(b) == start+1 {
		return b[:start]
	}
	return append(b, ']')
}

// stringEnd returns the length of the JSON string at the start of s.
func stringEnd(s []byte) int {
	for i := 1; ; i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd returns the length of the JSON value at the start of s.
func valueEnd(s []byte) int {
	depth := 0
	for i := 0; ; {
		switch s[i] {
		case '"':
			i += stringEnd(s[i:])
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i // the end of what holds a number or a literal
			}
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
}
