package iamsim

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"iamscim/provisioner/policy"
)

// dials are the ways in which real IAM is inconvenient, off by default.
type dials struct {
	delays     map[string]time.Duration
	settling   time.Duration
	contention time.Duration
	busy       map[string]bool
	scps       []*policy.Document
	scpTexts   []string
	rates      map[string]*rate
}

// Now is the account's clock.
func (a *Account) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now()
}

// Advance moves the account's clock on.
func (a *Account) Advance(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.offset += d
}

// SetDelay makes what the action writes visible to readers, to authorisation
// and to follow-on calls only after d on the account's clock: IAM is eventually
// consistent
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
// The action "*" sets it for every action that writes; zero takes it back.
func (a *Account) SetDelay(action string, d time.Duration) error {
	if action != "*" && operations[action] == nil {
		return fmt.Errorf("set delay: unsupported action %q", action)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, op := range operations {
		if name == action || action == "*" && op.writes() {
			a.dials.delays[name] = d
		}
	}
	return nil
}

// SetSettling makes a login profile, and a user name that was deleted and made
// again, answer EntityTemporarilyUnmodifiable for d on the account's clock
// (observed; the API pages of DeleteLoginProfile and UpdateUser name the error).
func (a *Account) SetSettling(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dials.settling = d
}

// SetContention makes every write to a user last d of real time, and any other
// write to the same user meanwhile fail with ConcurrentModification.
func (a *Account) SetContention(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dials.contention = d
}

// SetSCP replaces the service control policies of the account. They restrict a
// FullAWSAccess that is always there, as in a new organisation. Without texts
// there are none.
func (a *Account) SetSCP(texts ...string) error {
	var docs []*policy.Document
	for _, t := range texts {
		d, err := policy.Parse(t)
		if err != nil {
			return fmt.Errorf("parse service control policy: %w", err)
		}
		docs = append(docs, d)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(docs) > 0 {
		docs = append(docs, a.parse(allowEverything))
	}
	a.dials.scps, a.dials.scpTexts = docs, slices.Clone(texts)
	return nil
}

// hold marks the user a write is about as busy while it lasts.
func (a *Account) hold(ctx context.Context, params url.Values) (release func(), contended bool) {
	op := operations[params.Get("Action")]
	key := strings.ToLower(params.Get("UserName"))
	a.mu.Lock()
	d := a.dials.contention
	if d == 0 || key == "" || op == nil || !op.writes() {
		a.mu.Unlock()
		return func() {}, false
	}
	if a.dials.busy[key] {
		a.mu.Unlock()
		return func() {}, true
	}
	a.dials.busy[key] = true
	a.mu.Unlock()
	pause(ctx, d)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.dials.busy, key)
	}, false
}

// settled refuses while an object made at since is still settling.
func (c *call) settled(since time.Time, what string) error {
	if d := c.dials.settling; d > 0 && !since.IsZero() && c.at.Before(since.Add(d)) {
		return refuse("EntityTemporarilyUnmodifiable", "%s cannot be modified while it is being updated. Wait and try again.", what)
	}
	return nil
}
