package provisioner

import (
	"context"
	"errors"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// forgetUntaken takes from what is remembered of a deactivation the credentials
// that it did not take away: whoever makes them inactive later is somebody else,
// and a reactivation must not give them back.
func (e *execution) forgetUntaken(ctx context.Context, tx *store.StateTx) error {
	if e.plan.Kind != planner.KindDeactivate {
		return nil
	}
	taken, named := map[store.RememberedCredential]bool{}, []store.RememberedCredential(nil)
	for i := range e.plan.Steps {
		c, ok := planner.Takes(&e.plan.Steps[i])
		if !ok {
			continue
		}
		named = append(named, c)
		taken[c] = taken[c] || attempted(e.states[i]) || e.states[i] == store.StepSkipped
	}
	var untaken []store.RememberedCredential
	for _, c := range named {
		if !taken[c] {
			untaken = append(untaken, c)
		}
	}
	return tx.DropRemembered(ctx, e.plan.Object.ID, untaken)
}

// keepTaken makes what is remembered fit a plan that goes no further. A deletion
// remembers nothing, for nobody is to get anything back; one that was given up is
// a deactivation.
func (e *execution) keepTaken(ctx context.Context, tx *store.StateTx) error {
	if e.plan.Kind != planner.KindDeleteUser {
		return e.forgetUntaken(ctx, tx)
	}
	var taken []store.RememberedCredential
	var denies []string
	for i := range e.plan.Steps {
		s := &e.plan.Steps[i]
		if !attempted(e.states[i]) {
			continue
		}
		if c, ok := planner.Takes(s); ok {
			taken = append(taken, c)
		}
		switch s.Action {
		case "AttachUserPolicy":
			denies = append(denies, s.Param("policy"))
		case "PutUserPolicy":
			denies = append(denies, s.Param("name"))
		}
	}
	if len(taken)+len(denies) == 0 {
		return nil
	}
	id := e.plan.Object.ID
	errs := []error{tx.PutDeactivation(ctx, id, taken, e.actor.Credential), tx.AddRemembered(ctx, id, taken)}
	for _, deny := range denies {
		errs = append(errs, tx.AddDeny(ctx, id, deny))
	}
	return errors.Join(errs...)
}

// recall finds out whether we had deactivated the user before the plan began,
// which an earlier process knew.
func (e *execution) recall(ctx context.Context) error {
	err := e.p.account.State.View(ctx, func(tx *store.StateTx) error {
		d, err := tx.Deactivation(ctx, e.plan.Object.ID)
		e.recorded = err == nil && d.At.Before(e.created)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
