package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// learn makes sure that the snapshot knows the policies, and returns those that
// do not exist.
//
// IAM actions: iam:GetPolicy, iam:GetPolicyVersion.
func (p *Provisioner) learn(ctx context.Context, arns []string) (missing []string, err error) {
	return p.learnPolicies(ctx, arns, nil)
}

// learnPolicies is learn, and knows anew what those in grants say: somebody may
// have changed a policy since it was observed, and is not to be given to anybody
// by what it was. AWS's own policies are AWS's to change.
func (p *Provisioner) learnPolicies(ctx context.Context, arns, grants []string) (missing []string, err error) {
	known := map[string]*store.Policy{}
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		return p.compose(ctx, tx, nil, nil, func(s *observer.Single) error {
			for _, arn := range arns {
				known[arn] = s.Policies[arn]
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	for _, arn := range list.Unique(arns) {
		if known[arn] != nil && (policy.AWSManaged(arn) || !slices.Contains(grants, arn)) {
			continue
		}
		pol, err := p.readPolicy(ctx, arn, known[arn])
		if errors.Is(err, store.ErrNotFound) {
			missing = append(missing, arn)
			continue
		}
		if err != nil {
			return nil, err
		}
		if pol == known[arn] {
			continue
		}
		err = p.account.Snapshot.Update(ctx, "observed", func(tx *store.SnapshotTx) error { return tx.PutPolicy(ctx, pol) })
		if err != nil {
			return nil, fmt.Errorf("put policy %s: %w", arn, err)
		}
	}
	return missing, nil
}

// readPolicy reads a policy; known, if not nil, is returned as it is if it is still
// that version.
func (p *Provisioner) readPolicy(ctx context.Context, arn string, known *store.Policy) (*store.Policy, error) {
	out, err := p.writes.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	if code := awsapi.ErrorCode(err); code == "NoSuchEntity" || code == "ValidationError" || code == "InvalidInput" {
		return nil, fmt.Errorf("policy %s: %w: %w", arn, store.ErrNotFound, err)
	}
	if err != nil {
		return nil, readError("policy", arn, err)
	}
	if known != nil && known.ID == aws.ToString(out.Policy.PolicyId) && known.Default == aws.ToString(out.Policy.DefaultVersionId) {
		return known, nil
	}
	version, err := p.writes.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: out.Policy.DefaultVersionId})
	if err != nil {
		return nil, readError("policy", arn, err)
	}
	text, err := observer.DecodeDocument(version.PolicyVersion.Document)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", arn, err)
	}
	c := &observer.Composer{Settings: p.composing(), Facts: &observer.Facts{Documents: map[string]string{arn: text}}, Prior: &observer.Prior{}}
	pol := c.AWSPolicy(*out.Policy)
	pol.Description = "" // which the lists of an observation leave out
	pol.AWSManaged, pol.Grantable, pol.Deny = policy.AWSManaged(arn), policy.MatchesAny(p.cfg.Grantable, arn), policy.DeniesAll(text)
	return &pol, nil
}
