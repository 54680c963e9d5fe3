package main

import (
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"iamscim/provisioner/awsapi"
)

// awsFlags say how to reach the account, how hard to read it, and what to make
// of it. Whoever observes must have them all: an observation with other ones
// would show other users.
type awsFlags struct {
	roleARN     string
	externalID  string
	session     span
	readRate    perSecond
	maxLoss     share
	emailDomain string
	grantable   []string
}

func (f *awsFlags) add(cmd *cobra.Command) {
	f.session, f.readRate, f.maxLoss = span(time.Hour), 10, 0.2
	flags := cmd.Flags()
	flags.StringVar(&f.roleARN, "role-arn", "", "IAM role to assume; given one, it is what is used, and keys only assume it")
	flags.StringVar(&f.externalID, "external-id", "", "external id that the role's trust policy demands")
	flags.Var(&f.session, "session-duration", "length of the role session, 15m to 12h")
	flags.Var(&f.readRate, "read-rate", "AWS read calls per second; 0 for no limit")
	flags.Var(&f.maxLoss, "max-loss", "an observation that loses more than this share of a kind (and 10) is held")
	flags.StringVar(&f.emailDomain, "email-domain", "", "derive an e-mail address userName@domain for people without one")
	flags.StringSliceVar(&f.grantable, "grantable-policies", nil, "ARN and name patterns of policies that clients may attach (none)")
}

// connectConfig says how to reach AWS. Keys of our own variables are read at
// every use, so that rotated ones are found; without them the SDK looks.
func (f *awsFlags) connectConfig(p process, log *slog.Logger) awsapi.Config {
	cfg := awsapi.Config{
		RoleARN:         f.roleARN,
		ExternalID:      f.externalID,
		SessionDuration: time.Duration(f.session),
		ReadRate:        float64(f.readRate),
		Log:             log,
	}
	key := func(name string) func() (string, error) {
		if p.getenv(name) == "" && p.getenv(name+"_FILE") == "" {
			return nil
		}
		return func() (string, error) { return secret(p.getenv, name) }
	}
	cfg.AccessKeyID, cfg.SecretAccessKey = key("IAMSCIM_AWS_ACCESS_KEY_ID"), key("IAMSCIM_AWS_SECRET_ACCESS_KEY")
	return cfg
}
