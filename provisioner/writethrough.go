package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"iamscim/provisioner/observer"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// publish writes the result of a plan into the snapshot, so that the next read
// shows it, and protects exactly what was touched from observations that may
// not show it yet. What the plan did is laid over the snapshot's row, not over
// what was read before the plan: an observation may have come between. Nothing is
// shown until journaled, if there is one, has returned nil.
func (e *execution) publish(ctx context.Context, journaled func() error) error {
	e.meetPolicies(ctx)
	m, err := e.p.memoryOf(ctx, e.plan.Object)
	if err != nil {
		return err
	}
	err = e.p.account.Snapshot.Update(ctx, e.actor.Credential, func(tx *store.SnapshotTx) error {
		write := e.publishUser
		if e.plan.Object.Kind == store.KindGroup {
			write = e.publishGroup
		}
		if err := write(ctx, tx, m); err != nil {
			return err
		}
		if err := tx.Protect(ctx, e.p.window(), e.touched()...); err != nil {
			return err
		}
		// What only the state file says is protected from reads under way.
		if err := tx.Protect(ctx, e.p.now(), e.self()); err != nil {
			return err
		}
		e.generation = tx.Generation()
		if journaled == nil {
			return nil
		}
		return journaled()
	})
	if err != nil {
		return fmt.Errorf("publish plan %s: %w", e.plan.ID, err)
	}
	return e.p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		ref := e.plan.Object
		switch {
		case e.x.User == nil && e.x.Group == nil:
		case ref.Kind == store.KindGroup:
			e.group, err = groupIn(ctx, tx, ref.ID)
		default:
			e.user, err = userIn(ctx, tx, ref.ID)
		}
		return err
	})
}

// meetPolicies has the snapshot know what was attached, such as AWSDenyAll the
// first time. It is shown without its id where that fails.
func (e *execution) meetPolicies(ctx context.Context) {
	var arns []string
	for s := range e.effects {
		if s.Action == "AttachUserPolicy" || s.Action == "AttachGroupPolicy" {
			arns = append(arns, s.Param("policy"))
		}
	}
	if _, err := e.p.learn(ctx, arns); err != nil {
		e.p.log.WarnContext(ctx, "an attached policy cannot be read", "plan", e.plan.ID, "err", err)
	}
}

func (e *execution) self() store.Protection {
	if e.plan.Object.Kind == store.KindGroup {
		return store.Protection{Thing: store.ThingGroup, ID: e.plan.Object.ID}
	}
	return store.Protection{Thing: store.ThingUser, ID: e.plan.Object.ID}
}

// done yields the steps that took effect.
func (e *execution) done(yield func(*planner.Step) bool) {
	for i := range e.plan.Steps {
		if s := e.states[i]; s != store.StepDone && s != store.StepSkipped {
			continue
		}
		if !yield(&e.plan.Steps[i]) {
			return
		}
	}
}

// effects yields what is true now that the plan was carried out: its steps that
// took effect, and the inverses of those that were taken back.
func (e *execution) effects(yield func(*planner.Step) bool) {
	for s := range e.done {
		if !yield(s) {
			return
		}
	}
	for i := len(e.plan.Steps) - 1; i >= 0; i-- {
		if e.states[i] == store.StepUndone && !yield(e.plan.Steps[i].Inverse) {
			return
		}
	}
}

// touched lists what the plan's calls, also those that were undone, changed.
func (e *execution) touched() []store.Protection {
	var list []store.Protection
	add := func(t store.Thing, id, other string) {
		if p := (store.Protection{Thing: t, ID: id, Other: other}); id != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for i := range e.plan.Steps {
		s := &e.plan.Steps[i]
		if e.states[i] == "" || e.states[i] == store.StepPlanned {
			continue
		}
		switch {
		case s.UserID != "" && s.GroupID != "":
			add(store.ThingMembership, s.UserID, s.GroupID)
		case s.Param("policy") != "":
			add(store.ThingAttachment, s.UserID+s.GroupID, s.Param("policy"))
		case s.OnCredential() && len(s.Params) > 1:
			add(store.ThingCredential, s.UserID, s.Params[1].Value)
		case s.GroupID != "":
			add(store.ThingGroup, s.GroupID, "")
		default:
			add(store.ThingUser, s.UserID, "")
		}
	}
	return list
}

func (e *execution) publishUser(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory) error {
	if _, kept := m.Kept[e.plan.Object.ID]; kept { // still in IAM, but no longer shown
		e.x.User = nil
	}
	if e.x.User == nil {
		return tx.DeleteUser(ctx, e.plan.Object.ID)
	}
	prev, err := userIn(ctx, tx, e.plan.Object.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	u, err := e.userAfter(ctx, tx, m, prev)
	if err != nil {
		return err
	}
	if err := putUserWithGroups(ctx, tx, u); err != nil || e.x.User.AccessKeys == nil || !e.looked() {
		return err
	}
	return tx.PutDetail(ctx, u.ID, *u.Activity.DetailsAt, nil)
}

// looked reports whether the plan read the credentials.
func (e *execution) looked() bool {
	k := e.plan.Kind
	return k == planner.KindDeactivate || k == planner.KindCreateUser
}

// userAfter is the user as the plan leaves them.
func (e *execution) userAfter(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory, prev *store.User) (*store.User, error) {
	x := (&planner.Subject{User: prev, Born: e.x.Born}).Clone()
	for s := range e.effects {
		s.Apply(x)
	}
	u := x.User
	if u == nil {
		return nil, fmt.Errorf("user %s: %w", e.plan.Object.ID, store.ErrNotFound)
	}
	if prev == nil || prev.Name != u.Name {
		shown, err := shownName(ctx, tx, store.KindUser, u.ID, u.Name)
		if err != nil {
			return nil, err
		}
		u.UserName = shown
	}
	if e.looked() {
		at := e.p.now()
		u.AccessKeys, u.SSHPublicKeys, u.Certificates = e.x.User.AccessKeys, e.x.User.SSHPublicKeys, e.x.User.Certificates
		u.ServiceCredentials, u.ConsoleAccess = e.x.User.ServiceCredentials, e.x.User.ConsoleAccess
		u.Activity.Keys, u.Activity.DetailsAt = e.x.User.Activity.Keys, &at
	}
	u.Activity.ObservedAt = e.p.now()
	return u, e.judgeUser(ctx, tx, m, u)
}

// judgeUser fills in what the state file says and what follows from the rest.
func (e *execution) judgeUser(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory, u *store.User) error {
	groups, err := groupsIn(ctx, tx, u.Groups)
	if err != nil {
		return err
	}
	if person, ok := m.Persons[u.ID]; ok {
		u.Person, u.AttributeSources = person, nil
	}
	_, u.Managed = m.Owned[store.Ref{Kind: store.KindUser, ID: u.ID}]
	return e.p.compose(ctx, tx, m, groups, func(s *observer.Single) error {
		observer.Identify(u, s.Derive.IdentityTags)
		s.Rejudge(u)
		return nil
	})
}

func (e *execution) publishGroup(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory) error {
	id := e.plan.Object.ID
	prev, err := groupIn(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	regrouped, err := e.regrouped(ctx, tx, prev)
	if err != nil {
		return err
	}
	if e.x.Group == nil {
		if err := tx.DeleteGroup(ctx, id); err != nil {
			return err
		}
		return e.p.regroup(ctx, tx, regrouped)
	}
	g, err := e.groupAfter(ctx, tx, m, prev)
	if err != nil {
		return err
	}
	if err := tx.PutGroup(ctx, g); err != nil {
		return err
	}
	joined, left := e.moved()
	if err := errors.Join(putPresent(ctx, tx, id, joined), tx.PutMembers(ctx, id, false, left...)); err != nil {
		return err
	}
	return e.p.regroup(ctx, tx, regrouped)
}

// putPresent puts those users into the group who are still shown: one may have
// been deleted since they joined.
func putPresent(ctx context.Context, tx *store.SnapshotTx, group string, users []string) error {
	err := tx.PutMembers(ctx, group, true, users...)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	shown, err := tx.Principals(ctx, users...)
	if err != nil {
		return err
	}
	users = nil
	for _, u := range shown {
		users = append(users, u.ID)
	}
	return tx.PutMembers(ctx, group, true, users...)
}

// moved lists who is a member of the plan's group after it, and who is not any
// more, of those it touched: the last that happened to each counts.
func (e *execution) moved() (joined, left []string) {
	member := map[string]bool{}
	for s := range e.effects {
		if s.UserID != "" {
			member[s.UserID] = s.Action == "AddUserToGroup"
		}
	}
	for _, id := range slices.Sorted(maps.Keys(member)) {
		if member[id] {
			joined = append(joined, id)
		} else {
			left = append(left, id)
		}
	}
	return joined, left
}

func (e *execution) groupAfter(ctx context.Context, tx *store.SnapshotTx, m *observer.Memory, prev *store.Group) (*store.Group, error) {
	x := (&planner.Subject{Group: prev, Born: e.x.Born}).Clone()
	for s := range e.effects {
		s.Apply(x)
	}
	g := x.Group
	if g == nil {
		return nil, fmt.Errorf("group %s: %w", e.plan.Object.ID, store.ErrNotFound)
	}
	if prev == nil || prev.Name != g.Name {
		shown, err := shownName(ctx, tx, store.KindGroup, g.ID, g.Name)
		if err != nil {
			return nil, err
		}
		g.DisplayName = shown
	}
	remember(g, m)
	err := e.p.compose(ctx, tx, m, nil, func(s *observer.Single) error {
		s.Describe(g.Attached)
		return nil
	})
	return g, err
}
