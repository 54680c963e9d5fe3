package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// With WriteConfig.DeleteAfter a deleted user is first only deactivated, and
// gone from SCIM: left out of the snapshot, by our own write and by every
// observation. Deleting them is left to DeleteDue.

const (
	actionSchedule = "user.delete.schedule"
	actionCancel   = "user.delete.cancel"
)

// KeptNameError says that a name belongs to a user who was deleted and is kept
// until a certain time. It wraps store.ErrExists.
type KeptNameError struct {
	Name  string // of the user, in IAM
	Until time.Time
}

func (e *KeptNameError) Error() string {
	return fmt.Sprintf("user %q is kept until %s", e.Name, e.Until.UTC().Format(time.RFC3339))
}

func (e *KeptNameError) Unwrap() error { return store.ErrExists }

// deleteLater deactivates a user now, if they could be deleted now.
func (r *request) deleteLater(ctx context.Context, pl *planner.Planner, now currentUser, deletion *planner.Plan) (*Change, error) {
	x := &planner.Subject{User: now.User}
	after := x.Clone()
	for i := range deletion.Steps {
		deletion.Steps[i].Apply(after)
	}
	// The brake is asked when the deactivation is carried out, as for a deletion.
	err := r.p.guard(ctx, r.actor, Options{DryRun: true, Unbraked: true}, x, deletion, after)
	if err == nil && !r.opt.DryRun {
		err = r.p.guardCapability(deletion)
	}
	if err != nil {
		return nil, r.refused(ctx, planner.KindDeleteUser, deletion.Object, err)
	}
	plan := pl.Deactivate(now.UserNow)
	plan.After.Due = r.p.now().Add(r.p.writes.cfg.DeleteAfter)
	if r.opt.DryRun {
		plan.Note("the user would be deactivated now, and deleted after %s", plan.After.Due.UTC().Format(time.RFC3339))
	}
	return r.carryOut(ctx, x, plan)
}

// intendDeletion journals, before the first call of a deactivation, that a
// deletion is to follow.
func (e *execution) intendDeletion(ctx context.Context, tx *store.StateTx) error {
	if e.plan.After.Due.IsZero() {
		return nil
	}
	u := e.before.User
	return tx.IntendDeletion(ctx, store.PendingDeletion{
		UserID: u.ID, Name: u.Name, UserName: u.UserName, PlanID: e.plan.ID, Due: e.plan.After.Due, Actor: e.actor.Credential,
	})
}

// scheduleDeletion puts the intent into effect, in the transaction that ends the
// plan; also that of an earlier process.
func (e *execution) scheduleDeletion(ctx context.Context, tx *store.StateTx) error {
	if e.plan.Kind != planner.KindDeactivate {
		return nil
	}
	d, err := tx.ScheduleDeletion(ctx, e.plan.ID)
	if err != nil || d == nil {
		return err
	}
	return appendAudit(ctx, tx, e.actor, actionSchedule, e.plan.Object, auditBody{
		RequestID: e.actor.RequestID, Plan: e.plan.ID, Name: d.Name, Notes: []string{"due " + d.Due.UTC().Format(time.RFC3339)},
	})
}

func appendAudit(ctx context.Context, tx *store.StateTx, a Actor, action string, ref store.Ref, body auditBody) error {
	entry, err := auditEntry(a, action, ref, "done", body)
	if err != nil {
		return err
	}
	_, err = tx.AppendAudit(ctx, entry)
	return err
}

// pendingDeletion returns nil for a user who is not kept.
func (p *Provisioner) pendingDeletion(ctx context.Context, id string) (d *store.PendingDeletion, err error) {
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		d, err = tx.PendingDeletion(ctx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return d, err
}

func (p *Provisioner) pendingDeletions(ctx context.Context) (list []store.PendingDeletion, err error) {
	err = p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		list, err = tx.PendingDeletions(ctx)
		return err
	})
	return list, err
}

// nameKept refuses a name under which IAM still has a user, though none is shown.
func (p *Provisioner) nameKept(ctx context.Context, shown string) error {
	list, err := p.pendingDeletions(ctx)
	for _, d := range list {
		if store.Fold(d.Name) == store.Fold(store.EncodeName(shown)) || store.Fold(d.UserName) == store.Fold(shown) {
			return fmt.Errorf("user %q: %w", shown, &KeptNameError{Name: d.Name, Until: d.Due})
		}
	}
	return err
}

// keptCalled finds the kept user whom an operator means.
func (p *Provisioner) keptCalled(ctx context.Context, name string) (refs []store.Ref, err error) {
	if arn, ok := strings.CutPrefix(name, "arn:"); ok && strings.Contains(arn, ":user/") {
		name = arn[strings.LastIndexByte(arn, '/')+1:] // the name alone is unique
	}
	list, err := p.pendingDeletions(ctx)
	for _, d := range list {
		if d.UserID == name || store.Fold(d.Name) == store.Fold(name) || store.Fold(d.UserName) == store.Fold(name) {
			refs = append(refs, store.Ref{Kind: store.KindUser, ID: d.UserID})
		}
	}
	return refs, err
}

// spareKept takes kept users from the members that a client replaces: it does
// not see them, so leaving them out says nothing.
func (p *Provisioner) spareKept(ctx context.Context, views ...map[string]bool) error {
	list, err := p.pendingDeletions(ctx)
	for _, d := range list {
		for _, members := range views {
			delete(members, d.UserID)
		}
	}
	return err
}

// hideKept takes kept users out of the snapshot. It is our own write, so that no
// observation that leaves them out loses anything by that. Only a process that
// died at the wrong moment has left any.
func (p *Provisioner) hideKept(ctx context.Context) error {
	list, err := p.pendingDeletions(ctx)
	if err != nil || len(list) == 0 || p.account.Snapshot.Generation().ID == 0 {
		return err
	}
	for _, d := range list {
		u, err := p.user(ctx, d.UserID)
		if err != nil {
			return err
		}
		if u == nil {
			continue
		}
		if err := p.hide(ctx, d); err != nil {
			return fmt.Errorf("hide user %q: %w", d.Name, err)
		}
	}
	return nil
}

func (p *Provisioner) hide(ctx context.Context, d store.PendingDeletion) error {
	return p.account.Snapshot.Update(ctx, d.Actor, func(tx *store.SnapshotTx) error {
		if err := tx.DeleteUser(ctx, d.UserID); err != nil {
			return err
		}
		return tx.Protect(ctx, p.now(), store.Protection{Thing: store.ThingUser, ID: d.UserID})
	})
}

// cutOff reports whether a user is still deactivated as we left them.
func cutOff(now currentUser) bool {
	switch {
	case now.Record == nil:
		return false
	case planner.HasDeny(now.User, now.Record):
		return true
	case len(now.Record.Denies) > 0:
		return false
	}
	// No deny had room: then everything to sign in with was taken.
	active := func(c planner.Credential) bool { return c.Status == planner.StatusActive }
	console := now.User.ConsoleAccess
	return !slices.ContainsFunc(planner.CredentialsOf(now.User), active) && (console == nil || !*console)
}
