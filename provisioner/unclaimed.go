package provisioner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// What becomes of the result of a plan that went on after its request had been
// sent away: an equal request gets it, once.

// The bounds of what is kept.
const (
	unclaimedFor  = 10 * time.Minute
	unclaimedMost = 1000
)

// result is what a plan came to, as long as nobody has got it.
type result struct {
	digest string
	at     time.Time // of the end
	plan   string
	change *Change // without steps, and without what it showed then
	gone   bool    // the change was a deletion
	err    error
}

// unclaimed are the results that nobody has got. Its lock also guards what jobs
// say of theirs.
type unclaimed struct {
	mu   sync.Mutex
	list []*result // earliest end first

	recalling sync.Mutex
	recalled  bool // what an earlier process left
}

// over notes that a job has come to its end.
func (u *unclaimed) over(j *job, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	j.over = true
	u.keep(j, now)
}

// abandon notes that a job's own request does not get the result.
func (u *unclaimed) abandon(j *job, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	j.abandoned = true
	u.keep(j, now)
}

// keep keeps the result of a job that nobody waits for. Without a plan nothing
// was done, so a retry finds out for itself.
func (u *unclaimed) keep(j *job, now time.Time) {
	if !j.over || !j.abandoned || j.claimed || j.digest == "" || j.conditional || j.plan() == "" || !settled(j.err) {
		return
	}
	r := &result{digest: j.digest, at: now, plan: j.plan(), err: j.err}
	if c := j.change; c != nil {
		plan := *c.Plan
		plan.Steps = nil
		r.change, r.gone = &Change{ID: c.ID, Plan: &plan, Generation: c.Generation}, c.User == nil && c.Group == nil
	}
	j.result = r
	u.add(r)
}

// settled reports whether an error is the end of a plan.
func settled(err error) bool {
	var pending *PendingError
	var partial *PartialError
	if errors.As(err, &partial) && partial.Goes {
		return false
	}
	return !errors.As(err, &pending) && !errors.Is(err, errCrashed)
}

func (u *unclaimed) add(r *result) {
	u.list = append(slices.DeleteFunc(u.list, func(old *result) bool { return old.digest == r.digest }), r)
	if n := len(u.list) - unclaimedMost; n > 0 {
		u.list = slices.Delete(u.list, 0, n)
	}
}

// find returns the result of an equal request, or nil.
func (u *unclaimed) find(digest string, now time.Time) *result {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = slices.DeleteFunc(u.list, func(r *result) bool { return now.Sub(r.at) > unclaimedFor })
	if i := slices.IndexFunc(u.list, func(r *result) bool { return r.digest == digest }); i >= 0 {
		return u.list[i]
	}
	return nil
}

func (u *unclaimed) drop(r *result) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = slices.DeleteFunc(u.list, func(kept *result) bool { return kept == r })
}

// claim notes that somebody gets the result of a job, and returns the plan that
// the journal is to be told of; mostly that is none.
func (u *unclaimed) claim(j *job) (created *planner.Plan) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if j.claimed || j.result == nil && !j.abandoned {
		j.claimed = true
		return nil
	}
	j.claimed = true
	u.list = slices.DeleteFunc(u.list, func(kept *result) bool { return kept == j.result })
	if j.err == nil && j.change.Plan.Creates() {
		return j.change.Plan
	}
	return nil
}

// handOver gives the result of a job to a request, unless its client has just
// gone.
func (p *Provisioner) handOver(ctx context.Context, j *job, mine bool) (*Change, error) {
	if ctx.Err() != nil {
		if mine {
			p.writes.unclaimed.abandon(j, p.now())
		}
		return j.change, j.err
	}
	if plan := p.writes.unclaimed.claim(j); plan != nil {
		err := p.account.State.Update(ctx, func(tx *store.StateTx) error { return tx.ClaimPlan(ctx, plan.ID) })
		if err != nil {
			p.log.WarnContext(ctx, "after a restart the result of a plan may be given once more", "plan", plan.ID, "err", err)
		}
	}
	return j.change, j.err
}

// answered tells the journal at the end of a creation that its request is there
// to get the result.
func (e *execution) answered(ctx context.Context, tx *store.StateTx) error {
	if e.job == nil || e.job.digest == "" || !e.plan.Creates() {
		return nil
	}
	select {
	case <-e.job.background:
		return nil
	default:
		return tx.ClaimPlan(ctx, e.plan.ID)
	}
}

// replay ends a job that has its turn with the result of an equal one that nobody
// has got. It returns false if there is none that still holds.
func (p *Provisioner) replay(ctx context.Context, j *job) bool {
	if j.digest == "" || j.conditional {
		return false
	}
	if j.err = p.recallUnclaimed(ctx); j.err != nil {
		return true
	}
	r := p.writes.unclaimed.find(j.digest, p.now())
	if r == nil {
		return false
	}
	if r.err == nil {
		j.change, j.err = p.afresh(ctx, r)
		if j.err != nil {
			return true
		}
		if j.change == nil {
			p.writes.unclaimed.drop(r)
			return false
		}
	}
	j.result, j.err = r, r.err
	p.log.InfoContext(ctx, "an equal request gets the result of a plan that nobody waited for", "plan", r.plan)
	return true
}

// afresh shows the object of a change as it is now. It is nil if somebody else
// has changed it since: then the change is to be made again. Who was created was
// created, whatever became of them since, as long as they are there.
func (p *Provisioner) afresh(ctx context.Context, r *result) (*Change, error) {
	c, changed := *r.change, int64(0)
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		if c.Plan.Object.Kind == store.KindGroup {
			if c.Group, err = groupIn(ctx, tx, c.ID); err == nil {
				changed = c.Group.Changed
			}
			return err
		}
		if c.User, err = userIn(ctx, tx, c.ID); err == nil {
			changed = c.User.Changed
		}
		return err
	})
	gone := errors.Is(err, store.ErrNotFound)
	switch {
	case err != nil && !gone:
		return nil, err
	case gone != r.gone, !gone && !c.Plan.Creates() && changed > c.Generation.ID:
		return nil, nil
	}
	return &c, nil
}

// recallUnclaimed finds in the journal, once, the creations that an earlier
// process carried out with nobody there to get the result. Of other changes
// nothing is recalled: to make them once more changes nothing.
func (p *Provisioner) recallUnclaimed(ctx context.Context) error {
	u := &p.writes.unclaimed
	u.recalling.Lock()
	defer u.recalling.Unlock()
	if u.recalled {
		return nil
	}
	var list []*store.JournalPlan
	err := p.account.State.View(ctx, func(tx *store.StateTx) error {
		for _, kind := range []string{planner.KindCreateUser, planner.KindCreateGroup} {
			done, err := tx.UnclaimedPlans(ctx, kind, p.now().Add(-unclaimedFor))
			if err != nil {
				return err
			}
			list = append(list, done...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range list {
		for _, o := range j.Objects {
			if o.ID != "" {
				plan := &planner.Plan{ID: j.ID, Kind: j.Kind, Direction: planner.Direction(j.Direction), Object: store.Ref{Kind: o.Kind, ID: o.ID}}
				u.add(&result{digest: j.Digest, at: j.Updated, plan: j.ID, change: &Change{ID: o.ID, Plan: plan}})
			}
		}
	}
	u.recalled = true
	return nil
}
