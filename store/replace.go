package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
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

// writeAgeing stores what merely ages, where it differs.
func (tx *SnapshotTx) writeAgeing(ctx context.Context, o *observed, exists func(userID string) bool) error {
	known := make([]Activity, 0, len(o.activities))
	for i := range o.activities {
		if exists(o.activities[i].UserID) { // protected deletions are listed for a while
			known = append(known, o.activities[i])
		}
	}
	if err := tx.putActivities(ctx, known); err != nil {
		return fmt.Errorf("write activities: %w", err)
	}
	if err := tx.writeUses(ctx, o.obs); err != nil {
		return fmt.Errorf("write uses: %w", err)
	}
	return tx.writeStatus(ctx, o.obs)
}

func (tx *SnapshotTx) writeStatus(ctx context.Context, obs *Observation) error {
	body, err := json.Marshal(Status{
		AccountID: obs.AccountID, Alias: obs.Alias, Summary: obs.Summary, Sources: obs.Sources, APIs: obs.APIs,
	})
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	return tx.exec(ctx, `insert into status (only, observed, took, body) values (1, ?, ?, ?)
		on conflict do update set observed = excluded.observed, took = excluded.took, body = excluded.body`,
		formatTime(obs.Started), int64(obs.Took), string(body))
}

// writeUses stores how often policies are attached and when roles were used.
func (tx *SnapshotTx) writeUses(ctx context.Context, obs *Observation) error {
	const upsert = `insert into ageing (kind, id, number, last, region) values (?1, ?2, ?3, ?4, ?5)
		on conflict do update set number = ?3, last = ?4, region = ?5
		where number is not ?3 or last is not ?4 or region is not ?5`
	for i := range obs.Policies {
		p := &obs.Policies[i]
		if err := tx.exec(ctx, upsert, KindPolicy, p.ID, p.Attachments, nil, nil); err != nil {
			return err
		}
	}
	for i := range obs.Roles {
		r := &obs.Roles[i]
		if r.LastUsed == nil {
			continue
		}
		if err := tx.exec(ctx, upsert, KindRole, r.ID, nil, formatTime(*r.LastUsed), absent(r.LastUsedRegion)); err != nil {
			return err
		}
	}
	return nil
}

// activityDocument is the stored form of Activity: without the time of the
// observation, which moves every time.
func activityDocument(a *Activity) (string, error) {
	c := *a
	c.ObservedAt = time.Time{}
	text, err := json.Marshal(&c)
	return string(text), err
}

// putActivities stores the activities that differ from the stored ones, or are
// newer by themselves than the last complete observation.
func (tx *SnapshotTx) putActivities(ctx context.Context, list []Activity) error {
	for i := range list {
		a := &list[i]
		body, err := activityDocument(a)
		if err != nil {
			return fmt.Errorf("encode activity of %s: %w", a.UserID, err)
		}
		uses, err := json.Marshal(keyUses(a.Keys))
		if err != nil {
			return err
		}
		err = tx.exec(ctx, `insert into activity (user_id, observed_at, password_last_used, last_activity, keys, body)
			values (?1, ?2, ?3, ?4, jsonb(?5), ?6)
			on conflict do update set observed_at = max(observed_at, ?2), password_last_used = ?3, last_activity = ?4, keys = jsonb(?5), body = ?6
			where body <> ?6`,
			a.UserID, formatTime(a.ObservedAt), timeOrNull(a.PasswordLastUsed), timeOrNull(a.Last()), string(uses), body)
		if err != nil {
			return err
		}
	}
	return nil
}

// keyUse is KeyUse as filters see it, at the position of its key.
type keyUse struct {
	LastUsed string `json:"lastUsed,omitempty"`
	Service  string `json:"lastUsedService,omitempty"`
	Region   string `json:"lastUsedRegion,omitempty"`
}

func keyUses(list []KeyUse) []keyUse {
	out := make([]keyUse, len(list))
	for i := range list {
		out[i] = keyUse{timeOrEmpty(list[i].LastUsed), fold(list[i].Service), fold(list[i].Region)}
	}
	return out
}
