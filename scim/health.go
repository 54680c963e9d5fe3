package scim

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"iamscim/store"
)

// tokenNotice is how long before its end a token is named in /health.
const tokenNotice = 14 * 24 * time.Hour

// sendJSON answers an operator's request.
func sendJSON(w http.ResponseWriter, r *request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	send(w, r.Request, status, plainJSON, append(body, '\n'))
	return nil
}

// livez says that the process answers.
func (s *Server) livez(w http.ResponseWriter, r *request) error {
	send(w, r.Request, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// readyz says that every account has a generation to serve and a state file
// that can be written. Age fails nothing: stale is better than nothing.
func (s *Server) readyz(w http.ResponseWriter, r *request) error {
	for _, h := range s.accounts {
		if h.Store.Snapshot.Generation().ID == 0 {
			return store.ErrNoGeneration
		}
		if err := h.checkWritable(r.Context()); err != nil {
			return errors.Join(errNotWritable, err)
		}
	}
	send(w, r.Request, http.StatusOK, "text/plain; charset=utf-8", []byte("ready\n"))
	return nil
}

// checkWritable commits to the state file at most every ten seconds, because
// anybody may ask /readyz as often as they like.
func (h *hosted) checkWritable(ctx context.Context) error {
	return h.writable.get(10*time.Second, func() error {
		return h.Store.State.Writable(context.WithoutCancel(ctx))
	})
}

// health answers with what an operator wants to know, by component.
func (s *Server) health(w http.ResponseWriter, r *request) error {
	out := report{Status: "ok", Version: s.cfg.Version, Time: s.now().UTC()}
	for _, name := range slices.Sorted(maps.Keys(s.accounts)) {
		h := s.accounts[name]
		if !r.credential.Allows(h.Store.ID) {
			continue
		}
		a, err := s.reportAccount(r.Context(), h)
		if err != nil {
			return err
		}
		if name == "" {
			out.accountReport = a
			continue
		}
		if out.Accounts == nil {
			out.Accounts = map[string]*accountReport{}
		}
		out.Accounts[name] = a
	}
	var err error
	if out.Tokens, err = s.reportTokens(r); err != nil {
		return err
	}
	if out.degraded() {
		out.Status = "degraded"
	}
	return sendJSON(w, r, http.StatusOK, out)
}
