package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/provisioner"
	"iamscim/scim/auth"
	"iamscim/scim/filter"
	"iamscim/store"
)

// Errors that only HTTP can cause.
var (
	errOtherAccount    = errors.New("credential of another account")
	errNoRoute         = errors.New("no such path")
	errMethod          = errors.New("method not allowed")
	errMediaType       = errors.New("unsupported media type")
	errCharset         = errors.New("character set other than UTF-8")
	errCoding          = errors.New("encoded body")
	errTooMany         = errors.New("too many requests")
	errMisdirected     = errors.New("host is not ours")
	errFilterDiscovery = errors.New("filter on a discovery endpoint")
	errNoMe            = errors.New("no current user")
	errNotWritable     = errors.New("state file cannot be written")
	errDamaged         = errors.New("the record is damaged")
)

// replies turns errors into their wire format; the first match counts. An
// error that is not listed is our fault and becomes a bare 500.
var replies = []struct {
	err    error
	reply  scimerrors.ScimError
	header http.Header
}{
	{auth.ErrToken, reply(http.StatusUnauthorized, "A valid bearer token is required."),
		http.Header{"Www-Authenticate": {auth.TokenChallenge}}},
	{auth.ErrUnauthenticated, reply(http.StatusUnauthorized, "A valid bearer token is required."),
		http.Header{"Www-Authenticate": {auth.Challenge}}},
	{errOtherAccount, reply(http.StatusForbidden, "The credential is bound to another account."), nil},
	{errNoRoute, reply(http.StatusNotFound, "There is nothing at this path."), nil},
	{errMethod, reply(http.StatusMethodNotAllowed, "This path does not support this method; the Allow header lists those it does."), nil},
	{errMediaType, reply(http.StatusUnsupportedMediaType, "Send the body as application/scim+json or application/json."), nil},
	{errCharset, reply(http.StatusUnsupportedMediaType, "Send the body in UTF-8."), nil},
	{errCoding, reply(http.StatusUnsupportedMediaType, "Send the body as it is, without Content-Encoding."),
		http.Header{"Accept-Encoding": {"identity"}}}, // RFC 9110 §12.5.3
	{errTooMany, reply(http.StatusTooManyRequests, "Too many requests; Retry-After says how long to wait."), nil},
	{errMisdirected, reply(http.StatusMisdirectedRequest, "Without a public URL this server answers only to loopback host names."), nil},
	{errFilterDiscovery, reply(http.StatusForbidden, "Discovery endpoints cannot be filtered."), nil},
	{errNoMe, reply(http.StatusNotImplemented, "This server does not support this: /Me is for credentials that are bound to a user, who exists already."), nil},
	{errNotWritable, reply(http.StatusServiceUnavailable, "The state file cannot be written."), http.Header{"Retry-After": {"10"}}},
	{errDamaged, reply(http.StatusServiceUnavailable, "The stored record is damaged; the next observation of the account restores it."),
		http.Header{"Retry-After": {"60"}}},
	{store.ErrNotFound, reply(http.StatusNotFound, "There is no such resource."), nil},
	{store.ErrExists, scimerrors.ScimErrorUniqueness, nil},
	{provisioner.ErrThrottled, reply(http.StatusServiceUnavailable, "AWS asks for patience; try again shortly."),
		http.Header{"Retry-After": {"5"}}},
	{provisioner.ErrConflict, reply(http.StatusServiceUnavailable, "Something else is changing this in AWS; try again shortly."),
		http.Header{"Retry-After": {"5"}}},
	{provisioner.ErrUnavailable, reply(http.StatusServiceUnavailable, "AWS cannot be reached, or does not accept the credentials of this server."),
		http.Header{"Retry-After": {"30"}}},
	{store.ErrBusy, reply(http.StatusServiceUnavailable, "Another program holds the database of this server; try again shortly."),
		http.Header{"Retry-After": {"5"}}},
	{store.ErrNoGeneration, reply(http.StatusServiceUnavailable, "The account has not been read yet; try again shortly."),
		http.Header{"Retry-After": {"5"}}},
	{context.DeadlineExceeded, reply(http.StatusServiceUnavailable, "The request took too long; try again."),
		http.Header{"Retry-After": {"5"}}},
	{context.Canceled, reply(http.StatusServiceUnavailable, "The request was cancelled."),
		http.Header{"Retry-After": {"1"}}},
}

func reply(status int, detail string) scimerrors.ScimError {
	return scimerrors.ScimError{Status: status, Detail: detail}
}

// forbidden is a refusal whose reason the client may read.
func forbidden(reason string) error { return reply(http.StatusForbidden, reason) }

// replyTo returns what a client is told about err. A SCIM error in the chain
// was minted for the client and is passed on.
func replyTo(err error) (scimerrors.ScimError, http.Header) {
	e, header := replyToCause(err)
	if partial, is := errors.AsType[*provisioner.PartialError](err); is {
		e.Detail += " " + partialSentence(partial)
	}
	return e, header
}

func replyToCause(err error) (scimerrors.ScimError, http.Header) {
	var own scimerrors.ScimError
	if errors.As(err, &own) && own.Status != 0 {
		return own, nil
	}
	if e, header, ok := refusalOf(err); ok {
		return e, header
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) { // RFC 7644 §3.7.4: the limit is named
		return reply(http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body may have %d bytes.", tooLarge.Limit)), nil
	}
	for _, r := range replies {
		if errors.Is(err, r.err) {
			return r.reply, r.header
		}
	}
	return reply(http.StatusInternalServerError, "Internal error; the server's log has the details."), nil
}

// writeError is the one function that writes errors, on every route.
func writeError(w http.ResponseWriter, r *http.Request, err error) scimerrors.ScimError {
	e, header := replyTo(err)
	if e.Detail == "" {
		e.Detail = http.StatusText(e.Status)
	}
	for k, v := range header {
		w.Header()[k] = v
	}
	body, err := json.Marshal(e)
	if err != nil { // cannot happen: three strings
		panic(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, e.Status, contentType, body)
	return e
}

// filterError is what is wrong with a filter, for the client.
func filterError(e *filter.Error) error {
	if e.TooMany {
		return badRequest(scimerrors.ScimTypeTooMany, "Too costly: %s.", e.Reason)
	}
	return badRequest(scimerrors.ScimTypeInvalidFilter, "Invalid filter: %s.", e.Reason)
}
