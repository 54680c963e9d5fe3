package provisioner

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// WithoutWaiting keeps the number of attempts and leaves out the pauses.
func (p *Provisioner) WithoutWaiting() {
	p.conn.IAM = iam.New(p.conn.IAM.Options(), func(o *iam.Options) {
		o.Retryer = unlimited{hasty{o.Retryer.(aws.RetryerV2)}}
	})
	p.reportPoll = time.Millisecond
}

// hasty retries what the retryer inside does, as often, at once.
type hasty struct{ aws.RetryerV2 }

func (hasty) RetryDelay(int, error) (time.Duration, error) { return time.Millisecond, nil }

// unlimited has no budget of retries, and is not slowed down by throttling.
type unlimited struct{ hasty }

func (unlimited) GetInitialToken() func(error) error { return free }

func (unlimited) GetAttemptToken(context.Context) (func(error) error, error) { return free, nil }

func (unlimited) GetRetryToken(context.Context, error) (func(error) error, error) { return free, nil }

func free(error) error { return nil }
