package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// touched is one user or group that a plan writes to, before or after.
type touched struct {
	ref   store.Ref // empty ID: yet to be made
	name  string    // IAM's
	shown string
	path  string
	arn   string
	owned bool // created or adopted by us
}

func (t *touched) String() string {
	return strings.ToLower(string(t.ref.Kind)) + " " + planner.Quoted(t.name)
}

func touchedUser(u *store.User) *touched {
	return &touched{ref: store.Ref{Kind: store.KindUser, ID: u.ID}, name: u.Name, shown: u.UserName, path: u.Path, arn: u.ARN}
}

func touchedGroup(g *store.Group) *touched {
	return &touched{ref: store.Ref{Kind: store.KindGroup, ID: g.ID}, name: g.Name, shown: g.DisplayName, path: g.Path, arn: g.ARN}
}

// named reports whether an entry of the operator's list means the object as it
// is named now. Names ignore case, as they do in IAM.
func (t *touched) named(entry string) bool {
	switch {
	case entry == "":
		return false
	case strings.HasPrefix(entry, "/"):
		return strings.HasPrefix(t.path, strings.TrimSuffix(entry, "/")+"/")
	case strings.HasPrefix(entry, "arn:"):
		return policy.Glob(entry, t.arn)
	case entry == t.ref.ID:
		return true
	}
	return policy.Glob(store.Fold(entry), store.Fold(t.name)) || policy.Glob(store.Fold(entry), store.Fold(t.shown))
}

// ResolveProtected remembers the ids of everything that GuardConfig.Protect
// names now, so that renaming it does not lift the protection. Run does it
// after every refresh.
func (p *Provisioner) ResolveProtected(ctx context.Context) error {
	entries := p.writes.cfg.Guard.Protect
	if len(entries) == 0 || p.account.Snapshot.Generation().ID == 0 {
		return nil
	}
	var all []*touched
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		users, err := observer.Everything(ctx, tx, store.KindUser, tx.Users)
		if err != nil {
			return err
		}
		groups, err := observer.Everything(ctx, tx, store.KindGroup, tx.Groups)
		for _, u := range users {
			all = append(all, touchedUser(u))
		}
		for _, g := range groups {
			all = append(all, touchedGroup(g))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("resolve protected objects: %w", err)
	}
	return p.rememberProtected(ctx, all)
}

// rememberProtected writes what is not remembered yet.
func (p *Provisioner) rememberProtected(ctx context.Context, all []*touched) error {
	var known map[string][]store.Ref
	err := p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		known, err = tx.ProtectedBy(ctx)
		return err
	})
	if err != nil {
		return err
	}
	fresh := map[string][]store.Ref{}
	for _, entry := range p.writes.cfg.Guard.Protect {
		for _, t := range all {
			if t.ref.ID != "" && t.named(entry) && !slices.Contains(known[entry], t.ref) {
				fresh[entry] = append(fresh[entry], t.ref)
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return p.account.State.Update(ctx, func(tx *store.StateTx) error {
		for _, entry := range p.writes.cfg.Guard.Protect {
			if err := tx.Protect(ctx, entry, fresh[entry]...); err != nil {
				return err
			}
		}
		return nil
	})
}

// protectedBy finds the entry that protects the object: by its id for whatever
// it was once called, or by what it is or would be called.
func protectedBy(entries []string, resolved map[string][]store.Ref, t *touched) string {
	for _, entry := range entries {
		if t.named(entry) || t.ref.ID != "" && slices.Contains(resolved[entry], t.ref) {
			return entry
		}
	}
	return ""
}
