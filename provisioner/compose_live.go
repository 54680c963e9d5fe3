package provisioner

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// composing is what composing depends on besides the account.
func (p *Provisioner) composing() observer.Settings {
	return observer.Settings{AccountID: p.conn.AccountID, Derive: p.cfg.Derive, Grantable: p.cfg.Grantable}
}

// compose hands fn a composer for single resources.
func (p *Provisioner) compose(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory, groups map[string]*store.Group, fn func(*observer.Single) error) error {
	return p.writes.world.Compose(ctx, tx, p.composing(), m, groups, fn)
}

// composeLive makes a user of what a live read said, laying over it what we
// wrote and IAM may not show yet. read is the user without that.
func (p *Provisioner) composeLive(ctx context.Context, tx *store.SnapshotTx, l *observer.LiveUser, m *observer.Memory) (u, read *store.User, err error) {
	id := aws.ToString(l.User.UserId)
	prev, err := userIn(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, err
	}
	shown, err := shownName(ctx, tx, store.KindUser, id, aws.ToString(l.User.UserName))
	if err != nil {
		return nil, nil, err
	}
	shielded, err := tx.Protected(ctx, l.At, id)
	if err != nil {
		return nil, nil, err
	}
	ids := observer.GroupIDs(l.Groups)
	if prev != nil {
		ids = list.Unique(append(ids, prev.Groups...))
	}
	groups, err := groupsIn(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	err = p.compose(ctx, tx, m, groups, func(s *observer.Single) error {
		u = s.Live(l, prev, shown)
		read = (&planner.Subject{User: u}).Clone().User
		if prev != nil {
			overlay(u, prev, shielded)
		}
		s.Rejudge(u)
		return nil
	})
	return u, read, err
}

// overlay keeps what we wrote within the consistency window. A deny that shows
// stays, whoever placed it.
func overlay(u, prev *store.User, shielded []store.Protection) {
	for _, pr := range shielded {
		switch pr.Thing {
		case store.ThingUser:
			u.Name, u.UserName, u.Path, u.ARN, u.Boundary, u.Tags = prev.Name, prev.UserName, prev.Path, prev.ARN, prev.Boundary, prev.Tags
			for _, i := range prev.Inline {
				if i.Name == planner.DenyInlineName && !slices.ContainsFunc(u.Inline, func(p store.InlinePolicy) bool { return p.Name == planner.DenyInlineName }) {
					u.Inline = append(u.Inline, i)
				}
			}
		case store.ThingMembership:
			if pr.ID == u.ID {
				u.Groups = slices.DeleteFunc(u.Groups, func(id string) bool { return id == pr.Other })
				if slices.Contains(prev.Groups, pr.Other) {
					u.Groups = append(u.Groups, pr.Other)
				}
				slices.Sort(u.Groups)
			}
		case store.ThingAttachment:
			overlayAttachment(u, prev, pr.Other)
		case store.ThingCredential:
			for _, c := range planner.CredentialsOf(prev) {
				if c.ID == pr.Other {
					planner.EditCredential(u, c.Kind, c.ID, c.Status)
				}
			}
		}
	}
}

func overlayAttachment(u, prev *store.User, arn string) {
	if slices.ContainsFunc(prev.Attached, func(p store.PolicyRef) bool { return p.ARN == arn }) {
		u.Attached = planner.WithPolicy(u.Attached, arn)
		return
	}
	if slices.ContainsFunc(u.Attached, func(p store.PolicyRef) bool { return p.ARN == arn && !p.Deny }) {
		u.Attached = planner.WithoutPolicy(u.Attached, arn)
	}
}

// shownName decodes the name of one resource with a view to the others: two
// are never shown alike.
func shownName(ctx context.Context, tx *store.SnapshotTx, kind store.Kind, id, name string) (string, error) {
	shown := store.DecodeName(name)
	other, err := nameTaken(ctx, tx, kind, shown, id)
	if err != nil || !other {
		return shown, err
	}
	return store.EncodeName(shown), nil
}

// nameTaken reports whether a resource other than id is shown under the name.
func nameTaken(ctx context.Context, tx *store.SnapshotTx, kind store.Kind, shown, id string) (bool, error) {
	attribute := map[store.Kind]store.Path{store.KindUser: "userName", store.KindGroup: "displayName"}[kind]
	r, err := tx.Select(ctx, kind, store.Query{Where: store.Compare{Path: attribute, Op: store.Eq, Value: shown}})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(r.IDs, func(other string) bool { return other != id }), nil
}
