package provisioner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// Actor is who asks for a change; guards look at the scopes.
type Actor struct {
	Credential string // id of the token, for audit and generations
	Scopes     map[string]bool
	RequestID  string
}

// Options are the choices of one change.
type Options struct {
	DryRun bool
	// Wait is how long the caller waits; the plan goes on without it. 0 is 25
	// seconds.
	Wait time.Duration
	// Digest of method, path and body: an equal request of the same credential
	// joins the plan under way and gets its result; that of an update only after it
	// has looked again. If a creation's own request was sent away before the end, the
	// next equal one within ten minutes gets it, with the object as it is then and a
	// Plan without steps. Empty: never.
	Digest string
	// Unbraked dry runs do not ask the brake: whoever asks once for several
	// changes (AskBrake) finds out by them who would lose access.
	Unbraked bool

	again bool // whoever joined looks again after the end; see do
}

// Change is what a write did or, as a dry run, would do.
type Change struct {
	ID    string // of the resource; empty for the dry run of a creation
	Plan  *planner.Plan
	User  *store.User  // as it is afterwards; nil for groups and after a deletion
	Group *store.Group // likewise
	// Generation is the one in which the snapshot shows it.
	Generation store.Generation
}

// The errors of every change: store.ErrNotFound, store.ErrExists,
// store.ErrNoGeneration, ErrThrottled, ErrUnavailable, ErrConflict,
// *InvalidError, *DeniedError, *PendingError, *PreconditionError, and whatever
// the edit function returned. After any of them but *PendingError the account is
// as it was, unless a *PartialError wraps it; the audit log says what is not.

// CreateUser makes a user.
//
// IAM actions: those of the plan's steps.
func (p *Provisioner) CreateUser(ctx context.Context, a Actor, w planner.UserWish, opt Options) (*Change, error) {
	if w.UserName == nil {
		return nil, &planner.InvalidError{Attribute: "userName", Reason: "it is required"}
	}
	name, err := planner.EncodeUserName(*w.UserName)
	if err != nil {
		return nil, err
	}
	if err := p.mayWrite(ctx, a, opt, planner.KindCreateUser, store.Ref{Kind: store.KindUser}); err != nil {
		return nil, err
	}
	return p.do(ctx, a, opt, userKey("", name), func(ctx context.Context, r *request) (*Change, error) {
		return r.createUser(ctx, &w)
	})
}

// UpdateUser changes a user. edit is given the user as IAM shows them now and
// returns what is wanted, or an error that ends it all.
func (p *Provisioner) UpdateUser(ctx context.Context, a Actor, id string, edit func(*store.User) (planner.UserWish, error), opt Options) (*Change, error) {
	if err := p.mayWrite(ctx, a, opt, planner.KindUpdateUser, store.Ref{Kind: store.KindUser, ID: id}); err != nil {
		return nil, err
	}
	opt.again = true
	return p.do(ctx, a, opt, userKey(id, ""), func(ctx context.Context, r *request) (*Change, error) {
		return r.updateUser(ctx, id, edit)
	})
}

// DeleteUser deletes a user. check sees them as IAM shows them now and may refuse.
func (p *Provisioner) DeleteUser(ctx context.Context, a Actor, id string, check func(*store.User) error, opt Options) (*Change, error) {
	if err := p.mayWrite(ctx, a, opt, planner.KindDeleteUser, store.Ref{Kind: store.KindUser, ID: id}); err != nil {
		return nil, err
	}
	return p.do(ctx, a, opt, userKey(id, ""), func(ctx context.Context, r *request) (*Change, error) {
		return r.deleteUser(ctx, id, check)
	})
}

// CreateGroup makes a group.
func (p *Provisioner) CreateGroup(ctx context.Context, a Actor, w planner.GroupWish, opt Options) (*Change, error) {
	if w.DisplayName == nil || *w.DisplayName == "" {
		return nil, &planner.InvalidError{Attribute: "displayName", Reason: "it is required"}
	}
	if err := p.mayWrite(ctx, a, opt, planner.KindCreateGroup, store.Ref{Kind: store.KindGroup}); err != nil {
		return nil, err
	}
	name, _ := store.EncodeGroupName(*w.DisplayName)
	return p.do(ctx, a, opt, groupKey("", name), func(ctx context.Context, r *request) (*Change, error) {
		return r.createGroup(ctx, &w)
	})
}

// UpdateGroup is UpdateUser for a group, which edit sees without members.
func (p *Provisioner) UpdateGroup(ctx context.Context, a Actor, id string, edit func(*store.Group) (planner.GroupWish, error), opt Options) (*Change, error) {
	if err := p.mayWrite(ctx, a, opt, planner.KindUpdateGroup, store.Ref{Kind: store.KindGroup, ID: id}); err != nil {
		return nil, err
	}
	opt.again = true
	return p.do(ctx, a, opt, groupKey(id, ""), func(ctx context.Context, r *request) (*Change, error) {
		return r.updateGroup(ctx, id, edit)
	})
}

// DeleteGroup is DeleteUser for a group.
func (p *Provisioner) DeleteGroup(ctx context.Context, a Actor, id string, check func(*store.Group) error, opt Options) (*Change, error) {
	if err := p.mayWrite(ctx, a, opt, planner.KindDeleteGroup, store.Ref{Kind: store.KindGroup, ID: id}); err != nil {
		return nil, err
	}
	return p.do(ctx, a, opt, groupKey(id, ""), func(ctx context.Context, r *request) (*Change, error) {
		return r.deleteGroup(ctx, id, check)
	})
}

// userKey is the key of a user in the queue, by id or, for a name that is to be
// taken, by name.
func userKey(id, name string) string {
	if id != "" {
		return "user/" + id
	}
	return "user:" + store.Fold(name)
}

func groupKey(id, name string) string {
	if id != "" {
		return "group/" + id
	}
	return "group:" + store.Fold(name)
}

// request is one change while it has its turn.
type request struct {
	p     *Provisioner
	job   *job
	actor Actor
	opt   Options
	seen  int64 // generation of the snapshot before anything was read
	// commit is called before the first call that changes something; from then
	// on the caller's going away no longer matters.
	commit func() error
	// supersedes are unfinished plans that this one decides anew.
	supersedes []string
}

// errGone is why a request that nobody waits for ends before it began.
var errGone = errors.New("the client has gone")

// do gives a request its turn on an object and waits for the result as long as
// the caller may wait. Who joined an update makes it once more after its end,
// unless that began later than this request: its first calls may be undone since.
func (p *Provisioner) do(ctx context.Context, a Actor, opt Options, key string, fn func(context.Context, *request) (*Change, error)) (*Change, error) {
	wait := opt.Wait
	if wait <= 0 || wait > requestTime {
		wait = requestTime
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	digest := ""
	if opt.Digest != "" && !opt.DryRun {
		digest = a.Credential + " " + opt.Digest
	}
	j := newJob(digest, key)
	joined := false
	for {
		other := p.writes.queue.enter(j)
		if other == nil {
			p.start(ctx, j, a, opt, fn)
			return p.await(ctx, j, timer.C, true)
		}
		if digest != "" && other.digest == digest {
			c, alone, err := p.join(ctx, other, timer.C)
			if !alone && (err != nil || !opt.again || joined) {
				return c, err
			}
			joined = !alone
			continue
		}
		select {
		case <-other.done:
		case <-other.background:
			return nil, pending(other, nil)
		case <-timer.C:
			return nil, pending(other, nil)
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the turn: %w", ctx.Err())
		}
	}
}

// join waits for the result of an equal request. Alone says that this one is left
// with the work: the other's client hung up before the first call.
func (p *Provisioner) join(ctx context.Context, other *job, late <-chan time.Time) (c *Change, alone bool, err error) {
	other.joined.Add(1)
	c, err = p.await(ctx, other, late, false)
	alone = ctx.Err() == nil && (errors.Is(err, errGone) || errors.Is(err, context.Canceled))
	return c, alone, err
}

// start runs a job that has its turn.
func (p *Provisioner) start(ctx context.Context, j *job, a Actor, opt Options, fn func(context.Context, *request) (*Change, error)) {
	jctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := sync.OnceValue(context.AfterFunc(ctx, func() { cancel(errGone) }))
	j.detach = stop
	r := &request{p: p, job: j, actor: a, opt: opt, seen: p.account.Snapshot.Generation().ID, commit: sync.OnceValue(func() error {
		if !stop() {
			return fmt.Errorf("before the first call: %w", errGone)
		}
		return nil
	})}
	p.writes.wg.Go(func() {
		defer cancel(nil)
		defer stop()
		defer p.writes.queue.leave(j)
		j.change, j.err = fn(jctx, r)
		p.noticed(j.err)
		p.writes.unclaimed.over(j, p.now())
	})
}

// await waits for a job. If the time runs out, the job goes on.
func (p *Provisioner) await(ctx context.Context, j *job, late <-chan time.Time, mine bool) (*Change, error) {
	leave := func() {
		if mine {
			j.detach() // the caller ends with its answer, the job does not
			p.writes.unclaimed.abandon(j, p.now())
			close(j.background)
		}
	}
	select {
	case <-j.done:
		return p.handOver(ctx, j, mine)
	case <-late:
		leave()
		return nil, pending(j, nil)
	case <-ctx.Done():
		if mine && j.plan() == "" { // it is ending, too
			<-j.done
			return p.handOver(ctx, j, mine)
		}
		leave()
		return nil, fmt.Errorf("wait for plan %s: %w", j.plan(), ctx.Err())
	}
}

// soon is when to ask again about a plan under way.
const soon = 5 * time.Second

func pending(j *job, err error) error {
	return &PendingError{PlanID: j.plan(), RetryAfter: soon, Err: err}
}

// newManaged is the value of a managed tag.
func newManaged() string { return rand.Text() }
