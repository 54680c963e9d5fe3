package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// known finds a user in the snapshot. An id that it does not know is not found
// without asking AWS.
func (p *Provisioner) known(ctx context.Context, id string) (*store.User, error) {
	if p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	if d, err := p.pendingDeletion(ctx, id); err != nil || d != nil {
		return nil, errors.Join(err, fmt.Errorf("user %s: %w", id, store.ErrNotFound))
	}
	u, err := p.user(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read user %s: %w", id, err)
	}
	if u == nil {
		return nil, fmt.Errorf("user %s: %w", id, store.ErrNotFound)
	}
	return u, nil
}

// planner gathers what plans depend on.
func (p *Provisioner) planner(ctx context.Context, groups []string) (*planner.Planner, error) {
	pl := p.newPlanner()
	pl.NoInline = p.denies(planner.Need{Action: "iam:PutUserPolicy"}) != nil
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		st, err := tx.Status(ctx)
		if err != nil {
			return err
		}
		pl.Summary = st.Summary
		pl.Groups, err = groupsIn(ctx, tx, groups)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read quotas and groups: %w", err)
	}
	return pl, nil
}

// newPlanner makes one that knows of no object.
func (p *Provisioner) newPlanner() *planner.Planner {
	return &planner.Planner{
		Settings: p.writes.cfg.planning(), AccountID: p.conn.AccountID, Partition: p.conn.Partition,
		Policies: map[string]*store.Policy{}, Known: map[string]*store.User{},
	}
}

// wanted checks the policies of a wish.
func (p *Provisioner) wanted(ctx context.Context, pl *planner.Planner, attribute string, lists ...*[]string) error {
	for _, arns := range lists {
		if arns == nil {
			continue
		}
		missing, err := p.learnPolicies(ctx, *arns, list.Without(*arns, pl.Attached))
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return &planner.InvalidError{Attribute: attribute, Reason: fmt.Sprintf("there is no policy %q", missing[0])}
		}
		err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
			return p.compose(ctx, tx, nil, nil, func(s *observer.Single) error {
				for _, arn := range *arns {
					pl.Policies[arn] = s.Policies[arn]
				}
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("read policies: %w", err)
		}
	}
	return nil
}

func boundaryOf(w *planner.UserWish) *[]string {
	if w.Boundary == nil || *w.Boundary == "" {
		return nil
	}
	return &[]string{*w.Boundary}
}

// plannerFor also reads what a wish names.
func (r *request) plannerFor(ctx context.Context, now planner.UserNow, w *planner.UserWish) (*planner.Planner, error) {
	u, groups := now.User, now.User.Groups
	if w.Groups != nil && r.p.writes.cfg.GroupsViaUsers {
		groups = list.Unique(append(slices.Clone(now.Whole().Groups), *w.Groups...))
		if err := r.lookAtGroups(ctx, list.Without(*w.Groups, u.Groups)); err != nil {
			return nil, err
		}
	}
	pl, err := r.p.planner(ctx, groups)
	if err != nil {
		return nil, err
	}
	may := r.actor.Scopes
	pl.Attached, pl.AsShown, pl.BoundAsShown = planner.ARNsOf(u.Attached), !may[planner.ScopeEntitlements], !may[planner.ScopeAdmin]
	if err := r.p.wanted(ctx, pl, "entitlements", w.Entitlements); err != nil {
		return nil, err
	}
	return pl, r.p.wanted(ctx, pl, "permissionsBoundary", boundaryOf(w))
}

// lookAtGroups reads groups that somebody is to join, live.
func (r *request) lookAtGroups(ctx context.Context, ids []string) error {
	for _, id := range ids {
		known, err := r.p.knownGroup(ctx, id)
		if err == nil {
			_, err = r.p.groupNowOf(ctx, known)
		}
		if errors.Is(err, store.ErrNotFound) {
			return &planner.InvalidError{Attribute: "groups", Reason: fmt.Sprintf("there is no group %q", id)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeName makes sure that nobody is shown under the name, or is about to be.
func (r *request) takeName(ctx context.Context, kind store.Kind, id, shown, key string) error {
	if !r.p.writes.queue.extend(r.job, key) {
		return fmt.Errorf("name %q is being given: %w", shown, ErrConflict)
	}
	if kind == store.KindUser {
		if err := r.p.nameKept(ctx, shown); err != nil {
			return err
		}
	}
	var taken bool
	err := r.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		taken, err = nameTaken(ctx, tx, kind, shown, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for name %q: %w", shown, err)
	}
	if taken {
		return fmt.Errorf("%s %q: %w", kind, shown, store.ErrExists)
	}
	return nil
}

func (r *request) createUser(ctx context.Context, w *planner.UserWish) (*Change, error) {
	if r.p.account.Snapshot.Generation().ID == 0 {
		return nil, store.ErrNoGeneration
	}
	name := store.EncodeName(*w.UserName)
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindUser, Name: store.Fold(name)}); err != nil {
		return nil, err
	}
	if c, err := r.replayed(ctx, userKey("", name)); c != nil || err != nil {
		return c, err
	}
	r.job.secret = w.Password != nil
	if err := r.takeName(ctx, store.KindUser, "", *w.UserName, userKey("", name)); err != nil {
		return nil, err
	}
	pl, err := r.plannerFor(ctx, planner.UserNow{User: &store.User{}}, w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.CreateUser(w, newManaged())
	if err != nil {
		return nil, err
	}
	return r.carryOut(ctx, &planner.Subject{}, plan)
}

func (r *request) updateUser(ctx context.Context, id string, edit func(*store.User) (planner.UserWish, error)) (*Change, error) {
	known, err := r.p.known(ctx, id)
	if err != nil {
		return nil, err
	}
	now, err := r.p.nowOf(ctx, known)
	if err != nil {
		return nil, err
	}
	w, err := edit(now.User)
	if err != nil {
		return nil, err
	}
	var decides []string
	if w.Active != nil {
		decides = []string{planner.KindDeactivate}
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindUser, ID: id}, decides...); err != nil {
		return nil, err
	}
	if w.UserName != nil && store.Fold(*w.UserName) != store.Fold(now.User.UserName) {
		name, err := planner.EncodeUserName(*w.UserName)
		if err != nil {
			return nil, err
		}
		if err := r.takeName(ctx, store.KindUser, id, *w.UserName, userKey("", name)); err != nil {
			return nil, err
		}
	}
	if now, err = r.withCredentials(ctx, now, &w); err != nil {
		return nil, err
	}
	pl, err := r.plannerFor(ctx, now.UserNow, &w)
	if err != nil {
		return nil, err
	}
	plan, err := pl.UpdateUser(now.UserNow, &w)
	if err != nil {
		return nil, r.refused(ctx, planner.KindUpdateUser, store.Ref{Kind: store.KindUser, ID: id}, err)
	}
	var plans []*planner.Plan
	if w.Active != nil && !*w.Active {
		plans = append(plans, pl.Deactivate(now.UserNow))
	}
	return r.carryOut(ctx, &planner.Subject{User: now.User}, append(plans, plan)...)
}

// withCredentials reads the credentials too, where the wish is about them.
func (r *request) withCredentials(ctx context.Context, now currentUser, w *planner.UserWish) (currentUser, error) {
	deactivates := w.Active != nil && !*w.Active
	reactivates := w.Active != nil && *w.Active && !now.User.Active
	if !deactivates && !reactivates && (w.Password == nil || !r.p.writes.cfg.Passwords) {
		return now, nil
	}
	return r.p.withHeld(ctx, now)
}

func (r *request) deleteUser(ctx context.Context, id string, check func(*store.User) error) (*Change, error) {
	known, err := r.p.known(ctx, id)
	if err != nil {
		return nil, err
	}
	now, err := r.p.nowOf(ctx, known)
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(now.User); err != nil {
			return nil, err
		}
	}
	if now, err = r.p.withHeld(ctx, now); err != nil {
		return nil, err
	}
	if err := r.blocked(ctx, store.JournalObject{Kind: store.KindUser, ID: id}, planner.KindDeactivate, planner.KindDeleteUser); err != nil {
		return nil, err
	}
	pl, err := r.p.planner(ctx, now.Whole().Groups)
	if err != nil {
		return nil, err
	}
	plan, err := pl.Checked(pl.DeleteUser(now.UserNow))
	if err != nil {
		return nil, err
	}
	if r.p.writes.cfg.DeleteAfter > 0 {
		return r.deleteLater(ctx, pl, now, plan)
	}
	return r.carryOut(ctx, &planner.Subject{User: now.User}, plan)
}

// waitsFor is what a client is told about an unfinished plan that is not under
// way.
func waitsFor(j *store.JournalPlan) string {
	if j.State != store.PlanWaiting {
		return ""
	}
	return "an earlier change of this resource is not finished, and an administrator has to decide about it"
}
