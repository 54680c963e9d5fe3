package provisioner

import (
	"context"
	"errors"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// settleTime is how long a deny may take to reach all of AWS. Until then a user
// who was just cut off may still make a credential, or take the deny away.
const settleTime = 20 * time.Second

// recheckLater writes down, with the end of a deactivation, that the user is to
// be looked at once more.
func (e *execution) recheckLater(ctx context.Context, tx *store.StateTx) error {
	return tx.PutRecheck(ctx, store.Recheck{UserID: e.plan.Object.ID, At: e.p.now().Add(settleTime), Actor: e.actor.Credential})
}

func (p *Provisioner) rechecks(ctx context.Context) (list []store.Recheck, err error) {
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		list, err = tx.Rechecks(ctx)
		return err
	})
	return list, err
}

// Recheck looks once more at users who were deactivated a moment ago, and takes
// what they made before the deny was in force everywhere. What cannot be done now
// is tried again. Run calls it.
func (p *Provisioner) Recheck(ctx context.Context) {
	list, err := p.rechecks(ctx)
	if err != nil {
		p.log.ErrorContext(ctx, "deactivated users to look at again cannot be found", "err", err)
	}
	for _, c := range list {
		if c.At.After(p.now()) {
			break
		}
		_, err := p.do(ctx, Actor{Credential: c.Actor}, Options{}, userKey(c.UserID, ""), func(ctx context.Context, r *request) (*Change, error) {
			return nil, r.recheck(ctx, c)
		})
		if err == nil || errors.Is(err, store.ErrNotFound) {
			err = p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.DropRecheck(ctx, c) })
		}
		if err != nil {
			p.log.WarnContext(ctx, "a deactivated user could not be looked at again", "user_id", c.UserID, "err", err)
		}
	}
}

func (r *request) recheck(ctx context.Context, c store.Recheck) error {
	now, err := r.deactivated(ctx, c.UserID)
	if err != nil || now.Record == nil { // reactivated meanwhile
		return err
	}
	why := ""
	if r.p.now().Sub(c.At) > r.p.writes.cfg.ResumeMaxAge && !planner.HasDeny(now.Read, now.Record) {
		why = "it is too late: their deny is gone, and this server's memory may be that of a backup"
	} else if err := r.p.guardAdoption(ctx, touchedUser(now.User)); err != nil {
		why = err.Error()
	}
	if why != "" {
		r.p.log.WarnContext(ctx, "a deactivated user is not looked at again", "user_id", c.UserID, "reason", why)
		return nil
	}
	pl, err := r.p.planner(ctx, now.User.Groups)
	if err != nil {
		return err
	}
	plan := pl.Deactivate(now.UserNow)
	if len(plan.Steps) == 0 {
		return nil
	}
	_, err = r.execute(ctx, &planner.Subject{User: now.User}, plan)
	return err
}

// deactivated reads a user live with all credentials, also one who is not shown
// any more.
func (r *request) deactivated(ctx context.Context, id string) (currentUser, error) {
	d, err := r.p.pendingDeletion(ctx, id)
	if err != nil {
		return currentUser{}, err
	}
	if d != nil {
		return r.p.lookAt(ctx, &store.User{ID: id, Name: d.Name})
	}
	known, err := r.p.known(ctx, id)
	if err != nil {
		return currentUser{}, err
	}
	now, err := r.p.nowOf(ctx, known)
	if err != nil || now.Record == nil {
		return now, err
	}
	return r.p.withHeld(ctx, now)
}
