package iamsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// factsTable has one row for each way in which the real IAM is known to differ
// from what emulators do, with the contract cases that hold the simulated
// account to it.
var factsTable = []struct{ fact, cases string }{
	{"prefixes of unique ids", "CreateUser/what it answers, CreateGroup/what it answers"},
	{"names differ by more than case", "CreateUser/a name that differs in case only, CreateGroup/a name that differs in case only"},
	{"look-ups ignore case", "GetUser/in another case, GetGroup/in another case, GetUserPolicy/answers the stored spelling of the name"},
	{"names and paths are validated", "CreateUser/65 characters, CreateUser/a blank in the name, CreateUser/an exclamation mark, CreateUser/a path without slashes"},
	{"CreateUser stores a boundary", "CreateUser/with a boundary"},
	{"a rename keeps everything", "UpdateUser/keeps tags, UpdateUser/keeps keys, UpdateUser/keeps memberships, UpdateUser/keeps policies, UpdateUser/keeps the id"},
	{"a rename onto an existing name", "UpdateUser/onto another user, UpdateUser/onto another user in another case, UpdateGroup/onto another group"},
	{"a case-only rename", "UpdateUser/in case only"},
	{"UpdateGroup with only a path", "UpdateGroup/only the path"},
	{"DeleteUser with dependencies", "DeleteUser/with a key, DeleteUser/with a password, DeleteUser/in a group, DeleteUser/with an MFA device, " +
		"DeleteUser/with an attached policy, DeleteUser/with an inline policy, DeleteUser/with an SSH key, DeleteUser/with a certificate, DeleteUser/with a service credential"},
	{"a deleted user is in no group", "GetGroup/after a member was deleted"},
	{"DeleteGroup with dependencies", "DeleteGroup/with a member, DeleteGroup/with an attached policy, DeleteGroup/with an inline policy"},
	{"ten groups, ten policies", "AddUserToGroup/an 11th group, AttachUserPolicy/an 11th policy, AttachGroupPolicy/an 11th policy"},
	{"joining twice", "AddUserToGroup/twice"},
	{"removing who is no member", "RemoveUserFromGroup/of one who is no member"},
	{"detaching what is not attached", "DetachUserPolicy/not attached"},
	{"attaching a policy of AWS", "AttachUserPolicy/a policy of AWS"},
	{"a weak password", "CreateLoginProfile/a weak password, UpdateLoginProfile/a weak password"},
	{"PasswordResetRequired", "CreateLoginProfile/keeps the demand to reset, CreateLoginProfile/what it answers"},
	{"tag keys ignore case", "TagUser/a key in another case, TagUser/keys that differ in case"},
	{"51 tags, illegal characters", "CreateUser/51 tags, TagUser/a 51st tag, TagUser/an apostrophe, TagUser/an ampersand in the key"},
	{"pages and markers", "ListUsers/truncated, ListGroups/MaxItems, GetGroup/truncated, ListAccessKeys/truncated, GetAccountAuthorizationDetails/MaxItems, ListUsers/a made-up marker"},
	{"details show boundaries", "GetAccountAuthorizationDetails/shows boundaries"},
	{"details validate their filter", "GetAccountAuthorizationDetails/a filter in another case, GetAccountAuthorizationDetails/a marker of another filter"},
	{"the credential report", "GetCredentialReport/before any was made, GenerateCredentialReport/becomes complete, GetCredentialReport/begins with the root user, GetCredentialReport/is kept for four hours"},
	{"AssumeRole validates", "AssumeRole/that does not exist, AssumeRole/for 99,999 seconds, AssumeRole/for longer than the role allows"},
	{"actions that emulators lack", "PutUserPermissionsBoundary/is shown, SimulatePrincipalPolicy/an inline policy allows, ListServiceSpecificCredentials/of all users, GetMFADevice/of one"},
	{"MFA codes, SSH keys and their numbers", "EnableMFADevice/with wrong codes, EnableMFADevice/a ninth device, UploadSSHPublicKey/no key, UploadSSHPublicKey/a sixth key"},
}

// TestFacts runs the table row by row, each against an account of its own.
func TestFacts(t *testing.T) {
	cases := map[string]contractCase{}
	for _, c := range contractCases() {
		cases[c.String()] = c
	}
	for _, row := range factsTable {
		t.Run(row.fact, func(t *testing.T) {
			newLab := simulated(t)
			for i, name := range strings.Split(row.cases, ", ") {
				c, ok := cases[name]
				if !ok {
					t.Errorf("there is no case %s", name)
					continue
				}
				l := newLab(t, i)
				l.perform(c)
				if len(l.problems) > 0 {
					t.Errorf("%s: %s (%s)", name, strings.Join(l.problems, "; "), c.source)
				}
			}
		})
	}
}

// factCases are facts that the other files have no place for.
func factCases() []contractCase {
	return []contractCase{
		{"EnableMFADevice", "a ninth device", pageQuotas, func(l *lab) {
			user, now := l.user("u"), time.Now()
			for i := range 9 {
				serial, seed := l.device("d" + string(rune('a'+i)))
				err := l.enable(user, serial, passcode(seed, now.Add(-30*time.Second)), passcode(seed, now))
				if i < 8 {
					l.ok(err)
					continue
				}
				l.refused(err, "LimitExceeded")
			}
		}},
		{"ListAccessKeys", "truncated", "API_ListAccessKeys", func(l *lab) {
			user := l.user("u")
			first, second := l.key(user), l.key(user)
			in := &iam.ListAccessKeysInput{UserName: &user, MaxItems: aws.Int32(1)}
			out, err := l.iam.ListAccessKeys(l.ctx, in)
			if !l.ok(err) {
				return
			}
			l.want(len(out.AccessKeyMetadata) == 1 && out.IsTruncated, "%d keys in one page", len(out.AccessKeyMetadata))
			in.Marker = out.Marker
			rest, err := l.iam.ListAccessKeys(l.ctx, in)
			l.want(l.ok(err) && len(rest.AccessKeyMetadata) == 1 && !rest.IsTruncated, "the rest is not one key")
			l.want(*out.AccessKeyMetadata[0].AccessKeyId != *rest.AccessKeyMetadata[0].AccessKeyId && *first.AccessKeyId != *second.AccessKeyId, "a key twice")
		}},
	}
}
