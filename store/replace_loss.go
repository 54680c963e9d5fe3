package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// defaultMaxLoss and freeLoss are the bounds of an ordinary observation.
const (
	defaultMaxLoss = 0.20
	freeLoss       = 10
)

// lossKinds are what a loss is counted by.
var lossKinds = []string{"users", "groups", "memberships", "attachments", "policies", "roles"}

// held returns the error of an observation that loses more than opt allows and
// was not confirmed.
func (d *difference) held(opt ReplaceOptions) error {
	share := opt.MaxLoss
	if share <= 0 {
		share = defaultMaxLoss
	}
	held := &HeldError{ID: d.lossID(), Losses: map[string]Loss{}}
	tooMuch := false
	for _, kind := range lossKinds {
		l := Loss{Had: d.had[kind], Lost: len(d.lost[kind])}
		if l.Lost == 0 {
			continue
		}
		held.Losses[kind] = l
		everything := l.Lost == l.Had
		tooMuch = tooMuch || everything || float64(l.Lost) > max(share*float64(l.Had), freeLoss)
	}
	if !tooMuch || held.ID == opt.Confirmed {
		return nil
	}
	return held
}

// lossID is a digest of exactly what would be lost. Ids never come back and a
// membership is counted with its beginning, so it cannot be used twice.
func (d *difference) lossID() string {
	h := sha256.New()
	for _, kind := range slices.Sorted(maps.Keys(d.lost)) {
		keys := d.lost[kind]
		slices.Sort(keys)
		for _, key := range keys {
			fmt.Fprintf(h, "%s\x00%s\x00", kind, key)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// outcome counts what the difference did.
func (d *difference) outcome() *Outcome {
	out := &Outcome{Created: map[Kind]int{}, Updated: map[Kind]int{}, Deleted: map[Kind]int{}}
	for kind, k := range d.kinds {
		out.Created[kind], out.Updated[kind], out.Deleted[kind] = len(k.created), len(k.updated), len(k.deleted)
	}
	out.Memberships.Added, out.Memberships.Removed = len(d.added), len(d.removed)
	return out
}
