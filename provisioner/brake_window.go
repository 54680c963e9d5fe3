package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// brakeQuestion says how the brake is asked.
type brakeQuestion struct {
	single bool // the deactivation of one person
	ahead  bool // nobody is counted
	dry    bool // nothing is written at all
}

// window is what the brake decides on.
type window struct {
	latch *store.Latch // the newest; nil: there never was one
	lost  map[string]time.Time
	limit float64
	since time.Time // people created later do not count
}

func (w *window) latched() bool { return w.latch != nil && w.latch.Released.IsZero() }

// read reads latch and losses. A release begins the count anew.
func (w *window) read(ctx context.Context, tx *store.StateTx) (err error) {
	w.latch, err = tx.LastLatch(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if w.latch != nil && w.latch.Released.After(w.since) {
		w.since = w.latch.Released
		w.limit = max(w.limit, float64(w.latch.People))
	}
	w.lost, err = tx.Losses(ctx, w.since)
	return err
}

func (p *Provisioner) brakeWindow(ctx context.Context) (*window, error) {
	w, err := p.newWindow(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.account.State.View(ctx, func(tx *store.StateTx) error { return w.read(ctx, tx) }); err != nil {
		return nil, fmt.Errorf("read the brake: %w", err)
	}
	return w, nil
}

func (p *Provisioner) newWindow(ctx context.Context) (*window, error) {
	cfg := &p.writes.cfg.Guard.Brake
	managed, err := p.managedUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("count who is managed: %w", err)
	}
	return &window{since: p.now().Add(-cfg.Window), limit: max(float64(cfg.Least), cfg.Share*float64(managed))}, nil
}

// managedUsers counts the users that may be written. It is asked for each loss,
// so everybody is counted by the list of all users, which the store keeps while
// nobody comes or goes.
func (p *Provisioner) managedUsers(ctx context.Context) (int, error) {
	path := p.writes.cfg.Guard.ManagePath
	if path == "/" {
		everybody, err := p.selectUsers(ctx, nil)
		return len(everybody), err
	}
	managed := map[string]bool{}
	var owned map[store.Ref]store.Ownership
	err := p.account.State.View(ctx, func(tx *store.StateTx) (err error) {
		owned, err = tx.Owned(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for ref := range owned {
		if ref.Kind == store.KindUser {
			managed[ref.ID] = true
		}
	}
	if path == "" {
		return len(managed), nil
	}
	under, err := p.selectUsers(ctx, store.Compare{Path: "aws.path", Op: store.Sw, Value: path})
	for _, id := range under {
		managed[id] = true
	}
	return len(managed), err
}

// selectUsers returns the ids of the users of whom where holds.
func (p *Provisioner) selectUsers(ctx context.Context, where store.Expr) (ids []string, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		result, err := tx.Select(ctx, store.KindUser, store.Query{Where: where})
		if err != nil {
			return err
		}
		ids = result.IDs
		return nil
	})
	return ids, err
}

// established leaves out people created within the window: an identity provider
// that takes back what it just made harms nobody.
func (p *Provisioner) established(ctx context.Context, people []string, since time.Time) (list []string, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		list, err = tx.CreatedBefore(ctx, since, people...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who loses access: %w", err)
	}
	return list, nil
}

// brake counts people who are about to lose access, or refuses and latches.
// Once latched, nobody loses access but by single deactivations, slowly.
func (p *Provisioner) brake(ctx context.Context, a Actor, people []string, q brakeQuestion) error {
	cfg := &p.writes.cfg.Guard.Brake
	if cfg.Off || len(people) == 0 {
		return nil
	}
	w, err := p.newWindow(ctx)
	if err != nil {
		return err
	}
	if people, err = p.established(ctx, people, w.since); err != nil || len(people) == 0 {
		return err
	}
	transaction := p.account.State.Update
	if q.dry {
		transaction = p.account.State.View
	}
	var refusal error
	err = transaction(ctx, func(tx *store.StateTx) error {
		if err := w.read(ctx, tx); err != nil {
			return err
		}
		refusal = w.decide(p.now(), people, q)
		if q.dry {
			return nil
		}
		if refusal == nil && !q.ahead {
			return tx.AddLosses(ctx, a.Credential, p.now().Add(-2*cfg.Window), people...)
		}
		if refusal != nil && !w.latched() {
			return tx.LatchBrake(ctx, refusal.Error(), a.Credential, w.together(people))
		}
		return nil // the refusal is the answer, not an error of the transaction
	})
	if err != nil {
		return fmt.Errorf("ask the brake: %w", err)
	}
	if refusal != nil && !q.dry && !w.latched() {
		p.log.ErrorContext(ctx, "the brake is latched until an administrator releases it", "credential", a.Credential, "people", w.together(people), "limit", int(w.limit))
	}
	return refusal
}

// together counts whoever lost access and whoever is about to.
func (w *window) together(people []string) int {
	n := len(w.lost)
	for _, id := range people {
		if _, counted := w.lost[id]; !counted {
			n++
		}
	}
	return n
}

func (w *window) decide(now time.Time, people []string, q brakeQuestion) error {
	if !w.latched() {
		if n := w.together(people); float64(n) > w.limit {
			return &planner.DeniedError{Rule: planner.RuleBrake, Reason: fmt.Sprintf("%d people would have lost access since %s, and the limit is %d",
				n, w.since.UTC().Format(time.RFC3339), int(w.limit))}
		}
		return nil
	}
	if !q.single || len(people) > 1 {
		return &planner.DeniedError{Rule: planner.RuleBrake, Reason: "too many people lost access; until an administrator releases the brake, only single deactivations go on"}
	}
	last := w.latch.At
	for _, at := range w.lost {
		if at.After(last) {
			last = at
		}
	}
	if wait := last.Add(whileLatched).Sub(now); wait > 0 {
		return &PendingError{RetryAfter: wait, Reason: "too many people lost access; until an administrator releases the brake, one deactivation a minute passes"}
	}
	return nil
}
