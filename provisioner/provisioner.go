package provisioner

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// Config is what New needs; zero values are usable but for the first two.
type Config struct {
	Connection *awsapi.Connection
	Account    *store.Account

	Interval     time.Duration // between refreshes (5 m), with jitter
	Deadline     time.Duration // of one refresh (15 m)
	DetailsEvery time.Duration // within which everybody's details are read again (24 h)
	MaxLoss      float64       // share that may be lost without asking (0.20)
	History      time.Duration // how long past generations are kept (400 days)
	Grantable    []string      // patterns on the ARN or name of policies
	Derive       observer.Derive
	Write        WriteConfig
	Now          func() time.Time
	Log          *slog.Logger
}

// Provisioner keeps the snapshot of one account in step with AWS. It is safe
// for concurrent use.
type Provisioner struct {
	conn    *awsapi.Connection
	account *store.Account
	cfg     Config
	log     *slog.Logger
	now     func() time.Time

	reportPoll, reportWait time.Duration

	// turn is held by whoever reads the account and writes what it read: one
	// refresh, or the details of one user. It guards memo and rotation.
	turn     chan struct{}
	memo     *observer.Memo
	rotation rotation

	wake  chan struct{} // there may be details to read
	users atomic.Int64  // how many there are

	writes *writes

	mu      sync.Mutex
	running *flight
	health  Health
}

// New makes a Provisioner. It asks nobody and starts nothing; see Run.
func New(cfg Config) *Provisioner {
	if cfg.Interval <= 0 {
		cfg.Interval = 5 * time.Minute
	}
	if cfg.Deadline <= 0 {
		cfg.Deadline = 15 * time.Minute
	}
	if cfg.DetailsEvery <= 0 {
		cfg.DetailsEvery = 24 * time.Hour
	}
	if cfg.MaxLoss <= 0 {
		cfg.MaxLoss = 0.20
	}
	if cfg.History <= 0 {
		cfg.History = 400 * 24 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &Provisioner{
		conn: cfg.Connection, account: cfg.Account, cfg: cfg, log: cfg.Log, now: cfg.Now,
		reportPoll: 250 * time.Millisecond, reportWait: 30 * time.Second,
		turn: make(chan struct{}, 1), memo: &observer.Memo{}, rotation: newRotation(), wake: make(chan struct{}, 1),
	}
	p.writes = newWrites(p)
	p.health.Credentials = CredentialsHealth{OK: true, Caller: p.conn.CallerARN, Role: p.conn.RoleARN}
	if ce := p.conn.Pending; ce != nil {
		p.health.Credentials = CredentialsHealth{Problem: ce.Problem, Remedy: ce.Remedy, Role: p.conn.RoleARN}
	}
	return p
}

// Health is the state of the way into AWS and of the snapshot, by component.
type Health struct {
	Credentials CredentialsHealth `json:"credentials"`
	Snapshot    SnapshotHealth    `json:"snapshot"`
	Details     DetailsHealth     `json:"details"`
	Held        *HeldHealth       `json:"held,omitempty"`
}

// CredentialsHealth says whether AWS accepts us, and what to do if not.
type CredentialsHealth struct {
	OK      bool       `json:"ok"`
	Problem string     `json:"problem,omitempty"`
	Remedy  string     `json:"remedy,omitempty"`
	Caller  string     `json:"caller"`
	Role    string     `json:"role,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
}

// SnapshotHealth says how old the served data is, and what is missing in it.
type SnapshotHealth struct {
	Generation  int64         `json:"generation"`
	Observed    *time.Time    `json:"observed,omitempty"` // start of the last complete observation
	Age         time.Duration `json:"age"`
	LastAttempt *time.Time    `json:"lastAttempt,omitempty"`
	LastError   string        `json:"lastError,omitempty"`
	// Failing holds the optional sources whose last attempt failed; At is when
	// what is served of them was true.
	Failing map[string]store.Source `json:"failing,omitempty"`
	Flags   []observer.Flag         `json:"flags,omitempty"`
}

// DetailsHealth says how far the background read has come.
type DetailsHealth struct {
	Deferred  int    `json:"deferred"` // users that could not be read, for now
	LastError string `json:"lastError,omitempty"`
}

// HeldHealth is the observation that waits for an operator.
type HeldHealth struct {
	ID     string                `json:"id"`
	Losses map[string]store.Loss `json:"losses"`
	Since  *time.Time            `json:"since,omitempty"`
}

// Health tells what is known without asking anybody.
func (p *Provisioner) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.health
	h.Snapshot.Generation = p.account.Snapshot.Generation().ID
	h.Snapshot.Failing = maps.Clone(h.Snapshot.Failing)
	h.Snapshot.Flags = slices.Clone(h.Snapshot.Flags)
	if h.Snapshot.Observed != nil {
		h.Snapshot.Age = p.now().Sub(*h.Snapshot.Observed)
	}
	return h
}

// note changes what Health tells.
func (p *Provisioner) note(change func(*Health)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.health)
}

func (h *Health) sources(sources map[string]store.Source) {
	h.Snapshot.Failing = map[string]store.Source{}
	for action, s := range sources {
		if s.Err != "" {
			h.Snapshot.Failing[action] = s
		}
	}
}

func (h *Health) observed(at time.Time) {
	if !at.IsZero() {
		h.Snapshot.Observed = &at
	}
}
