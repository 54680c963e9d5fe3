package provisioner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// load reads what the rules need and the plan does not say.
func (v *verdict) load(ctx context.Context) error {
	c, err := v.p.ownChain(ctx)
	if err != nil {
		return err
	}
	err = v.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		if v.own, err = v.p.ours(ctx, tx, c); err != nil {
			return err
		}
		if err := v.gather(ctx, tx); err != nil {
			return err
		}
		return v.p.compose(ctx, tx, nil, nil, func(s *observer.Single) error {
			v.policies = s.Policies
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("read what the guards need: %w", err)
	}
	err = v.p.account.State.View(ctx, func(tx *store.StateTx) error {
		for _, t := range v.was {
			if v.cfg.manages(t.path) {
				continue // whose it is makes no difference
			}
			_, err := tx.Ownership(ctx, t.ref)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			t.owned = err == nil
		}
		v.resolved, err = tx.ProtectedBy(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what the guards need: %w", err)
	}
	return nil
}

// images are the plan's object as it is and as it would be.
func (v *verdict) images() {
	switch {
	case v.before.User != nil:
		v.was = append(v.was, touchedUser(v.before.User))
	case v.before.Group != nil:
		v.was = append(v.was, touchedGroup(v.before.Group))
	}
	switch {
	case v.after.User != nil:
		v.next = touchedUser(v.after.User)
	case v.after.Group != nil:
		v.next = touchedGroup(v.after.Group)
	}
}

// gather finds both ends of everything that the plan changes.
func (v *verdict) gather(ctx context.Context, tx *store.SnapshotTx) error {
	v.images()
	var users, groups []string
	for i := range v.plan.Steps {
		s := &v.plan.Steps[i]
		if s.UserID != "" && s.UserID != v.plan.Object.ID {
			users = append(users, s.UserID)
		}
		if s.GroupID != "" && s.GroupID != v.plan.Object.ID {
			groups = append(groups, s.GroupID)
		}
	}
	if err := v.gatherUsers(ctx, tx, list.Unique(users)); err != nil {
		return err
	}
	groups = list.Unique(groups)
	var err error
	v.groups, err = groupsIn(ctx, tx, groups)
	for _, id := range groups {
		if g := v.groups[id]; g != nil {
			v.was = append(v.was, touchedGroup(g))
		} else {
			v.was = append(v.was, &touched{ref: store.Ref{Kind: store.KindGroup, ID: id}})
		}
	}
	return err
}

// gatherUsers takes members as they were just read, and only others from the
// snapshot.
func (v *verdict) gatherUsers(ctx context.Context, tx *store.SnapshotTx, ids []string) error {
	var others []string
	for _, id := range ids {
		if t := v.live(id); t != nil {
			v.was = append(v.was, t)
		} else {
			others = append(others, id)
		}
	}
	list, err := tx.Users(ctx, others...)
	if err != nil {
		return err
	}
	found := make(map[string]*touched, len(list))
	for _, u := range list {
		found[u.ID] = touchedUser(u)
	}
	for _, id := range others {
		if found[id] == nil { // made a moment ago; what is not known is not ours
			found[id] = &touched{ref: store.Ref{Kind: store.KindUser, ID: id}}
		}
		v.was = append(v.was, found[id])
	}
	return nil
}

// live is a member as just read; nil if only the snapshot knows them.
func (v *verdict) live(id string) *touched {
	u := v.before.Known[id]
	if u == nil || u.ARN == "" {
		return nil
	}
	t := &touched{ref: store.Ref{Kind: store.KindUser, ID: id}, name: u.Name, shown: store.DecodeName(u.Name), arn: u.ARN}
	if _, path, ok := strings.Cut(u.ARN, ":user"); ok {
		t.path = path[:strings.LastIndexByte(path, '/')+1]
	}
	return t
}
