package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// catchUpGroup is catchUpUser for a group; its members are not touched.
func (p *Provisioner) catchUpGroup(ctx context.Context, l *observer.LiveGroup) (planner.GroupNow, error) {
	id := aws.ToString(l.Group.GroupId)
	if _, err := p.learn(ctx, arnsOf(l.Attached)); err != nil {
		return planner.GroupNow{}, err
	}
	m, err := p.memoryOf(ctx, store.Ref{Kind: store.KindGroup, ID: id})
	if err != nil {
		return planner.GroupNow{}, err
	}
	now := planner.GroupNow{Attributes: m.Groups[id]}
	err = p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		g, read, err := p.composeLiveGroup(ctx, tx, l, m)
		if err != nil {
			return err
		}
		now.Read = read
		if err := tx.PutGroup(ctx, g); err != nil {
			return err
		}
		now.Group, err = groupIn(ctx, tx, id)
		return err
	})
	if err != nil {
		return planner.GroupNow{}, fmt.Errorf("catch up with group %q: %w", aws.ToString(l.Group.GroupName), err)
	}
	return now, nil
}

// composeLiveGroup is composeLive for a group.
func (p *Provisioner) composeLiveGroup(ctx context.Context, tx *store.SnapshotTx, l *observer.LiveGroup, m *observer.Memory) (g, read *store.Group, err error) {
	id, name := aws.ToString(l.Group.GroupId), aws.ToString(l.Group.GroupName)
	prev, err := groupIn(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, err
	}
	shown, err := shownName(ctx, tx, store.KindGroup, id, name)
	if err != nil {
		return nil, nil, err
	}
	shielded, err := tx.Protected(ctx, l.At, id)
	if err != nil {
		return nil, nil, err
	}
	err = p.compose(ctx, tx, m, nil, func(s *observer.Single) error {
		g = &store.Group{
			ID: id, Name: name, DisplayName: shown, Path: aws.ToString(l.Group.Path), ARN: aws.ToString(l.Group.Arn),
			Created: aws.ToTime(l.Group.CreateDate).UTC(), Inline: s.Inline(store.KindGroup, id, name, l.Inline), Attached: s.Attached(l.Attached),
		}
		read = (&planner.Subject{Group: g}).Clone().Group
		if prev != nil {
			overlayGroup(g, prev, shielded)
			s.Describe(g.Attached)
		}
		remember(g, m)
		return nil
	})
	return g, read, err
}

// remember puts on a group what the state file knows of it.
func remember(g *store.Group, m *observer.Memory) {
	kept := m.Groups[g.ID]
	g.ExternalID = kept.ExternalID
	if long, ok := kept.LongName(g.Name); ok {
		g.DisplayName = long
	}
	_, g.Managed = m.Owned[store.Ref{Kind: store.KindGroup, ID: g.ID}]
}

func overlayGroup(g, prev *store.Group, shielded []store.Protection) {
	for _, pr := range shielded {
		switch {
		case pr.ID != g.ID:
		case pr.Thing == store.ThingGroup:
			g.Name, g.DisplayName, g.Path, g.ARN = prev.Name, prev.DisplayName, prev.Path, prev.ARN
		case pr.Thing == store.ThingAttachment:
			if slices.ContainsFunc(prev.Attached, func(p store.PolicyRef) bool { return p.ARN == pr.Other }) {
				g.Attached = planner.WithPolicy(g.Attached, pr.Other)
			} else {
				g.Attached = planner.WithoutPolicy(g.Attached, pr.Other)
			}
		}
	}
}

// meet makes sure that the snapshot knows the groups a live read names, by the
// names they have now: steps are called by name.
func (p *Provisioner) meet(ctx context.Context, groups []iamtypes.Group) error {
	var known map[string]*store.Group
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		known, err = groupsIn(ctx, tx, observer.GroupIDs(groups))
		return err
	})
	if err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	for _, g := range groups {
		have := known[aws.ToString(g.GroupId)]
		if have != nil && have.Name == aws.ToString(g.GroupName) && have.Path == aws.ToString(g.Path) {
			continue
		}
		if have == nil {
			have = &store.Group{ID: aws.ToString(g.GroupId), Name: aws.ToString(g.GroupName)}
		}
		l, err := p.readGroup(ctx, have)
		if err != nil {
			return err
		}
		if _, err := p.catchUpGroup(ctx, l); err != nil {
			return err
		}
	}
	return nil
}
