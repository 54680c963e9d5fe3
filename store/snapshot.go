package store

import (
	"context"
	"errors"
	"time"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("not found")      // no such identity, whoever noticed
	ErrExists   = errors.New("already exists") // name taken
	// ErrNoGeneration: nothing was observed yet, so nothing can be read.
	ErrNoGeneration = errors.New("no generation yet")
	// ErrOtherAccount: the files belong to another AWS account.
	ErrOtherAccount = errors.New("data of another account")
	// ErrLocked: another process owns the data directory.
	ErrLocked = errors.New("data directory is in use")
)

// Generation is one state of the account.
type Generation struct {
	Epoch string // random; new when the snapshot file is new
	ID    int64  // 0: nothing observed yet
	At    time.Time
	Actor string // "observed", or the id of the credential that wrote
}

// Commit tells a listener which resources a new generation changed. A member
// change names both the user and the group. All means: too many to list.
type Commit struct {
	Generation Generation
	Changed    []Ref
	All        bool
}

// Result is the ordered answer to a Query, valid for one generation.
type Result struct {
	Generation Generation
	IDs        []string
}

// Observation is one complete reading of the account, as the provisioner
// composed it. Everything absent from it is gone, except what a protection
// covers.
type Observation struct {
	AccountID  string
	Started    time.Time // before the first call
	Users      []User    // Groups filled
	Groups     []Group
	Policies   []Policy
	Roles      []Role
	Activities []Activity
	// Present when the account said so, by kind; used for quotas and /health.
	Summary map[string]int64
	Alias   string
	Sources map[string]Source // what was asked, by API action
	APIs    map[string]int64  // calls by action
	Took    time.Duration
}

// Source is the state of one optional source of an observation.
type Source struct {
	At  time.Time `json:"at"`            // last success
	Err string    `json:"err,omitempty"` // empty: the last attempt succeeded
}

// Status is what is known about the observation as a whole; it merely ages.
type Status struct {
	AccountID string            `json:"accountId"`
	Alias     string            `json:"alias,omitempty"`
	Observed  time.Time         `json:"observed"` // start of the last complete observation
	Took      time.Duration     `json:"took"`
	Summary   map[string]int64  `json:"summary,omitempty"`
	Sources   map[string]Source `json:"sources,omitempty"`
	APIs      map[string]int64  `json:"apis,omitempty"`
}

// ReplaceOptions bound what one observation may change.
type ReplaceOptions struct {
	// MaxLoss is the share of users, groups, memberships or attachments (0.20)
	// whose loss makes the generation held; fewer than 10 never do, all of a
	// kind always does.
	MaxLoss float64
	// Confirmed is the ID of the held observation an operator released.
	Confirmed string
}

// Outcome says what Replace did.
type Outcome struct {
	Generation                Generation
	New                       bool // a generation was made
	Created, Updated, Deleted map[Kind]int
	Memberships               struct{ Added, Removed int }
	Commit                    Commit
}

// HeldError says that an observation would lose so much that an operator must
// confirm it. ID is a digest of exactly what would be lost.
type HeldError struct {
	ID     string
	Losses map[string]Loss // by "users", "groups", "memberships", "attachments", "policies", "roles"
}

// Loss counts what would be lost of a kind.
type Loss struct{ Had, Lost int }

func (e *HeldError) Error() string { return "observation held: it would lose too much" }

// Snapshot is the snapshot file of one account. It is safe for concurrent use:
// one writer, many readers; readers never wait for the writer.
type Snapshot struct{}

// SnapshotTx is one transaction on the snapshot; it must not outlive the
// function it was handed to.
type SnapshotTx struct{}

// OpenSnapshot opens or creates the file; a file of another account is
// ErrOtherAccount. Bulk memory use is bounded by Options in the implementation.
func OpenSnapshot(ctx context.Context, path, accountID string, now func() time.Time) (*Snapshot, error) {
	panic("later")
}

// Close closes the file.
func (s *Snapshot) Close() error { panic("later") }

// Generation returns the newest committed generation, without a query.
func (s *Snapshot) Generation() Generation { panic("later") }

// OnCommit registers f to be called after every commit that made a generation,
// in order, before the call that caused it returns. Register before serving.
func (s *Snapshot) OnCommit(f func(Commit)) { panic("later") }

// View runs fn on a consistent read-only view.
func (s *Snapshot) View(ctx context.Context, fn func(*SnapshotTx) error) error { panic("later") }

// Update runs fn in a write transaction and commits if it returns nil.
func (s *Snapshot) Update(ctx context.Context, actor string, fn func(*SnapshotTx) error) error {
	panic("later")
}

// Cached returns the result of q if the newest generation's is in memory.
func (s *Snapshot) Cached(kind Kind, q Query) (*Result, bool) { panic("later") }

// Replace makes obs the current state: in one transaction it closes what is
// gone or changed and opens what is new. Unchanged rows are not touched; if
// nothing differs there is no new generation, only Status and Activities move.
func (s *Snapshot) Replace(ctx context.Context, obs *Observation, opt ReplaceOptions) (*Outcome, error) {
	panic("later")
}

// Generation returns the generation this transaction sees.
func (tx *SnapshotTx) Generation() Generation { panic("later") }

// Select returns the ids of the resources that q selects, in order. Results
// are cached in bounded memory for as long as their generation is current.
func (tx *SnapshotTx) Select(ctx context.Context, kind Kind, q Query) (*Result, error) {
	panic("later")
}

// Users returns the users with these ids, in that order, leaving out those
// that do not exist. Groups and Activity are filled.
func (tx *SnapshotTx) Users(ctx context.Context, ids ...string) ([]*User, error) { panic("later") }

// Groups returns the groups with these ids, without members.
func (tx *SnapshotTx) Groups(ctx context.Context, ids ...string) ([]*Group, error) { panic("later") }

// Policies returns the policies with these ids.
func (tx *SnapshotTx) Policies(ctx context.Context, ids ...string) ([]*Policy, error) {
	panic("later")
}

// Roles returns the roles with these ids.
func (tx *SnapshotTx) Roles(ctx context.Context, ids ...string) ([]*Role, error) { panic("later") }

// Members returns the members of a group in the order of their ids; with names
// it also fills UserName.
func (tx *SnapshotTx) Members(ctx context.Context, groupID string, names bool) ([]Member, error) {
	panic("later")
}

// Status returns what is known about the last observation.
func (tx *SnapshotTx) Status(ctx context.Context) (Status, error) { panic("later") }

// Attributes lists what queries on a kind may name.
func Attributes(kind Kind) map[Path]Attribute { panic("later") }
