package iamsim_test

import (
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func inlineCases() []contractCase {
	return []contractCase{
		{"PutUserPolicy", "malformed", "API_PutUserPolicy", func(l *lab) {
			l.refused(l.put(l.user("u"), "p", `{"Version":"2012-10-17"}`), "MalformedPolicyDocument")
		}},
		{"PutUserPolicy", "of nobody", "API_PutUserPolicy", func(l *lab) {
			l.refused(l.put(l.name("nobody"), "p", readBucket), "NoSuchEntity")
		}},
		{"PutUserPolicy", "a bad name", "API_PutUserPolicy", func(l *lab) {
			l.refused(l.put(l.user("u"), "bad name", readBucket), "ValidationError")
		}},
		{"PutUserPolicy", "more than 2,048 characters", pageQuotas, func(l *lab) {
			l.refused(l.put(l.user("u"), "p", sized(2048)), "LimitExceeded")
		}},
		{"PutUserPolicy", "more than 2,048 characters together", pageQuotas, func(l *lab) {
			user := l.user("u")
			l.ok(l.put(user, "a", sized(1000)))
			l.refused(l.put(user, "b", sized(1000)), "LimitExceeded")
		}},
		{"PutUserPolicy", "again replaces", "API_PutUserPolicy", func(l *lab) {
			user := l.user("u")
			l.ok(l.put(user, "p", readBucket))
			l.ok(l.put(user, "p", sized(3)))
			out, err := l.iam.ListUserPolicies(l.ctx, &iam.ListUserPoliciesInput{UserName: &user})
			l.want(l.ok(err) && len(out.PolicyNames) == 1, "two policies")
		}},
		{"GetUserPolicy", "is percent-encoded", "API_GetUserPolicy", func(l *lab) {
			user := l.user("u")
			l.ok(l.put(user, "p", readBucket))
			out, err := l.iam.GetUserPolicy(l.ctx, &iam.GetUserPolicyInput{UserName: &user, PolicyName: aws.String("p")})
			if !l.ok(err) {
				return
			}
			plain, err := url.PathUnescape(*out.PolicyDocument)
			l.want(err == nil && plain == readBucket && plain != *out.PolicyDocument, "document %q", *out.PolicyDocument)
		}},
		{"GetUserPolicy", "answers the stored spelling of the name", observed, func(l *lab) {
			user := l.user("Mixed")
			l.ok(l.put(user, "p", readBucket))
			out, err := l.iam.GetUserPolicy(l.ctx, &iam.GetUserPolicyInput{UserName: aws.String(strings.ToLower(user)), PolicyName: aws.String("p")})
			l.want(l.ok(err) && *out.UserName == user, "another spelling")
		}},
		{"GetUserPolicy", "of nothing", "API_GetUserPolicy", func(l *lab) {
			_, err := l.iam.GetUserPolicy(l.ctx, &iam.GetUserPolicyInput{UserName: aws.String(l.user("u")), PolicyName: aws.String("none")})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeleteUserPolicy", "of nothing", "API_DeleteUserPolicy", func(l *lab) {
			_, err := l.iam.DeleteUserPolicy(l.ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(l.user("u")), PolicyName: aws.String("none")})
			l.refused(err, "NoSuchEntity")
		}},
		{"PutGroupPolicy", "more than 5,120 characters", pageQuotas, func(l *lab) {
			_, err := l.iam.PutGroupPolicy(l.ctx, &iam.PutGroupPolicyInput{GroupName: aws.String(l.group("g")), PolicyName: aws.String("p"), PolicyDocument: aws.String(sized(5120))})
			l.refused(err, "LimitExceeded")
		}},
		{"GetGroupPolicy", "of nothing", "API_GetGroupPolicy", func(l *lab) {
			_, err := l.iam.GetGroupPolicy(l.ctx, &iam.GetGroupPolicyInput{GroupName: aws.String(l.group("g")), PolicyName: aws.String("none")})
			l.refused(err, "NoSuchEntity")
		}},
	}
}

func (l *lab) bound(user, arn string) error {
	_, err := l.iam.PutUserPermissionsBoundary(l.ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &user, PermissionsBoundary: &arn})
	return err
}

func boundaryCases() []contractCase {
	return []contractCase{
		{"PutUserPermissionsBoundary", "is shown", "API_PutUserPermissionsBoundary", func(l *lab) {
			user, arn := l.user("u"), l.policy("p")
			l.ok(l.bound(user, arn))
			b := l.get(user).PermissionsBoundary
			l.want(b != nil && *b.PermissionsBoundaryArn == arn, "boundary %v", b)
		}},
		{"PutUserPermissionsBoundary", "of nothing", "API_PutUserPermissionsBoundary", func(l *lab) {
			l.refused(l.bound(l.user("u"), "arn:aws:iam::123456789012:policy/none"), "NoSuchEntity")
		}},
		{"DeleteUserPermissionsBoundary", "of none", "API_DeleteUserPermissionsBoundary", func(l *lab) {
			_, err := l.iam.DeleteUserPermissionsBoundary(l.ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String(l.user("u"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeletePolicy", "used as a boundary", "API_DeletePolicy", func(l *lab) {
			arn := l.policy("p")
			l.ok(l.bound(l.user("u"), arn))
			l.refused(l.deletePolicy(arn), "DeleteConflict")
		}},
	}
}

func (l *lab) keyStatus(user, id, status string) error {
	_, err := l.iam.UpdateAccessKey(l.ctx, &iam.UpdateAccessKeyInput{
		UserName: &user, AccessKeyId: &id, Status: iamtypes.StatusType(status),
	})
	return err
}

func keyCases() []contractCase {
	return []contractCase{
		{"CreateAccessKey", "what it answers", "API_AccessKey", func(l *lab) {
			k := l.key(l.user("u"))
			l.want(len(*k.AccessKeyId) == 20 && (*k.AccessKeyId)[:4] == "AKIA", "key id %q", *k.AccessKeyId)
			l.want(len(*k.SecretAccessKey) == 40 && k.Status == "Active", "secret or status")
		}},
		{"CreateAccessKey", "a third key", pageQuotas, func(l *lab) {
			user := l.user("u")
			l.key(user)
			l.key(user)
			_, err := l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: &user})
			l.refused(err, "LimitExceeded")
		}},
		{"CreateAccessKey", "of nobody", "API_CreateAccessKey", func(l *lab) {
			_, err := l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: aws.String(l.name("nobody"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"UpdateAccessKey", "to Inactive", "API_UpdateAccessKey", func(l *lab) {
			user := l.user("u")
			k := l.key(user)
			l.ok(l.keyStatus(user, *k.AccessKeyId, "Inactive"))
			out, err := l.iam.ListAccessKeys(l.ctx, &iam.ListAccessKeysInput{UserName: &user})
			l.want(l.ok(err) && out.AccessKeyMetadata[0].Status == "Inactive", "still active")
		}},
		{"UpdateAccessKey", "to Expired", observed, func(l *lab) {
			user := l.user("u")
			l.refused(l.keyStatus(user, *l.key(user).AccessKeyId, "Expired"), "InvalidInput")
		}},
		{"UpdateAccessKey", "of no key", "API_UpdateAccessKey", func(l *lab) {
			l.refused(l.keyStatus(l.user("u"), "AKIAAAAAAAAAAAAAAAAA", "Inactive"), "NoSuchEntity")
		}},
		{"DeleteAccessKey", "of no key", "API_DeleteAccessKey", func(l *lab) {
			_, err := l.iam.DeleteAccessKey(l.ctx, &iam.DeleteAccessKeyInput{UserName: aws.String(l.user("u")), AccessKeyId: aws.String("AKIAAAAAAAAAAAAAAAAA")})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeleteAccessKey", "of another user", "API_DeleteAccessKey", func(l *lab) {
			k := l.key(l.user("owner"))
			_, err := l.iam.DeleteAccessKey(l.ctx, &iam.DeleteAccessKeyInput{UserName: aws.String(l.user("other")), AccessKeyId: k.AccessKeyId})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetAccessKeyLastUsed", "never", "API_GetAccessKeyLastUsed", func(l *lab) {
			user := l.user("u")
			out, err := l.iam.GetAccessKeyLastUsed(l.ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: l.key(user).AccessKeyId})
			l.want(l.ok(err) && *out.UserName == user && *out.AccessKeyLastUsed.Region == "N/A" && out.AccessKeyLastUsed.LastUsedDate == nil, "not N/A")
		}},
		{"ListAccessKeys", "of nobody", "API_ListAccessKeys", func(l *lab) {
			_, err := l.iam.ListAccessKeys(l.ctx, &iam.ListAccessKeysInput{UserName: aws.String(l.name("nobody"))})
			l.refused(err, "NoSuchEntity")
		}},
	}
}

func loginCases() []contractCase {
	return []contractCase{
		{"CreateLoginProfile", "what it answers", "API_CreateLoginProfile", func(l *lab) {
			out, err := l.iam.CreateLoginProfile(l.ctx, &iam.CreateLoginProfileInput{UserName: aws.String(l.user("u")), Password: aws.String(goodPassword), PasswordResetRequired: true})
			l.want(l.ok(err) && out.LoginProfile.PasswordResetRequired && time.Since(*out.LoginProfile.CreateDate) < time.Hour, "reset is not required")
		}},
		{"CreateLoginProfile", "keeps the demand to reset", "API_GetLoginProfile", func(l *lab) {
			user := l.user("u")
			_, err := l.iam.CreateLoginProfile(l.ctx, &iam.CreateLoginProfileInput{UserName: &user, Password: aws.String(goodPassword), PasswordResetRequired: true})
			l.ok(err)
			out, err := l.iam.GetLoginProfile(l.ctx, &iam.GetLoginProfileInput{UserName: &user})
			l.want(l.ok(err) && out.LoginProfile.PasswordResetRequired, "reset is not required")
		}},
		{"CreateLoginProfile", "twice", "API_CreateLoginProfile", func(l *lab) {
			user := l.user("u")
			l.ok(l.login(user, goodPassword))
			l.refused(l.login(user, goodPassword), "EntityAlreadyExists")
		}},
		{"CreateLoginProfile", "a weak password", "API_CreateLoginProfile", func(l *lab) {
			l.refused(l.login(l.user("u"), "short"), "PasswordPolicyViolation")
		}},
		{"CreateLoginProfile", "of nobody", "API_CreateLoginProfile", func(l *lab) {
			l.refused(l.login(l.name("nobody"), goodPassword), "NoSuchEntity")
		}},
		{"GetLoginProfile", "of none", "API_GetLoginProfile", func(l *lab) {
			_, err := l.iam.GetLoginProfile(l.ctx, &iam.GetLoginProfileInput{UserName: aws.String(l.user("u"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"UpdateLoginProfile", "of none", "API_UpdateLoginProfile", func(l *lab) {
			_, err := l.iam.UpdateLoginProfile(l.ctx, &iam.UpdateLoginProfileInput{UserName: aws.String(l.user("u")), Password: aws.String(goodPassword)})
			l.refused(err, "NoSuchEntity")
		}},
		{"UpdateLoginProfile", "a weak password", "API_UpdateLoginProfile", func(l *lab) {
			user := l.user("u")
			l.ok(l.login(user, goodPassword))
			_, err := l.iam.UpdateLoginProfile(l.ctx, &iam.UpdateLoginProfileInput{UserName: &user, Password: aws.String("short")})
			l.refused(err, "PasswordPolicyViolation")
		}},
		{"DeleteLoginProfile", "of none", "API_DeleteLoginProfile", func(l *lab) {
			_, err := l.iam.DeleteLoginProfile(l.ctx, &iam.DeleteLoginProfileInput{UserName: aws.String(l.user("u"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeleteLoginProfile", "of one", "API_DeleteLoginProfile", func(l *lab) {
			user := l.user("u")
			l.ok(l.login(user, goodPassword))
			_, err := l.iam.DeleteLoginProfile(l.ctx, &iam.DeleteLoginProfileInput{UserName: &user})
			l.ok(err)
		}},
	}
}
