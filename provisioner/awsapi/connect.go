package awsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// Config says as whom to talk to AWS. Its zero value uses the SDK's default
// chain: environment, shared files, web identity, container, instance.
type Config struct {
	// RoleARN, if set, is the identity used, whatever else is given; keys are
	// then only what assumes it.
	RoleARN     string
	ExternalID  string
	SessionName string // default "iamscim"
	// SessionDuration of the role, up to 12 h (default 1 h). Where AWS forbids
	// more than an hour, an hour is used and the log says so.
	SessionDuration time.Duration

	// AccessKeyID and SecretAccessKey are asked again when AWS rejects what
	// they said last; both nil means the default chain.
	AccessKeyID, SecretAccessKey func() (string, error)

	// Endpoint, if set, is asked for IAM and STS alike, and nothing is taken from
	// the process's AWS configuration: for a simulated account.
	Endpoint string

	// AccountID, if set, is the account that data is kept of already. If AWS
	// cannot be reached, Connect then leaves signing in to the first refresh
	// that can, and Pending says why.
	AccountID string

	Region   string        // default: AWS_REGION, the profile, or the partition's home
	ReadRate float64       // IAM calls per second of the observation; 0: no limit
	Timeout  time.Duration // of Connect as a whole (default 30 s)
	Log      *slog.Logger
}

// Connection is an authenticated way into one account. It is safe for
// concurrent use.
type Connection struct {
	AccountID string
	Partition string
	CallerARN string
	RoleARN   string // the assumed role; empty without one
	// Pending says why nobody was signed in yet, so that AccountID is only what
	// Config said and CallerARN is empty; nil after an ordinary Connect.
	Pending *ConnectError

	// IAM is the observation's client: rate limited, with adaptive retries. It
	// delays all its calls when AWS throttles, so nobody may use it who waits.
	IAM *iam.Client
	STS *sts.Client

	aws   aws.Config // of the identity in use
	base  *aws.CredentialsCache
	role  *aws.CredentialsCache // nil without a role
	calls *callCounter

	onForget func()
}

// Connect finds credentials, assumes the role if there is one, and asks AWS
// who that is. Every failure is a *ConnectError with a remedy; the account
// root is refused. For a known account it is no failure that AWS cannot be
// reached.
//
// IAM actions: sts:AssumeRole (with a role), sts:GetCallerIdentity.
func Connect(ctx context.Context, cfg Config) (*Connection, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Connection{RoleARN: cfg.RoleARN, calls: newCallCounter()}
	if err := c.load(ctx, cfg); err != nil {
		return nil, err
	}
	err := c.signIn(ctx)
	var ce *ConnectError
	if errors.As(err, &ce) && ce.passing && cfg.AccountID != "" {
		c.AccountID, c.Partition, c.Pending = cfg.AccountID, partitionOf(c.aws.Region), ce
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (cfg *Config) validate() error {
	if cfg.RoleARN != "" {
		a, err := arn.Parse(cfg.RoleARN)
		if err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
			return &ConnectError{
				Problem: fmt.Sprintf("%q is not the ARN of an IAM role", cfg.RoleARN),
				Remedy:  "give it as arn:aws:iam::<account id>:role/<name>",
			}
		}
	}
	if cfg.SessionDuration != 0 && (cfg.SessionDuration < 15*time.Minute || cfg.SessionDuration > 12*time.Hour) {
		return &ConnectError{
			Problem: fmt.Sprintf("a session of %s is outside what AWS allows", cfg.SessionDuration),
			Remedy:  "choose a session duration between 15m and 12h",
		}
	}
	if (cfg.AccessKeyID == nil) != (cfg.SecretAccessKey == nil) {
		return &ConnectError{
			Problem: "only one half of an access key is given",
			Remedy:  "give both the access key id and the secret access key, or neither",
		}
	}
	return nil
}

// load resolves configuration and builds the credential providers and clients.
func (c *Connection) load(ctx context.Context, cfg Config) error {
	base, err := c.environment(ctx, cfg)
	if err != nil {
		return err
	}
	base.HTTPClient = detachedClient{base.HTTPClient}
	base.Region = chooseRegion(cfg, base.Region)
	if cfg.AccessKeyID != nil {
		base.Credentials = keyProvider{id: cfg.AccessKeyID, secret: cfg.SecretAccessKey}
	}
	c.base = cached(base.Credentials)
	base.Credentials = c.base
	c.aws = base.Copy()
	if cfg.RoleARN != "" {
		c.role = cached(newRoleProvider(sts.NewFromConfig(base), cfg))
		c.aws.Credentials = c.role
	}
	c.STS = sts.NewFromConfig(c.aws)
	c.IAM = iam.NewFromConfig(c.aws, func(o *iam.Options) {
		o.Retryer = observationRetryer()
		o.APIOptions = append(o.APIOptions, limiter(cfg.ReadRate))
	})
	return nil
}

// environment is where AWS is and how to talk to it, by the SDK's own rules
// unless an endpoint is given.
func (c *Connection) environment(ctx context.Context, cfg Config) (aws.Config, error) {
	options := []func(*middleware.Stack) error{c.calls.install, refusePlainHTTP}
	if cfg.Endpoint != "" {
		return aws.Config{BaseEndpoint: aws.String(cfg.Endpoint), HTTPClient: newHTTPClient(), APIOptions: options}, nil
	}
	base, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithHTTPClient(newHTTPClient()),
		awsconfig.WithEC2RoleCredentialOptions(impatientIMDS),
		awsconfig.WithLogger(sdkLogger(cfg.Log)),
		awsconfig.WithAPIOptions(options),
	)
	if err != nil {
		return aws.Config{}, &ConnectError{
			Problem: "the AWS configuration cannot be read",
			Remedy:  "check the AWS_* environment variables and the shared config and credentials files",
			Err:     err,
		}
	}
	return base, nil
}

// signIn walks the credential chain step by step, so that an error can say
// which step failed, and fills in who we are.
func (c *Connection) signIn(ctx context.Context) error {
	if _, err := c.base.Retrieve(ctx); err != nil {
		return noCredentials(err)
	}
	if c.role != nil {
		if _, err := c.role.Retrieve(ctx); err != nil {
			return diagnose(err)
		}
	}
	id, err := c.Identity(ctx)
	if err != nil {
		return err
	}
	c.AccountID, c.Partition, c.CallerARN = id.AccountID, id.Partition, id.ARN
	return nil
}

// chooseRegion only matters for STS and for which partition's IAM is asked:
// IAM has one endpoint in each partition.
func chooseRegion(cfg Config, configured string) string {
	if cfg.Region != "" {
		return cfg.Region
	}
	if configured != "" {
		return configured
	}
	switch a, _ := arn.Parse(cfg.RoleARN); a.Partition { // validated; an empty ARN is the aws partition
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	default:
		return "us-east-1"
	}
}

// partitionOf is the partition whose endpoints are asked in a region.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
