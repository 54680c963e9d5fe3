package scim

import (
	"errors"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

// adopt answers POST /admin/adopt {names}: existing users and groups become
// ours to manage.
func (s *Server) adopt(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	var body struct{ Names []string }
	if err := decode(r, &body); err != nil {
		return err
	}
	if len(body.Names) == 0 {
		return badRequest(scimerrors.ScimTypeInvalidValue, "names is a list of at least one user or group.")
	}
	adopted, err := h.Provisioner.Adopt(r.Context(), actorOf(r.Context(), r.credential), body.Names...)
	if err != nil {
		return err
	}
	return sendJSON(w, r, http.StatusOK, object{"adopted": adopted})
}

// releaseBrake answers POST /admin/brake/release with what the brake has counted.
func (s *Server) releaseBrake(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	err = h.Provisioner.ReleaseBrake(r.Context(), actorOf(r.Context(), r.credential))
	if errors.Is(err, store.ErrNotFound) {
		return reply(http.StatusNotFound, "The brake is not latched.")
	}
	if err != nil {
		return err
	}
	state, err := h.Provisioner.Brake(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, r, http.StatusOK, state)
}

// releasePlan answers POST /admin/plans/{id}/release: a plan that waits for an
// operator goes on.
func (s *Server) releasePlan(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := h.Provisioner.ReleasePlan(ctx, r.id()); err != nil {
		return err
	}
	err = h.Store.State.Update(ctx, func(tx *store.StateTx) error {
		_, err := tx.AppendAudit(ctx, store.AuditEntry{
			Actor: r.credential.ID, Action: "plan.release", Object: store.Ref{Kind: "Plan", ID: r.id()}, Outcome: "done",
		})
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// cancelPlan answers POST /admin/plans/{id}/cancel: a plan that is not finished is
// given up.
func (s *Server) cancelPlan(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	if err := h.Provisioner.CancelPlan(r.Context(), actorOf(r.Context(), r.credential), r.id()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
