package iamsim_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/policy"
)

// TestAssumableAgreesWithSTS asks the policy package which roles each user of
// a generated account can assume, and then lets every user with a key try.
// What is certain must come true; what is possible may go either way.
func TestAssumableAgreesWithSTS(t *testing.T) {
	a := iamsim.New(iamsim.Config{Seed: 7})
	iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: 5})
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	id, secret := a.Credentials()
	all := labs(server.URL, id, secret)(t, 0).account(t)
	books := readBooks(t, all)
	var certain, possible, no int
	for _, u := range all.Users {
		stored, _ := a.User(*u.UserName)
		client := stsOf(t, server.URL, stored)
		if client == nil {
			continue
		}
		caller := books.caller(t, u)
		for _, role := range books.roles {
			want := caller.Assumable(role)
			_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role.ARN, RoleSessionName: aws.String("try")})
			got := answered(t, err)
			switch want {
			case policy.AssumableRole:
				certain++
			case policy.PossiblyAssumable:
				possible++
				continue
			default:
				no++
			}
			if got != (want == policy.AssumableRole) {
				t.Errorf("%s on %s: computed %v, STS allowed %t", *u.UserName, role.ARN, want, got)
			}
		}
	}
	if certain == 0 || possible == 0 || no == 0 {
		t.Errorf("the account does not show every answer: %d certain, %d possible, %d no", certain, possible, no)
	}
}

func answered(t *testing.T, err error) bool {
	t.Helper()
	var api smithy.APIError
	if err != nil && (!errors.As(err, &api) || api.ErrorCode() != "AccessDenied") {
		t.Fatal(err)
	}
	return err == nil
}

// stsOf signs with the user's first active key; nil without one.
func stsOf(t *testing.T, endpoint string, u iamsim.User) *sts.Client {
	for _, k := range u.Keys {
		if k.Status == "Active" {
			return labs(endpoint, k.ID, k.Secret)(t, 0).sts
		}
	}
	return nil
}

// books are the parsed policies of an account.
type books struct {
	managed map[string]*policy.Document // customer policies by ARN
	groups  map[string][]*policy.Document
	roles   []*policy.Role
}

func readBooks(t *testing.T, all account) *books {
	b := &books{managed: map[string]*policy.Document{}, groups: map[string][]*policy.Document{}}
	for _, p := range all.Policies {
		for _, v := range p.PolicyVersionList {
			if v.IsDefaultVersion {
				b.managed[*p.Arn] = parsed(t, *v.Document)
			}
		}
	}
	// The policies of AWS that the generator attaches, as far as they matter
	// for sts:AssumeRole; the others say nothing about it.
	for name, text := range map[string]string{
		"AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"AWSDenyAll":          `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`,
		"PowerUserAccess":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}]}`,
	} {
		b.managed["arn:aws:iam::aws:policy/"+name] = parsed(t, text)
	}
	for _, g := range all.Groups {
		b.groups[*g.GroupName] = append(b.attached(g.AttachedManagedPolicies), inlineOf(t, g.GroupPolicyList)...)
	}
	for _, r := range all.Roles {
		b.roles = append(b.roles, policy.NewRole(*r.Arn, parsed(t, *r.AssumeRolePolicyDocument)))
	}
	return b
}

func parsed(t *testing.T, encoded string) *policy.Document {
	t.Helper()
	plain, err := url.PathUnescape(encoded)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := policy.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func (b *books) attached(list []iamtypes.AttachedPolicy) []*policy.Document {
	var docs []*policy.Document
	for _, p := range list {
		if doc := b.managed[*p.PolicyArn]; doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs
}

func inlineOf(t *testing.T, list []iamtypes.PolicyDetail) []*policy.Document {
	var docs []*policy.Document
	for _, p := range list {
		docs = append(docs, parsed(t, *p.PolicyDocument))
	}
	return docs
}

func (b *books) caller(t *testing.T, u iamtypes.UserDetail) *policy.Caller {
	docs := append(b.attached(u.AttachedManagedPolicies), inlineOf(t, u.UserPolicyList)...)
	for _, name := range u.GroupList {
		docs = append(docs, b.groups[name]...)
	}
	var boundary *policy.Document
	if u.PermissionsBoundary != nil {
		boundary = b.managed[*u.PermissionsBoundary.PermissionsBoundaryArn]
	}
	tags := map[string]string{}
	for _, t := range u.Tags {
		tags[*t.Key] = *t.Value
	}
	return policy.NewCaller(policy.Principal{
		ARN: *u.Arn, AccountID: policy.AccountOf(*u.Arn), Username: *u.UserName, UserID: *u.UserId, Type: policy.User, Tags: tags,
	}, docs, boundary)
}
