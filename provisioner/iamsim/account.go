package iamsim

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Config describes a new account. The zero value is usable.
type Config struct {
	AccountID string           // twelve digits; "123456789012" when empty
	Alias     string           // account alias; none when empty
	Partition string           // "aws" when empty
	Now       func() time.Time // time.Now when nil; Advance moves on from it
	Seed      uint64           // every id, secret and random choice follows from it
	Log       *slog.Logger     // discards when nil

	// PageBytes is the size at which a page ends although fewer than MaxItems
	// were rendered; 512 KiB when zero.
	PageBytes int
	// ShortPages is the fraction of pages that hold fewer items than asked for
	// without reason, as AWS warns ("IAM might return fewer results, even when
	// more are available"); 0.2 when zero, never when negative.
	ShortPages float64
	// UserLimit and GroupLimit are the account's quotas; 5000 and 300 when zero.
	UserLimit, GroupLimit int
	// AttachLimit is the number of managed policies a user or role may have; 10
	// when zero (AWS raises it to 20 on request).
	AttachLimit int
}

// Account is one simulated AWS account. All methods are safe for concurrent
// use; ServeHTTP speaks the AWS Query protocol.
type Account struct {
	cfg Config
	log *slog.Logger

	mu     sync.Mutex
	rng    *rand.Rand
	offset time.Duration // how far Advance has moved the clock

	users    *table[User]
	groups   *table[Group]
	roles    *table[Role]
	policies *table[Policy] // customer and AWS-managed, by ARN
	devices  *table[VirtualDevice]

	keyOwner map[string]string   // access key id to UserId, kept for ever: ids are never reused
	sessions map[string]*session // temporary access key id to session
	freed    map[string]time.Time

	root      rootUser
	alias     string
	passwords *passwordPolicy // nil: the account has no policy of its own
	report    credentialReport
	jobs      map[string]*accessJob
	attempts  map[string]map[string]use // by UserId or RoleId and action
	documents documentCache
	// known is operations, for handlers that list actions: they are part of
	// operations themselves.
	known map[string]*operation

	dials   dials
	faults  []*Fault
	journal journal

	bootstrap AccessKey
	rolePath  [2]string // ARNs of the full-access and the read-only role
}

// New returns an account that holds the root user, one IAM user named
// "bootstrap" with an access key and AdministratorAccess, a full-access role
// and a read-only role that the bootstrap user may assume.
func New(cfg Config) *Account {
	cfg.fill()
	a := &Account{
		cfg:      cfg,
		log:      cfg.Log,
		rng:      rand.New(rand.NewPCG(cfg.Seed, 0x1a51a51a)),
		users:    newTable(func(u *User) (string, string) { return u.ID, u.Name }),
		groups:   newTable(func(g *Group) (string, string) { return g.ID, g.Name }),
		roles:    newTable(func(r *Role) (string, string) { return r.ID, r.Name }),
		policies: newTable(func(p *Policy) (string, string) { return p.ID, p.ARN }),
		devices:  newTable(func(d *VirtualDevice) (string, string) { return d.Serial, d.Serial }),
		keyOwner: map[string]string{},
		sessions: map[string]*session{},
		freed:    map[string]time.Time{},
		alias:    cfg.Alias,
		jobs:     map[string]*accessJob{},
		attempts: map[string]map[string]use{},
		known:    operations,
	}
	a.journal.counts = map[string]int{}
	a.dials.delays = map[string]time.Duration{}
	a.dials.busy = map[string]bool{}
	a.dials.rates = map[string]*rate{}
	a.loadCatalogue()
	a.seedBootstrap()
	return a
}

func (c *Config) fill() {
	if c.AccountID == "" {
		c.AccountID = "123456789012"
	}
	if c.Partition == "" {
		c.Partition = "aws"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.PageBytes == 0 {
		c.PageBytes = 512 << 10
	}
	if c.ShortPages == 0 {
		c.ShortPages = 0.2
	}
	c.UserLimit = orDefault(c.UserLimit, 5000)
	c.GroupLimit = orDefault(c.GroupLimit, 300)
	c.AttachLimit = orDefault(c.AttachLimit, 10)
}

func orDefault(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}

// Names of what New creates.
const (
	bootstrapUser = "bootstrap"
	fullRole      = "iamscim"
	readOnlyRole  = "iamscim-readonly"
)

func (a *Account) seedBootstrap() {
	created := a.now()
	a.root = rootUser{
		created: created.AddDate(-3, 0, 0),
		keys:    []AccessKey{{ID: a.newID("AKIA", 16), Secret: a.newSecret(), Status: active, Created: created}},
		mfa:     created.AddDate(-3, 0, 1),
	}
	a.bootstrap = AccessKey{ID: a.newID("AKIA", 16), Secret: a.newSecret(), Status: active, Created: created}
	a.putUser(&User{
		ID: a.newID("AIDA", 17), Name: bootstrapUser, Path: "/", Created: created,
		Grants: Grants{Attached: []string{a.managedARN("AdministratorAccess")}},
		Keys:   []AccessKey{a.bootstrap},
	}, time.Time{})
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` +
		a.rootARN() + `"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}`
	for i, r := range []struct{ name, policy string }{{fullRole, "IAMFullAccess"}, {readOnlyRole, "IAMReadOnlyAccess"}} {
		role := &Role{
			ID: a.newID("AROA", 17), Name: r.name, Path: "/", Created: created,
			MaxSession: 12 * time.Hour, Trust: trust,
			Grants: Grants{Attached: []string{a.managedARN(r.policy)}},
		}
		a.roles.put(role, time.Time{})
		a.rolePath[i] = a.roleARN(role)
	}
}

// Credentials returns the access key of the bootstrap user.
func (a *Account) Credentials() (id, secret string) { return a.bootstrap.ID, a.bootstrap.Secret }

// RootCredentials returns an access key of the account root.
func (a *Account) RootCredentials() (id, secret string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.root.keys[0].ID, a.root.keys[0].Secret
}

// RoleARN returns the role with full IAM access that the bootstrap user may assume.
func (a *Account) RoleARN() string { return a.rolePath[0] }

// ReadOnlyRoleARN returns the role with read-only IAM access.
func (a *Account) ReadOnlyRoleARN() string { return a.rolePath[1] }

// ID returns the twelve digits of the account.
func (a *Account) ID() string { return a.cfg.AccountID }
