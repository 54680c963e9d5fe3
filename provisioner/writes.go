package provisioner

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/time/rate"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// WriteConfig is what writing needs; its zero value writes without limits.
type WriteConfig struct {
	ReadOnly          bool
	Lifecycle         bool          // Run fails if AWS does not allow all of it
	Rate              float64       // IAM calls per second that change something; 0: no limit
	ReadRate          float64       // IAM calls per second of the reads before them; 0: no limit
	ConsistencyWindow time.Duration // of IAM (2 m)
	MaxCalls          int           // of one plan (2,000)
	ResumeMaxAge      time.Duration // an unfinished plan older than this waits for an operator (1 h)

	CreatePath     string // of new users and groups ("/")
	CreateBoundary string // of new users
	CreateTags     []store.Tag
	TagAttributes  []string // person attributes to write as tags, too: planner.TagAttributes
	Strict         bool     // a deactivation also deletes the password
	Passwords      bool     // write passwords
	GroupsViaUsers bool     // memberships may be written through the user
	// DeleteAfter is how long a deleted user is kept in IAM, deactivated and not
	// shown; 0: not at all. It is not less than ConsistencyWindow.
	DeleteAfter time.Duration

	Guard GuardConfig
}

func (c *WriteConfig) createPath() string {
	switch {
	case c.CreatePath != "":
		return c.CreatePath
	case c.Guard.ManagePath != "":
		return c.Guard.ManagePath
	}
	return "/"
}

// planning is the part that plans depend on.
func (c *WriteConfig) planning() planner.Settings {
	return planner.Settings{
		MaxCalls: c.MaxCalls, CreatePath: c.createPath(), CreateBoundary: c.CreateBoundary, CreateTags: c.CreateTags,
		TagAttributes: c.TagAttributes, Strict: c.Strict, Passwords: c.Passwords, GroupsViaUsers: c.GroupsViaUsers,
	}
}

func (c *WriteConfig) complete() {
	c.Guard.complete()
	if c.ConsistencyWindow <= 0 {
		c.ConsistencyWindow = 2 * time.Minute
	}
	if c.DeleteAfter > 0 {
		c.DeleteAfter = max(c.DeleteAfter, c.ConsistencyWindow)
	}
	if c.MaxCalls <= 0 {
		c.MaxCalls = 2000
	}
	if c.ResumeMaxAge <= 0 {
		c.ResumeMaxAge = time.Hour
	}
}

// requestTime is how long a request waits for its plan before the plan goes on
// without it.
const requestTime = 25 * time.Second

// writes is the half of a Provisioner that changes IAM.
type writes struct {
	cfg   WriteConfig
	iam   *iam.Client
	pace  *pace
	queue *queue
	world observer.World

	unclaimed unclaimed
	// attempts bounds how often a step is tried; backoff is the first pause.
	attempts int
	backoff  time.Duration
	// freshFor is how long a call waits for what we just made to show.
	freshFor time.Duration
	// crash, if set, is asked before and after each call whether the process
	// dies here. Tests set it.
	crash func(point string, s *planner.Step) bool

	ours       ourselves
	capability capability
	wg         sync.WaitGroup // plans under way

	graces graces
}

func newWrites(p *Provisioner) *writes {
	cfg := p.cfg.Write
	cfg.complete()
	w := &writes{
		cfg: cfg, pace: newPace(cfg.Rate), queue: newQueue(),
		attempts: 6, backoff: 200 * time.Millisecond, freshFor: 15 * time.Second,
	}
	w.capability.wake = make(chan struct{}, 1)
	if p.conn != nil {
		w.iam = p.conn.WriteClient(cfg.ReadRate)
		p.conn.OnForget(p.doubt)
	}
	p.account.Snapshot.OnCommit(w.world.Committed)
	return w
}

// pace spaces out the calls that change something. Urgent ones, which cut
// somebody off, go before all that still wait.
type pace struct {
	limit  *rate.Limiter // nil: none
	turn   chan struct{} // held by the one call that waits without being urgent
	urgent atomic.Int64
}

func newPace(perSecond float64) *pace {
	p := &pace{turn: make(chan struct{}, 1)}
	if perSecond > 0 {
		p.limit = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
	}
	return p
}

// wait returns when a call may be made.
func (p *pace) wait(ctx context.Context, urgent bool) error {
	if p.limit == nil {
		return ctx.Err()
	}
	if urgent {
		p.urgent.Add(1)
		defer p.urgent.Add(-1)
		return p.limit.Wait(ctx)
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for p.urgent.Load() > 0 {
		if !pause(ctx, 5*time.Millisecond) {
			return ctx.Err()
		}
	}
	return p.limit.Wait(ctx)
}

// Drain waits for the plans under way; those that ctx does not wait for are
// resumed by the next start.
func (p *Provisioner) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		p.writes.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		p.log.LogAttrs(ctx, slog.LevelWarn, "plans are left to the next start")
		return ctx.Err()
	}
}
