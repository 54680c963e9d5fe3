package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"iamscim/store"
)

// Create mints a token that works at once, and audits that actor did it. The
// Secret cannot be had again.
func (a *Authenticator) Create(ctx context.Context, actor string, g Grant) (Secret, store.Token, error) {
	secret, token, err := Mint(g, a.now())
	if err != nil {
		return "", store.Token{}, err
	}
	body := map[string]any{"name": token.Name, "scopes": token.Scopes, "account": token.AccountID}
	if !token.Expires.IsZero() {
		body["expires"] = token.Expires.UTC().Format(time.RFC3339)
	}
	put := func(tx *store.ControlTx) error { return tx.PutToken(ctx, token) }
	if err := a.changeToken(ctx, actor, "token.create", token.ID, body, put); err != nil {
		return "", store.Token{}, fmt.Errorf("create token: %w", err)
	}
	return secret, token, nil
}

// Revoke ends a token at once: a request that comes after it returned is
// refused. An id that is not there is store.ErrNotFound.
func (a *Authenticator) Revoke(ctx context.Context, actor, id string) error {
	revoke := func(tx *store.ControlTx) error { return tx.RevokeToken(ctx, id) }
	return a.changeToken(ctx, actor, "token.revoke", id, map[string]any{}, revoke)
}

// changeToken makes one change and its audit entry in one transaction, and the
// change visible to requests before it returns.
func (a *Authenticator) changeToken(ctx context.Context, actor, action, id string, body map[string]any, change func(*store.ControlTx) error) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a.change.Lock()
	defer a.change.Unlock()
	err = a.control.Update(ctx, func(tx *store.ControlTx) error {
		if err := change(tx); err != nil {
			return err
		}
		_, err := tx.AppendAudit(ctx, store.AuditEntry{
			Actor: actor, Action: action, Object: store.Ref{Kind: "Token", ID: id}, Outcome: "done", Body: text,
		})
		return err
	})
	if err != nil {
		return err
	}
	// It is committed: who hangs up now must not leave the old table in use.
	return a.reload(context.WithoutCancel(ctx))
}

const (
	// noteInterval is how often Run looks for uses to write down.
	noteInterval = time.Minute
	// noteEvery is how coarse they are; store.ControlTx.TouchToken agrees.
	noteEvery = time.Hour
	// noteTimeout bounds the last writing when the server stops.
	noteTimeout = 5 * time.Second
)

// Run writes down when tokens were last used, until ctx is done, and once more
// then. Requests do not wait for it.
func (a *Authenticator) Run(ctx context.Context) {
	ticker := time.NewTicker(noteInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			a.note(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
			defer cancel()
			a.note(last)
			return
		}
	}
}

// note writes the uses that are an hour newer than what is written. Failing is
// no reason to stop serving; the next turn tries again.
func (a *Authenticator) note(ctx context.Context) {
	due := map[string]*lastUse{}
	for id, e := range *a.tokens.Load() {
		if e.use.at.Load() >= e.use.noted.Load()+int64(noteEvery/time.Second) {
			due[id] = e.use
		}
	}
	for id, use := range due {
		at := use.at.Load()
		err := a.control.Update(ctx, func(tx *store.ControlTx) error { return tx.TouchToken(ctx, id, time.Unix(at, 0)) })
		if err != nil {
			a.log.WarnContext(ctx, "could not record the use of a token", "token_id", id, "err", err)
			return
		}
		use.noted.Store(at)
	}
}
