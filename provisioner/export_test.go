package provisioner

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// WithoutWaiting keeps the number of attempts and leaves out the pauses.
func (p *Provisioner) WithoutWaiting() {
	p.conn.IAM = iam.New(p.conn.IAM.Options(), func(o *iam.Options) {
		o.Retryer = retry.NewStandard(observationRetries, func(so *retry.StandardOptions) {
			so.RateLimiter = ratelimit.None
			so.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	p.reportPoll = time.Millisecond
}
