package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ErrUnauthenticated is every reason for a 401. The client is told no more than
// that; the reasons wrapped around it are for the log.
var ErrUnauthenticated = errors.New("not authenticated")

// ErrToken is every reason that lies in the token that was sent.
var ErrToken = fmt.Errorf("%w: bad token", ErrUnauthenticated)

// The reasons.
var (
	ErrMissing = fmt.Errorf("%w: no token", ErrUnauthenticated)
	ErrInvalid = fmt.Errorf("%w: unknown", ErrToken)
	ErrExpired = fmt.Errorf("%w: expired", ErrToken)
	ErrRevoked = fmt.Errorf("%w: revoked", ErrToken)
	ErrScheme  = fmt.Errorf("%w: not a bearer token", ErrUnauthenticated)
	ErrQuery   = fmt.Errorf("%w: token in the query string", ErrUnauthenticated)
)

// Challenge is the WWW-Authenticate header of a 401 (RFC 6750 §3), and
// TokenChallenge that of one for a token, which may not say what is wrong with it.
const (
	Challenge      = `Bearer realm="iamscim"`
	TokenChallenge = Challenge + `, error="invalid_token"`
)

// maxToken bounds the work that a stranger can cause.
const maxToken = 1024

// presented returns the token a request carries: "Bearer X", the scheme in any
// case, or X alone, as Okta's header authentication sends it. A token in the
// query string is refused even beside a good header, for it is in every log on
// the way (RFC 9700 §4.3.2).
func presented(r *http.Request) (string, error) {
	if tokenInQuery(r.URL) {
		return "", ErrQuery
	}
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", fmt.Errorf("%w: %d Authorization headers", ErrInvalid, len(headers))
	}
	if len(headers) == 0 || len(headers[0]) > maxToken {
		return "", ErrMissing
	}
	scheme, token, found := strings.Cut(strings.TrimSpace(headers[0]), " ")
	bearer := strings.EqualFold(scheme, "Bearer")
	token = strings.TrimSpace(token)
	switch {
	case scheme == "", bearer && token == "":
		return "", ErrMissing
	case !found:
		return scheme, nil
	case !bearer:
		return "", ErrScheme
	}
	return token, nil
}

// tokenInQuery also finds whole tokens of ours under names that RFC 6750 does
// not know; a filter on a userName that begins like one is none.
func tokenInQuery(u *url.URL) bool {
	if strings.Contains(u.RawQuery, "access_token=") && u.Query().Has("access_token") {
		return true
	}
	rest := u.RawQuery
	for {
		i := strings.Index(rest, tokenPrefix)
		if i < 0 || len(rest)-i < tokenLength {
			return false
		}
		if _, err := Parse(rest[i : i+tokenLength]); err == nil {
			return true
		}
		rest = rest[i+len(tokenPrefix):]
	}
}

// Scheme names how a request authenticates, for the log: "none", "bearer",
// "raw", "basic", "query" or "other". It never contains what the client sent.
func Scheme(r *http.Request) string {
	if tokenInQuery(r.URL) {
		return "query"
	}
	scheme, _, found := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	switch {
	case scheme == "":
		return "none"
	case strings.EqualFold(scheme, "Bearer"):
		return "bearer"
	case !found:
		return "raw"
	case strings.EqualFold(scheme, "Basic"):
		return "basic"
	}
	return "other"
}
