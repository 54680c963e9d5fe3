package iamsim_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const (
	denyAllARN  = "arn:aws:iam::aws:policy/AWSDenyAll"
	pageGrammar = "IAM User Guide, Grammar of the IAM JSON policy language"
)

var policyID = regexp.MustCompile(`^ANPA[A-Z2-7]{17}$`)

func policyRefused(name, source, code, document string) contractCase {
	return contractCase{"CreatePolicy", name, source, func(l *lab) {
		_, err := l.iam.CreatePolicy(l.ctx, &iam.CreatePolicyInput{PolicyName: aws.String(l.name("p")), PolicyDocument: &document})
		l.refused(err, code)
	}}
}

// sized is a valid document of at least n characters without white space.
func sized(n int) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("b", n) + `"}]}`
}

func (l *lab) version(arn, document string, setDefault bool) error {
	_, err := l.iam.CreatePolicyVersion(l.ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: setDefault})
	return err
}

func (l *lab) deletePolicy(arn string) error {
	_, err := l.iam.DeletePolicy(l.ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	return err
}

func (l *lab) detach(user, arn string) error {
	_, err := l.iam.DetachUserPolicy(l.ctx, &iam.DetachUserPolicyInput{UserName: &user, PolicyArn: &arn})
	return err
}

func managedCases() []contractCase {
	return []contractCase{
		policyRefused("no JSON", "API_CreatePolicy", "MalformedPolicyDocument", `nonsense`),
		policyRefused("no statement", pageGrammar, "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[]}`),
		policyRefused("no action", pageGrammar, "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}`),
		policyRefused("no resource", pageGrammar, "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}`),
		policyRefused("an unknown effect", pageGrammar, "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"s3:*","Resource":"*"}]}`),
		policyRefused("a principal", pageGrammar, "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}]}`),
		policyRefused("an unknown version", pageGrammar, "MalformedPolicyDocument", `{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
		policyRefused("6,145 characters", pageQuotas, "LimitExceeded", sized(6145)),
		{"CreatePolicy", "what it answers", pageIDs, func(l *lab) {
			out, err := l.iam.CreatePolicy(l.ctx, &iam.CreatePolicyInput{PolicyName: aws.String(l.name("p")), PolicyDocument: aws.String(readBucket), Path: aws.String("/x/")})
			if !l.ok(err) {
				return
			}
			l.want(policyID.MatchString(*out.Policy.PolicyId), "policy id %q", *out.Policy.PolicyId)
			l.want(*out.Policy.DefaultVersionId == "v1", "default version %q", *out.Policy.DefaultVersionId)
			l.want(strings.HasSuffix(*out.Policy.Arn, ":policy/x/"+*out.Policy.PolicyName), "arn %q", *out.Policy.Arn)
		}},
		{"CreatePolicy", "an existing name", "API_CreatePolicy", func(l *lab) {
			l.policy("p")
			_, err := l.iam.CreatePolicy(l.ctx, &iam.CreatePolicyInput{PolicyName: aws.String(l.name("p")), PolicyDocument: aws.String(readBucket)})
			l.refused(err, "EntityAlreadyExists")
		}},
		{"CreatePolicy", "white space does not count", pageQuotas, func(l *lab) {
			document := strings.Replace(sized(5000), ":[", ":"+strings.Repeat(" ", 3000)+"[", 1)
			_, err := l.iam.CreatePolicy(l.ctx, &iam.CreatePolicyInput{PolicyName: aws.String(l.name("p")), PolicyDocument: &document})
			l.ok(err)
		}},
		{"GetPolicy", "counts attachments", "API_GetPolicy", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.attach(l.user("u"), arn))
			out, err := l.iam.GetPolicy(l.ctx, &iam.GetPolicyInput{PolicyArn: &arn})
			l.want(l.ok(err) && aws.ToInt32(out.Policy.AttachmentCount) == 1, "attachments are not counted")
		}},
		{"GetPolicy", "of nothing", "API_GetPolicy", func(l *lab) {
			_, err := l.iam.GetPolicy(l.ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::123456789012:policy/none")})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeletePolicy", "attached", "API_DeletePolicy", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.attach(l.user("u"), arn))
			l.refused(l.deletePolicy(arn), "DeleteConflict")
		}},
		{"DeletePolicy", "with two versions", "API_DeletePolicy", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.version(arn, readBucket, true))
			l.refused(l.deletePolicy(arn), "DeleteConflict")
		}},
		{"DeletePolicy", "unused", "API_DeletePolicy", func(l *lab) { l.ok(l.deletePolicy(l.policy("p"))) }},
		{"DeletePolicy", "of nothing", "API_DeletePolicy", func(l *lab) {
			l.refused(l.deletePolicy("arn:aws:iam::123456789012:policy/none"), "NoSuchEntity")
		}},
	}
}

func versionCases() []contractCase {
	return []contractCase{
		{"CreatePolicyVersion", "a sixth version", "API_CreatePolicyVersion", func(l *lab) {
			arn := l.policy("p")
			for range 4 {
				l.ok(l.version(arn, readBucket, false))
			}
			l.refused(l.version(arn, readBucket, false), "LimitExceeded")
		}},
		{"CreatePolicyVersion", "as default", "API_CreatePolicyVersion", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.version(arn, sized(3), true))
			out, err := l.iam.GetPolicy(l.ctx, &iam.GetPolicyInput{PolicyArn: &arn})
			l.want(l.ok(err) && *out.Policy.DefaultVersionId == "v2", "v2 is not the default")
		}},
		{"CreatePolicyVersion", "numbers never come back", "IAM User Guide, Versioning IAM policies", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.version(arn, readBucket, false))
			_, err := l.iam.DeletePolicyVersion(l.ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
			l.ok(err)
			out, err := l.iam.CreatePolicyVersion(l.ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(readBucket)})
			l.want(l.ok(err) && *out.PolicyVersion.VersionId == "v3", "the number came back")
		}},
		{"DeletePolicyVersion", "the default", "API_DeletePolicyVersion", func(l *lab) {
			arn := l.policy("p")
			_, err := l.iam.DeletePolicyVersion(l.ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
			l.refused(err, "DeleteConflict")
		}},
		{"SetDefaultPolicyVersion", "of no version", "API_SetDefaultPolicyVersion", func(l *lab) {
			arn := l.policy("p")
			_, err := l.iam.SetDefaultPolicyVersion(l.ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v9")})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetPolicyVersion", "is percent-encoded", "API_PolicyVersion", func(l *lab) {
			arn := l.policy("p")
			out, err := l.iam.GetPolicyVersion(l.ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
			if !l.ok(err) {
				return
			}
			plain, err := url.PathUnescape(*out.PolicyVersion.Document)
			l.want(err == nil && plain == readBucket && plain != *out.PolicyVersion.Document, "document %q", *out.PolicyVersion.Document)
		}},
	}
}

func attachCases() []contractCase {
	return []contractCase{
		{"AttachUserPolicy", "a policy of AWS", "API_AttachUserPolicy", func(l *lab) { l.ok(l.attach(l.user("u"), denyAllARN)) }},
		{"AttachUserPolicy", "twice", observed, func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.attach(user, arn))
			l.ok(l.attach(user, arn))
		}},
		{"AttachUserPolicy", "of nothing", "API_AttachUserPolicy", func(l *lab) {
			l.refused(l.attach(l.user("u"), "arn:aws:iam::123456789012:policy/none"), "NoSuchEntity")
		}},
		{"AttachUserPolicy", "an ARN that no policy can have", observed, func(l *lab) {
			user := l.user("u")
			for _, arn := range []string{"arn:aws:iam::policy/ReadOnlyAccess", "arn:aws:s3:::a-bucket-with-a-name", "arn:aws:iam::123456789012:user/ann"} {
				l.refused(l.attach(user, arn), "InvalidInput")
			}
		}},
		{"AttachUserPolicy", "to nobody", "API_AttachUserPolicy", func(l *lab) {
			l.refused(l.attach(l.name("nobody"), l.policy("p")), "NoSuchEntity")
		}},
		{"AttachUserPolicy", "an 11th policy", pageQuotas, func(l *lab) {
			user := l.user("u")
			for i := range 10 {
				l.ok(l.attach(user, l.policy(fmt.Sprintf("p%d", i))))
			}
			l.refused(l.attach(user, l.policy("more")), "LimitExceeded")
		}},
		{"AttachGroupPolicy", "an 11th policy", pageQuotas, func(l *lab) {
			group := l.group("g")
			attach := func(arn string) error {
				_, err := l.iam.AttachGroupPolicy(l.ctx, &iam.AttachGroupPolicyInput{GroupName: &group, PolicyArn: &arn})
				return err
			}
			for i := range 10 {
				l.ok(attach(l.policy(fmt.Sprintf("p%d", i))))
			}
			l.refused(attach(l.policy("more")), "LimitExceeded")
		}},
		{"DetachUserPolicy", "attached", "API_DetachUserPolicy", func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.attach(user, arn))
			l.ok(l.detach(user, arn))
		}},
		{"DetachUserPolicy", "not attached", observed, func(l *lab) {
			l.refused(l.detach(l.user("u"), l.policy("p")), "NoSuchEntity")
		}},
		{"ListAttachedUserPolicies", "of one", "API_ListAttachedUserPolicies", func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.attach(user, arn))
			out, err := l.iam.ListAttachedUserPolicies(l.ctx, &iam.ListAttachedUserPoliciesInput{UserName: &user})
			l.want(l.ok(err) && len(out.AttachedPolicies) == 1 && *out.AttachedPolicies[0].PolicyArn == arn, "the policy is not listed")
		}},
		{"ListEntitiesForPolicy", "of a user", "API_ListEntitiesForPolicy", func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.attach(user, arn))
			out, err := l.iam.ListEntitiesForPolicy(l.ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn})
			l.want(l.ok(err) && len(out.PolicyUsers) == 1 && *out.PolicyUsers[0].UserName == user, "the user is not listed")
		}},
		{"ListPolicies", "only attached", "API_ListPolicies", func(l *lab) {
			used, unused := l.policy("used"), l.policy("unused")
			l.ok(l.attach(l.user("u"), used))
			var found []string
			pages := iam.NewListPoliciesPaginator(l.iam, &iam.ListPoliciesInput{OnlyAttached: true, Scope: "Local"})
			for pages.HasMorePages() {
				page, err := pages.NextPage(l.ctx)
				if !l.ok(err) {
					return
				}
				for _, p := range page.Policies {
					found = append(found, *p.Arn)
				}
			}
			l.want(slices.Contains(found, used) && !slices.Contains(found, unused), "wrong selection")
		}},
	}
}
