package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// currentUser is the current state of a user with what it was composed from.
type currentUser struct {
	planner.UserNow
	live *observer.LiveUser
}

// catchUpUser writes into the snapshot what a live read said about a user, as a
// refresh would have, and returns the user as they then are. So whoever decides
// on that, If-Match included, decides on what is true now. What we wrote
// ourselves within IAM's consistency window stays as we wrote it.
func (p *Provisioner) catchUpUser(ctx context.Context, l *observer.LiveUser) (currentUser, error) {
	id := aws.ToString(l.User.UserId)
	m, now, err := p.prepare(ctx, l)
	if err != nil {
		return currentUser{}, err
	}
	err = p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		u, read, err := p.composeLive(ctx, tx, l, m)
		if err != nil {
			return err
		}
		now.Read = read
		if err := putUserWithGroups(ctx, tx, u); err != nil {
			return err
		}
		now.User, err = userIn(ctx, tx, id)
		return err
	})
	if err != nil {
		return currentUser{}, fmt.Errorf("catch up with user %q: %w", aws.ToString(l.User.UserName), err)
	}
	return now, nil
}

// prepare learns what composing the user needs.
func (p *Provisioner) prepare(ctx context.Context, l *observer.LiveUser) (m *observer.Memory, now currentUser, err error) {
	id := aws.ToString(l.User.UserId)
	if err := p.meet(ctx, l.Groups); err != nil {
		return nil, now, err
	}
	if _, err := p.learn(ctx, arnsOf(l.Attached)); err != nil {
		return nil, now, err
	}
	if m, err = p.memoryOf(ctx, store.Ref{Kind: store.KindUser, ID: id}); err != nil {
		return nil, now, err
	}
	if d, ok := m.Deactivated[id]; ok {
		now.Record = &d
	}
	_, now.Adopted = m.Persons[id]
	now.live = l
	return m, now, nil
}

// nowOf reads a user live and brings the snapshot up to date with it. One who is gone goes from the snapshot, too.
func (p *Provisioner) nowOf(ctx context.Context, known *store.User) (currentUser, error) {
	l, err := p.readUser(ctx, known)
	if errors.Is(err, store.ErrNotFound) {
		return currentUser{}, errors.Join(err, p.forgetUser(ctx, known.ID))
	}
	if err != nil {
		return currentUser{}, err
	}
	return p.catchUpUser(ctx, l)
}

// withHeld adds all credentials to what was read of a user.
func (p *Provisioner) withHeld(ctx context.Context, now currentUser) (currentUser, error) {
	held, err := p.readCredentials(ctx, aws.ToString(now.live.User.UserName))
	if err != nil {
		return currentUser{}, err
	}
	now.live.Held = held
	return p.catchUpUser(ctx, now.live)
}

// lookAt reads a user live with all credentials, in the middle of a plan: the
// snapshot learns of it when the plan is done.
func (p *Provisioner) lookAt(ctx context.Context, known *store.User) (currentUser, error) {
	l, err := p.readUser(ctx, known)
	if err != nil {
		return currentUser{}, err
	}
	if l.Held, err = p.readCredentials(ctx, aws.ToString(l.User.UserName)); err != nil {
		return currentUser{}, err
	}
	m, now, err := p.prepare(ctx, l)
	if err != nil {
		return currentUser{}, err
	}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		now.User, now.Read, err = p.composeLive(ctx, tx, l, m)
		return err
	})
	return now, err
}

// userIn reads one user of the snapshot, or store.ErrNotFound.
func userIn(ctx context.Context, tx *store.SnapshotTx, id string) (*store.User, error) {
	list, err := tx.Users(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("user %s: %w", id, store.ErrNotFound)
	}
	return list[0], nil
}

func groupIn(ctx context.Context, tx *store.SnapshotTx, id string) (*store.Group, error) {
	list, err := tx.Groups(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("group %s: %w", id, store.ErrNotFound)
	}
	return list[0], nil
}

// groupsIn reads several groups by id.
func groupsIn(ctx context.Context, tx *store.SnapshotTx, ids []string) (map[string]*store.Group, error) {
	list, err := tx.Groups(ctx, ids...)
	out := make(map[string]*store.Group, len(list))
	for _, g := range list {
		out[g.ID] = g
	}
	return out, err
}

// putUserWithGroups writes a user and exactly the memberships it names.
func putUserWithGroups(ctx context.Context, tx *store.SnapshotTx, u *store.User) error {
	var had []string
	if old, err := userIn(ctx, tx, u.ID); err == nil {
		had = old.Groups
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := tx.PutUser(ctx, u); err != nil {
		return err
	}
	for _, id := range list.Without(had, u.Groups) {
		if err := tx.PutMembership(ctx, u.ID, id, false); err != nil {
			return err
		}
	}
	for _, id := range list.Without(u.Groups, had) {
		if err := tx.PutMembership(ctx, u.ID, id, true); err != nil {
			return err
		}
	}
	return nil
}

// memoryOf reads what the state file knows of one object.
func (p *Provisioner) memoryOf(ctx context.Context, ref store.Ref) (*observer.Memory, error) {
	m := &observer.Memory{
		Persons: map[string]store.Person{}, Groups: map[string]store.GroupAttributes{},
		Owned: map[store.Ref]store.Ownership{}, Deactivated: map[string]store.Deactivation{}, Kept: map[string]string{},
	}
	err := p.account.State.View(ctx, func(tx *store.StateTx) error { return m.Read(ctx, tx, ref) })
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", ref.ID, err)
	}
	return m, nil
}

// forgetUser writes that a user is gone, seen by a live read.
func (p *Provisioner) forgetUser(ctx context.Context, id string) error {
	return p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		if err := tx.DeleteUser(ctx, id); err != nil {
			return err
		}
		return tx.Protect(ctx, p.now(), store.Protection{Thing: store.ThingUser, ID: id})
	})
}

func (p *Provisioner) forgetGroup(ctx context.Context, id string) error {
	return p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		if err := tx.DeleteGroup(ctx, id); err != nil {
			return err
		}
		return tx.Protect(ctx, p.now(), store.Protection{Thing: store.ThingGroup, ID: id})
	})
}

func arnsOf(list []iamtypes.AttachedPolicy) []string {
	var arns []string
	for _, a := range list {
		arns = append(arns, aws.ToString(a.PolicyArn))
	}
	return arns
}

// window is until when a write is protected from observations.
func (p *Provisioner) window() time.Time { return p.now().Add(p.writes.cfg.ConsistencyWindow) }
