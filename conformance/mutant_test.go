package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mutant is a reference server with one fault. Most faults are made from the
// outside, by changing requests before the reference sees them or answers
// afterwards, so that a mutant is a line of data.
type mutant struct {
	check string         // which must notice
	on    *regexp.Regexp // of "GET /Users/42?filter=…", decoded
	sent  *regexp.Regexp // of the body
	if_   int            // only answers of this status
	wants string         // a request header that must match
	like  *regexp.Regexp

	faults   []string
	restless bool // every answer differs
	echoed   bool // the detail of an error repeats the request
	adds     [2]string
	rewrites []rewrite
	asks     [][2]string // request headers, "" drops
	ignored  bool        // the write is not done, and answered as if it were
	stub     int         // the request is not forwarded; the answer is this status, empty
	code     int
	headers  [][2]string
	edits    []edit
	texts    []rewrite // of the answer
}

type rewrite struct {
	where string // "query" or "body"
	from  *regexp.Regexp
	to    string
}

type edit struct {
	path  string
	value any // nil drops
}

// m is a mutant that must be caught by a check.
func m(check, on string) mutant { return mutant{check: check, on: regexp.MustCompile(on)} }

func (m mutant) body(re string) mutant { m.sent = regexp.MustCompile(re); return m }
func (m mutant) only(status int) mutant {
	m.if_ = status
	return m
}
func (m mutant) fault(names ...string) mutant { m.faults = append(m.faults, names...); return m }
func (m mutant) query(from, to string) mutant {
	m.rewrites = append(m.rewrites, rewrite{"query", regexp.MustCompile(from), to})
	return m
}
func (m mutant) send(from, to string) mutant {
	m.rewrites = append(m.rewrites, rewrite{"body", regexp.MustCompile(from), to})
	return m
}
func (m mutant) ask(name, value string) mutant {
	m.asks = append(m.asks, [2]string{name, value})
	return m
}
func (m mutant) ignore() mutant            { m.ignored = true; return m }
func (m mutant) instead(status int) mutant { m.stub = status; return m }
func (m mutant) status(code int) mutant    { m.code = code; return m }
func (m mutant) header(name, value string) mutant {
	m.headers = append(m.headers, [2]string{name, value})
	return m
}
func (m mutant) drop(path string) mutant       { m.edits = append(m.edits, edit{path, nil}); return m }
func (m mutant) set(path string, v any) mutant { m.edits = append(m.edits, edit{path, v}); return m }
func (m mutant) text(from, to string) mutant {
	m.texts = append(m.texts, rewrite{"", regexp.MustCompile(from), to})
	return m
}
func (m mutant) random() mutant { m.restless = true; return m }
func (m mutant) echo() mutant   { m.echoed = true; return m }
func (m mutant) add(name, value string) mutant {
	m.adds = [2]string{name, value}
	return m
}

// asked limits the fault to requests with a header that matches.
func (m mutant) asked(name, like string) mutant {
	m.wants, m.like = name, regexp.MustCompile(like)
	return m
}

// server is a new reference with the fault.
func (m mutant) server(t testing.TB) http.Handler {
	ref := newReference(m.faults...)
	served := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil && !errors.Is(err, io.EOF) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if !m.matches(r, raw) {
			ref.ServeHTTP(w, r)
			return
		}
		served++
		own := m
		if m.restless {
			own = m.set("served", served)
		}
		if m.echoed {
			own = m.set("detail", string(raw))
		}
		own.serve(w, m.request(t, r, raw), ref)
	})
}

// looked is how much of a body decides whether a fault applies; some checks send megabytes.
const looked = 8 << 10

func (m mutant) matches(r *http.Request, body []byte) bool {
	body = body[:min(len(body), looked)]
	line := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/scim/v2")
	if q, err := url.QueryUnescape(r.URL.RawQuery); err == nil && q != "" {
		line += "?" + q
	}
	if r.URL.ForceQuery {
		line += "?"
	}
	if m.wants != "" && !m.like.MatchString(r.Header.Get(m.wants)) {
		return false
	}
	return m.on.MatchString(line) && (m.sent == nil || m.sent.Match(body))
}

// request is what the reference gets to see.
func (m mutant) request(t testing.TB, r *http.Request, body []byte) *http.Request {
	out, sense := r.Clone(r.Context()), json.Valid(body)
	for _, x := range m.rewrites {
		if x.where == "body" {
			body = x.from.ReplaceAll(body, []byte(x.to))
			continue
		}
		values := url.Values{}
		for name, list := range out.URL.Query() {
			for _, v := range list {
				pair := x.from.ReplaceAllString(name+"="+v, x.to)
				if name, v, ok := strings.Cut(pair, "="); ok {
					values.Add(name, v)
				}
			}
		}
		out.URL.RawQuery = values.Encode()
	}
	if sense && !json.Valid(body) { // any check would notice that
		t.Errorf("the mutant for %s garbles the body: %s", m.check, body)
	}
	if m.adds[0] != "" {
		out.URL.RawQuery += "&" + m.adds[0] + "=" + m.adds[1]
	}
	for _, h := range m.asks {
		out.Header.Del(h[0])
		if h[1] != "" {
			out.Header.Set(h[0], h[1])
		}
	}
	if m.ignored {
		out.Method, body, out.URL.RawQuery = http.MethodGet, nil, ""
	}
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return out
}

func (m mutant) serve(w http.ResponseWriter, r *http.Request, ref http.Handler) {
	if m.stub != 0 {
		w.WriteHeader(m.stub)
		return
	}
	rec := httptest.NewRecorder()
	ref.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	if m.if_ != 0 && rec.Code != m.if_ {
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
		return
	}
	for _, h := range m.headers {
		w.Header().Del(h[0])
		if h[1] != "" {
			w.Header().Set(h[0], h[1])
		}
	}
	code := rec.Code
	if m.code != 0 {
		code = m.code
	}
	w.WriteHeader(code)
	_, _ = w.Write(m.answer(body))
}

func (m mutant) answer(body []byte) []byte {
	var v any
	if len(m.edits) > 0 && json.Unmarshal(body, &v) == nil {
		for _, e := range m.edits {
			v = edited(v, strings.Split(e.path, "/"), e.value)
		}
		if raw, err := json.Marshal(v); err == nil {
			body = raw
		}
	}
	for _, x := range m.texts {
		body = x.from.ReplaceAll(body, []byte(x.to))
	}
	return body
}

// edited sets or drops what a path leads to; "*" is every element, "." the value itself.
func edited(v any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch v := v.(type) {
	case map[string]any:
		if len(path) == 1 && value == nil {
			delete(v, path[0])
			return v
		}
		if _, ok := v[path[0]]; ok || len(path) == 1 {
			v[path[0]] = edited(v[path[0]], path[1:], value)
		}
		return v
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(v) {
			if len(path) == 1 && value == nil {
				return append(v[:i:i], v[i+1:]...)
			}
			v[i] = edited(v[i], path[1:], value)
			return v
		}
		if path[0] == "*" {
			for i := range v {
				v[i] = edited(v[i], path[1:], value)
			}
		}
		return v
	}
	return v
}
