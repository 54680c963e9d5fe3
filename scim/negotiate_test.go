package scim

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestNegotiated(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"":                               contentType,
		"*/*":                            contentType,
		"application/*":                  contentType,
		"application/scim+json":          contentType,
		"application/json":               plainJSON,
		"Application/JSON;charset=utf-8": plainJSON,
		"application/json, application/scim+json":               contentType,
		"application/json, */*":                                 contentType,
		"application/json, */*;q=0.8":                           plainJSON,
		"application/json;q=0.9, */*":                           contentType,
		"application/scim+json;q=0.5, text/html":                contentType,
		"application/scim+json;q=0, */*":                        plainJSON,
		"application/scim+json; q=0.1,application/json ; q=0.2": plainJSON,
		"application/json;q=x, application/scim+json;q=0.9":     plainJSON,
		"application/json;q=0":                                  contentType,
		"text/html":                                             contentType,
		"application/xml, application/hal+json;q=1":             contentType,
	} {
		if got := negotiated(accept); got != want {
			t.Errorf("%q: %s", accept, got)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "x-gzip": true, "deflate": false, "*": true, "gzip;q=0": false, "gzip;q=0, *": false,
		"deflate, gzip;q=0.5": true, "br;q=1.0, *;q=0.1": true, "identity": false, "identity, gzip;q=0.5": false, "gzip, identity;q=0.5": true,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]error{
		"": nil, "application/scim+json": nil, "APPLICATION/JSON": nil, "application/json; charset=utf-8": nil,
		`application/scim+json;charset="UTF-8"`: nil, "application/json; charset=utf8; x=y": nil, "application/json; =": nil,
		"application/json; charset=iso-8859-1": errCharset, "application/scim+json; charset=utf-16": errCharset,
		"text/plain": errMediaType, "application/xml; charset=utf-8": errMediaType, "multipart/form-data": errMediaType,
	} {
		if err := checkMediaType(http.Header{"Content-Type": {contentType}}); !errors.Is(err, want) {
			t.Errorf("%q: %v", contentType, err)
		}
	}
	for coding, want := range map[string]error{"": nil, "identity": nil, "gzip": errCoding, "br": errCoding} {
		if err := checkMediaType(http.Header{"Content-Encoding": {coding}}); !errors.Is(err, want) {
			t.Errorf("encoding %q: %v", coding, err)
		}
	}
}

// TestNegotiationOverHTTP: every kind of answer follows Accept, errors too, and
// an Accept that excludes JSON is disregarded.
func TestNegotiationOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, row := range []struct {
		path   string
		status int
	}{
		{"/Users", 200}, {"/Users/" + d.anyUser(t), 200}, {"/Schemas", 200}, {"/ServiceProviderConfig", 200},
		{"/Users/nobody", 404}, {"/nothing", 404}, {"/Users?filter=x", 400},
	} {
		for accept, want := range map[string]string{"application/json": plainJSON, "text/html": contentType, "": contentType} {
			got := d.want(t, row.status, "GET", "/scim/v2"+row.path, "", "Accept: "+accept)
			if got.header.Get("Content-Type") != want || got.header.Get("Vary") != "Accept, Accept-Encoding, Iamscim-As-Of" {
				t.Errorf("%s, Accept %q: %v", row.path, accept, got.header)
			}
		}
	}
	for header, status := range map[string]int{
		"Content-Type: application/json; charset=latin1": 415, "Content-Encoding: gzip": 415, "Content-Type: application/json;charset=UTF-8": 200,
	} {
		got := d.want(t, status, "POST", "/scim/v2/.search", `{"schemas":["`+searchRequestURN+`"]}`, header)
		if status >= 400 {
			checkErrorBody(t, got.status, got.header, got.body)
		}
	}
}

func (d *demo) anyUser(t testing.TB) string {
	t.Helper()
	return d.sim.Users()[0].ID
}

// TestGzip: a large answer is compressed for whom that suits; it is the same
// answer under the same version.
func TestGzip(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 20)
	const list = "/scim/v2/Users?count=20"
	plain := d.want(t, http.StatusOK, "GET", list, "", "Accept-Encoding: identity")
	small := d.want(t, http.StatusOK, "GET", "/scim/v2/Users?count=0", "", "Accept-Encoding: gzip")
	if plain.header.Get("Content-Encoding") != "" || small.header.Get("Content-Encoding") != "" || len(small.body) >= gzipLeast {
		t.Errorf("%v, %v", plain.header, small.header)
	}
	for range 3 { // the pool gives back what it got
		got := d.want(t, http.StatusOK, "GET", list, "", "Accept-Encoding: gzip, deflate")
		if got.header.Get("Content-Encoding") != "gzip" || len(got.body) >= len(plain.body)/2 ||
			got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
			t.Fatalf("%d of %d bytes, %v", len(got.body), len(plain.body), got.header)
		}
		z, err := gzip.NewReader(bytes.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, plain.body) {
			t.Errorf("%v: %.200s", err, body)
		}
	}
	user := "/scim/v2/Users/" + d.anyUser(t)
	one, packed := d.want(t, http.StatusOK, "GET", user, ""), d.want(t, http.StatusOK, "GET", user, "", "Accept-Encoding: gzip")
	if tag := one.header.Get("Etag"); tag != packed.header.Get("Etag") || !strings.HasPrefix(tag, "W/") {
		t.Errorf("ETag %s and %s", tag, packed.header.Get("Etag"))
	}
	if two := d.want(t, http.StatusOK, "GET", list, "", "Accept-Encoding: br", "Accept-Encoding: gzip"); two.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("asked for in a second line: %v", two.header)
	}
	head := d.want(t, http.StatusOK, "HEAD", list, "", "Accept-Encoding: gzip")
	if len(head.body) != 0 || head.header.Get("Content-Encoding") != "gzip" || head.header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %v", head.header)
	}
}
