package scim

import (
	"context"
	"fmt"

	"iamscim/scim/tree"
	"iamscim/store"
)

// briefAbove is how many members a group may have for its writes to be answered
// with all of them unasked.
const briefAbove = 1000

// groupAnswer says how the answer to a write of a group looks.
type groupAnswer struct {
	selection
	base  string
	named []tree.Member // members with what the client called them
	brief bool          // a large group may be left out
}

// writtenGroup renders a group as the answer to a write: with members even if
// there are none, and with the display that the client sent. A large group is
// left out, its version is not.
func (c *content) writtenGroup(ctx context.Context, id string, a groupAnswer) (*document, error) {
	p := c.resourceType("Group").project(a.selection, c.opt.MemberDisplay)
	parts := c.parts(p)
	parts.empty = true
	doc := &document{}
	err := c.snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		groups, err := tx.Groups(ctx, id)
		if err != nil {
			return err
		}
		if len(groups) == 0 {
			return store.ErrNotFound
		}
		l, g := c.loader(tx, a.base, parts), groups[0]
		doc.ETag, doc.LastModified = l.setting.versions.of(g.Changed), g.LastModified
		if large, err := a.large(ctx, tx, id); err != nil || large {
			return err
		}
		members, err := a.members(ctx, tx, id, &parts)
		doc.Body = l.setting.group(make([]byte, 0, 1024+160*len(members)), g, members, parts, doc.ETag)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get Group %q: %w", id, err)
	}
	if doc.Body != nil && p != nil {
		doc.Body = p.apply(make([]byte, 0, len(doc.Body)), doc.Body)
	}
	return doc, nil
}

func (a *groupAnswer) large(ctx context.Context, tx *store.SnapshotTx, id string) (bool, error) {
	if !a.brief {
		return false, nil
	}
	n, err := tx.Size(ctx, id)
	return n > briefAbove, err
}

// members reads the members; those that the client gave a name are shown with
// it, unless names are shown anyway.
func (a *groupAnswer) members(ctx context.Context, tx *store.SnapshotTx, id string, parts *groupParts) ([]store.Member, error) {
	if !parts.members {
		return nil, nil
	}
	members, err := tx.Members(ctx, id, parts.display)
	if parts.display || err != nil {
		return members, err
	}
	names := map[string]string{}
	for _, m := range a.named {
		if m.Display != "" {
			names[m.ID] = m.Display
		}
	}
	parts.display = len(names) > 0
	for i := range members {
		members[i].UserName = names[members[i].ID]
	}
	return members, nil
}
