package awsapi

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/time/rate"
)

// callCounter counts requests by API action, every attempt of each.
type callCounter struct {
	mu    sync.Mutex
	calls map[string]int64
}

func newCallCounter() *callCounter { return &callCounter{calls: map[string]int64{}} }

// install puts the counter behind the retryer, so that it sees attempts.
func (c *callCounter) install(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("iamscim.Count",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			c.mu.Lock()
			c.calls[awsmiddleware.GetOperationName(ctx)]++
			c.mu.Unlock()
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
}

// snapshot returns the counts so far.
func (c *callCounter) snapshot() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// since returns the counts made after the snapshot before.
func (c *callCounter) since(before map[string]int64) map[string]int64 {
	now := c.snapshot()
	for action, n := range before {
		if now[action] -= n; now[action] == 0 {
			delete(now, action)
		}
	}
	return now
}

// Calls returns the number of requests so far by API action, every attempt of each.
func (c *Connection) Calls() map[string]int64 { return c.calls.snapshot() }

// CallsSince is Calls without those counted before.
func (c *Connection) CallsSince(before map[string]int64) map[string]int64 {
	return c.calls.since(before)
}

// limiter spaces attempts out before they are signed, so that a signature
// never grows old in the queue. perSecond 0 means no limit.
func limiter(perSecond float64) func(*middleware.Stack) error {
	if perSecond <= 0 {
		return func(*middleware.Stack) error { return nil }
	}
	l := rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("iamscim.Limit",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				if err := l.Wait(ctx); err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, err
				}
				return next.HandleFinalize(ctx, in)
			}), "Retry", middleware.After)
	}
}

// refusePlainHTTP keeps a mistyped endpoint from sending signed requests, and
// what they answer, over the network in clear.
func refusePlainHTTP(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("iamscim.RefusePlainHTTP",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if req, ok := in.Request.(*smithyhttp.Request); ok && req.URL.Scheme != "https" && !loopback(req.URL.Hostname()) {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, &ConnectError{
					Problem: fmt.Sprintf("the AWS endpoint %s://%s is not encrypted", req.URL.Scheme, req.URL.Host),
					Remedy:  "use https in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_IAM and AWS_ENDPOINT_URL_STS; plain http is for loopback only",
				}
			}
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
