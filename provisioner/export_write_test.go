package provisioner

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"

	"iamscim/provisioner/planner"
)

// Hurry makes retries quick.
func (p *Provisioner) Hurry() {
	p.writes.backoff, p.writes.freshFor, p.writes.attempts = time.Millisecond, 2*time.Second, 4
	p.writes.iam = iam.New(p.writes.iam.Options(), func(o *iam.Options) {
		o.Retryer = hasty{o.Retryer.(aws.RetryerV2)}
		o.HTTPClient = p.conn.IAM.Options().HTTPClient
	})
}

// CrashAt makes the process seem to die before or after the nth call that
// changes something, counted from 0.
func (p *Provisioner) CrashAt(n int, point string) {
	seen := -1
	p.writes.crash = func(at string, _ *planner.Step) bool {
		if at == "before" {
			seen++
		}
		return seen == n && at == point || seen > n
	}
}

// OnCall has enter called before each call of a write, and what it returns after.
func (p *Provisioner) OnCall(enter func() (leave func())) {
	p.writes.iam = iam.New(p.writes.iam.Options(), iam.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("test.OnCall",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				defer enter()()
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
	}))
}

// OnStep is OnCall for the calls of steps, with what the SDK does before its
// first middleware: it puts the stack together anew for every call.
func (p *Provisioner) OnStep(enter func() (leave func())) {
	var leave func()
	p.writes.crash = func(at string, _ *planner.Step) bool {
		if at == "before" {
			leave = enter()
		} else {
			leave()
		}
		return false
	}
}

// Joined counts the requests that wait for the result of an equal one.
func (p *Provisioner) Joined() (n int64) {
	p.writes.queue.mu.Lock()
	defer p.writes.queue.mu.Unlock()
	for _, j := range p.writes.queue.held {
		n += j.joined.Load()
	}
	return n
}
