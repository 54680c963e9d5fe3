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
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
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
func (p *Provisioner) groupNowOf(ctx context.Context, known *store.Group) (planner.GroupNow, error) {
	l, err := p.readGroup(ctx, known)
	if errors.Is(err, store.ErrNotFound) {
		return planner.GroupNow{}, errors.Join(err, p.forgetGroup(ctx, known.ID))
	}
	if err != nil {
		return planner.GroupNow{}, err
	}
	return p.catchUpGroup(ctx, l)
}

func (r *request) createGroup(ctx context.Context, w *planner.GroupWish) (*Change, error) {
	if r.p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	name, _ := store.EncodeGroupName(*w.DisplayName)
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, Name: store.Fold(name)}); err != nil {
		return nil, err
	}
	if c, err := r.replayed(ctx, groupKey("", name)); c != nil || err != nil {
		return c, err
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
	pl, now, err := r.touched(ctx, planner.GroupNow{}, w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.CreateGroup(w)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &planner.Subject{Members: now.Members, Known: pl.Known}, plan)
}

func (r *request) updateGroup(ctx context.Context, id string, edit func(*store.Group) (planner.GroupWish, error)) (*Change, error) {
	known, err := r.p.knownGroup(ctx, id)
	if err != nil {
		return nil, err
	}
	now, err := r.p.groupNowOf(ctx, known)
	if err != nil {
		return nil, err
	}
	w, err := edit(now.Group)
	if err != nil {
		return nil, err
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, ID: id}); err != nil {
		return nil, err
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(now.Group.DisplayName) {
		name, _ := store.EncodeGroupName(*w.DisplayName)
		if err := r.takeName(ctx, store.KindGroup, id, *w.DisplayName, groupKey("", name)); err != nil {
			return nil, err
		}
	}
	pl, now, err := r.touched(ctx, now, &w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.UpdateGroup(now, &w)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &planner.Subject{Group: now.Group, Members: now.Members, Known: pl.Known}, plan)
}

// touched reads the users and policies that a wish names, live. Nobody else's
// membership is looked at, unless the wish replaces all.
func (r *request) touched(ctx context.Context, now planner.GroupNow, w *planner.GroupWish) (*planner.Planner, planner.GroupNow, error) {
	p := r.p
	pl, err := p.planner(ctx, nil)
	if err != nil {
		return nil, now, err
	}
	pl.AsShown = !r.actor.Scopes[planner.ScopeEntitlements]
	if err := p.wanted(ctx, pl, "attachedPolicies", w.Policies); err != nil {
		return nil, now, err
	}
	ids := list.Unique(append(append([]string{}, w.AddMembers...), w.RemoveMembers...))
	if w.Members != nil {
		ids = list.Unique(*w.Members)
		if now.Group != nil {
			if err := p.allMembers(ctx, pl, &now); err != nil {
				return nil, now, err
			}
			if err := p.spareKept(ctx, now.Members, now.Shown); err != nil {
				return nil, now, err
			}
			ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return now.Members[id] && now.Shows(id) })
		}
	}
	if n := len(ids); n > p.writes.cfg.MaxCalls {
		return nil, now, &planner.InvalidError{Attribute: "members", TooMany: true, Reason: fmt.Sprintf("%d members change, the limit is %d", n, p.writes.cfg.MaxCalls)}
	}
	err = p.lookUp(ctx, pl, &now, ids)
	return pl, now, err
}

// lookUp reads the users a plan touches into pl.Known and now.Members.
func (p *Provisioner) lookUp(ctx context.Context, pl *planner.Planner, now *planner.GroupNow, ids []string) error {
	at := p.now()
	users, shielded, err := p.principals(ctx, at, ids)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	found, err := p.readTouched(ctx, users)
	if err != nil {
		return err
	}
	if now.Members == nil {
		now.Members = map[string]bool{}
	}
	if now.Shown == nil {
		now.Shown = map[string]bool{}
	}
	for _, u := range users {
		m := found[u.ID]
		if m == nil {
			continue
		}
		live := &store.User{ID: u.ID, Name: aws.ToString(m.user.UserName), ARN: aws.ToString(m.user.Arn), Groups: observer.GroupIDs(m.groups)}
		if now.Group != nil {
			now.Shown[u.ID] = slices.Contains(live.Groups, now.Group.ID)
		}
		overlay(live, u, shielded[u.ID])
		pl.Known[u.ID] = live
		if now.Group != nil {
			now.Members[u.ID] = slices.Contains(live.Groups, now.Group.ID)
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
func (p *Provisioner) allMembers(ctx context.Context, pl *planner.Planner, now *planner.GroupNow) error {
	at := p.now()
	list, err := p.readMembers(ctx, now.Group.Name)
	if err != nil {
		return err
	}
	now.Members = make(map[string]bool, len(list))
	for i := range list {
		id := aws.ToString(list[i].UserId)
		now.Members[id] = true
		pl.Known[id] = &store.User{ID: id, Name: aws.ToString(list[i].UserName), ARN: aws.ToString(list[i].Arn)}
	}
	now.Shown = maps.Clone(now.Members)
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error { return shieldMembers(ctx, tx, pl, now, at) })
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	return nil
}

// shieldMembers lays over the list what we wrote and IAM may not show yet.
func shieldMembers(ctx context.Context, tx *store.SnapshotTx, pl *planner.Planner, now *planner.GroupNow, at time.Time) error {
	shielded, err := tx.Protected(ctx, at, now.Group.ID)
	if err != nil {
		return err
	}
	for _, pr := range shielded {
		if pr.Thing != store.ThingMembership || pr.Other != now.Group.ID {
			continue
		}
		u, err := userIn(ctx, tx, pr.ID)
		if errors.Is(err, store.ErrNotFound) {
			delete(now.Members, pr.ID)
			delete(now.Shown, pr.ID)
			continue
		}
		if err != nil {
			return err
		}
		now.Members[pr.ID] = slices.Contains(u.Groups, now.Group.ID)
		if pl.Known[pr.ID] == nil {
			pl.Known[pr.ID] = u
		}
	}
	return nil
}

// wholeGroup reads a group with all its members, for its deletion.
func (p *Provisioner) wholeGroup(ctx context.Context, known *store.Group) (planner.GroupNow, *planner.Planner, error) {
	now, err := p.groupNowOf(ctx, known)
	if err != nil {
		return planner.GroupNow{}, nil, err
	}
	pl, err := p.planner(ctx, nil)
	if err != nil {
		return planner.GroupNow{}, nil, err
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
		if err := check(now.Group); err != nil {
			return nil, err
		}
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindGroup, ID: id}, planner.KindDeleteGroup); err != nil {
		return nil, err
	}
	plan, err := pl.DeleteGroup(now)
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &planner.Subject{Group: now.Group, Members: now.Members, Known: pl.Known}, plan)
}
