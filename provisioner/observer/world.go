package observer

import (
	"context"
	"sync"
	"sync/atomic"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// World is what composing one user or group needs to know of everything else:
// policies and roles. It is read once and again when one of them changed.
type World struct {
	changed atomic.Int64 // generation of the last change of a policy or role

	mu        sync.Mutex // also guards documents, which composing fills
	loaded    int64      // generation it was read in
	policies  map[string]*store.Policy
	byARN     map[string]*store.Role
	index     *policy.RoleIndex
	documents map[string]*policy.Document
}

// Committed notes what a commit changed.
func (w *World) Committed(c store.Commit) {
	relevant := c.All
	for _, r := range c.Changed {
		relevant = relevant || r.Kind == store.KindPolicy || r.Kind == store.KindRole
	}
	if relevant {
		w.changed.Store(c.Generation.ID)
	}
}

// load reads policies and roles unless they are known. The lock is held.
func (w *World) load(ctx context.Context, tx *store.SnapshotTx, c *Composer) error {
	if w.documents != nil && w.loaded >= w.changed.Load() {
		return nil
	}
	policies, err := Everything(ctx, tx, store.KindPolicy, tx.Policies)
	if err != nil {
		return err
	}
	roles, err := Everything(ctx, tx, store.KindRole, tx.Roles)
	if err != nil {
		return err
	}
	w.documents = map[string]*policy.Document{}
	w.policies, w.byARN = make(map[string]*store.Policy, len(policies)), make(map[string]*store.Role, len(roles))
	c.documents = w.documents
	for _, p := range policies {
		w.policies[p.ARN] = p
		c.parseQuietly(p.Document)
	}
	indexed := make([]*policy.Role, 0, len(roles))
	for _, r := range roles {
		w.byARN[r.ARN] = r
		c.parseQuietly(r.Trust)
		indexed = append(indexed, policy.NewRole(r.ARN, c.document(r.Trust)))
	}
	w.index = policy.NewRoleIndex(indexed)
	w.loaded = tx.Generation().ID
	return nil
}

// parseQuietly parses a document that was judged before.
func (c *Composer) parseQuietly(text string) {
	if text != "" {
		_, _ = c.Parse(text) // an unreadable one was flagged when it was observed
	}
}

// Single composes resources one by one. It holds the world's lock until done.
type Single struct {
	*Composer
	w     *World
	roles *roleIndex
}

// Compose hands fn a composer for single resources. groups are those that the
// users to be composed may be in.
func (w *World) Compose(ctx context.Context, tx *store.SnapshotTx, cfg Settings, m *Memory, groups map[string]*store.Group, fn func(*Single) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &Composer{
		Settings: cfg, Memory: m,
		Facts: &Facts{}, Prior: &Prior{users: map[string]*store.User{}}, obs: &store.Observation{},
		groups: map[string]*store.Group{}, groupsByID: groups,
	}
	if err := w.load(ctx, tx, c); err != nil {
		return err
	}
	if len(w.documents) > 20_000 { // inline documents come and go
		w.loaded, w.documents = 0, nil
		if err := w.load(ctx, tx, c); err != nil {
			return err
		}
	}
	c.documents, c.Policies = w.documents, w.policies
	s := &Single{Composer: c, w: w, roles: &roleIndex{c: c, index: w.index, byARN: w.byARN, groupDocs: map[string][]*policy.Document{}}}
	for id, g := range groups {
		for _, p := range g.Inline {
			c.parseQuietly(p.Document)
		}
		s.roles.groupDocs[id] = c.documentsOf(g.Attached, g.Inline)
	}
	return fn(s)
}

// Rejudge recomputes what follows from policies and memberships.
func (s *Single) Rejudge(u *store.User) {
	for _, p := range u.Inline {
		s.parseQuietly(p.Document)
	}
	s.Describe(u.Attached)
	s.judge(u)
	u.Roles = s.roles.of(u)
}

// Describe fills in what is known of attached policies.
func (s *Single) Describe(refs []store.PolicyRef) {
	for i := range refs {
		if p := s.Policies[refs[i].ARN]; p != nil {
			refs[i].Name, refs[i].ID, refs[i].Deny = p.Name, p.ID, p.Deny
		}
	}
}
