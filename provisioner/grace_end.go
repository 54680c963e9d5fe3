package provisioner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// graces is what is known of kept users beside the state file.
type graces struct {
	mu       sync.Mutex
	doubtful map[string]bool      // by UserId: not as we left them
	later    map[string]time.Time // not to be tried before
}

// afterRefusal is the pause after a deletion was refused: what refuses it is a
// setting, or somebody's permissions.
const afterRefusal = time.Hour

func (g *graces) doubt(ids []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.doubtful = map[string]bool{}
	for _, id := range ids {
		g.doubtful[id] = true
	}
}

// wanted reports whether it is time to look at a kept user.
func (g *graces) wanted(d *store.PendingDeletion, now time.Time, window time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.later[d.UserID].After(now) {
		return false
	}
	// IAM may show late what the deactivation did.
	return !d.Due.After(now) && !d.Waits || g.doubtful[d.UserID] && now.Sub(d.Since) > window
}

// looked notes what came of looking at one.
func (g *graces) looked(id string, again time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.doubtful, id)
	if g.later == nil {
		g.later = map[string]time.Time{}
	}
	g.later[id] = again
}

// DeleteDue deletes the kept users whose time has come, and looks at those who
// are not as this server left them: whoever was given access again is not
// deleted, and shown again. What cannot be done now is tried again. Run calls it.
func (p *Provisioner) DeleteDue(ctx context.Context) {
	err := p.hideKept(ctx)
	list, lerr := p.pendingDeletions(ctx)
	if err := errors.Join(err, lerr); err != nil {
		p.log.ErrorContext(ctx, "deletions that are due cannot be found", "err", err)
	}
	for _, d := range list {
		if !p.writes.graces.wanted(&d, p.now(), p.writes.cfg.ConsistencyWindow) {
			continue
		}
		a := Actor{Credential: d.Actor, Scopes: map[string]bool{planner.ScopeWrite: true}}
		_, err := p.do(ctx, a, Options{}, userKey(d.UserID, ""), func(ctx context.Context, r *request) (*Change, error) {
			return r.endGrace(ctx, d.UserID)
		})
		var pending *PendingError
		switch {
		case err == nil:
			p.writes.graces.looked(d.UserID, time.Time{})
		case errors.As(err, &pending) || temporary(err) || ctx.Err() != nil:
			p.log.InfoContext(ctx, "a deletion has to wait", "user_id", d.UserID, "err", err)
		default:
			p.writes.graces.looked(d.UserID, p.now().Add(afterRefusal))
			p.log.WarnContext(ctx, "a deletion that is due did not succeed", "user_id", d.UserID, "err", err)
		}
	}
}

func (p *Provisioner) deleteForever(ctx context.Context) {
	for {
		err := p.Awake(ctx)
		switch {
		case err != nil:
			p.log.WarnContext(ctx, "nobody is deleted now", "err", err)
		case !p.writes.cfg.ReadOnly:
			p.DeleteDue(ctx)
		}
		if !pause(ctx, retryAfter) {
			return
		}
	}
}

// endGrace decides on one kept user by a live read.
func (r *request) endGrace(ctx context.Context, id string) (*Change, error) {
	d, err := r.p.pendingDeletion(ctx, id)
	if err != nil || d == nil { // restored meanwhile
		return nil, err
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindUser, ID: id}); err != nil {
		return nil, err
	}
	now, err := r.p.lookAt(ctx, &store.User{ID: id, Name: d.Name})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, r.forgetKept(ctx, d)
	case err != nil:
		return nil, err
	case !cutOff(now):
		return nil, r.show(ctx, d, now, "somebody gave the user access again")
	case d.Due.After(r.p.now()):
		return nil, r.p.account.State.Update(ctx, func(tx *store.StateTx) error {
			return tx.RenamePendingDeletion(ctx, id, now.User.Name, now.User.UserName)
		})
	case d.Waits:
		return nil, nil
	}
	return r.deleteKept(ctx, now)
}

// deleteKept deletes a user whose loss of access was counted when it happened.
// While the brake is latched it waits: so much may have been deleted in error.
func (r *request) deleteKept(ctx context.Context, now currentUser) (*Change, error) {
	w, err := r.p.brakeWindow(ctx)
	if err != nil {
		return nil, err
	}
	if w.latched() && !r.p.writes.cfg.Guard.Brake.Off {
		return nil, &PendingError{RetryAfter: retryAfter, Reason: "the brake is latched"}
	}
	pl, err := r.p.planner(ctx, now.Whole().Groups)
	if err != nil {
		return nil, err
	}
	plan, err := pl.Checked(pl.DeleteUser(now.UserNow))
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &planner.Subject{User: now.User}, plan)
}

// forgetKept: somebody else deleted the user already.
func (r *request) forgetKept(ctx context.Context, d *store.PendingDeletion) error {
	ref := store.Ref{Kind: store.KindUser, ID: d.UserID}
	err := r.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		err := errors.Join(tx.DropPendingDeletion(ctx, d.UserID), tx.DeletePerson(ctx, d.UserID), tx.DeleteDeactivation(ctx, d.UserID), tx.DeleteOwnership(ctx, ref))
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, r.actor, planner.KindDeleteUser, ref, auditBody{Name: d.Name, Notes: []string{"the user was gone already"}})
	})
	if err != nil {
		return fmt.Errorf("forget user %q: %w", d.Name, err)
	}
	return nil
}

// show ends the grace of a user who is not to be deleted.
func (r *request) show(ctx context.Context, d *store.PendingDeletion, now currentUser, why string) error {
	ref := store.Ref{Kind: store.KindUser, ID: d.UserID}
	err := r.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		err := tx.DropPendingDeletion(ctx, d.UserID)
		if !cutOff(now) { // whoever took our deny away decides about the rest, too
			err = errors.Join(err, tx.DeleteDeactivation(ctx, d.UserID))
		}
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, r.actor, actionCancel, ref, auditBody{RequestID: r.actor.RequestID, Name: now.User.Name, Notes: []string{why}})
	})
	if err != nil {
		return fmt.Errorf("cancel the deletion of user %q: %w", d.Name, err)
	}
	r.p.log.WarnContext(ctx, "a user is not deleted after all", "user_id", d.UserID, "user", now.User.Name, "reason", why)
	if _, err := r.p.catchUpUser(ctx, now.live); err != nil {
		return err
	}
	return r.p.account.Snapshot.Update(ctx, r.actor.Credential, func(tx *store.SnapshotTx) error {
		return tx.Protect(ctx, r.p.now(), store.Protection{Thing: store.ThingUser, ID: d.UserID})
	})
}

// restore brings back a user who waits for their deletion; false says that this
// one does not.
func (r *request) restore(ctx context.Context, id string) (bool, error) {
	d, err := r.p.pendingDeletion(ctx, id)
	if err != nil || d == nil {
		return false, err
	}
	now, err := r.p.lookAt(ctx, &store.User{ID: id, Name: d.Name})
	if errors.Is(err, store.ErrNotFound) {
		return false, errors.Join(err, r.forgetKept(ctx, d))
	}
	if err != nil {
		return false, err
	}
	return true, r.show(ctx, d, now, "an operator restored the user")
}
