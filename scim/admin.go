package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// The operator's API. Credentials come in a header only, never in a cookie, so
// that another site cannot make a browser call it. Everything that changes
// something is audited in the transaction that changes it.

// operated returns the account that ?account= names, by default the default one.
func (s *Server) operated(r *request) (*hosted, error) {
	values, err := parseQuery(r)
	if err != nil {
		return nil, err
	}
	h, ok := s.accounts[parameter(values, "account")]
	if !ok {
		return nil, reply(http.StatusNotFound, "There is no such account.")
	}
	if !r.credential.Allows(h.Store.ID) {
		return nil, errOtherAccount
	}
	return h, nil
}

// decode reads the JSON body of an operator's request. An unknown member is an
// error: a misspelt "expires" must not make a token for ever.
func decode(r *request, into any) error {
	if err := checkMediaType(r.Header.Get("Content-Type")); err != nil {
		return err
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		_, err = d.Token()
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return err
	}
	if !errors.Is(err, io.EOF) {
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "The body is not the JSON object this path expects: %s.", jsonProblem(err))
	}
	return nil
}

// jsonProblem says what is wrong with a body without quoting Go at the caller.
func jsonProblem(err error) string {
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return fmt.Sprintf("%q is a %s", wrong.Field, wrong.Value)
	}
	if member, ok := strings.CutPrefix(fmt.Sprint(err), "json: unknown field "); ok {
		return "it has no member " + member
	}
	return "it does not parse"
}

// sentence makes a message of ours one for people.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }
