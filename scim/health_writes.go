package scim

import (
	"context"
	"time"

	"iamscim/provisioner"
	"iamscim/store"
)

// writesReport says which operations are on and why the others are off.
type writesReport struct {
	Enabled bool   `json:"enabled"`
	Reason  string `json:"reason,omitempty"`
	provisioner.Capability
}

// writes reports whether some write may succeed.
func (s *Server) writes(h *hosted) bool {
	if !s.cfg.Writable {
		return false
	}
	capability := h.Provisioner.Capability()
	return capability.Writes
}

func (s *Server) reportWrites(h *hosted) writesReport {
	r := writesReport{Enabled: s.writes(h), Capability: h.Provisioner.Capability()}
	switch {
	case !s.cfg.Writable:
		r.Reason = s.cfg.ReadOnlyReason
	case !r.Enabled:
		r.Reason = "The credentials do not allow any of the operations."
	}
	return r
}

type brakeReport struct {
	Status string `json:"status"` // "ok", "latched"
	provisioner.BrakeState
}

func (h *hosted) reportBrake(ctx context.Context) (brakeReport, error) {
	state, err := h.Provisioner.Brake(ctx)
	r := brakeReport{Status: "ok", BrakeState: state}
	if state.Latched {
		r.Status = "latched"
	}
	return r, err
}

// journalReport says what is not finished.
type journalReport struct {
	// Status is "ok", "retrying": something does not succeed, or "waiting": an
	// operator has to decide.
	Status string `json:"status"`
	// Open plans are under way or to be tried again.
	Open  int          `json:"open"`
	Plans []planReport `json:"plans,omitempty"`
	// PendingDeletions counts the deleted users who are kept for now; NextDeletion
	// is when the first of them is deleted.
	PendingDeletions int        `json:"pendingDeletions"`
	NextDeletion     *time.Time `json:"nextDeletion,omitempty"`
}

// planReport is a plan that waits or failed before.
type planReport struct {
	ID      string          `json:"id"`
	Kind    string          `json:"kind"`
	State   store.PlanState `json:"state"`
	Since   time.Time       `json:"since"`
	RetryAt *time.Time      `json:"retryAt,omitempty"`
	Note    string          `json:"note,omitempty"`
	Objects []store.Ref     `json:"objects"`
}

// retryNotice is how long a plan may be tried again before an operator has to
// know: AWS throttles, and IAM shows late.
const retryNotice = 5 * time.Minute

func (h *hosted) reportJournal(ctx context.Context, now time.Time) (journalReport, error) {
	r := journalReport{Status: "ok"}
	var open []*store.JournalPlan
	var kept []store.PendingDeletion
	err := h.Store.State.View(ctx, func(tx *store.StateTx) (err error) {
		if open, err = tx.OpenPlans(ctx); err != nil {
			return err
		}
		kept, err = tx.PendingDeletions(ctx)
		return err
	})
	r.Open, r.PendingDeletions = len(open), len(kept)
	for i := range kept {
		r.pending(&kept[i])
	}
	for _, plan := range open {
		switch plan.State {
		case store.PlanWaiting:
			r.Status = "waiting"
		case store.PlanRetry:
			if r.Status == "ok" && now.Sub(plan.Created) > retryNotice {
				r.Status = "retrying"
			}
		default:
			continue
		}
		one := planReport{ID: plan.ID, Kind: plan.Kind, State: plan.State, Since: plan.Created, Note: plan.Note}
		if !plan.RetryAt.IsZero() {
			one.RetryAt = &plan.RetryAt
		}
		for _, o := range plan.Objects {
			one.Objects = append(one.Objects, store.Ref{Kind: o.Kind, ID: o.ID})
		}
		r.Plans = append(r.Plans, one)
	}
	return r, err
}

const mayBeCancelled = "The state may be that of a backup, in which the deletion was not cancelled yet."

// pending adds a user who is kept until their deletion.
func (r *journalReport) pending(d *store.PendingDeletion) {
	if !d.Waits {
		if r.NextDeletion == nil { // they come in order
			r.NextDeletion = &d.Due
		}
		return
	}
	r.Status = "waiting"
	r.Plans = append(r.Plans, planReport{
		ID: d.PlanID, Kind: "user.delete", State: store.PlanWaiting, Since: d.Since, Note: mayBeCancelled,
		Objects: []store.Ref{{Kind: store.KindUser, ID: d.UserID}},
	})
}
