package store

import (
	"errors"
	"fmt"
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
	// ErrBeingRead: others only read it. It wraps ErrLocked.
	ErrBeingRead = fmt.Errorf("%w by commands that read it, such as iamscim export: try again when they have ended", ErrLocked)
	// ErrBusy: another process held the write lock of a database file for too
	// long. Nothing was written.
	ErrBusy = errors.New("database is busy")
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

// Aged tells a listener whose facts that merely age moved; that makes no
// generation. All means: too many to list.
type Aged struct {
	Observed time.Time // the start of the last complete observation
	Changed  []Ref
	All      bool
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
	At  time.Time `json:"at,omitzero"`   // last success
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
type Loss struct {
	Had  int `json:"had"`
	Lost int `json:"lost"`
}

func (e *HeldError) Error() string { return "observation held: it would lose too much" }
