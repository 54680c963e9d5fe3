package provisioner

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Hurry makes retries quick.
func (p *Provisioner) Hurry() {
	p.writes.backoff, p.writes.freshFor, p.writes.attempts = time.Millisecond, 2*time.Second, 4
	p.writes.iam = iam.NewFromConfig(p.conn.aws, func(o *iam.Options) {
		o.Retryer = p.conn.renewing(time.Millisecond)
	})
}

// CrashAt makes the process seem to die before or after the nth call that
// changes something, counted from 0.
func (p *Provisioner) CrashAt(n int, point string) {
	seen := -1
	p.writes.crash = func(at string, _ *Step) bool {
		if at == "before" {
			seen++
		}
		return seen == n && at == point || seen > n
	}
}
