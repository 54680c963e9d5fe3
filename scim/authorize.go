package scim

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"iamscim/scim/auth"
)

// operator is whoever can open the socket.
var operator = auth.Credential{ID: "socket", Name: "socket", Scopes: auth.AllScopes}

// nobody is who asks for what is public.
var nobody = auth.Credential{}

// admit lets a request in: it must name a host of ours, hold a credential with
// the scope, and address an account that exists and the credential may see.
func (s *Server) admit(r *request, scope auth.Scope) error {
	if r.route.socket {
		r.credential, r.strict = &operator, s.cfg.Profile == auth.Strict
		return nil
	}
	origin, err := s.origin(r.Request)
	if err != nil && (scope != 0 || r.route.scim) {
		return err
	}
	if scope != 0 {
		c, err := s.cfg.Auth.Authenticate(r.Request)
		if err != nil {
			return err
		}
		r.credential, r.strict = c, cmp.Or(c.Profile, s.cfg.Profile) == auth.Strict
		if !c.Scopes.Has(scope) {
			return forbidden(fmt.Sprintf("This needs the scope %s, which the credential does not have.", scope))
		}
	}
	if !r.route.scim {
		return nil
	}
	return s.enter(r, origin)
}

// enter resolves the account of a SCIM path.
func (s *Server) enter(r *request, origin string) error {
	name := mux.Vars(r.Request)["account"]
	h, ok := s.accounts[name]
	if !ok {
		return errNoRoute
	}
	if !r.credential.Allows(h.Store.ID) {
		return errOtherAccount
	}
	r.account = h
	r.base = origin + "/scim/v2"
	if name != "" {
		r.base = origin + "/accounts/" + name + "/scim/v2"
	}
	return nil
}

// origin is what every URL in an answer starts with. Without a public URL it is
// what the client called us, if that is a loopback name: a web page whose own
// name was made to resolve to 127.0.0.1 (DNS rebinding) sends its name as Host.
func (s *Server) origin(r *http.Request) (string, error) {
	if s.public != nil {
		return s.public.String(), nil
	}
	host, port := r.Host, ""
	if h, p, err := net.SplitHostPort(r.Host); err == nil {
		host, port = h, p
	}
	if !isLoopback(host) {
		return "", errMisdirected
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if port == "" {
		return scheme + r.Host, nil
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", errMisdirected
	}
	return scheme + net.JoinHostPort(host, port), nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}
