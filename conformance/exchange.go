package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Exchange is a request and its answer as reports show them: the token is
// replaced, and bodies are cut.
type Exchange struct {
	Method         string      `json:"method"`
	URL            string      `json:"url"`
	RequestHeader  http.Header `json:"requestHeader"`
	RequestBody    string      `json:"requestBody,omitempty"`
	Status         int         `json:"status"`
	ResponseHeader http.Header `json:"responseHeader"`
	ResponseBody   string      `json:"responseBody,omitempty"`
}

const (
	maxShownBody   = 4 << 10
	maxShownHeader = 512
	keptExchanges  = 12
	redacted       = "REDACTED"
)

// exchanges keeps the last few exchanges of a check.
type exchanges struct{ kept []Exchange }

func (e *exchanges) add(x Exchange) {
	e.kept = append(e.kept, x)
	if len(e.kept) > keptExchanges {
		e.kept = e.kept[1:]
	}
}

func (c *Client) exchange(req *http.Request, body []byte, r *reply) Exchange {
	return Exchange{
		Method: req.Method, URL: c.shown(req.URL.String(), maxShownBody),
		RequestHeader: c.shownHeader(req.Header), RequestBody: c.shown(string(body), maxShownBody),
		Status: r.status, ResponseHeader: c.shownHeader(r.header), ResponseBody: c.shown(string(r.raw), maxShownBody),
	}
}

// secrets are the token and the values of the caller's headers.
func (c *Client) secrets() []string {
	var out []string
	for _, values := range c.Header {
		out = append(out, values...)
	}
	return slices.DeleteFunc(append(out, c.Token), func(s string) bool { return s == "" })
}

// shown redacts and bounds a text for a report.
func (c *Client) shown(text string, limit int) string {
	for _, secret := range c.secrets() {
		text = strings.ReplaceAll(text, secret, redacted)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), redacted)
	}
	if len(text) > limit {
		text = text[:limit] + fmt.Sprintf("… (%d bytes in all)", len(text))
	}
	return strings.ToValidUTF8(text, string(utf8.RuneError))
}

func (c *Client) shownHeader(h http.Header) http.Header {
	shown := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			shown.Add(name, c.shown(v, maxShownHeader))
		}
	}
	for _, name := range []string{"Authorization", "Cookie", "Set-Cookie"} {
		if shown.Get(name) != "" {
			shown.Set(name, redacted)
		}
	}
	return shown
}

// String is the exchange as HTTP/1.1 would show it.
func (x Exchange) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", x.Method, x.URL)
	writeHeader(&b, x.RequestHeader)
	writeBody(&b, x.RequestBody)
	fmt.Fprintf(&b, "\n%d %s\n", x.Status, http.StatusText(x.Status))
	writeHeader(&b, x.ResponseHeader)
	writeBody(&b, x.ResponseBody)
	return b.String()
}

func writeHeader(b *strings.Builder, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(b, "%s: %s\n", name, strings.Join(h[name], ", "))
	}
}

func writeBody(b *strings.Builder, body string) {
	if body != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimRight(body, "\n"))
	}
}
