package scim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// report is the answer of /health: the default account's components at the top
// level, those of other accounts by name.
type report struct {
	Status  string    `json:"status"` // "ok" or "degraded"
	Version string    `json:"version,omitempty"`
	Time    time.Time `json:"time"`
	*accountReport
	Accounts map[string]*accountReport `json:"accounts,omitempty"`
	Tokens   tokensReport              `json:"tokens"`
}

type accountReport struct {
	AccountID string                    `json:"accountId"`
	AWS       awsReport                 `json:"aws"`
	Snapshot  snapshotReport            `json:"snapshot"`
	Held      *heldReport               `json:"held"` // null: nothing is held
	Store     componentState            `json:"store"`
	Details   provisioner.DetailsHealth `json:"details"`
	Writes    writesReport              `json:"writes"`
	Brake     brakeReport               `json:"brake"`
	Journal   journalReport             `json:"journal"`
}

// awsReport is the way into AWS, with the remedy if there is none.
type awsReport struct {
	Status string `json:"status"`
	provisioner.CredentialsHealth
}

type componentState struct {
	Status string `json:"status"`
	Err    string `json:"err,omitempty"`
}

type snapshotReport struct {
	Status     string                  `json:"status"` // "ok", "none"
	Generation int64                   `json:"generation"`
	Epoch      string                  `json:"epoch,omitempty"`
	Committed  *time.Time              `json:"committed,omitempty"`
	Observed   *time.Time              `json:"observed,omitempty"`
	AgeSeconds *int64                  `json:"ageSeconds,omitempty"`
	Counts     map[string]int          `json:"counts,omitempty"`
	Sources    map[string]store.Source `json:"sources,omitempty"`
	Failing    []string                `json:"failing,omitempty"` // sources whose last attempt failed: what they tell is old
	Calls      map[string]int64        `json:"calls,omitempty"`   // of the last observation, by action
	TookMS     int64                   `json:"tookMs,omitempty"`
	Alias      string                  `json:"alias,omitempty"`
	// The last attempt to observe, and why it failed if it did.
	LastAttempt *time.Time      `json:"lastAttempt,omitempty"`
	LastError   string          `json:"lastError,omitempty"`
	Flags       []observer.Flag `json:"flags,omitempty"` // records served with what is sound
}

type heldReport struct {
	ID      string                `json:"id"`
	Since   time.Time             `json:"since"`
	Losses  map[string]store.Loss `json:"losses"`
	Confirm string                `json:"confirm"`
}

func (s *Server) reportAccount(ctx context.Context, h *hosted) (*accountReport, error) {
	health := h.Provisioner.Health()
	a := &accountReport{
		AccountID: h.Store.ID,
		AWS:       awsReport{"ok", health.Credentials},
		Store:     h.reportStore(ctx),
		Details:   health.Details,
		Writes:    s.reportWrites(h),
	}
	if !health.Credentials.OK {
		a.AWS.Status = "failing"
	}
	var err error
	if a.Held, err = h.reportHeld(ctx); err != nil {
		return nil, err
	}
	if a.Brake, err = h.reportBrake(ctx); err != nil {
		return nil, err
	}
	if a.Journal, err = h.reportJournal(ctx, s.now()); err != nil {
		return nil, err
	}
	a.Snapshot, err = s.reportSnapshot(ctx, h)
	a.Snapshot.LastAttempt, a.Snapshot.LastError = health.Snapshot.LastAttempt, health.Snapshot.LastError
	a.Snapshot.Flags = health.Snapshot.Flags
	return a, err
}

func (h *hosted) reportStore(ctx context.Context) componentState {
	if err := h.checkWritable(ctx); err != nil {
		return componentState{Status: "failing", Err: "The state file cannot be written."}
	}
	if refs := h.Store.Snapshot.Damaged(); len(refs) > 0 {
		return componentState{Status: "failing", Err: fmt.Sprintf(
			"Damaged records are left out until the next observation writes them anew: %d, the first is %s %s.", len(refs), refs[0].Kind, refs[0].ID)}
	}
	return componentState{Status: "ok"}
}

func (h *hosted) reportHeld(ctx context.Context) (*heldReport, error) {
	var held *store.Held
	err := h.Store.State.View(ctx, func(tx *store.StateTx) (err error) {
		held, err = tx.Held(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &heldReport{ID: held.ID, Since: held.Since, Losses: held.Losses, Confirm: howToConfirm(held.ID)}, nil
}

func howToConfirm(id string) string { return "If this loss is real: iamscim refresh --confirm " + id }

// kinds are what is counted, by the name of their endpoint.
var kinds = map[string]store.Kind{
	"users": store.KindUser, "groups": store.KindGroup, "entitlements": store.KindPolicy, "roles": store.KindRole,
}

func (s *Server) reportSnapshot(ctx context.Context, h *hosted) (snapshotReport, error) {
	r := snapshotReport{Status: "none"}
	err := h.Store.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		g := tx.Generation()
		if g.ID == 0 {
			return nil
		}
		status, err := tx.Status(ctx)
		if err != nil {
			return err
		}
		age := int64(max(0, s.now().Sub(status.Observed)).Seconds())
		r = snapshotReport{
			Status: "ok", Generation: g.ID, Epoch: g.Epoch, Committed: &g.At, Observed: &status.Observed, AgeSeconds: &age,
			Counts: map[string]int{}, Sources: status.Sources, Calls: status.APIs, TookMS: status.Took.Milliseconds(), Alias: status.Alias,
		}
		for _, action := range slices.Sorted(maps.Keys(status.Sources)) {
			if status.Sources[action].Err != "" {
				r.Failing = append(r.Failing, action)
			}
		}
		for name, kind := range kinds {
			all, err := tx.Select(ctx, kind, store.Query{})
			if err != nil {
				return err
			}
			r.Counts[name] = len(all.IDs)
		}
		return nil
	})
	return r, err
}

// tokensReport names the tokens that end soon.
type tokensReport struct {
	Status   string          `json:"status"` // "ok", "expiring"
	Expiring []expiringToken `json:"expiring"`
}

type expiringToken struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Expires time.Time `json:"expires"`
}

func (s *Server) reportTokens(req *request) (tokensReport, error) {
	r := tokensReport{Status: "ok", Expiring: []expiringToken{}}
	tokens, err := s.listTokens(req)
	for _, t := range tokens {
		left := t.Expires.Sub(s.now()) // what has ended cannot be helped any more
		if t.Revoked.IsZero() && !t.Expires.IsZero() && left > 0 && left < tokenNotice {
			r.Status = "expiring"
			r.Expiring = append(r.Expiring, expiringToken{t.ID, t.Name, t.Expires})
		}
	}
	return r, err
}

// degraded says whether an operator has to look.
func (r *report) degraded() bool {
	all := []*accountReport{r.accountReport}
	for _, a := range r.Accounts {
		all = append(all, a)
	}
	return r.Tokens.Status != "ok" || slices.ContainsFunc(all, (*accountReport).degraded)
}

func (a *accountReport) degraded() bool {
	return a != nil && (len(a.Snapshot.Failing) > 0 || a.Held != nil || a.Brake.Status != "ok" || a.Journal.Status != "ok" || a.Store.Status != "ok" || a.Snapshot.Status != "ok" || a.AWS.Status != "ok" || a.Snapshot.LastError != "")
}
