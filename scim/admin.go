package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// The operator's API. Credentials come in a header only, never in a cookie, so
// that another site cannot make a browser call it. Everything that changes
// something is audited in the transaction that changes it.

// operated returns the account that ?account= gives by name or AWS account id,
// by default the default one.
func (s *Server) operated(r *request) (*hosted, error) {
	values, err := parseQuery(r)
	if err != nil {
		return nil, err
	}
	name := parameter(values, "account")
	h := s.accounts[name]
	for _, other := range s.accounts {
		if h == nil && other.Store.ID == name {
			h = other
		}
	}
	if h == nil {
		return nil, reply(http.StatusNotFound, fmt.Sprintf("This server does not serve the account %q.", name))
	}
	if !r.credential.Allows(h.Store.ID) {
		return nil, errOtherAccount
	}
	return h, nil
}

// refreshResult says what one observation did.
type refreshResult struct {
	AccountID  string             `json:"accountId"`
	Generation int64              `json:"generation"`
	New        bool               `json:"new"`
	Observed   map[store.Kind]int `json:"observed"` // how many there are of each kind
	Created    map[store.Kind]int `json:"created"`
	Updated    map[store.Kind]int `json:"updated"`
	Deleted    map[store.Kind]int `json:"deleted"`
	Joined     int                `json:"membershipsAdded"`
	Left       int                `json:"membershipsRemoved"`
	Calls      map[string]int64   `json:"calls"`
	TookMS     int64              `json:"tookMs"`
	Flags      []observer.Flag    `json:"flags,omitempty"` // records served with what is sound
	Held       *heldReport        `json:"held"`            // null: published
}

// refresh answers POST /admin/refresh once the observation has ended. One that
// is held is an answer, not an error: it did what it is for.
func (s *Server) refresh(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	return s.observe(w, r, h, provisioner.RefreshOptions{Actor: r.credential.ID})
}

func (s *Server) observe(w http.ResponseWriter, r *request, h *hosted, opt provisioner.RefreshOptions) error {
	report, err := h.Provisioner.Refresh(r.Context(), opt)
	held := new(store.HeldError)
	if err != nil && !errors.As(err, &held) {
		return observationError(err)
	}
	result := refreshResult{
		AccountID: h.Store.ID, Generation: h.Store.Snapshot.Generation().ID, Observed: report.Counts,
		Calls: report.Calls, TookMS: report.Took.Milliseconds(), Flags: report.Flags,
	}
	if err != nil {
		result.Held = &heldReport{ID: held.ID, Since: s.now().UTC(), Losses: held.Losses, Confirm: howToConfirm(held.ID)}
	}
	if o := report.Outcome; o != nil {
		result.New, result.Created, result.Updated, result.Deleted = o.New, o.Created, o.Updated, o.Deleted
		result.Joined, result.Left = o.Memberships.Added, o.Memberships.Removed
	}
	return sendJSON(w, r, http.StatusOK, result)
}

// observationError tells an operator what AWS said and what to do about it, or
// where to read it.
func observationError(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return err // nothing was observed: the confirmation is gone
	}
	if connect := new(awsapi.ConnectError); errors.As(err, &connect) {
		return fmt.Errorf("%w: %w", reply(http.StatusServiceUnavailable, sentence(connect.Problem+"; "+connect.Remedy)), err)
	}
	return fmt.Errorf("%w: %w", reply(http.StatusServiceUnavailable,
		"The observation failed and changed nothing; snapshot.lastError of /health says why."), err)
}

// sentence makes a message of ours one for people.
func sentence(text string) string {
	return strings.ToUpper(text[:1]) + strings.ReplaceAll(text[1:], "\n", "; ") + "."
}

// confirm answers POST /admin/confirm {id}: it releases exactly the held
// observation and looks again. If AWS now says something else, that is judged
// anew.
func (s *Server) confirm(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	var body struct{ ID string }
	if err := decode(r, &body); err != nil {
		return err
	}
	ctx := r.Context()
	err = h.Store.State.Update(ctx, func(tx *store.StateTx) error {
		if err := tx.Confirm(ctx, body.ID, r.credential.ID); err != nil {
			return err
		}
		_, err := tx.AppendAudit(ctx, store.AuditEntry{
			Actor: r.credential.ID, Action: "observation.confirm", Object: store.Ref{Kind: "Observation", ID: body.ID}, Outcome: "done",
		})
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return reply(http.StatusNotFound, "This observation is not held.")
	}
	if err != nil {
		return err
	}
	err = s.observe(w, r, h, provisioner.RefreshOptions{Confirm: body.ID, Actor: r.credential.ID})
	if errors.Is(err, store.ErrNotFound) {
		// A refresh that ran in between has used the confirmation.
		return s.observe(w, r, h, provisioner.RefreshOptions{})
	}
	return err
}

// decode reads the JSON body of an operator's request. An unknown member is an
// error: a misspelt "expires" must not make a token for ever.
func decode(r *request, into any) error {
	if err := checkMediaType(r.Header); err != nil {
		return err
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("there is more than one value")
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return err
	}
	return badRequest(scimerrors.ScimTypeInvalidSyntax, "The body is not the JSON object this path expects: %s.", jsonProblem(err))
}

// jsonProblem says what is wrong with a body, which is the caller's own.
func jsonProblem(err error) string {
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return fmt.Sprintf("%q cannot be a %s", wrong.Field, wrong.Value)
	}
	return strings.TrimPrefix(fmt.Sprint(err), "json: ")
}
