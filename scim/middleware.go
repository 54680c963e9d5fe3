package scim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/gorilla/mux"

	"iamscim/scim/auth"
)

// request is one HTTP request with what was found out about it on the way in.
type request struct {
	*http.Request
	route      route
	account    *hosted // nil outside /scim/v2
	base       string  // of every URL in the answer: https://host/scim/v2
	credential *auth.Credential
	strict     bool      // the profile of the credential
	actual     string    // the id of what the path stands for, if it has another
	filter     string    // its shape, for the log
	asOf       time.Time // what is read is of then; zero: now
}

// id is the {id} of the path, or of what the path stands for.
func (r *request) id() string {
	if r.actual != "" {
		return r.actual
	}
	return mux.Vars(r.Request)["id"]
}

// route is one path with its verbs.
type route struct {
	path   string // template, as in the log and in metrics
	verbs  verbs
	socket bool // the caller is the operator
	scim   bool // below /scim/v2
}

// allow lists the methods of the path for the Allow header (RFC 9110 §10.2.1).
func (rt route) allow() string {
	var names []string
	for name := range rt.verbs {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// serve is the way of every request: it is given an id, headers and limits,
// its error is written, and its shape is logged and counted.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := requestID(r)
		req := &request{Request: r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)), route: rt, credential: &nobody}
		rec := &recorder{ResponseWriter: w}
		header := rec.Header()
		maps.Copy(header, secure) // the lists are shared, and never appended to
		if s.public != nil && s.public.Scheme == "https" {
			header["Strict-Transport-Security"] = strictTransport
		}
		header.Set("X-Request-Id", id)
		err := s.recovered(rec, req)
		if err != nil {
			rec.refuse(r, err)
		}
		rec.took = time.Since(start)
		s.metrics.count(req, rec)
		s.logShape(req, rec, err)
	})
}

// recovered runs the request; a panic is an error with its stack.
func (s *Server) recovered(w http.ResponseWriter, r *request) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler: // the way to cut a connection; not a fault
			panic(v)
		default:
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return s.dispatch(w, r)
}

// dispatch finds the verb and lets the request in.
func (s *Server) dispatch(w http.ResponseWriter, r *request) error {
	if r.route.verbs == nil {
		return errNoRoute
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	e, ok := r.route.verbs[method]
	if !ok {
		w.Header().Set("Allow", r.route.allow())
		return errMethod
	}
	if err := s.admit(r, e.scope); err != nil {
		return err
	}
	if err := s.ration(w.Header(), r, e.scope); err != nil {
		return err
	}
	if err := s.travel(r); err != nil {
		return err
	}
	limit := e.limit
	if limit == 0 {
		limit = bodyLimit
	}
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	return e.do(w, r)
}

// secure are the headers that keep a browser from making anything of an
// answer; handlers that have an ETag relax Cache-Control.
var (
	secure = http.Header{
		"X-Content-Type-Options":  {"nosniff"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Referrer-Policy":         {"no-referrer"},
		"Cache-Control":           {"no-store"},
		"Vary":                    {"Accept, Accept-Encoding, Iamscim-As-Of"}, // see send and travel
	}
	strictTransport = []string{"max-age=31536000"}
)

// tidy forgives what clients make of a base URL with a slash at its end.
func tidy(r *http.Request) *http.Request {
	path := r.URL.Path
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if path == r.URL.Path {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = path, ""
	out := *r
	out.URL = &u
	return &out
}

type requestIDKey struct{}

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

var saneID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID takes the id a proxy gave the request, or makes one.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); saneID.MatchString(id) {
		return id
	}
	return rand.Text()
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status  int
	bytes   int
	took    time.Duration
	keyword scimerrors.ScimType // of an error, if it has one
	broken  int                 // the status of an error that came too late for one
}

// BrokenTrailer says why an answer that was under way is not complete.
const BrokenTrailer = "Iamscim-Broken-Off"

// refuse writes an error, or after the answer began what there is to say of it.
func (w *recorder) refuse(r *http.Request, err error) {
	if w.status == 0 {
		w.keyword = writeError(w, r, err).ScimType
		return
	}
	e, _ := replyTo(err)
	w.broken = e.Status
	w.Header().Set(http.TrailerPrefix+BrokenTrailer, e.Detail)
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logShape logs what a client sends and gets, never a value it sent: the shape
// of real clients is only known once they connect.
func (s *Server) logShape(r *request, w *recorder, err error) {
	level := levelOf(max(w.status, w.broken), err)
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", RequestID(r.Context())),
		slog.String("method", shortMethod(r.Method)),
		slog.String("route", r.route.path),
		slog.String("query", queryShape(r.URL.RawQuery)),
		slog.String("filter", r.filter),
		slog.String("user_agent", clip(r.UserAgent(), 200)),
		slog.String("auth_scheme", auth.Scheme(r.Request)),
		slog.String("credential", r.credential.ID),
		slog.Int("status", w.status),
		slog.Int("bytes", w.bytes),
		slog.Duration("took", w.took),
	}
	if r.account != nil && r.account.name != "" {
		attrs = append(attrs, slog.String("account", r.account.name))
	}
	if w.keyword != "" {
		attrs = append(attrs, slog.String("scim_type", string(w.keyword)))
	}
	if errors.Is(err, auth.ErrUnauthenticated) {
		attrs = append(attrs, slog.Any("err", err)) // it names a token's id at most
	}
	if level > slog.LevelInfo {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.log.LogAttrs(r.Context(), level, "served", attrs...)
}

// levelOf: our own faults are for an operator to look at; a client that went
// away is not one, nor is one that asks for what there is not (501).
func levelOf(status int, err error) slog.Level {
	switch {
	case status < 500, status == http.StatusNotImplemented, errors.Is(err, context.Canceled):
		return slog.LevelInfo
	case status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelError
}
