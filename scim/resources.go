package scim

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// list answers GET /Users and its like (RFC 7644 §3.4.2).
func (s *Server) list(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		s.setAge(w, r)
		doc, err := r.remember(answerKey{r.base, name, "", r.URL.RawQuery, r.strict}, func() (*document, error) {
			values, err := parseQuery(r)
			if err != nil {
				return nil, err
			}
			q, err := parseListQuery(values, r.strict)
			if err != nil {
				return nil, err
			}
			return s.answerList(r, name, q)
		})
		return s.sendResult(w, r, doc, err)
	}
}

// remember returns the answer to an equal request since the last commit, or
// else makes one. One of the past is made each time.
func (r *request) remember(key answerKey, answer func() (*document, error)) (*document, error) {
	if !r.asOf.IsZero() {
		return answer()
	}
	known := r.account.content.answers
	if doc, ok := known.get(key); ok {
		r.filter = doc.filter
		return doc, nil
	}
	m := r.account.content.snapshot.Moment()
	doc, err := answer()
	if err != nil {
		return nil, err
	}
	if !doc.private {
		doc.filter = r.filter
		known.put(m, key, doc)
	}
	return doc, nil
}

// search answers POST /Users/.search and its like (RFC 7644 §3.4.3).
func (s *Server) search(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		if err := checkMediaType(r.Header); err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		q, err := parseSearchRequest(body, r.strict)
		if err != nil {
			return err
		}
		r.filter = filterShape(q.Filter)
		s.setAge(w, r)
		doc, err := s.answerList(r, name, q)
		return s.sendResult(w, r, doc, err)
	}
}

// answerList renders a page of one type, or of all.
func (s *Server) answerList(r *request, name string, q *listQuery) (*document, error) {
	c := r.account.content
	switch {
	case q.ByCursor || !r.asOf.IsZero():
		return c.walk(r.Context(), s.listing(r, name, q))
	case name == "":
		return c.listAll(r.Context(), q, r.base)
	}
	return c.list(r.Context(), c.resourceType(name), q, r.base)
}

func (s *Server) listing(r *request, name string, q *listQuery) *listing {
	return &listing{query: q, name: name, base: r.base, credential: r.credential.ID, now: s.now(), asOf: r.asOf}
}

// get answers GET /Users/{id} and its like (RFC 7644 §3.4.1).
func (s *Server) get(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		s.setAge(w, r)
		t := r.account.content.resourceType(name)
		doc, err := r.one(t)
		if err == nil {
			where := r.location(t)
			w.Header().Set("Location", where) // as in RFC 7644 §3.4.1
			w.Header().Set("Content-Location", where)
		}
		return s.sendResult(w, r, doc, err)
	}
}

// one finds a resource. Without a query it is what is kept of it anyway.
func (r *request) one(t *resourceType) (*document, error) {
	if r.URL.RawQuery == "" && r.asOf.IsZero() {
		return r.account.content.get(r.Context(), t, r.id(), selection{}, r.base)
	}
	return r.remember(answerKey{r.base, t.Name, r.id(), r.URL.RawQuery, r.strict}, func() (*document, error) {
		values, err := parseQuery(r)
		if err != nil {
			return nil, err
		}
		if !r.asOf.IsZero() {
			return r.account.content.getAt(r.Context(), t, r.id(), parseSelection(values), r.base, r.asOf)
		}
		return r.account.content.get(r.Context(), t, r.id(), parseSelection(values), r.base)
	})
}

func (s *Server) sendResult(w http.ResponseWriter, r *request, doc *document, err error) error {
	if err != nil {
		return err
	}
	s.sendDocument(w, r, doc)
	doc.release()
	return nil
}

// sendDocument writes an answer, or 304 if the client has it (RFC 9110 §13.1.2).
func (s *Server) sendDocument(w http.ResponseWriter, r *request, doc *document) {
	h := w.Header()
	if doc.ETag != "" {
		h.Set("Etag", doc.ETag)
		h.Set("Cache-Control", "private, no-cache")
	}
	if !doc.Generation.IsZero() {
		h.Set(generationHeader, doc.Generation.UTC().Format(timeHeader))
	}
	if !doc.LastModified.IsZero() {
		h.Set("Last-Modified", doc.LastModified.UTC().Format(http.TimeFormat))
	}
	if doc.ETag != "" && etagMatch(strings.Join(r.Header.Values("If-None-Match"), ","), doc.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	send(w, r.Request, http.StatusOK, contentType, doc.Body)
}

// parseQuery reads the query string. What cannot be read is an error: a filter
// that is dropped in silence would answer with everybody. A semicolon is no
// separator but part of a value.
func parseQuery(r *request) (url.Values, error) {
	values, err := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "The query string is not properly percent-encoded.")
	}
	r.filter = filterShape(parameter(values, "filter"))
	return values, nil
}
