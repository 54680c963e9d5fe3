package scim

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// locationOf is where the resource of a failed operation is: only a POST that
// failed has none (RFC 7644 §3.7.3), and what is nowhere here.
func (b *bulkRequest) locationOf(o *bulkOperation) string {
	c := b.template
	if o.method == http.MethodPost || !c.find(b.pathOf(o)) {
		return ""
	}
	if _, open := cutReference(c.id); open {
		return ""
	}
	return strings.TrimSuffix(c.location(), "/") // PUT of no id
}

// location is the URL of the resource.
func (c *change) location() string { return c.base + c.res.Endpoint + "/" + url.PathEscape(c.id) }

// logFaults logs the operations that failed by no fault of the client: the
// answer itself is 200.
func (s *Server) logFaults(r *request, b *bulkRequest) {
	for i, o := range b.operations {
		if o.result == nil || o.result.err == nil {
			continue
		}
		e, _ := replyTo(o.result.err)
		level := levelOf(e.Status, o.result.err)
		if level == slog.LevelInfo {
			continue
		}
		s.log.LogAttrs(r.Context(), level, "bulk operation failed", slog.String("request_id", RequestID(r.Context())),
			slog.String("method", shortMethod(o.method)), slog.Int("operation", i), slog.Int("status", e.Status), slog.Any("err", o.result.err))
	}
}
