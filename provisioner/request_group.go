package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

func (p *Provisioner) knownGroup(ctx context.Context, id string) (g *store.Group, err error) {
	if p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		g, err = groupIn(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	return g, nil
}

// groupNowOf reads a group live and brings the snapshot up to date with it.
func (p *Provisioner) groupNowOf(ctx context.Context, known *store.Group) (groupNow, error) {
	l, err := p.readGroup(ctx, known)
	if errors.Is(err, store.ErrNotFound) {
		return groupNow{}, errors.Join(err, p.forgetGroup(ctx, known.ID))
	}
	if err != nil {
		return groupNow{}, err
	}
	return p.catchUpGroup(ctx, l)
}

func (r *request) createGroup(ctx context.Context, w *GroupWish) (*Change, error) {
	if r.p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	name, _ := store.EncodeGroupName(*w.DisplayName)
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, Name: store.Fold(name)}); err != nil {
		return nil, err
	}
	if err := r.takeName(ctx, store.KindGroup, "", *w.DisplayName, groupKey("", name)); err != nil {
		return nil, err
	}
	// Groups cannot be tagged: that this one is ours if the answer is lost
	// follows from its not having been there before.
	if _, err := r.p.getGroup(ctx, "", name); !errors.Is(err, store.ErrNotFound) || awsapi.ErrorCode(err) != "NoSuchEntity" {
		if err == nil || errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("group %q: %w", *w.DisplayName, store.ErrExists)
		}
		return nil, err
	}
	pl, now, err := r.touched(ctx, groupNow{}, w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.planCreateGroup(w)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &subject{members: now.members, known: pl.known}, plan)
}

func (r *request) updateGroup(ctx context.Context, id string, edit func(*store.Group) (GroupWish, error)) (*Change, error) {
	known, err := r.p.knownGroup(ctx, id)
	if err != nil {
		return nil, err
	}
	now, err := r.p.groupNowOf(ctx, known)
	if err != nil {
		return nil, err
	}
	w, err := edit(now.group)
	if err != nil {
		return nil, err
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, ID: id}); err != nil {
		return nil, err
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(now.group.DisplayName) {
		name, _ := store.EncodeGroupName(*w.DisplayName)
		if err := r.takeName(ctx, store.KindGroup, id, *w.DisplayName, groupKey("", name)); err != nil {
			return nil, err
		}
	}
	pl, now, err := r.touched(ctx, now, &w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.planUpdateGroup(now, &w)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &subject{group: now.group, members: now.members, known: pl.known}, plan)
}

// touched reads the users and policies that a wish names, live. Nobody else's
// membership is looked at, unless the wish replaces all.
func (r *request) touched(ctx context.Context, now groupNow, w *GroupWish) (*planner, groupNow, error) {
	p := r.p
	pl, err := p.planner(ctx, nil)
	if err != nil {
		return nil, now, err
	}
	pl.asShown = !r.actor.Scopes[ScopeEntitlements]
	if err := p.wanted(ctx, pl, "attachedPolicies", w.Policies); err != nil {
		return nil, now, err
	}
	ids := list.Unique(append(append([]string{}, w.AddMembers...), w.RemoveMembers...))
	if w.Members != nil {
		ids = list.Unique(*w.Members)
		if now.group != nil {
			if err := p.allMembers(ctx, pl, &now); err != nil {
				return nil, now, err
			}
			if err := p.spareKept(ctx, now.members, now.shown); err != nil {
				return nil, now, err
			}
			ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return now.members[id] && now.shows(id) })
		}
	}
	if n := len(ids); n > p.writes.cfg.MaxCalls {
		return nil, now, &InvalidError{Attribute: "members", TooMany: true, Reason: fmt.Sprintf("%d members change, the limit is %d", n, p.writes.cfg.MaxCalls)}
	}
	err = p.lookUp(ctx, pl, &now, ids)
	return pl, now, err
}

// lookUp reads the users a plan touches into pl.known and now.members.
func (p *Provisioner) lookUp(ctx context.Context, pl *planner, now *groupNow, ids []string) error {
	at := p.now()
	users, shielded, err := p.principals(ctx, at, ids)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	found, err := p.readTouched(ctx, users)
	if err != nil {
		return err
	}
	if now.members == nil {
		now.members = map[string]bool{}
	}
	if now.shown == nil {
		now.shown = map[string]bool{}
	}
	for _, u := range users {
		m := found[u.ID]
		if m == nil {
			continue
		}
		live := &store.User{ID: u.ID, Name: aws.ToString(m.user.UserName), ARN: aws.ToString(m.user.Arn), Groups: groupIDs(m.groups)}
		if now.group != nil {
			now.shown[u.ID] = slices.Contains(live.Groups, now.group.ID)
		}
		overlay(live, u, shielded[u.ID])
		pl.known[u.ID] = live
		if now.group != nil {
			now.members[u.ID] = slices.Contains(live.Groups, now.group.ID)
		}
	}
	return nil
}

// principals reads what the snapshot knows of users, and what is protected of
// each. The latter first: what is laid over a live read must not be older than
// what it was protected for.
func (p *Provisioner) principals(ctx context.Context, at time.Time, ids []string) (users []*store.User, shielded map[string][]store.Protection, err error) {
	shielded = map[string][]store.Protection{}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		list, err := tx.Protected(ctx, at, ids...)
		for _, pr := range list {
			shielded[pr.ID] = append(shielded[pr.ID], pr)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error { // sees what was committed before that
		list, err := tx.Principals(ctx, ids...)
		for _, u := range list {
			users = append(users, &store.User{ID: u.ID, Name: u.Name, ARN: u.ARN, Groups: u.Groups})
		}
		return err
	})
	return users, shielded, err
}

// allMembers reads every member of the group, live.
func (p *Provisioner) allMembers(ctx context.Context, pl *planner, now *groupNow) error {
	at := p.now()
	list, err := p.readMembers(ctx, now.group.Name)
	if err != nil {
		return err
	}
	now.members = make(map[string]bool, len(list))
	for i := range list {
		id := aws.ToString(list[i].UserId)
		now.members[id] = true
		pl.known[id] = &store.User{ID: id, Name: aws.ToString(list[i].UserName), ARN: aws.ToString(list[i].Arn)}
	}
	now.shown = maps.Clone(now.members)
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error { return shieldMembers(ctx, tx, pl, now, at) })
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	return nil
}

// shieldMembers lays over the list what we wrote and IAM may not show yet.
func shieldMembers(ctx context.Context, tx *store.SnapshotTx, pl *planner, now *groupNow, at time.Time) error {
	shielded, err := tx.Protected(ctx, at, now.group.ID)
	if err != nil {
		return err
	}
	for _, pr := range shielded {
		if pr.Thing != store.ThingMembership || pr.Other != now.group.ID {
			continue
		}
		u, err := userIn(ctx, tx, pr.ID)
		if errors.Is(err, store.ErrNotFound) {
			delete(now.members, pr.ID)
			delete(now.shown, pr.ID)
			continue
		}
		if err != nil {
			return err
		}
		now.members[pr.ID] = slices.Contains(u.Groups, now.group.ID)
		if pl.known[pr.ID] == nil {
			pl.known[pr.ID] = u
		}
	}
	return nil
}

// wholeGroup reads a group with all its members, for its deletion.
func (p *Provisioner) wholeGroup(ctx context.Context, known *store.Group) (groupNow, *planner, error) {
	now, err := p.groupNowOf(ctx, known)
	if err != nil {
		return groupNow{}, nil, err
	}
	pl, err := p.planner(ctx, nil)
	if err != nil {
		return groupNow{}, nil, err
	}
	return now, pl, p.allMembers(ctx, pl, &now)
}

func (r *request) deleteGroup(ctx context.Context, id string, check func(*store.Group) error) (*Change, error) {
	known, err := r.p.knownGroup(ctx, id)
	if err != nil {
		return nil, err
	}
	now, pl, err := r.p.wholeGroup(ctx, known)
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(now.group); err != nil {
			return nil, err
		}
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, ID: id}, kindDeleteGroup); err != nil {
		return nil, err
	}
	plan, err := pl.planDeleteGroup(now)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &subject{group: now.group, members: now.members, known: pl.known}, plan)
}
