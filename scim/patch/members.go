package patch

import (
	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
	"iamscim/store"
)

// Members is what a PATCH does to the members of a group, without knowing who
// they are. Later operations override earlier ones.
type Members struct {
	// Replaced says that Set is all there will be; Added and Removed are
	// empty then.
	Replaced bool
	// Set and Added are in the order they were first named.
	Set, Added []tree.Member
	Removed    []string

	ops   int
	given map[string]place // everybody named so far
}

// place says where somebody stands: at an index of Set or Added, or of Removed.
type place struct {
	index   int
	removed bool
}

// apply adds one operation on members.
func (m *Members) apply(o operation) error {
	m.ops++
	ids, err := o.filtered()
	if err != nil {
		return err
	}
	named, err := tree.Members(o.value)
	if err != nil {
		return err
	}
	for _, n := range named {
		ids = append(ids, n.ID)
	}
	switch {
	case o.op == add:
		m.insert(named)
	case o.op == replace || o.where == nil && !o.given:
		*m = Members{Replaced: true, ops: m.ops, given: map[string]place{}}
		m.insert(named)
	default:
		m.delete(ids)
	}
	return nil
}

// filtered returns the ids that a value filter names. Without the members
// nothing else can be decided, and a member cannot be changed in place
// (RFC 7643 §4.2, immutable).
func (o *operation) filtered() ([]string, error) {
	switch {
	case o.sub != nil || o.where != nil && o.op != remove:
		return nil, tree.Errorf(scimerrors.ScimTypeMutability, "A member can be added or removed, not changed.")
	case o.where == nil:
		return nil, nil
	}
	ids, ok := idsIn(o.where, nil)
	if !ok {
		return nil, tree.Errorf(scimerrors.ScimTypeInvalidFilter, `Members are selected by their value: members[value eq "…"].`)
	}
	if o.attr.Strict && len(ids) > 1 {
		return nil, tree.Errorf(scimerrors.ScimTypeInvalidFilter, "The filter is for more than one member.")
	}
	return ids, nil
}

// idsIn collects from value eq "x" or value eq "y" ….
func idsIn(x store.Expr, ids []string) ([]string, bool) {
	switch x := x.(type) {
	case store.Compare:
		id, isText := x.Value.(string)
		return append(ids, id), isText && x.Path == "value" && x.Op == store.Eq
	case store.Or:
		ok := len(x) > 0
		for _, operand := range x {
			var one bool
			ids, one = idsIn(operand, ids)
			ok = ok && one
		}
		return ids, ok
	}
	return ids, false
}

func (m *Members) list() *[]tree.Member {
	if m.Replaced {
		return &m.Set
	}
	return &m.Added
}

func (m *Members) insert(named []tree.Member) {
	list := m.list()
	for _, n := range named {
		if at, ok := m.given[n.ID]; ok && !at.removed {
			(*list)[at.index] = n
			continue
		}
		m.given[n.ID] = place{index: len(*list)}
		*list = append(*list, n)
	}
}

func (m *Members) delete(ids []string) {
	for _, id := range ids {
		if !m.given[id].removed {
			m.given[id] = place{index: len(m.Removed), removed: true}
			m.Removed = append(m.Removed, id)
		}
	}
}

// settle leaves in the lists only what was said last of everybody.
func (m *Members) settle() {
	list := m.list()
	var added []tree.Member
	for i, n := range *list {
		if m.given[n.ID] == (place{index: i}) {
			added = append(added, n)
		}
	}
	*list = added
	var removed []string
	for i, id := range m.Removed {
		if !m.Replaced && m.given[id] == (place{index: i, removed: true}) {
			removed = append(removed, id)
		}
	}
	m.Removed = removed
}

// Any reports whether the PATCH says anything about members.
func (m *Members) Any() bool { return m.ops > 0 }
