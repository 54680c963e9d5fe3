package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"iamscim/provisioner/observer"
	"iamscim/store"
)

const (
	// batch is how many users' details become one generation at most.
	batch = 100
	// afterFailure is how long a user whose details cannot be read is left alone.
	afterFailure = 10 * time.Minute
	// settling is how long after a change a user's lists are not read again: a
	// change may be a write of ours, and IAM's answer may not know it yet.
	settling = 2 * time.Minute
)

// rotation is where the background read of details stands. Whoever holds the
// turn may use it.
type rotation struct {
	pending map[string]*observer.Details // read, but not yet in the snapshot
	urgent  map[string]bool              // users whose last report contradicts their details
	later   map[string]time.Time         // users that could not be read: not before
	err     error                        // the last failure about one user
}

func newRotation() rotation {
	return rotation{pending: map[string]*observer.Details{}, urgent: map[string]bool{}, later: map[string]time.Time{}}
}

// ReadDetails reads the details of every user who has none, or who changed
// since and has settled, and publishes them. A user that cannot be read is put off and does
// not stop the others; a problem with the credentials or the network does.
func (p *Provisioner) ReadDetails(ctx context.Context) error {
	for {
		n, err := p.readDue(ctx, time.Time{}, batch)
		if err != nil || n == 0 {
			return err
		}
	}
}

// readDue reads up to limit users who are due: never read, changed, or read
// before the given time, in this order. The turn is given back after each
// user, so a refresh never waits for more than one.
func (p *Provisioner) readDue(ctx context.Context, before time.Time, limit int) (n int, err error) {
	var ids []string
	err = p.withTurn(ctx, func(ctx context.Context) (err error) {
		ids, err = p.due(ctx, before, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := p.withTurn(ctx, func(ctx context.Context) error { return p.readOne(ctx, id) }); err != nil {
			return n, err
		}
		n++
	}
	return n, p.withTurn(ctx, p.flush)
}

func (p *Provisioner) withTurn(ctx context.Context, do func(context.Context) error) error {
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.release()
	return do(ctx)
}

// due lists whose turn it is.
func (p *Provisioner) due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if p.account.Snapshot.Generation().ID == 0 {
		return nil, nil
	}
	r, now := &p.rotation, p.now()
	maps.DeleteFunc(r.later, func(_ string, until time.Time) bool { return !until.After(now) })
	var ids []string
	err := p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		ids, err = tx.DetailsDue(ctx, before, limit+len(r.later))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read details: %w", err)
	}
	first := slices.Sorted(maps.Keys(r.urgent))
	ids = append(first, slices.DeleteFunc(ids, func(id string) bool { return r.urgent[id] })...)
	ids = slices.DeleteFunc(ids, func(id string) bool { return r.later[id].After(now) })
	return ids[:min(limit, len(ids))], nil
}

// readOne reads one user's details into pending.
func (p *Provisioner) readOne(ctx context.Context, id string) error {
	delete(p.rotation.urgent, id)
	user, err := p.user(ctx, id)
	if err != nil {
		return err
	}
	if user == nil { // gone since
		p.rotation.later[id] = p.now().Add(afterFailure)
		return nil
	}
	if settled := user.LastModified.Add(settling); user.Activity.DetailsAt != nil && settled.After(p.now()) {
		p.rotation.later[id] = settled
		return nil
	}
	r := observer.DetailsReader{IAM: p.conn.IAM, User: user, Row: p.memo.Report.Row(user.ARN, user.Created)}
	if p.memo.Report != nil {
		r.At = p.memo.Report.At
	}
	d, err := r.Read(ctx, p.now())
	if ctx.Err() != nil {
		return fmt.Errorf("read details: %w", ctx.Err())
	}
	if ce := p.conn.Diagnose(err); ce != nil {
		return fmt.Errorf("read details: %w", ce)
	}
	p.rotation.err = err
	if d == nil {
		p.rotation.later[id] = p.now().Add(afterFailure)
		return nil
	}
	d.Changed = user.Changed
	p.rotation.pending[id] = d
	return nil
}

// user reads one user of the snapshot; nil if there is none.
func (p *Provisioner) user(ctx context.Context, id string) (user *store.User, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		found, err := tx.Users(ctx, id)
		if len(found) > 0 {
			user = found[0]
		}
		return err
	})
	return user, err
}

// flush publishes what was read, as one generation if it is news. A user that
// changed since the reading began is left out: the change may be a write of
// ours that the reading did not see yet, and makes the user due again.
func (p *Provisioner) flush(ctx context.Context) error {
	r := &p.rotation
	p.note(func(h *Health) { h.Details = r.health() })
	if len(r.pending) == 0 {
		return nil
	}
	err := p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error {
		for _, id := range slices.Sorted(maps.Keys(r.pending)) {
			if err := r.pending[id].Put(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("publish details: %w", err)
	}
	clear(r.pending)
	return nil
}

func (r *rotation) health() DetailsHealth {
	h := DetailsHealth{Deferred: len(r.later)}
	if r.err != nil && !errors.Is(r.err, store.ErrNotFound) {
		h.LastError = r.err.Error()
	}
	return h
}

// readDetailsForever reads new and changed users as they come, and between
// them everybody again, evenly over half of DetailsEvery: the other half is
// for what an outage or a burst of changes delays.
func (p *Provisioner) readDetailsForever(ctx context.Context) {
	for ctx.Err() == nil {
		wait, err := p.rotate(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.log.WarnContext(ctx, "details cannot be read", "err", err)
			p.note(func(h *Health) { h.Details.LastError = err.Error() })
			wait = time.Minute
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-p.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// rotate does what is urgent, then one user more, and says when to come back.
func (p *Provisioner) rotate(ctx context.Context) (wait time.Duration, err error) {
	if err := p.ReadDetails(ctx); err != nil {
		return 0, err
	}
	half := p.cfg.DetailsEvery / 2
	n, err := p.readDue(ctx, p.now().Add(-half), 1)
	if err != nil || n == 0 {
		return time.Minute, err
	}
	return half / time.Duration(max(1, p.users.Load())), nil
}
