package observer

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// Prior is the last generation: what keeps its value when a source is silent.
type Prior struct {
	snapshot   *store.Snapshot
	generation store.Generation
	Status     store.Status
	users      map[string]*store.User   // by UserId
	roles      map[string]*store.Role   // by RoleId
	policies   map[string]*store.Policy // by ARN
	groups     int                      // how many
}

// localPolicies counts the customer managed ones.
func (p *Prior) localPolicies() (n int) {
	for arn := range p.policies {
		if !policy.AWSManaged(arn) {
			n++
		}
	}
	return n
}

// LoadPrior reads the newest generation; before the first one it is empty.
func LoadPrior(ctx context.Context, snapshot *store.Snapshot) (*Prior, error) {
	p := &Prior{snapshot: snapshot, users: map[string]*store.User{}, roles: map[string]*store.Role{}, policies: map[string]*store.Policy{}}
	err := snapshot.View(ctx, func(tx *store.SnapshotTx) error { return p.load(ctx, tx) })
	if errors.Is(err, store.ErrNoGeneration) {
		return p, nil
	}
	return p, err
}

func (p *Prior) load(ctx context.Context, tx *store.SnapshotTx) error {
	p.generation = tx.Generation()
	if p.generation.ID == 0 {
		return nil
	}
	var err error
	if p.Status, err = tx.Status(ctx); err != nil {
		return err
	}
	groups, err := tx.Select(ctx, store.KindGroup, store.Query{})
	if err != nil {
		return err
	}
	p.groups = len(groups.IDs)
	users, err := Everything(ctx, tx, store.KindUser, tx.Users)
	if err != nil {
		return err
	}
	for _, u := range users {
		p.users[u.ID] = u
	}
	roles, err := Everything(ctx, tx, store.KindRole, tx.Roles)
	if err != nil {
		return err
	}
	for _, r := range roles {
		p.roles[r.ID] = r
	}
	policies, err := Everything(ctx, tx, store.KindPolicy, tx.Policies)
	for _, pol := range policies {
		p.policies[pol.ARN] = pol
	}
	return err
}

// document returns a version of a managed policy that was read before.
func (p *Prior) document(ctx context.Context, arn, version string) (text string, ok bool) {
	err := p.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		text, err = tx.PolicyDocument(ctx, arn, version)
		return err
	})
	return text, err == nil
}

// Report returns the credential report that was read before, perhaps by
// another process; nil if there is none that can be used.
func (p *Prior) Report(ctx context.Context, log *slog.Logger) *CredentialReport {
	var content []byte
	var at time.Time
	err := p.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		at, content, err = tx.Source(ctx, ReportSource)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	var r *CredentialReport
	if err == nil {
		r, err = parseReport(content)
	}
	if err != nil {
		log.WarnContext(ctx, "the kept credential report cannot be used", "err", err)
		return nil
	}
	r.At = at
	return r
}

// Everything reads all resources of a kind.
func Everything[T any](ctx context.Context, tx *store.SnapshotTx, kind store.Kind, read func(context.Context, ...string) ([]T, error)) ([]T, error) {
	all, err := tx.Select(ctx, kind, store.Query{})
	if err != nil {
		return nil, err
	}
	return read(ctx, all.IDs...)
}

func (p *Prior) sources() map[string]store.Source {
	s := map[string]store.Source{}
	maps.Copy(s, p.Status.Sources)
	return s
}

// Memory is what the state file knows about the account's objects.
type Memory struct {
	Persons     map[string]store.Person
	Groups      map[string]store.GroupAttributes
	Owned       map[store.Ref]store.Ownership
	Deactivated map[string]store.Deactivation
	// Kept are users whom a client deleted and who are still in IAM: their names
	// there, by UserId.
	Kept map[string]string
}

// LoadMemory reads what is known about all objects.
func LoadMemory(ctx context.Context, state *store.State) (*Memory, error) {
	var m Memory
	err := state.View(ctx, func(tx *store.StateTx) error {
		var err error
		if m.Persons, err = tx.Persons(ctx); err != nil {
			return err
		}
		if m.Groups, err = tx.GroupAttributes(ctx); err != nil {
			return err
		}
		if m.Owned, err = tx.Owned(ctx); err != nil {
			return err
		}
		if m.Deactivated, err = tx.Deactivations(ctx); err != nil {
			return err
		}
		m.Kept, err = keptIn(ctx, tx)
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

// Read reads what is known about one object.
func (m *Memory) Read(ctx context.Context, tx *store.StateTx, ref store.Ref) error {
	if o, err := tx.Ownership(ctx, ref); err == nil {
		m.Owned[ref] = *o
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if ref.Kind == store.KindGroup {
		a, err := tx.GroupAttribute(ctx, ref.ID)
		m.Groups[ref.ID] = a
		return err
	}
	if person, err := tx.Person(ctx, ref.ID); err == nil {
		m.Persons[ref.ID] = *person
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d, err := tx.Deactivation(ctx, ref.ID); err == nil {
		m.Deactivated[ref.ID] = *d
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d, err := tx.PendingDeletion(ctx, ref.ID); err == nil {
		m.Kept[ref.ID] = d.Name
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}
