package iamsim_test

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func trusting(principal, condition string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":%s%s}]}`, principal, condition)
}

// trustAccount trusts the account the contract runs in.
func (l *lab) trustAccount(condition string) string {
	out, err := l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{})
	if !l.ok(err) {
		return ""
	}
	return trusting(fmt.Sprintf(`{"AWS":"arn:aws:iam::%s:root"}`, *out.Account), condition)
}

// role makes a role with a longest session of an hour and returns its ARN.
func (l *lab) role(base, trust string) string {
	out, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(l.name(base)), AssumeRolePolicyDocument: &trust})
	if !l.ok(err) {
		return ""
	}
	return *out.Role.Arn
}

func roleRefused(name, code, trust string) contractCase {
	return contractCase{"CreateRole", name, "API_CreateRole", func(l *lab) {
		_, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(l.name("r")), AssumeRolePolicyDocument: &trust})
		l.refused(err, code)
	}}
}

func roleCases() []contractCase {
	return []contractCase{
		roleRefused("no JSON", "MalformedPolicyDocument", "nonsense"),
		roleRefused("no principal", "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`),
		roleRefused("a resource", "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"},"Resource":"*"}]}`),
		roleRefused("a principal that does not exist", "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody-at-all"}}]}`),
		roleRefused("an action of another service", "MalformedPolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Principal":{"Service":"ec2.amazonaws.com"}}]}`),
		{"CreateRole", "what it answers", pageIDs, func(l *lab) {
			out, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(l.name("r")), AssumeRolePolicyDocument: aws.String(l.trustAccount(""))})
			if !l.ok(err) {
				return
			}
			l.want(strings.HasPrefix(*out.Role.RoleId, "AROA") && len(*out.Role.RoleId) == 21, "role id %q", *out.Role.RoleId)
			plain, err := url.PathUnescape(*out.Role.AssumeRolePolicyDocument)
			l.want(err == nil && strings.HasPrefix(plain, "{"), "trust policy %q", *out.Role.AssumeRolePolicyDocument)
		}},
		{"CreateRole", "65 characters", "API_CreateRole", func(l *lab) {
			_, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(strings.Repeat("r", 65)), AssumeRolePolicyDocument: aws.String(l.trustAccount(""))})
			l.refused(err, "ValidationError")
		}},
		{"CreateRole", "a session of 13 hours", "API_CreateRole", func(l *lab) {
			_, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(l.name("r")), AssumeRolePolicyDocument: aws.String(l.trustAccount("")), MaxSessionDuration: aws.Int32(46800)})
			l.refused(err, "ValidationError")
		}},
		{"CreateRole", "an existing name in another case", "API_CreateRole", func(l *lab) {
			l.role("r", l.trustAccount(""))
			_, err := l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: aws.String(strings.ToUpper(l.name("r"))), AssumeRolePolicyDocument: aws.String(l.trustAccount(""))})
			l.refused(err, "EntityAlreadyExists")
		}},
		{"DeleteRole", "with an attached policy", "API_DeleteRole", func(l *lab) {
			l.role("r", l.trustAccount(""))
			name := l.name("r")
			_, err := l.iam.AttachRolePolicy(l.ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(l.policy("p"))})
			l.ok(err)
			_, err = l.iam.DeleteRole(l.ctx, &iam.DeleteRoleInput{RoleName: &name})
			l.refused(err, "DeleteConflict")
		}},
	}
}

func (l *lab) assume(arn string, change func(*sts.AssumeRoleInput)) error {
	in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("contract")}
	change(in)
	_, err := l.sts.AssumeRole(l.ctx, in)
	return err
}

func stsCases() []contractCase {
	plain := func(*sts.AssumeRoleInput) {}
	external := `,"Condition":{"StringEquals":{"sts:ExternalId":"secret"}}`
	seconds := func(n int32) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &n }
	}
	return []contractCase{
		{"GetCallerIdentity", "what it answers", "API_GetCallerIdentity", func(l *lab) {
			out, err := l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{})
			l.want(l.ok(err) && len(*out.Account) == 12 && *out.Arn != "" && *out.UserId != "", "incomplete")
		}},
		{"AssumeRole", "that trusts the account", "API_AssumeRole", func(l *lab) { l.ok(l.assume(l.role("r", l.trustAccount("")), plain)) }},
		{"AssumeRole", "what it answers", "API_AssumeRole", func(l *lab) {
			out, err := l.sts.AssumeRole(l.ctx, &sts.AssumeRoleInput{RoleArn: aws.String(l.role("r", l.trustAccount(""))), RoleSessionName: aws.String("contract")})
			if !l.ok(err) {
				return
			}
			l.want(strings.HasPrefix(*out.Credentials.AccessKeyId, "ASIA"), "key id %q", *out.Credentials.AccessKeyId)
			l.want(strings.Contains(*out.AssumedRoleUser.Arn, ":assumed-role/"+l.name("r")+"/contract"), "arn %q", *out.AssumedRoleUser.Arn)
		}},
		{"AssumeRole", "that does not exist", "API_AssumeRole", func(l *lab) {
			l.refused(l.assume("arn:aws:iam::123456789012:role/none", plain), "AccessDenied")
		}},
		{"AssumeRole", "that trusts a service", "API_AssumeRole", func(l *lab) {
			l.refused(l.assume(l.role("r", trusting(`{"Service":"ec2.amazonaws.com"}`, "")), plain), "AccessDenied")
		}},
		{"AssumeRole", "without the external id", "IAM User Guide, Access to AWS accounts owned by third parties", func(l *lab) {
			l.refused(l.assume(l.role("r", l.trustAccount(external)), plain), "AccessDenied")
		}},
		{"AssumeRole", "with another external id", "IAM User Guide, Access to AWS accounts owned by third parties", func(l *lab) {
			l.refused(l.assume(l.role("r", l.trustAccount(external)), func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("wrong") }), "AccessDenied")
		}},
		{"AssumeRole", "with the external id", "IAM User Guide, Access to AWS accounts owned by third parties", func(l *lab) {
			l.ok(l.assume(l.role("r", l.trustAccount(external)), func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("secret") }))
		}},
		{"AssumeRole", "for 899 seconds", "API_AssumeRole", func(l *lab) { l.refused(l.assume(l.role("r", l.trustAccount("")), seconds(899)), "ValidationError") }},
		{"AssumeRole", "for 99,999 seconds", "API_AssumeRole", func(l *lab) {
			l.refused(l.assume(l.role("r", l.trustAccount("")), seconds(99999)), "ValidationError")
		}},
		{"AssumeRole", "for longer than the role allows", "API_AssumeRole", func(l *lab) {
			l.refused(l.assume(l.role("r", l.trustAccount("")), seconds(7200)), "ValidationError")
		}},
		{"GetSessionToken", "what it answers", "API_GetSessionToken", func(l *lab) {
			out, err := l.sts.GetSessionToken(l.ctx, &sts.GetSessionTokenInput{})
			l.want(l.ok(err) && strings.HasPrefix(*out.Credentials.AccessKeyId, "ASIA"), "no temporary key")
		}},
	}
}

// reportCases come first: the account has no report yet.
func reportCases() []contractCase {
	return []contractCase{
		{"GetCredentialReport", "before any was made", "API_GetCredentialReport", func(l *lab) {
			_, err := l.iam.GetCredentialReport(l.ctx, &iam.GetCredentialReportInput{})
			l.refused(err, "ReportNotPresent")
		}},
		{"GenerateCredentialReport", "becomes complete", "API_GenerateCredentialReport", func(l *lab) {
			var states []string
			for range 10 {
				out, err := l.iam.GenerateCredentialReport(l.ctx, &iam.GenerateCredentialReportInput{})
				if !l.ok(err) {
					return
				}
				states = append(states, string(out.State))
				if out.State == iamtypes.ReportStateTypeComplete {
					break
				}
			}
			l.want(states[0] == "STARTED" && states[len(states)-1] == "COMPLETE", "states %v", states)
		}},
		{"GetCredentialReport", "begins with the root user", "IAM User Guide, Credential reports", func(l *lab) {
			out, err := l.iam.GetCredentialReport(l.ctx, &iam.GetCredentialReportInput{})
			if !l.ok(err) {
				return
			}
			lines := bytes.Split(out.Content, []byte("\n"))
			l.want(len(lines) > 1 && bytes.HasPrefix(lines[0], []byte("user,arn,user_creation_time,password_enabled")), "header %s", lines[0])
			l.want(bytes.HasPrefix(lines[1], []byte("<root_account>,")), "first row %s", lines[1])
		}},
		{"GetCredentialReport", "is kept for four hours", "API_GenerateCredentialReport", func(l *lab) {
			before, err := l.iam.GetCredentialReport(l.ctx, &iam.GetCredentialReportInput{})
			l.ok(err)
			l.user("late")
			_, err = l.iam.GenerateCredentialReport(l.ctx, &iam.GenerateCredentialReportInput{})
			l.ok(err)
			after, err := l.iam.GetCredentialReport(l.ctx, &iam.GetCredentialReportInput{})
			l.want(l.ok(err) && bytes.Equal(before.Content, after.Content), "the report has changed")
		}},
	}
}

// detail finds one user in GetAccountAuthorizationDetails.
func (l *lab) detail(name string) *iamtypes.UserDetail {
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(l.iam, &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{"User"}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.ctx)
		if !l.ok(err) {
			return &iamtypes.UserDetail{}
		}
		i := slices.IndexFunc(page.UserDetailList, func(u iamtypes.UserDetail) bool { return *u.UserName == name })
		if i >= 0 {
			return &page.UserDetailList[i]
		}
	}
	l.failf("the user is not listed")
	return &iamtypes.UserDetail{}
}

func detailCases() []contractCase {
	const action = "GetAccountAuthorizationDetails"
	const page = "API_GetAccountAuthorizationDetails"
	return []contractCase{
		{action, "a filter in another case", observed, func(l *lab) {
			_, err := l.iam.GetAccountAuthorizationDetails(l.ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{"user"}})
			l.refused(err, "ValidationError")
		}},
		{action, "MaxItems", page, func(l *lab) {
			l.user("a")
			l.user("b")
			out, err := l.iam.GetAccountAuthorizationDetails(l.ctx, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1)})
			l.want(l.ok(err) && out.IsTruncated && len(out.UserDetailList) <= 1, "not truncated")
		}},
		{action, "a marker of another filter", observed, func(l *lab) {
			l.user("a")
			l.user("b")
			out, err := l.iam.GetAccountAuthorizationDetails(l.ctx, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1), Filter: []iamtypes.EntityType{"User"}})
			l.ok(err)
			_, err = l.iam.GetAccountAuthorizationDetails(l.ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: out.Marker, Filter: []iamtypes.EntityType{"Group"}})
			l.refused(err, "ValidationError")
		}},
		{action, "shows tags and groups by name", page, func(l *lab) {
			user, group := l.user("u"), l.group("g")
			l.ok(l.tag(user, "a", "b"))
			l.ok(l.join(user, group))
			d := l.detail(user)
			l.want(len(d.Tags) == 1 && slices.Equal(d.GroupList, []string{group}), "tags %v, groups %v", d.Tags, d.GroupList)
		}},
		{action, "shows boundaries", observed, func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.bound(user, arn))
			d := l.detail(user)
			l.want(d.PermissionsBoundary != nil && *d.PermissionsBoundary.PermissionsBoundaryArn == arn, "no boundary")
		}},
		{action, "percent-encodes inline policies", page, func(l *lab) {
			user := l.user("u")
			l.ok(l.put(user, "p", readBucket))
			d := l.detail(user)
			plain, err := url.PathUnescape(*d.UserPolicyList[0].PolicyDocument)
			l.want(err == nil && plain == readBucket && strings.Contains(*d.UserPolicyList[0].PolicyDocument, "%22"), "document %q", *d.UserPolicyList[0].PolicyDocument)
		}},
		{"GetAccountSummary", "names the quotas", "API_GetAccountSummary", func(l *lab) {
			out, err := l.iam.GetAccountSummary(l.ctx, &iam.GetAccountSummaryInput{})
			l.want(l.ok(err) && out.SummaryMap["UsersQuota"] == 5000 && out.SummaryMap["GroupsPerUserQuota"] == 10 && out.SummaryMap["Users"] > 0, "summary %v", out.SummaryMap)
		}},
	}
}
