package store

import (
	"context"
	"fmt"
)

// Replace makes obs the current state: in one transaction it closes what is
// gone or changed and opens what is new. Unchanged rows are not touched; if
// nothing differs there is no new generation, only Status and Activities move.
// What is protected, and begun to be before obs was, stays as it is. An
// observation of another account is ErrOtherAccount; one that would lose too
// much is a *HeldError and changes nothing.
func (s *Snapshot) Replace(ctx context.Context, obs *Observation, opt ReplaceOptions) (*Outcome, error) {
	if obs.AccountID != s.accountID {
		return nil, fmt.Errorf("%w: observed %s, the file holds %s", ErrOtherAccount, obs.AccountID, s.accountID)
	}
	var d *difference
	commit, err := s.update(ctx, "observed", func(tx *SnapshotTx) (err error) {
		o := newObserved(obs)
		if err := tx.applyProtections(ctx, o); err != nil {
			return fmt.Errorf("apply protections: %w", err)
		}
		if d, err = tx.compare(ctx, o); err != nil {
			return fmt.Errorf("compare: %w", err)
		}
		if held := d.held(opt); held != nil {
			return held
		}
		if err := tx.write(ctx, d); err != nil {
			return err
		}
		return tx.writeAgeing(ctx, o, d.after(KindUser))
	})
	if err != nil {
		return nil, fmt.Errorf("replace snapshot: %w", err)
	}
	out := d.outcome()
	out.Generation, out.New, out.Commit = s.Generation(), commit.Generation.ID != 0, commit
	if out.New {
		out.Generation = commit.Generation
	}
	return out, nil
}

// observed is an observation prepared for comparison. The observation itself is
// the caller's and is not altered; what protections change is put beside it.
type observed struct {
	obs *Observation
	// Resources by kind: each is a pointer into obs or to an altered copy.
	resources map[Kind][]any
	// Memberships, which protections may add to or take from.
	memberships map[pair]struct{}
	activities  []Activity
	// Kept resources are not in the observation but must not go.
	kept map[Ref]bool
}

// pair is a membership.
type pair struct{ user, group string }

// byGroup lists the users of each group.
func byGroup(list []pair) map[string][]string {
	groups := map[string][]string{}
	for _, m := range list {
		groups[m.group] = append(groups[m.group], m.user)
	}
	return groups
}

func newObserved(obs *Observation) *observed {
	o := &observed{
		obs: obs, resources: make(map[Kind][]any, len(tables)), memberships: map[pair]struct{}{},
		activities: obs.Activities, kept: map[Ref]bool{},
	}
	o.resources[KindUser] = pointers(obs.Users)
	o.resources[KindGroup] = pointers(obs.Groups)
	o.resources[KindPolicy] = pointers(obs.Policies)
	o.resources[KindRole] = pointers(obs.Roles)
	for i := range obs.Users {
		for _, group := range obs.Users[i].Groups {
			o.memberships[pair{obs.Users[i].ID, group}] = struct{}{}
		}
	}
	return o
}

func pointers[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
