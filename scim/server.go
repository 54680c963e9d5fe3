package scim

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"iamscim/scim/auth"
	"iamscim/store"
)

// Config says what a Server serves. Accounts, Auth and Control are required.
type Config struct {
	// Accounts by name; "" is the default account, served at /scim/v2, any
	// other at /accounts/{name}/scim/v2.
	Accounts map[string]*Account
	// Auth checks credentials, which are kept in Control.
	Auth    *auth.Authenticator
	Control *store.Control
	// PublicURL is the scheme, host and path prefix that clients see. Without
	// it the server answers only to loopback host names, and takes them from
	// the request.
	PublicURL string
	// Writable lets writes through to the provisioners, which have the last
	// word. Without it they are refused with the sentence ReadOnlyReason.
	Writable       bool
	ReadOnlyReason string
	// MemberDisplay puts display on every member of a group; without it a
	// client gets it by asking for it.
	MemberDisplay bool
	// Profile is that of credentials that have none of their own: auth.Lenient,
	// which is the default, or auth.Strict.
	Profile string
	// OktaEntitlements serves policies and roles once more, as Okta reads them.
	OktaEntitlements bool
	// DraftFeatures serves what only Internet-Drafts describe.
	DraftFeatures bool
	// Rate bounds the SCIM requests of each credential.
	Rate Rate
	// DocumentationURI is published in ServiceProviderConfig when set.
	DocumentationURI string
	// Version of the program, for /health.
	Version string
	Log     *slog.Logger     // nil: discarded
	Now     func() time.Time // nil: time.Now
}

// Server is an http.Handler and safe for concurrent use.
type Server struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	public  *url.URL // nil: loopback only
	metrics *metrics
	limits  *limits
	router  *mux.Router

	accounts map[string]*hosted

	discovery discovery
}

// New returns a server for cfg, or says what is wrong with it.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, log: cfg.Log, now: cfg.Now, accounts: map[string]*hosted{}}
	s.cfg.ReadOnlyReason = cmp.Or(cfg.ReadOnlyReason, "This server only reads.")
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if len(cfg.Accounts) == 0 || cfg.Auth == nil || cfg.Control == nil {
		return nil, errors.New("scim: Accounts, Auth and Control are required")
	}
	if !slices.Contains([]string{"", auth.Lenient, auth.Strict}, cfg.Profile) {
		return nil, fmt.Errorf("scim: unknown profile %q", cfg.Profile)
	}
	if err := s.setPublic(cfg.PublicURL); err != nil {
		return nil, err
	}
	for name, a := range cfg.Accounts {
		s.accounts[name] = s.host(name, a)
	}
	s.metrics, s.limits = newMetrics(s), newLimits(cfg.Rate)
	s.router = s.routes(false)
	return s, nil
}

func (s *Server) setPublic(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("scim: public URL %q is not an http or https URL of host and path alone", text)
	}
	s.public = u
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, tidy(r)) }

// Socket returns the handler for the 0600 Unix socket in the data directory:
// whoever can open it is the operator, so no credential is asked for.
func (s *Server) Socket() http.Handler {
	router := s.routes(true)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, tidy(r)) })
}

// Files returns a handler for whoever holds the data directory while no server
// does: of the Socket's paths those that need nothing but the snapshot, with
// the same answers.
func Files(accountID string, snapshot *store.Snapshot, log *slog.Logger) http.Handler {
	s := &Server{log: log, now: time.Now}
	s.accounts = map[string]*hosted{"": {
		Account: Account{Store: &store.Account{ID: accountID, Snapshot: snapshot}},
		content: newContent(snapshot, contentOptions{AccountID: accountID}),
	}}
	s.metrics, s.limits = newMetrics(s), newLimits(Rate{})
	router := s.newRouter()
	s.handle(router, "", s.known(true), route{socket: true})
	return router
}

// path is a path below a prefix, with what can be done at it.
type path struct {
	template string
	verbs    verbs
}

// verbs is what can be done at one path. HEAD comes with GET.
type verbs map[string]endpoint

// endpoint is one verb of a path.
type endpoint struct {
	scope auth.Scope // that the credential must hold; 0 asks for no credential
	do    handler
	limit int64 // of the body in bytes; 0: bodyLimit
}

type handler func(http.ResponseWriter, *request) error

const (
	bodyLimit   = 8 << 20 // whatever was served is accepted back
	searchLimit = 1 << 20
)

// routes is every route of the server. A socket serves the operator's only.
// The router tries one route after the other, so what is asked for most comes
// first, and /Users/.search before /Users/{id}.
func (s *Server) routes(socket bool) *mux.Router {
	open := func(do handler) verbs { return verbs{"GET": {0, do, 0}} }
	read := func(do handler) verbs { return verbs{"GET": {auth.Read, do, 0}} }
	search := func(name string) verbs { return verbs{"POST": {auth.Read, s.search(name), searchLimit}} }
	delta := func(name string) verbs { return verbs{"POST": {auth.Read, s.delta(name), searchLimit}} }
	admin := func(do handler) endpoint { return endpoint{auth.Admin, do, searchLimit} }
	write := func(name string) endpoint { return endpoint{auth.Write, s.write(name), 0} }
	all := func(name string) verbs { return verbs{"GET": {auth.Read, s.list(name), 0}, "POST": write(name)} }
	one := func(name string) verbs {
		return verbs{"GET": {auth.Read, s.get(name), 0}, "PUT": write(name), "PATCH": write(name), "DELETE": write(name)}
	}

	scim := []path{
		{"/Users", all("User")},
		{"/Users/.search", search("User")},
		{"/Users/{id}", one("User")},
		{"/Groups", all("Group")},
		{"/Groups/.search", search("Group")},
		{"/Groups/{id}", one("Group")},
		{"/Entitlements", read(s.list("Entitlement"))},
		{"/Entitlements/.search", search("Entitlement")},
		{"/Entitlements/{id}", read(s.get("Entitlement"))},
		{"/Roles", read(s.list("Role"))},
		{"/Roles/.search", search("Role")},
		{"/Roles/{id}", read(s.get("Role"))},
		{"/.search", search("")},
		{"/Bulk", verbs{"POST": {auth.Write, s.bulk, bulkLimit}}},
		{"/Me", me(one("User"))},
		{"/ServiceProviderConfig", open(s.serviceProviderConfig)},
		{"/ResourceTypes", read(s.resourceTypes)},
		{"/ResourceTypes/{id}", read(s.resourceType)},
		{"/Schemas", read(s.schemas)},
		{"/Schemas/{id}", read(s.schema)},
	}
	if s.cfg.OktaEntitlements {
		for name, endpoint := range map[string]string{"ManagedPolicy": "/ManagedPolicies", "IAMRole": "/IAMRoles"} {
			scim = append(scim, path{endpoint, read(s.list(name))}, path{endpoint + "/.search", search(name)},
				path{endpoint + "/{id:.+}", read(s.byARN(name))})
		}
	}
	if s.cfg.DraftFeatures {
		scim = append([]path{
			{"/.deltaToken", read(s.getDeltaToken(""))},
			{"/.delta", delta("")},
			{"/Users/.deltaToken", read(s.getDeltaToken("User"))},
			{"/Users/.delta", delta("User")},
			{"/Groups/.deltaToken", read(s.getDeltaToken("Group"))},
			{"/Groups/.delta", delta("Group")},
			{"/Entitlements/.deltaToken", read(s.getDeltaToken("Entitlement"))},
			{"/Entitlements/.delta", delta("Entitlement")},
			{"/Roles/.deltaToken", read(s.getDeltaToken("Role"))},
			{"/Roles/.delta", delta("Role")},
		}, scim...)
	}
	operator := []path{
		{"/livez", open(s.livez)},
		{"/readyz", open(s.readyz)},
		{"/health", read(s.health)},
		{"/metrics", read(s.serveMetrics)},
		{"/admin/refresh", verbs{"POST": admin(s.refresh)}},
		{"/admin/confirm", verbs{"POST": admin(s.confirm)}},
		{"/admin/plan", verbs{"POST": {auth.Write, s.plan, 0}}},
		{"/admin/plans/{id}/release", verbs{"POST": admin(s.releasePlan)}},
		{"/admin/plans/{id}/cancel", verbs{"POST": admin(s.cancelPlan)}},
		{"/admin/brake/release", verbs{"POST": admin(s.releaseBrake)}},
		{"/admin/adopt", verbs{"POST": admin(s.adopt)}},
		{"/admin/tokens", verbs{"GET": admin(s.tokens), "POST": admin(s.createToken)}},
		{"/admin/tokens/{id}", verbs{"DELETE": admin(s.revokeToken)}},
	}

	router := s.newRouter()
	if !socket {
		s.handle(router, "/scim/v2", scim, route{scim: true})
		s.handle(router, "/accounts/{account}/scim/v2", scim, route{scim: true})
	}
	s.handle(router, "", append(operator, s.known(socket)...), route{socket: socket})
	return router
}

// known are the operator's reads that need nothing but a snapshot; see Files.
func (s *Server) known(socket bool) []path {
	paths := []path{{"/admin/changes", verbs{"GET": {auth.Read, s.changes, 0}}}}
	if socket { // everything at once is not for clients, who have pages
		paths = append(paths, path{"/admin/export", verbs{"GET": {auth.Read, s.export, 0}}})
	}
	return paths
}

func (s *Server) newRouter() *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	router.NotFoundHandler = s.serve(route{path: "none"})
	return router
}

// handle adds paths below a prefix; of is what their routes have in common.
func (s *Server) handle(router *mux.Router, prefix string, paths []path, of route) {
	for _, p := range paths {
		of.path, of.verbs = prefix+p.template, p.verbs
		router.Handle(of.path, s.serve(of))
	}
}
