package awsapi

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// observationRetryer slows the whole client down when AWS throttles.
func observationRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, observationRetries)
	})
}

// observationRetries are patient, since nobody waits for an observation. The
// SDK's token bucket is the retry budget over all calls: a broken endpoint uses
// it up, and then fails at once instead of after eight attempts a call.
func observationRetries(o *retry.StandardOptions) {
	o.MaxAttempts = 8
	o.MaxBackoff = 20 * time.Second
	o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(brokenAnswer))
}

// brokenAnswer retries answers that end half-way. The SDK does not, because
// for a write it cannot know whether it took effect; here are only reads.
func brokenAnswer(err error) aws.Ternary {
	var broken *smithy.DeserializationError
	if errors.As(err, &broken) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// WriteClient makes a client for changes and the reads before them, with readRate
// IAM calls per second (0: no limit). Its retries are the standard ones: the
// adaptive mode of the observation delays every call of its client, and here
// somebody waits.
func (c *Connection) WriteClient(readRate float64) *iam.Client {
	return iam.NewFromConfig(c.aws, func(o *iam.Options) {
		o.Retryer = c.renewing()
		o.HTTPClient = detachedClient{newHTTPClient().WithTimeout(20 * time.Second)}
		o.APIOptions = append(o.APIOptions, limiter(readRate))
	})
}

// renewing retries as usual, and with credentials read anew where AWS rejects
// those in use: keys may have been rotated under us.
func (c *Connection) renewing() aws.Retryer {
	return &renewing{forget: c.Forget, Standard: retry.NewStandard(func(so *retry.StandardOptions) {
		so.MaxAttempts, so.MaxBackoff = 4, 3*time.Second
	})}
}

type renewing struct {
	*retry.Standard
	forget func()
}

func (r *renewing) IsErrorRetryable(err error) bool {
	if IsUnauthenticated(err) {
		r.forget()
		return true
	}
	return r.Standard.IsErrorRetryable(err)
}
