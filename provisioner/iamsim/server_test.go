package iamsim_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"iamscim/provisioner/iamsim"
)

// server is a simulated account behind HTTP with clients for it.
type server struct {
	*iamsim.Account
	url string
	iam *iam.Client // as the bootstrap user
	sts *sts.Client
	t   testing.TB
}

func newServer(tb testing.TB, cfg iamsim.Config) *server {
	tb.Helper()
	if cfg.ShortPages == 0 {
		cfg.ShortPages = -1
	}
	return serve(tb, iamsim.New(cfg))
}

func serve(tb testing.TB, a *iamsim.Account) *server {
	tb.Helper()
	h := httptest.NewServer(a)
	tb.Cleanup(h.Close)
	s := &server{Account: a, url: h.URL, t: tb}
	id, secret := a.Credentials()
	s.iam, s.sts = s.clients(id, secret, "")
	return s
}

// clients signs with the given keys. There are no retries: a test wants to see
// what the account answers.
func (s *server) clients(id, secret, token string) (*iam.Client, *sts.Client) {
	cfg := aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(s.url),
		Credentials:  credentials.NewStaticCredentialsProvider(id, secret, token),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
	}
	return iam.NewFromConfig(cfg), sts.NewFromConfig(cfg)
}

// retrying is a client with the SDK's standard retries and no waiting.
func (s *server) retrying() *iam.Client {
	id, secret := s.Credentials()
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.url),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
}

// as makes a user with one inline policy and a key, and returns its client.
func (s *server) as(name, document string) *iam.Client {
	u := s.AddUser(iamsim.User{
		Name: name, Keys: []iamsim.AccessKey{{}},
		Grants: iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "test", Document: document}}},
	})
	client, _ := s.clients(u.Keys[0].ID, u.Keys[0].Secret, "")
	return client
}

// code is the AWS error code of err, "" for nil, or the error's text.
func code(err error) string {
	if err == nil {
		return ""
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return err.Error()
}

func httpStatus(err error) int {
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return r.HTTPStatusCode()
	}
	return 0
}

func (s *server) wantCode(err error, want string) {
	s.t.Helper()
	if got := code(err); got != want {
		s.t.Errorf("got code %q (%v), want %q", got, err, want)
	}
}

func must[T any](tb testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func (s *server) user(name string) {
	s.t.Helper()
	if _, err := s.iam.CreateUser(s.ctx(), &iam.CreateUserInput{UserName: &name}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) group(name string) {
	s.t.Helper()
	if _, err := s.iam.CreateGroup(s.ctx(), &iam.CreateGroupInput{GroupName: &name}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) ctx() context.Context { return s.t.Context() }

func TestReads(t *testing.T) {
	s := newServer(t, iamsim.Config{Alias: "acme"})
	who, err := s.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *who.Arn, "arn:aws:iam::123456789012:user/bootstrap"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	users, err := s.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(users.Users); got != 1 {
		t.Errorf("got %d users, want 1", got)
	}
	gaad, err := s.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(gaad.UserDetailList) != 1 || len(gaad.RoleDetailList) != 2 || len(gaad.Policies) != 3 {
		t.Errorf("got %d users, %d roles, %d policies", len(gaad.UserDetailList), len(gaad.RoleDetailList), len(gaad.Policies))
	}
	sum, err := s.iam.GetAccountSummary(t.Context(), &iam.GetAccountSummaryInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(sum.SummaryMap); got != 34 {
		t.Errorf("got %d summary keys, want 34", got)
	}
}
