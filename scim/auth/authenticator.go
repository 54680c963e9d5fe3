package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"iamscim/store"
)

// BootstrapID is the Credential.ID of the bootstrap token.
const BootstrapID = "bootstrap"

// minBootstrap keeps out what can be guessed.
const minBootstrap = 16

// Credential is who asks. It is shared between requests and must not be changed.
type Credential struct {
	ID        string
	Name      string
	Scopes    Scopes
	AccountID string // empty for the bootstrap token: every account
	UserID    string
	Profile   string
}

// Allows reports whether the credential is for this account.
func (c *Credential) Allows(accountID string) bool {
	return c.AccountID == "" || c.AccountID == accountID
}

// Config is the configuration of an Authenticator.
type Config struct {
	Control *store.Control
	// Bootstrap, unless empty, is a token with every scope on every account.
	Bootstrap Secret
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: discard
}

// Authenticator recognises tokens. It is safe for concurrent use. Tokens are
// held in memory, so a request costs no query; Create and Revoke take effect
// before they return, and Reload reads what somebody else changed.
type Authenticator struct {
	control *store.Control
	now     func() time.Time
	log     *slog.Logger

	bootstrap [sha256.Size]byte // random if there is none, so nothing matches it
	decoy     [sha256.Size]byte // compared with when there is no such token

	change sync.Mutex // held while tokens change, so that tables succeed in order
	tokens atomic.Pointer[map[string]*entry]
}

// entry is a token in memory.
type entry struct {
	token      store.Token
	credential Credential
	use        *lastUse
}

// lastUse outlives the entry: a reload replaces entries, not uses.
type lastUse struct {
	at    atomic.Int64 // Unix seconds of the last request; 0: none since start
	noted atomic.Int64 // what was last written to the database
}

// New returns an Authenticator with the tokens of the control file.
func New(ctx context.Context, cfg Config) (*Authenticator, error) {
	a := &Authenticator{control: cfg.Control, now: cfg.Now, log: cfg.Log}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	_, _ = rand.Read(a.decoy[:])     // never fails, it would crash the program
	_, _ = rand.Read(a.bootstrap[:]) // likewise
	if cfg.Bootstrap != "" {
		if err := checkBootstrap(cfg.Bootstrap.Reveal()); err != nil {
			return nil, err
		}
		a.bootstrap = sha256.Sum256([]byte(cfg.Bootstrap.Reveal()))
	}
	if err := a.Reload(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

func checkBootstrap(token string) error {
	if len(token) < minBootstrap {
		return fmt.Errorf("the bootstrap token has %d characters and needs at least %d", len(token), minBootstrap)
	}
	if len(token) > maxToken/2 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the bootstrap token must be printable ASCII without blanks, to fit into a header")
	}
	return nil
}

var bootstrapCredential = Credential{ID: BootstrapID, Name: BootstrapID, Scopes: AllScopes}

// Authenticate returns the credential of a request. Every error is
// ErrUnauthenticated; which of its reasons is for the log only.
func (a *Authenticator) Authenticate(r *http.Request) (*Credential, error) {
	token, err := presented(r)
	if err != nil {
		return nil, err
	}
	e, err := a.lookup(token)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return &bootstrapCredential, nil
	}
	now := a.now()
	if !e.token.Revoked.IsZero() {
		return nil, fmt.Errorf("%w (%s)", ErrRevoked, e.token.ID)
	}
	if !e.token.Expires.IsZero() && !now.Before(e.token.Expires) {
		return nil, fmt.Errorf("%w (%s)", ErrExpired, e.token.ID)
	}
	e.use.at.Store(now.Unix())
	return &e.credential, nil
}

// lookup returns the entry of a token, nil for the bootstrap token. Whatever
// was presented, it is hashed once and compared twice, in constant time: how
// long it takes says nothing about any secret. The id is none.
func (a *Authenticator) lookup(token string) (*entry, error) {
	sum := sha256.Sum256([]byte(token))
	id, err := Parse(token)
	e, found := (*a.tokens.Load())[id]
	want := &a.decoy
	if found {
		want = &e.token.Hash
	}
	isToken := subtle.ConstantTimeCompare(sum[:], want[:]) == 1
	isBootstrap := subtle.ConstantTimeCompare(sum[:], a.bootstrap[:]) == 1
	switch {
	case isToken && found:
		return e, nil
	case isBootstrap:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil, fmt.Errorf("%w (%s)", ErrInvalid, id)
}

// Reload reads all tokens again.
func (a *Authenticator) Reload(ctx context.Context) error {
	a.change.Lock()
	defer a.change.Unlock()
	return a.reload(ctx)
}

func (a *Authenticator) reload(ctx context.Context) error {
	var tokens []store.Token
	err := a.control.View(ctx, func(tx *store.ControlTx) (err error) {
		tokens, err = tx.Tokens(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("load tokens: %w", err)
	}
	table := make(map[string]*entry, len(tokens))
	for _, t := range tokens {
		table[t.ID] = newEntry(t, a.useOf(t))
	}
	a.tokens.Store(&table)
	return nil
}

func (a *Authenticator) useOf(t store.Token) *lastUse {
	if old := a.tokens.Load(); old != nil {
		if e, ok := (*old)[t.ID]; ok {
			return e.use
		}
	}
	use := &lastUse{}
	if !t.LastUsed.IsZero() {
		use.noted.Store(t.LastUsed.Unix())
	}
	return use
}

func newEntry(t store.Token, use *lastUse) *entry {
	var scopes Scopes
	for _, name := range t.Scopes {
		// A scope of a newer version gives nothing here: fewer rights are safe.
		scope, _ := scopeNamed(name)
		scopes |= Scopes(scope)
	}
	return &entry{token: t, use: use, credential: Credential{
		ID: t.ID, Name: cmp.Or(t.Name, t.ID), Scopes: scopes,
		AccountID: t.AccountID, UserID: t.UserID, Profile: t.Profile,
	}}
}
