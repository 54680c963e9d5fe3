package provisioner

import (
	"context"
	"errors"
	"sync"
	"time"

	"iamscim/store"
)

// settleTime is how long a deny may take to reach all of AWS. Until then a user
// who was just cut off may still make a credential.
const settleTime = 20 * time.Second

// rechecks are users to look at once more after their deactivation. They are
// lost with the process: by then the deny is in force.
type rechecks struct {
	mu  sync.Mutex
	due map[string]recheck // by UserId
}

type recheck struct {
	at    time.Time
	actor Actor
}

func (r *rechecks) add(id string, at time.Time, a Actor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.due == nil {
		r.due = map[string]recheck{}
	}
	r.due[id] = recheck{at, a}
}

// take removes and returns what is due.
func (r *rechecks) take(now time.Time) map[string]recheck {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]recheck{}
	for id, c := range r.due {
		if !c.at.After(now) {
			out[id] = c
			delete(r.due, id)
		}
	}
	return out
}

// Recheck looks once more at users who were deactivated a moment ago, and takes
// what they made before the deny was in force everywhere. Run calls it.
func (p *Provisioner) Recheck(ctx context.Context) {
	for id, c := range p.writes.rechecks.take(p.now()) {
		_, err := p.do(ctx, c.actor, Options{}, userKey(id, ""), func(ctx context.Context, r *request) (*Change, error) {
			return nil, r.recheck(ctx, id)
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			p.log.WarnContext(ctx, "a deactivated user could not be looked at again", "user_id", id, "err", err)
			p.writes.rechecks.add(id, p.now().Add(retryAfter), c.actor)
		}
	}
}

func (r *request) recheck(ctx context.Context, id string) error {
	now, err := r.deactivated(ctx, id)
	if err != nil || now.record == nil { // reactivated meanwhile
		return err
	}
	pl, err := r.p.planner(ctx, now.user.Groups)
	if err != nil {
		return err
	}
	plan := pl.planDeactivate(now)
	if len(plan.Steps) == 0 {
		return nil
	}
	_, err = r.execute(ctx, &subject{user: now.user}, plan)
	return err
}

// deactivated reads a user live with all credentials, also one who is not shown
// any more.
func (r *request) deactivated(ctx context.Context, id string) (userNow, error) {
	d, err := r.p.pendingDeletion(ctx, id)
	if err != nil {
		return userNow{}, err
	}
	if d != nil {
		return r.p.lookAt(ctx, &store.User{ID: id, Name: d.Name})
	}
	known, err := r.p.known(ctx, id)
	if err != nil {
		return userNow{}, err
	}
	now, err := r.p.nowOf(ctx, known)
	if err != nil || now.record == nil {
		return now, err
	}
	return r.p.withHeld(ctx, now)
}
