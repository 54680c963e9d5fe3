package scim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Plain is what net/http alone can do: the same bytes, from memory.
func BenchmarkServe(b *testing.B) {
	d := newDemo(b, 200)
	id := firstOf(b, d, "Users")
	for _, bb := range []struct{ name, path string }{
		{"user", "/scim/v2/Users/" + id},
		{"page", "/scim/v2/Users?count=100"},
		{"group without members", "/scim/v2/Groups/" + firstOf(b, d, "Groups") + "?excludedAttributes=members"},
	} {
		want := d.do(b, "GET", bb.path, "")
		plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Type", contentType)
			_, _ = w.Write(want.body) // the client is us
		}))
		b.Cleanup(plain.Close)
		b.Run(bb.name+"/plain", func(b *testing.B) { load(b, plain.URL) })
		b.Run(bb.name+"/scim", func(b *testing.B) { load(b, d.URL+bb.path) })
	}
}

func load(b *testing.B, url string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	req, err := http.NewRequestWithContext(b.Context(), "GET", url, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+demoToken)
	for b.Loop() {
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", res.StatusCode, err)
		}
		if err := res.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
