package scim

import (
	"errors"
	"net/http"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/auth"
	"iamscim/store"
)

// tokenRequest is the body of POST /admin/tokens.
type tokenRequest struct {
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"`
	Expires *time.Time `json:"expires"` // absent: never
	UserID  string     `json:"userId"`  // the user behind it, for /Me
	Profile string     `json:"profile"`
}

// tokenRecord is a token as lists show it; Token itself only once, when it is
// created.
type tokenRecord struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	AccountID string     `json:"accountId"`
	UserID    string     `json:"userId,omitempty"`
	Profile   string     `json:"profile,omitempty"`
	Created   time.Time  `json:"created"`
	Expires   *time.Time `json:"expires,omitempty"`
	LastUsed  *time.Time `json:"lastUsed,omitempty"`
	Revoked   *time.Time `json:"revoked,omitempty"`
	Token     string     `json:"token,omitempty"`
}

func recordOf(t store.Token) tokenRecord {
	return tokenRecord{
		ID: t.ID, Name: t.Name, Scopes: t.Scopes, AccountID: t.AccountID, UserID: t.UserID, Profile: t.Profile,
		Created: t.Created, Expires: unlessZero(t.Expires), LastUsed: unlessZero(t.LastUsed), Revoked: unlessZero(t.Revoked),
	}
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// listTokens returns the tokens that the caller may know of.
func (s *Server) listTokens(r *request) ([]store.Token, error) {
	var mine []store.Token
	err := s.cfg.Control.View(r.Context(), func(tx *store.ControlTx) error {
		all, err := tx.Tokens(r.Context())
		for _, t := range all {
			if r.credential.Allows(t.AccountID) {
				mine = append(mine, t)
			}
		}
		return err
	})
	return mine, err
}

// tokens answers GET /admin/tokens.
func (s *Server) tokens(w http.ResponseWriter, r *request) error {
	tokens, err := s.listTokens(r)
	if err != nil {
		return err
	}
	records := []tokenRecord{}
	for _, t := range tokens {
		records = append(records, recordOf(t))
	}
	return sendJSON(w, r, http.StatusOK, struct {
		Tokens []tokenRecord `json:"tokens"`
	}{records})
}

// createToken answers POST /admin/tokens. The token is for the account that
// ?account= names, which the caller's own credential must be good for.
func (s *Server) createToken(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	var body tokenRequest
	if err := decode(r, &body); err != nil {
		return err
	}
	grant, err := body.grant(h.Store.ID, s.now())
	if err != nil {
		return err
	}
	secret, token, err := s.cfg.Auth.Create(r.Context(), r.credential.ID, grant)
	if err != nil {
		return err
	}
	record := recordOf(token)
	record.Token = secret.Reveal()
	w.Header().Set("Location", "/admin/tokens/"+token.ID)
	return sendJSON(w, r, http.StatusCreated, record)
}

// grant checks the request; its errors are for the caller.
func (b *tokenRequest) grant(accountID string, now time.Time) (auth.Grant, error) {
	g := auth.Grant{Name: b.Name, AccountID: accountID, UserID: b.UserID, Profile: b.Profile}
	var errs []error
	for _, name := range b.Scopes {
		scopes, err := auth.ParseScopes(name)
		g.Scopes |= scopes
		errs = append(errs, err)
	}
	if b.Expires != nil {
		g.Expires = *b.Expires
	}
	// A token that is thrown away: Mint fails only for what the caller chose.
	_, _, err := auth.Mint(g, now)
	if err := errors.Join(append(errs, err)...); err != nil {
		return g, badRequest(scimerrors.ScimTypeInvalidValue, "%s", sentence(err.Error()))
	}
	return g, nil
}

// revokeToken answers DELETE /admin/tokens/{id}.
func (s *Server) revokeToken(w http.ResponseWriter, r *request) error {
	tokens, err := s.listTokens(r)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.ID != r.id() {
			continue
		}
		if err := s.cfg.Auth.Revoke(r.Context(), r.credential.ID, t.ID); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return reply(http.StatusNotFound, "There is no such token.")
}
