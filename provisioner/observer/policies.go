package observer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"iamscim/provisioner/policy"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
)

// readAWSPolicies lists the AWS managed policies in use, and all of them if a
// grantable pattern might name one that is not. What is referenced but listed
// nowhere, such as a policy used only as a boundary, is asked for on its own.
func (o *Observer) readAWSPolicies(ctx context.Context) error {
	found := map[string]iamtypes.Policy{}
	all := slices.ContainsFunc(o.Grantable, func(g string) bool {
		return !strings.HasPrefix(g, "arn:") || policy.IsPattern(g) && policy.AWSManaged(g)
	})
	err := awsapi.ReadPages("ListPolicies", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.ListPolicies(ctx, &iam.ListPoliciesInput{
			Scope: iamtypes.PolicyScopeTypeAws, OnlyAttached: !all, MaxItems: aws.Int32(awsapi.PageSize), Marker: marker,
		}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, p := range out.Policies {
			if arn := aws.ToString(p.Arn); policy.AWSManaged(arn) && (aws.ToInt32(p.AttachmentCount) > 0 || !all || o.isGrantable(arn)) {
				found[arn] = p
			}
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return err
	}
	o.facts.awsPolicies = found
	return o.readMissing(ctx)
}

// readMissing asks for the AWS managed policies that are referenced but not listed.
func (o *Observer) readMissing(ctx context.Context) error {
	var errs []error
	for _, arn := range o.facts.awsReferences(o.Grantable) {
		if _, ok := o.facts.awsPolicies[arn]; ok {
			continue
		}
		out, err := o.IAM.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)}, brief)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if out.Policy != nil {
			o.facts.awsPolicies[arn] = *out.Policy
		}
	}
	return errors.Join(errs...)
}

// awsReferences lists the AWS managed policies that something points at.
func (f *Facts) awsReferences(grantable []string) []string {
	refs := map[string]bool{}
	add := func(attached []iamtypes.AttachedPolicy, boundary *iamtypes.AttachedPermissionsBoundary) {
		for _, p := range attached {
			refs[aws.ToString(p.PolicyArn)] = true
		}
		if boundary != nil {
			refs[aws.ToString(boundary.PermissionsBoundaryArn)] = true
		}
	}
	for i := range f.users {
		add(f.users[i].AttachedManagedPolicies, f.users[i].PermissionsBoundary)
	}
	for i := range f.groups {
		add(f.groups[i].AttachedManagedPolicies, nil)
	}
	for i := range f.roles {
		add(f.roles[i].AttachedManagedPolicies, f.roles[i].PermissionsBoundary)
	}
	for _, g := range grantable {
		refs[g] = refs[g] || !policy.IsPattern(g)
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(refs)), func(arn string) bool { return !policy.AWSManaged(arn) || !refs[arn] })
}

// readDocuments reads the default version of each AWS managed policy. A
// version never changes, so one that the store keeps is not asked for again.
func (o *Observer) readDocuments(ctx context.Context) error {
	o.facts.Documents = map[string]string{}
	asked := false
	var errs []error
	for _, arn := range slices.Sorted(maps.Keys(o.facts.awsPolicies)) {
		version := aws.ToString(o.facts.awsPolicies[arn].DefaultVersionId)
		if known, ok := o.Prior.document(ctx, arn, version); ok {
			o.facts.Documents[arn] = known
			continue
		}
		asked = true
		out, err := o.IAM.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(version)}, brief)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		text, err := DecodeDocument(out.PolicyVersion.Document)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		o.facts.Documents[arn] = text
		o.facts.NewDocuments = append(o.facts.NewDocuments, PolicyVersion{arn, version, text})
	}
	if !asked {
		return errNotAsked
	}
	return errors.Join(errs...)
}

// isGrantable reports whether an operator allowed the policy to be granted, by
// a pattern on its ARN or its name.
func (o *Observer) isGrantable(arn string) bool { return policy.MatchesAny(o.Grantable, arn) }
