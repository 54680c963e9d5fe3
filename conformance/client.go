package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Client is how checks reach a server. The exported fields are set by the
// caller; a Client may be used by one Run at a time.
type Client struct {
	URL   string       // the base URL, for example https://example.com/scim/v2
	Token string       // sent as a bearer token; checks of authentication are skipped without
	HTTP  *http.Client // nil means one with a time limit of a minute

	// Header is sent with every request to the server, for example the key of a
	// gateway in front of it. Reports do not show the values.
	Header http.Header

	readOnly  bool
	settle    time.Duration
	always    object  // attributes of every user
	server    *server // what discovery said and what checks share
	log       *exchanges
	leftovers *[]string
}

const (
	requestTimeout = time.Minute
	maxAnswer      = 64 << 20 // more than any server should send
	maxRetries     = 6
	maxRetryAfter  = time.Minute
	firstWait      = 250 * time.Millisecond // of a server that does not say for how long
)

// begin returns a client for one run.
func (c *Client) begin(o Options) *Client {
	own := *c
	own.URL = strings.TrimRight(c.URL, "/")
	if own.HTTP == nil {
		own.HTTP = &http.Client{Timeout: requestTimeout}
	}
	own.readOnly, own.settle, own.always = o.ReadOnly, o.Settle, o.User
	own.server = &server{run: strings.ToLower(rand.Text()[:8]), attributes: map[string][]attribute{}}
	own.log, own.leftovers = &exchanges{}, &[]string{}
	return &own
}

// request is what a check sends. The zero values send the client's own token
// and application/scim+json.
type request struct {
	method string
	path   string            // below the base URL, or absolute; query included
	body   any               // encoded as JSON, but []byte is sent as it is
	header map[string]string // overrides; "" drops
}

func get(path string) request  { return request{method: http.MethodGet, path: path} }
func head(path string) request { return request{method: http.MethodHead, path: path} }
func del(path string) request  { return request{method: http.MethodDelete, path: path} }
func post(path string, body any) request {
	return request{method: http.MethodPost, path: path, body: body}
}
func put(path string, body any) request {
	return request{method: http.MethodPut, path: path, body: body}
}
func patchTo(path string, body any) request {
	return request{method: http.MethodPatch, path: path, body: body}
}

// with returns the request with one more header; an empty value drops it.
func (r request) with(name, value string) request {
	header := map[string]string{name: value}
	for k, v := range r.header {
		header[k] = v
	}
	r.header = header
	return r
}

// query appends parameters, given as name, value, name, value.
func query(path string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(path)
	for i := 0; i+1 < len(pairs); i += 2 {
		if i == 0 && !strings.Contains(path, "?") {
			b.WriteByte('?')
		} else {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return b.String()
}

// reads reports whether a request cannot change anything.
func (r request) reads() bool {
	path, _, _ := strings.Cut(r.path, "?")
	return r.method == http.MethodGet || r.method == http.MethodHead || r.method == http.MethodPost && strings.HasSuffix(path, "/.search")
}

// send sends a request and reads the answer. It waits and tries again when the
// server asks for that (RFC 6585 §4). The error is a TransportError, also if the
// server still has no time then, or a skip when the run is read-only.
func (c *Client) send(ctx context.Context, r request) (*reply, error) {
	if c.readOnly && !r.reads() {
		return nil, skip("%s is not sent in a read-only run", r.method)
	}
	body, err := encodeBody(r.body)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		answer, err := c.once(ctx, r, body)
		if err != nil {
			return nil, &TransportError{err}
		}
		wait, again := retryAfter(answer, firstWait<<try)
		if !again {
			return answer, nil
		}
		if try == maxRetries || wait > maxRetryAfter || !sleep(ctx, wait) {
			return nil, &TransportError{fmt.Errorf("%s %s is answered with %d again and again", r.method, r.path, answer.status)}
		}
	}
}

func encodeBody(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	}
	return json.Marshal(body)
}

func (c *Client) once(ctx context.Context, r request, body []byte) (*reply, error) {
	target := r.path
	if !strings.Contains(target, "://") {
		target = c.URL + target
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	c.setHeader(req, r, body != nil)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	answer := newReply(resp, raw)
	c.log.add(c.exchange(req, body, answer))
	return answer, nil
}

// setHeader sends the token and the caller's headers only to the server under test, not to wherever a
// location in one of its answers points.
func (c *Client) setHeader(req *http.Request, r request, hasBody bool) {
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("User-Agent", "iamscim-conformance")
	if hasBody {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	if base, err := url.Parse(c.URL); err == nil && base.Host == req.URL.Host {
		for name, values := range c.Header {
			req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
		if c.Token != "" {
			req.Header.Set("Authorization", "Bearer "+c.Token)
		}
	}
	for name, value := range r.header {
		switch {
		case value != "":
			req.Header.Set(name, value)
		case name == "User-Agent":
			req.Header[name] = []string{""} // net/http sends its own name if there is none
		default:
			req.Header.Del(name)
		}
	}
}

// retryAfter says whether the server wants to be asked again, and when: 503 says
// so only with a Retry-After, 429 always does.
func retryAfter(r *reply, otherwise time.Duration) (time.Duration, bool) {
	busy := r.status == http.StatusTooManyRequests
	if !busy && r.status != http.StatusServiceUnavailable {
		return 0, false
	}
	after := r.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(after); err == nil {
		now, err := http.ParseTime(r.header.Get("Date")) // by the server's clock
		if err != nil {
			now = time.Now()
		}
		return max(at.Sub(now), 0), true
	}
	return otherwise, busy
}

// escape makes an id fit for a path.
func escape(id string) string { return url.PathEscape(id) }
