package scim

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"iamscim/provisioner"
	"iamscim/scim/tree"
)

// write answers POST, PUT, PATCH and DELETE (RFC 7644 §3.3, §3.5, §3.6).
func (s *Server) write(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		dry := isDryRun(r)
		if err := s.writable(); err != nil && !dry {
			return err
		}
		c, err := changeOf(r, r.account.content.resourceType(name))
		if err != nil {
			return err
		}
		c.options.DryRun = dry
		done, err := c.do(r.Context())
		if err != nil {
			return err
		}
		if dry {
			return sendDryRun(w, r, done)
		}
		sendChanged(w, r, c, done)
		return nil
	}
}

// writable refuses every write of a server that only reads, before anything is
// looked up: an unknown id is refused like a known one.
func (s *Server) writable() error {
	if s.cfg.Writable {
		return nil
	}
	return forbidden(s.cfg.ReadOnlyReason)
}

// changeOf reads the change that a request is.
func changeOf(r *request, res *resourceType) (*change, error) {
	values, err := parseQuery(r)
	if err != nil {
		return nil, err
	}
	c := &change{
		account: r.account, base: r.base, credential: r.credential, strict: r.strict, method: r.Method, res: res, id: r.id(),
		version: strings.Join(r.Header.Values("If-Match"), ","), unless: strings.Join(r.Header.Values("If-None-Match"), ","),
		selection: parseSelection(values),
		options:   provisioner.Options{Wait: waitPreference(r.Header.Values("Prefer"))},
	}
	path, versions := c.res.Endpoint+"/"+c.id, []string{c.version, c.unless}
	if r.Method == http.MethodDelete {
		c.options.Digest = digestOf(r.Method, path, versions, nil)
		return c, nil
	}
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.options.Digest = digestOf(r.Method, path, versions, body)
	c.body, err = tree.Read(body)
	return c, err
}

// digestOf is the same for equal requests: a client's retry joins the change
// that is under way.
func digestOf(method, path string, versions []string, body []byte) string {
	h := sha256.New()
	// A hash never fails to write.
	_, _ = fmt.Fprintf(h, "%q %q %q\n", method, path, versions)
	_, _ = h.Write(body)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// waitPreference reads "wait" of Prefer (RFC 7240 §4.3): how long the client
// wants to wait. Zero is the server's own limit, so no time at all is almost
// none; more than that limit is the limit, which is the provisioner's affair.
func waitPreference(headers []string) time.Duration {
	for _, header := range headers {
		for preference := range strings.FieldsFuncSeq(header, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(preference, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 16)
			if err == nil {
				return max(time.Duration(seconds)*time.Second, time.Millisecond)
			}
		}
	}
	return 0
}

// sendChanged answers a change that was made.
func sendChanged(w http.ResponseWriter, r *request, c *change, done *changed) {
	h := w.Header()
	if done.doc != nil {
		h.Set("Location", c.base+c.res.Endpoint+"/"+done.ID)
		h.Set("Etag", done.doc.ETag)
	}
	if done.status == http.StatusNoContent {
		w.WriteHeader(done.status)
		return
	}
	send(w, r.Request, done.status, contentType, done.doc.Body)
}
