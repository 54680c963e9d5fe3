package provisioner

import (
	"context"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// holding is what the identity in use holds.
type holding struct {
	role     *store.Role
	user     *store.User
	attached []store.PolicyRef
	inline   []store.InlinePolicy
	boundary string
}

// heldByUs finds the identity in use, which is the first of the chain.
func (p *Provisioner) heldByUs(ctx context.Context, tx *store.SnapshotTx, c *chain) (*holding, error) {
	if len(c.inUse.ID) == 0 || tx.Generation().ID == 0 {
		return nil, nil
	}
	if c.inUse.Kind == store.KindRole {
		list, err := tx.Roles(ctx, c.inUse.ID)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		r := list[0]
		return &holding{role: r, attached: r.Attached, inline: r.Inline, boundary: r.Boundary}, nil
	}
	list, err := tx.Users(ctx, c.inUse.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	u := list[0]
	h := &holding{user: u, attached: u.Attached, inline: u.Inline, boundary: u.Boundary}
	groups, err := tx.Groups(ctx, u.Groups...)
	for _, g := range groups {
		h.attached, h.inline = append(h.attached, g.Attached...), append(h.inline, g.Inline...)
	}
	return h, err
}

// input is all of it as the evaluation takes it; nil if some of it could not be
// read.
func (h *holding) input(s *observer.Single, accountID string) *policy.Input {
	in := &policy.Input{Principal: policy.Principal{AccountID: accountID}}
	if h.role != nil {
		in.Principal.Type, in.Principal.ARN, in.Principal.RoleARN, in.Principal.UserID = policy.AssumedRole, h.role.ARN, h.role.ARN, h.role.ID
	} else {
		in.Principal.Type, in.Principal.ARN, in.Principal.Username, in.Principal.UserID = policy.User, h.user.ARN, h.user.Name, h.user.ID
	}
	read := func(text string) *policy.Document {
		doc, err := s.Parse(text)
		if err != nil {
			return nil
		}
		return doc
	}
	managed := func(arn string) *policy.Document {
		if p := s.Policies[arn]; p != nil {
			return read(p.Document)
		}
		return nil
	}
	for _, ref := range h.attached {
		in.Identity = append(in.Identity, managed(ref.ARN))
	}
	for _, p := range h.inline {
		in.Identity = append(in.Identity, read(p.Document))
	}
	if h.boundary != "" {
		if in.Boundary = managed(h.boundary); in.Boundary == nil {
			return nil
		}
	}
	for _, doc := range in.Identity {
		if doc == nil {
			return nil
		}
	}
	return in
}
