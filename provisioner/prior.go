package provisioner

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// prior is the last generation: what keeps its value when a source is silent.
type prior struct {
	snapshot   *store.Snapshot
	generation store.Generation
	status     store.Status
	users      map[string]*store.User   // by UserId
	roles      map[string]*store.Role   // by RoleId
	policies   map[string]*store.Policy // by ARN
	groups     int                      // how many
}

// localPolicies counts the customer managed ones.
func (p *prior) localPolicies() (n int) {
	for arn := range p.policies {
		if !policy.AWSManaged(arn) {
			n++
		}
	}
	return n
}

// loadPrior reads the newest generation; before the first one it is empty.
func loadPrior(ctx context.Context, snapshot *store.Snapshot) (*prior, error) {
	p := &prior{snapshot: snapshot, users: map[string]*store.User{}, roles: map[string]*store.Role{}, policies: map[string]*store.Policy{}}
	err := snapshot.View(ctx, func(tx *store.SnapshotTx) error { return p.load(ctx, tx) })
	if errors.Is(err, store.ErrNoGeneration) {
		return p, nil
	}
	return p, err
}

func (p *prior) load(ctx context.Context, tx *store.SnapshotTx) error {
	p.generation = tx.Generation()
	if p.generation.ID == 0 {
		return nil
	}
	var err error
	if p.status, err = tx.Status(ctx); err != nil {
		return err
	}
	groups, err := tx.Select(ctx, store.KindGroup, store.Query{})
	if err != nil {
		return err
	}
	p.groups = len(groups.IDs)
	users, err := everything(ctx, tx, store.KindUser, tx.Users)
	if err != nil {
		return err
	}
	for _, u := range users {
		p.users[u.ID] = u
	}
	roles, err := everything(ctx, tx, store.KindRole, tx.Roles)
	if err != nil {
		return err
	}
	for _, r := range roles {
		p.roles[r.ID] = r
	}
	policies, err := everything(ctx, tx, store.KindPolicy, tx.Policies)
	for _, pol := range policies {
		p.policies[pol.ARN] = pol
	}
	return err
}

// document returns a version of a managed policy that was read before.
func (p *prior) document(ctx context.Context, arn, version string) (text string, ok bool) {
	err := p.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		text, err = tx.PolicyDocument(ctx, arn, version)
		return err
	})
	return text, err == nil
}

// report returns the credential report that was read before, perhaps by
// another process; nil if there is none that can be used.
func (p *prior) report(ctx context.Context, log *slog.Logger) *report {
	var content []byte
	var at time.Time
	err := p.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		at, content, err = tx.Source(ctx, reportSource)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	var r *report
	if err == nil {
		r, err = parseReport(content)
	}
	if err != nil {
		log.WarnContext(ctx, "the kept credential report cannot be used", "err", err)
		return nil
	}
	r.at = at
	return r
}

func everything[T any](ctx context.Context, tx *store.SnapshotTx, kind store.Kind, read func(context.Context, ...string) ([]T, error)) ([]T, error) {
	all, err := tx.Select(ctx, kind, store.Query{})
	if err != nil {
		return nil, err
	}
	return read(ctx, all.IDs...)
}

func (p *prior) sources() map[string]store.Source {
	s := map[string]store.Source{}
	maps.Copy(s, p.status.Sources)
	return s
}

// memory is what the state file knows about the account's objects.
type memory struct {
	persons     map[string]store.Person
	groups      map[string]store.GroupAttributes
	owned       map[store.Ref]store.Ownership
	deactivated map[string]store.Deactivation
	// kept are users whom a client deleted and who are still in IAM: their names
	// there, by UserId.
	kept map[string]string
}

func loadMemory(ctx context.Context, state *store.State) (*memory, error) {
	var m memory
	err := state.View(ctx, func(tx *store.StateTx) error {
		var err error
		if m.persons, err = tx.Persons(ctx); err != nil {
			return err
		}
		if m.groups, err = tx.GroupAttributes(ctx); err != nil {
			return err
		}
		if m.owned, err = tx.Owned(ctx); err != nil {
			return err
		}
		if m.deactivated, err = tx.Deactivations(ctx); err != nil {
			return err
		}
		m.kept, err = keptIn(ctx, tx)
		return err
	})
	return &m, err
}

func keptIn(ctx context.Context, tx *store.StateTx) (map[string]string, error) {
	list, err := tx.PendingDeletions(ctx)
	kept := make(map[string]string, len(list))
	for _, d := range list {
		kept[d.UserID] = d.Name
	}
	return kept, err
}

// read reads what is known about one object.
func (m *memory) read(ctx context.Context, tx *store.StateTx, ref store.Ref) error {
	if o, err := tx.Ownership(ctx, ref); err == nil {
		m.owned[ref] = *o
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if ref.Kind == store.KindGroup {
		a, err := tx.GroupAttribute(ctx, ref.ID)
		m.groups[ref.ID] = a
		return err
	}
	if person, err := tx.Person(ctx, ref.ID); err == nil {
		m.persons[ref.ID] = *person
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d, err := tx.Deactivation(ctx, ref.ID); err == nil {
		m.deactivated[ref.ID] = *d
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d, err := tx.PendingDeletion(ctx, ref.ID); err == nil {
		m.kept[ref.ID] = d.Name
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}
