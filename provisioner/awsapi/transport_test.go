package awsapi_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/iamsim"
)

// watchedBody calls read whenever it is read.
type watchedBody struct {
	io.Reader
	read func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read()
	return b.Reader.Read(p)
}

func (b *watchedBody) Close() error { return nil }

// TestBodyIsDetached: the transport never reads the SDK's own body, which is
// closed as soon as an answer begins: it has been read before there is a
// connection.
func TestBodyIsDetached(t *testing.T) {
	t.Parallel()
	a, url := serveElsewhere(t, iamsim.Config{})
	cfg := keysOf(a)
	cfg.Endpoint = url
	c := connect(t, cfg)
	for name, client := range map[string]aws.HTTPClient{"reads": c.IAM.Options().HTTPClient, "writes": c.WriteClient(0).Options().HTTPClient} {
		t.Run(name, func(t *testing.T) {
			connected := make(chan struct{})
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					close(connected)
				}
			}
			s.Start()
			defer s.Close()
			var late atomic.Bool
			body := &watchedBody{strings.NewReader("Action=GetUser"), func() {
				select {
				case <-connected:
					late.Store(true)
				case <-time.After(100 * time.Millisecond):
				}
			}}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = int64(len("Action=GetUser"))
			out, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Body.Close()
			if late.Load() {
				t.Error("the body was read after the connection had been made")
			}
		})
	}
}
