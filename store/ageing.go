package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// What merely ages makes no generation and is in no version: last uses, counts,
// and when all of it was observed. Listeners learn of it by OnAged.

// age runs a statement that stores such facts of one resource and notes
// whether they moved.
func (tx *SnapshotTx) age(ctx context.Context, ref Ref, text string, args ...any) error {
	result, err := tx.w.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if n > 0 {
		tx.w.aged[ref] = struct{}{}
	}
	return err
}

func (w *writing) ages() bool { return len(w.aged) > 0 || !w.observed.IsZero() }

// age tells the listeners what aged in a transaction that was committed.
func (s *Snapshot) age(w *writing) {
	if !w.observed.IsZero() {
		s.observed.Store(&w.observed)
	}
	a := Aged{Observed: s.Observed(), All: len(w.aged) > maxChanged}
	if !a.All {
		a.Changed = refs(w.aged)
	}
	for _, f := range s.onAged {
		f(a)
	}
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
	tx.w.observed = obs.Started
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
		if err := tx.age(ctx, Ref{KindPolicy, p.ID}, upsert, KindPolicy, p.ID, p.Attachments, nil, nil); err != nil {
			return err
		}
	}
	for i := range obs.Roles {
		r := &obs.Roles[i]
		if r.LastUsed == nil {
			continue
		}
		if err := tx.age(ctx, Ref{KindRole, r.ID}, upsert, KindRole, r.ID, nil, formatTime(*r.LastUsed), absent(r.LastUsedRegion)); err != nil {
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
		err = tx.age(ctx, Ref{KindUser, a.UserID}, `insert into activity (user_id, observed_at, password_last_used, last_activity, keys, body)
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
