package awsapi

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is whom credentials belong to.
type Identity struct{ AccountID, Partition, ARN string }

// Identity asks STS who the current credentials belong to. Every failure is a
// *ConnectError; the account root is refused.
//
// IAM actions: sts:GetCallerIdentity.
func (c *Connection) Identity(ctx context.Context) (Identity, error) {
	out, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, diagnose(err)
	}
	caller := aws.ToString(out.Arn)
	a, err := arn.Parse(caller)
	if err != nil {
		return Identity{}, &ConnectError{
			Problem: "AWS did not say who these credentials belong to",
			Remedy:  "check that the STS endpoint is really AWS or a compatible service",
			Err:     err,
		}
	}
	if a.Resource == "root" {
		return Identity{}, &ConnectError{
			Problem: "these are credentials of the account root",
			Remedy:  "use an IAM role (or user) with IAMReadOnlyAccess or IAMFullAccess, and delete the root access key",
		}
	}
	return Identity{AccountID: aws.ToString(out.Account), Partition: a.Partition, ARN: caller}, nil
}

// Expires says when the credentials in use end; zero if they do not.
func (c *Connection) Expires(ctx context.Context) (time.Time, error) {
	creds, err := c.aws.Credentials.Retrieve(ctx)
	if err != nil {
		return time.Time{}, diagnose(err)
	}
	if !creds.CanExpire {
		return time.Time{}, nil
	}
	return creds.Expires, nil
}

// Forget drops cached credentials, so that key files and secrets are read
// again: they may have been rotated under us.
func (c *Connection) Forget() {
	c.base.Invalidate()
	if c.role != nil {
		c.role.Invalidate()
	}
	if c.onForget != nil {
		c.onForget()
	}
}

// OnForget has f called at the end of every Forget; it must be quick. There is
// one f, set before the first call.
func (c *Connection) OnForget(f func()) { c.onForget = f }

// BaseSTS makes a client that asks as whoever assumes the role; without a role
// that is whom STS asks as, too.
func (c *Connection) BaseSTS() *sts.Client {
	base := c.aws.Copy()
	base.Credentials = c.base
	return sts.NewFromConfig(base)
}
