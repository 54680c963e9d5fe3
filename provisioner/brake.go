package provisioner

import (
	"context"
	"time"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// BrakeConfig says how many people may lose access within a window: at most
// Least, or Share of those that may be written, whichever is more.
type BrakeConfig struct {
	Off    bool
	Least  int           // 10
	Share  float64       // 0.20
	Window time.Duration // 60 m
}

func (c *BrakeConfig) complete() {
	if c.Least <= 0 {
		c.Least = 10
	}
	if c.Share <= 0 {
		c.Share = 0.20
	}
	if c.Window <= 0 {
		c.Window = time.Hour
	}
}

// whileLatched is the pause between two single deactivations while the brake is
// latched.
const whileLatched = time.Minute

// BrakeState is what the brake has counted, and whether it is latched.
type BrakeState struct {
	Off     bool          `json:"off,omitempty"`
	Latched bool          `json:"latched"`
	Since   *time.Time    `json:"since,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Actor   string        `json:"actor,omitempty"` // whose request latched it
	Refused int           `json:"refused,omitempty"`
	Lost    int           `json:"lost"` // people who lost access within the window
	Limit   int           `json:"limit"`
	Window  time.Duration `json:"window"`
}

// Brake tells the state of the brake.
func (p *Provisioner) Brake(ctx context.Context) (BrakeState, error) {
	cfg := &p.writes.cfg.Guard.Brake
	s := BrakeState{Off: cfg.Off, Window: cfg.Window}
	w, err := p.brakeWindow(ctx)
	if err != nil {
		return s, err
	}
	s.Lost, s.Limit = len(w.lost), int(w.limit)
	if w.latched() {
		s.Latched, s.Since, s.Reason, s.Actor, s.Refused = true, &w.latch.At, w.latch.Reason, w.latch.Actor, w.latch.People
	}
	return s, nil
}

// ReleaseBrake releases a latched brake; store.ErrNotFound says that it is not
// latched. For one window, as many people may lose access as the change that
// was refused would have cut off, so that it can be made if it was meant.
func (p *Provisioner) ReleaseBrake(ctx context.Context, a Actor) error {
	if !a.Scopes[planner.ScopeAdmin] {
		return p.refused(ctx, a, "brake.release", store.Ref{}, missingScope(planner.ScopeAdmin))
	}
	entry, err := auditEntry(a, "brake.release", store.Ref{}, "done", auditBody{RequestID: a.RequestID})
	if err != nil {
		return err
	}
	err = p.account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := tx.ReleaseBrake(ctx, a.Credential); err != nil {
			return err
		}
		_, err := tx.AppendAudit(ctx, entry)
		return err
	})
	if err != nil {
		return err
	}
	p.log.WarnContext(ctx, "the brake was released", "credential", a.Credential)
	return nil
}

// AskBrake asks whether all these people, given by UserId, may lose access, and
// latches the brake if not: whoever is about to make several changes asks once
// for all of them before the first (Plan.Losing of their dry runs). It counts
// nobody yet; each change does that for its own.
func (p *Provisioner) AskBrake(ctx context.Context, a Actor, people []string) error {
	err := p.brake(ctx, a, list.Unique(people), brakeQuestion{ahead: true})
	return p.refused(ctx, a, "brake", store.Ref{}, err)
}
