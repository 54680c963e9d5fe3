package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// Adopted is an object that is ours to manage now.
type Adopted struct {
	Object store.Ref `json:"object"`
	Name   string    `json:"name"`
	// Released are denies and quarantines, placed by others, over which the user
	// may be reactivated. Still are those that only their owner can take away.
	Released []string `json:"released,omitempty"`
	Still    []string `json:"still,omitempty"`
	// Restored says that the user had been deleted and was kept, and is now shown
	// again.
	Restored bool `json:"restored,omitempty"`
}

const actionAdopt = "adopt"

// Adopt makes existing users and groups ours to manage, wherever their path is,
// and releases what others placed on a user to deny everything: a reactivation
// takes it away. It needs the scope admin, and writes nothing to IAM. Names are
// user and group names, unique ids or ARNs; "user/…" and "group/…" tell apart
// what is called alike. Nothing is adopted if one of them is not found. A user
// who waits for their deletion is not deleted any more.
func (p *Provisioner) Adopt(ctx context.Context, a Actor, names ...string) ([]Adopted, error) {
	if !a.Scopes[planner.ScopeAdmin] {
		return nil, p.refused(ctx, a, actionAdopt, store.Ref{}, missingScope(planner.ScopeAdmin))
	}
	if p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	refs := make([]store.Ref, len(names))
	for i, name := range names {
		var err error
		if refs[i], err = p.lookUpName(ctx, name); err != nil {
			return nil, err
		}
	}
	var all []Adopted
	for _, ref := range refs {
		one, err := p.adoptOne(ctx, a, ref)
		if err != nil {
			return all, err
		}
		all = append(all, *one)
	}
	return all, nil
}

// lookUpName finds the one object that an operator means.
func (p *Provisioner) lookUpName(ctx context.Context, name string) (store.Ref, error) {
	kinds := []store.Kind{store.KindUser, store.KindGroup}
	bare := name
	if rest, ok := strings.CutPrefix(name, "user/"); ok {
		kinds, bare = kinds[:1], rest
	} else if rest, ok := strings.CutPrefix(name, "group/"); ok {
		kinds, bare = kinds[1:], rest
	}
	var found []store.Ref
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		for _, kind := range kinds {
			shown := map[store.Kind]store.Path{store.KindUser: "userName", store.KindGroup: "displayName"}[kind]
			where := store.Or{store.Compare{Path: "id", Op: store.Eq, Value: bare}, store.Compare{Path: "aws.arn", Op: store.Eq, Value: bare},
				store.Compare{Path: shown, Op: store.Eq, Value: bare}, store.Compare{Path: shown, Op: store.Eq, Value: store.DecodeName(bare)}}
			r, err := tx.Select(ctx, kind, store.Query{Where: where})
			if err != nil {
				return err
			}
			for _, id := range r.IDs {
				found = append(found, store.Ref{Kind: kind, ID: id})
			}
		}
		return nil
	})
	if err == nil && kinds[0] == store.KindUser && !slices.ContainsFunc(found, func(r store.Ref) bool { return r.Kind == store.KindUser }) {
		var kept []store.Ref
		kept, err = p.keptCalled(ctx, bare)
		found = append(found, kept...)
	}
	switch {
	case err != nil:
		return store.Ref{}, fmt.Errorf("look for %q: %w", name, err)
	case len(found) == 0:
		return store.Ref{}, fmt.Errorf("user or group %q: %w", name, store.ErrNotFound)
	case len(found) > 1:
		return store.Ref{}, &planner.InvalidError{Attribute: "name", Reason: fmt.Sprintf("%q is a user and a group; say user/%s or group/%s", name, bare, bare)}
	}
	return found[0], nil
}

// adoptOne adopts one object while nobody else writes to it.
func (p *Provisioner) adoptOne(ctx context.Context, a Actor, ref store.Ref) (*Adopted, error) {
	key, adopt := userKey(ref.ID, ""), (*request).adoptUser
	if ref.Kind == store.KindGroup {
		key, adopt = groupKey(ref.ID, ""), (*request).adoptGroup
	}
	var out *Adopted
	_, err := p.do(ctx, a, Options{}, key, func(ctx context.Context, r *request) (*Change, error) {
		if err := r.blocked(ctx, store.JournalObject{Kind: ref.Kind, ID: ref.ID}); err != nil {
			return nil, err
		}
		got, err := adopt(r, ctx, ref.ID)
		if err != nil {
			return nil, r.refused(ctx, actionAdopt, ref, err)
		}
		out = got
		return &Change{ID: ref.ID}, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (r *request) adoptUser(ctx context.Context, id string) (*Adopted, error) {
	restored, err := r.restore(ctx, id)
	if err != nil {
		return nil, err
	}
	known, err := r.p.known(ctx, id)
	if err != nil {
		return nil, err
	}
	now, err := r.p.nowOf(ctx, known)
	if err != nil {
		return nil, err
	}
	if err := r.p.guardAdoption(ctx, touchedUser(now.User)); err != nil {
		return nil, err
	}
	out := &Adopted{Object: store.Ref{Kind: store.KindUser, ID: id}, Name: now.User.Name, Restored: restored}
	out.release(now.User)
	err = r.p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := r.own(ctx, tx, out); err != nil || len(out.Released) == 0 {
			return err
		}
		if err := tx.PutDeactivation(ctx, id, nil, r.actor.Credential); err != nil {
			return err
		}
		for _, deny := range out.Released {
			if err := tx.AddDeny(ctx, id, deny); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("adopt user %q: %w", out.Name, err)
	}
	_, err = r.p.catchUpUser(ctx, now.live)
	return out, err
}

// release finds what keeps an inactive user from being reactivated. An active
// one is left active: what is remembered of a deactivation would make them
// inactive.
func (a *Adopted) release(u *store.User) {
	if u.Active {
		return
	}
	for _, d := range u.DisabledBy {
		switch {
		case d.Ours:
		case d.Type == "groupPolicy":
			a.Still = append(a.Still, fmt.Sprintf("%s, by group %s", d.Value, d.Group))
		default:
			a.Released = append(a.Released, d.Value)
		}
	}
	for _, p := range u.Attached {
		if p.Quarantine && !slices.Contains(a.Released, p.ARN) {
			a.Released = append(a.Released, p.ARN)
		}
	}
}

func (r *request) adoptGroup(ctx context.Context, id string) (*Adopted, error) {
	known, err := r.p.knownGroup(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := r.p.readGroup(ctx, known)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errors.Join(err, r.p.forgetGroup(ctx, id))
	}
	if err != nil {
		return nil, err
	}
	now, err := r.p.catchUpGroup(ctx, l)
	if err != nil {
		return nil, err
	}
	if err := r.p.guardAdoption(ctx, touchedGroup(now.Group)); err != nil {
		return nil, err
	}
	out := &Adopted{Object: store.Ref{Kind: store.KindGroup, ID: id}, Name: now.Group.Name}
	err = r.p.account.State.Update(ctx, func(tx *store.StateTx) error { return r.own(ctx, tx, out) })
	if err != nil {
		return nil, fmt.Errorf("adopt group %q: %w", out.Name, err)
	}
	_, err = r.p.catchUpGroup(ctx, l)
	return out, err
}

// own writes down and audits that an object is ours.
func (r *request) own(ctx context.Context, tx *store.StateTx, a *Adopted) error {
	if err := tx.PutOwnership(ctx, a.Object, store.Adopted, r.actor.Credential); err != nil {
		return err
	}
	body := auditBody{RequestID: r.actor.RequestID, Name: a.Name, Notes: a.Still}
	for _, deny := range a.Released {
		body.Remembers = append(body.Remembers, "released "+deny)
	}
	entry, err := auditEntry(r.actor, actionAdopt, a.Object, "done", body)
	if err != nil {
		return err
	}
	_, err = tx.AppendAudit(ctx, entry)
	return err
}

// guardAdoption: what is protected is not adopted either.
func (p *Provisioner) guardAdoption(ctx context.Context, t *touched) error {
	c, err := p.ownChain(ctx)
	if err != nil {
		return err
	}
	v := &verdict{p: p, cfg: &p.writes.cfg.Guard, was: []*touched{t}}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		v.own, err = p.ours(ctx, tx, c)
		return err
	})
	if err != nil {
		return err
	}
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		v.resolved, err = tx.ProtectedBy(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return v.protection()
}
