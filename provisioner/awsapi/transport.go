package awsapi

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// newHTTPClient bounds the connection set-up and each attempt; a page of
// GetAccountAuthorizationDetails may take AWS ten seconds.
func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(90 * time.Second).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 5 * time.Second })
}

// detachedClient gives the transport a copy of the request's body. The SDK
// closes its own as soon as an answer begins; a server that answers faster
// than the transport notices the end of the body then finds the connection
// broken in the middle of its answer (observed with the SDK on loopback).
type detachedClient struct{ aws.HTTPClient }

func (c detachedClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body) // a form of a few hundred bytes
	if err != nil {
		return nil, err
	}
	detached := new(http.Request)
	*detached = *r
	detached.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	detached.Body = io.NopCloser(bytes.NewReader(body))
	return c.HTTPClient.Do(detached)
}
