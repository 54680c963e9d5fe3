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

// What becomes of a creation that went on after its request had been sent away: an
// equal request gets it, once, if IAM still has what was made. Nothing else is
// answered from memory: to make another change once more looks at IAM and does
// what is missing, and whoever takes access away must not be told that it is gone
// because it once was.

// The bounds of what is kept.
const (
	unclaimedFor  = 10 * time.Minute
	unclaimedMost = 1000
)

// result is what a plan created, as long as nobody has got it.
type result struct {
	digest string
	at     time.Time // of the end
	plan   string
	made   store.Ref
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

// keep keeps the result of a job that nobody waits for.
func (u *unclaimed) keep(j *job, now time.Time) {
	if !j.over || !j.abandoned || j.claimed || j.digest == "" || j.err != nil || !j.change.Plan.Creates() {
		return
	}
	if j.result == nil {
		made := store.Ref{Kind: j.change.Plan.Object.Kind, ID: j.change.ID}
		j.result = &result{digest: j.digest, at: now, plan: j.change.Plan.ID, made: made}
	}
	u.add(j.result)
}

// put takes a result back that could not be given.
func (u *unclaimed) put(r *result) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.add(r)
}

func (u *unclaimed) add(r *result) {
	u.list = append(slices.DeleteFunc(u.list, func(old *result) bool { return old.digest == r.digest }), r)
	if n := len(u.list) - unclaimedMost; n > 0 {
		u.list = slices.Delete(u.list, 0, n)
	}
}

// take takes out the result of an equal request, or returns nil: nobody else may
// get it meanwhile.
func (u *unclaimed) take(digest string, now time.Time) *result {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = slices.DeleteFunc(u.list, func(r *result) bool { return now.Sub(r.at) > unclaimedFor })
	i := slices.IndexFunc(u.list, func(r *result) bool { return r.digest == digest })
	if i < 0 {
		return nil
	}
	r := u.list[i]
	u.list = slices.Delete(u.list, i, i+1)
	return r
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

// written is what the journal keeps of a job's digest: what the next process needs
// of it. Whoever guesses all of a request can see in it that they are right, and a
// password is the one thing worth guessing.
func (j *job) written(plan *planner.Plan) string {
	if j.secret || !plan.Creates() {
		return ""
	}
	return j.digest
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

// replayed is the creation of an equal request that nobody has got the result of,
// or nil if there is none that still holds. IAM must have what was made, by the
// name that is asked for, which has the key.
func (r *request) replayed(ctx context.Context, key string) (*Change, error) {
	if r.job.digest == "" {
		return nil, nil
	}
	p, u := r.p, &r.p.writes.unclaimed
	if err := p.recallUnclaimed(ctx); err != nil {
		return nil, err
	}
	kept := u.take(r.job.digest, p.now())
	if kept == nil {
		return nil, nil
	}
	c, has, err := p.afresh(ctx, kept)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		u.put(kept)
		return nil, err
	case has != key:
		return nil, nil
	}
	r.job.result = kept
	p.log.InfoContext(ctx, "an equal request gets the result of a creation that nobody waited for", "plan", kept.plan)
	return c, nil
}

// afresh reads live what was created, with its key by name.
func (p *Provisioner) afresh(ctx context.Context, r *result) (c *Change, key string, err error) {
	c = &Change{ID: r.made.ID, Plan: &planner.Plan{ID: r.plan, Kind: planner.KindCreateUser, Direction: planner.Undo, Object: r.made}}
	if r.made.Kind == store.KindGroup {
		c.Plan.Kind = planner.KindCreateGroup
		known, err := p.knownGroup(ctx, c.ID)
		if err != nil {
			return nil, "", err
		}
		now, err := p.groupNowOf(ctx, known)
		if err != nil {
			return nil, "", err
		}
		c.Group, c.Generation = now.Group, p.account.Snapshot.Generation()
		return c, groupKey("", now.Group.Name), nil
	}
	known, err := p.known(ctx, c.ID)
	if err != nil {
		return nil, "", err
	}
	now, err := p.nowOf(ctx, known)
	if err != nil {
		return nil, "", err
	}
	c.User, c.Generation = now.User, p.account.Snapshot.Generation()
	return c, userKey("", now.User.Name), nil
}

// recallUnclaimed finds in the journal, once, what an earlier process created with
// nobody there to get the result.
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
				u.add(&result{digest: j.Digest, at: j.Updated, plan: j.ID, made: store.Ref{Kind: o.Kind, ID: o.ID}})
			}
		}
	}
	u.recalled = true
	return nil
}
