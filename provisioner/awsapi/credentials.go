package awsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// cached refreshes five minutes before expiry, jittered so that several
// processes do not ask STS in the same second.
func cached(p aws.CredentialsProvider) *aws.CredentialsCache {
	return aws.NewCredentialsCache(p, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute
		o.ExpiryWindowJitterFrac = 0.5
	})
}

// keyProvider reads a long-term access key whenever it is asked; the cache
// around it asks once, and again after Forget.
type keyProvider struct{ id, secret func() (string, error) }

func (p keyProvider) Retrieve(context.Context) (aws.Credentials, error) {
	id, err := p.id()
	if err != nil {
		return aws.Credentials{}, err
	}
	secret, err := p.secret()
	if err != nil {
		return aws.Credentials{}, err
	}
	id, secret = strings.TrimSpace(id), strings.TrimSpace(secret)
	if id == "" || secret == "" {
		return aws.Credentials{}, errors.New("the access key id or the secret access key is empty")
	}
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, Source: "iamscim"}, nil
}

// roleProvider assumes the role for as long as asked, or for an hour where AWS
// allows no more.
type roleProvider struct {
	long, hour aws.CredentialsProvider // long is nil if an hour was asked for
	capped     atomic.Bool
	log        *slog.Logger
}

func newRoleProvider(client *sts.Client, cfg Config) *roleProvider {
	session := func(d time.Duration) aws.CredentialsProvider {
		return stscreds.NewAssumeRoleProvider(client, cfg.RoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.Duration = d
			o.RoleSessionName = cfg.SessionName
			if o.RoleSessionName == "" {
				o.RoleSessionName = "iamscim"
			}
			if cfg.ExternalID != "" {
				o.ExternalID = aws.String(cfg.ExternalID)
			}
		})
	}
	if d := cfg.SessionDuration; d > 0 && d <= time.Hour {
		return &roleProvider{hour: session(d), log: cfg.Log}
	}
	p := &roleProvider{hour: session(time.Hour), log: cfg.Log}
	if cfg.SessionDuration > time.Hour {
		p.long = session(cfg.SessionDuration)
	}
	return p
}

// Retrieve falls back on ValidationError: it is what STS answers both when a
// chained role asks for more than an hour and when the role's own
// MaxSessionDuration is exceeded (STS API Reference, AssumeRole).
func (p *roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.long == nil || p.capped.Load() {
		return p.hour.Retrieve(ctx)
	}
	creds, err := p.long.Retrieve(ctx)
	if err == nil || ErrorCode(err) != "ValidationError" {
		return creds, err
	}
	creds, hourErr := p.hour.Retrieve(ctx)
	if hourErr != nil {
		return creds, hourErr
	}
	p.capped.Store(true)
	p.log.WarnContext(ctx, "role sessions are limited to one hour, because AWS refused a longer one: "+
		"a chained role never gets more; otherwise raise the role's maximum session duration", "err", err)
	return creds, nil
}

// impatientIMDS keeps the search for credentials short off EC2, where nothing
// answers at the metadata address.
func impatientIMDS(o *ec2rolecreds.Options) {
	o.Client = imds.New(imds.Options{
		Retryer:    retry.AddWithMaxAttempts(retry.NewStandard(), 1),
		HTTPClient: &http.Client{Timeout: 2 * time.Second},
	})
}

// sdkLogger keeps the SDK from writing to standard error by itself. What it
// says is for debugging: everything that matters comes back as an error.
func sdkLogger(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
		log.Debug("aws sdk", "message", fmt.Sprintf(format, args...))
	})
}
