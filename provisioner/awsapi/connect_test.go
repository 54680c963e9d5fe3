package awsapi_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
)

// serveSim puts an account behind HTTP, with an empty AWS environment else.
func serveSim(t *testing.T, cfg iamsim.Config) *iamsim.Account {
	t.Helper()
	a, url := serveElsewhere(t, cfg)
	environment(t, map[string]string{"AWS_ENDPOINT_URL": url})
	return a
}

// serveElsewhere puts an account behind HTTP and leaves the environment alone.
func serveElsewhere(t *testing.T, cfg iamsim.Config) (a *iamsim.Account, url string) {
	t.Helper()
	a = iamsim.New(cfg)
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	return a, srv.URL
}

// environment is an AWS environment in which only what is given is set.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for key, value := range map[string]string{
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_ENDPOINT_URL_IAM": "", "AWS_ENDPOINT_URL_STS": "", "AWS_ROLE_ARN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
	} {
		t.Setenv(key, value)
	}
	for key, value := range set {
		t.Setenv(key, value)
	}
}

func keysOf(a *iamsim.Account) awsapi.Config {
	id, secret := a.Credentials()
	return awsapi.Config{AccessKeyID: say(id), SecretAccessKey: say(secret)}
}

func say(s string) func() (string, error) { return func() (string, error) { return s, nil } }

func connect(t *testing.T, cfg awsapi.Config) *awsapi.Connection {
	t.Helper()
	c, err := awsapi.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnect(t *testing.T) {
	a := serveSim(t, iamsim.Config{})
	id, secret := a.Credentials()

	t.Run("keys", func(t *testing.T) {
		c := connect(t, keysOf(a))
		if c.AccountID != a.ID() || c.Partition != "aws" || !strings.Contains(c.CallerARN, ":user/") {
			t.Errorf("got account %s, partition %s, caller %s", c.AccountID, c.Partition, c.CallerARN)
		}
	})
	t.Run("role wins over keys", func(t *testing.T) {
		cfg := keysOf(a)
		cfg.RoleARN, cfg.SessionName = a.ReadOnlyRoleARN(), "review"
		c := connect(t, cfg)
		if !strings.HasSuffix(c.CallerARN, "/review") || c.RoleARN != cfg.RoleARN {
			t.Errorf("got caller %s, role %s", c.CallerARN, c.RoleARN)
		}
		expires, err := c.Expires(t.Context())
		if left := time.Until(expires); err != nil || left < 30*time.Minute || left > time.Hour {
			t.Errorf("session ends in %s, %v", left, err)
		}
	})
	t.Run("default chain", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", id)
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
		c := connect(t, awsapi.Config{})
		if !strings.Contains(c.CallerARN, ":user/") {
			t.Errorf("got caller %s", c.CallerARN)
		}
	})
	t.Run("twelve hours", func(t *testing.T) {
		cfg := keysOf(a)
		cfg.RoleARN, cfg.SessionDuration = a.ReadOnlyRoleARN(), 12*time.Hour
		expires, err := connect(t, cfg).Expires(t.Context())
		if left := time.Until(expires); err != nil || left < 11*time.Hour {
			t.Errorf("session ends in %s, %v", left, err)
		}
	})
}

// TestConnectChained: a role assumed from a role gets an hour, whatever it
// asks for.
func TestConnectChained(t *testing.T) {
	a := serveSim(t, iamsim.Config{})
	short := a.AddRole(iamsim.Role{
		Name: "short", MaxSession: time.Hour,
		Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + a.ID() + `"},"Action":"sts:AssumeRole"}]}`,
	})
	cfg := keysOf(a)
	cfg.RoleARN = "arn:aws:iam::" + a.ID() + ":role/" + short.Name
	cfg.SessionDuration = 12 * time.Hour
	assertHour := func(t *testing.T, cfg awsapi.Config) {
		t.Helper()
		var log bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		expires, err := connect(t, cfg).Expires(t.Context())
		if left := time.Until(expires); err != nil || left > time.Hour {
			t.Errorf("session ends in %s, %v", left, err)
		}
		if n := strings.Count(log.String(), "limited to one hour"); n != 1 {
			t.Errorf("said %d times that sessions are limited: %s", n, log.String())
		}
	}
	t.Run("maximum session duration", func(t *testing.T) { assertHour(t, cfg) })
	t.Run("role chaining", func(t *testing.T) {
		session(t, a)
		cfg := cfg
		cfg.AccessKeyID, cfg.SecretAccessKey, cfg.RoleARN = nil, nil, a.ReadOnlyRoleARN()
		a.AddRole(iamsim.Role{
			Name: "chained", MaxSession: 12 * time.Hour,
			Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + a.RoleARN() + `"},"Action":"sts:AssumeRole"}]}`,
		})
		cfg.RoleARN = "arn:aws:iam::" + a.ID() + ":role/chained"
		assertHour(t, cfg)
	})
}

// session puts credentials of a session of the full role into the environment.
func session(t *testing.T, a *iamsim.Account) {
	t.Helper()
	id, secret := a.Credentials()
	t.Setenv("AWS_ACCESS_KEY_ID", id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	cfg, err := awsconfig.LoadDefaultConfig(t.Context(), awsconfig.WithRegion("us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(a.RoleARN()), RoleSessionName: aws.String("first")})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", *out.Credentials.AccessKeyId)
	t.Setenv("AWS_SECRET_ACCESS_KEY", *out.Credentials.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", *out.Credentials.SessionToken)
}

func TestConnectRefused(t *testing.T) {
	a := serveSim(t, iamsim.Config{})
	id, secret := a.Credentials()
	rootID, rootSecret := a.RootCredentials()
	external := a.AddRole(iamsim.Role{Name: "external", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"AWS":"` + a.ID() + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"right"}}}]}`})
	externalARN := "arn:aws:iam::" + a.ID() + ":role/" + external.Name
	tests := []struct {
		name    string
		cfg     awsapi.Config
		env     map[string]string
		problem string
	}{
		{name: "unknown key", cfg: awsapi.Config{AccessKeyID: say("AKIAIOSFODNN7EXAMPLE"), SecretAccessKey: say(secret)},
			problem: "does not know the access key"},
		{name: "wrong secret", cfg: awsapi.Config{AccessKeyID: say(id), SecretAccessKey: say("wrong")},
			problem: "rejects the signature"},
		{name: "account root", cfg: awsapi.Config{AccessKeyID: say(rootID), SecretAccessKey: say(rootSecret)},
			problem: "account root"},
		{name: "missing role", cfg: awsapi.Config{RoleARN: "arn:aws:iam::" + a.ID() + ":role/none", AccessKeyID: say(id), SecretAccessKey: say(secret)},
			problem: "role cannot be assumed"},
		{name: "missing external id", cfg: awsapi.Config{RoleARN: externalARN, AccessKeyID: say(id), SecretAccessKey: say(secret)},
			problem: "role cannot be assumed"},
		{name: "wrong external id", cfg: awsapi.Config{RoleARN: externalARN, ExternalID: "wrong", AccessKeyID: say(id), SecretAccessKey: say(secret)},
			problem: "role cannot be assumed"},
		{name: "no credentials", problem: "no usable AWS credentials"},
		{name: "half a key", cfg: awsapi.Config{AccessKeyID: say(id)}, problem: "one half"},
		{name: "empty key", cfg: awsapi.Config{AccessKeyID: say(""), SecretAccessKey: say("")}, problem: "no usable AWS credentials"},
		{name: "no role ARN", cfg: awsapi.Config{RoleARN: "admin"}, problem: "not the ARN of an IAM role"},
		{name: "session too long", cfg: awsapi.Config{SessionDuration: 13 * time.Hour}, problem: "outside what AWS allows"},
		{name: "plain http", cfg: keysOf(a), env: map[string]string{"AWS_ENDPOINT_URL_STS": "http://sts.example.com"}, problem: "not encrypted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for key, value := range tt.env {
				t.Setenv(key, value)
			}
			_, err := awsapi.Connect(t.Context(), tt.cfg)
			var ce *awsapi.ConnectError
			if !errors.As(err, &ce) || !strings.Contains(ce.Problem, tt.problem) || ce.Remedy == "" {
				t.Errorf("got %v, want a problem with %q and a remedy", err, tt.problem)
			}
		})
	}
	t.Run("right external id", func(t *testing.T) {
		cfg := keysOf(a)
		cfg.RoleARN, cfg.ExternalID = externalARN, "right"
		connect(t, cfg)
	})
}

func TestConnectDeadEndpoint(t *testing.T) {
	t.Parallel()
	cfg := keysOf(iamsim.New(iamsim.Config{}))
	cfg.Endpoint = "http://127.0.0.1:1"
	_, err := awsapi.Connect(t.Context(), cfg)
	var ce *awsapi.ConnectError
	if !errors.As(err, &ce) || !strings.Contains(ce.Problem, "cannot be reached") || ce.Remedy == "" {
		t.Errorf("got %v, want a problem with a remedy", err)
	}
}

// TestConnectKnownAccount: signing in can wait for AWS, but not for other keys.
func TestConnectKnownAccount(t *testing.T) {
	t.Parallel()
	a, url := serveElsewhere(t, iamsim.Config{})
	cfg := keysOf(a)
	cfg.AccountID, cfg.RoleARN, cfg.Endpoint = a.ID(), a.ReadOnlyRoleARN(), url
	if c := connect(t, cfg); c.Pending != nil || c.CallerARN == "" {
		t.Errorf("reachable: %+v", c)
	}
	wrong := cfg
	wrong.SecretAccessKey = say("wrong")
	if _, err := awsapi.Connect(t.Context(), wrong); err == nil {
		t.Error("a wrong key is no reason to wait")
	}
	cfg.Endpoint = "http://127.0.0.1:1"
	c := connect(t, cfg)
	if c.Pending == nil || c.Pending.Remedy == "" || c.AccountID != a.ID() || c.Partition != "aws" || c.CallerARN != "" {
		t.Errorf("unreachable: %+v", c)
	}
}

// TestConnectPlainHTTPSendsNothing: the refusal must come before the request.
func TestConnectPlainHTTPSendsNothing(t *testing.T) {
	a := serveSim(t, iamsim.Config{})
	cfg := keysOf(a)
	t.Setenv("AWS_ENDPOINT_URL", "http://0.0.0.0:1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := awsapi.Connect(ctx, cfg)
	var ce *awsapi.ConnectError
	if !errors.As(err, &ce) || ce.Err != nil {
		t.Errorf("got %v, want a refusal without a network error", err)
	}
}

// TestConnectRegion: without a region, the partition of the role decides.
func TestConnectRegion(t *testing.T) {
	for partition, want := range map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"} {
		t.Run(partition, func(t *testing.T) {
			a := serveSim(t, iamsim.Config{Partition: partition})
			cfg := keysOf(a)
			cfg.RoleARN = a.ReadOnlyRoleARN()
			c := connect(t, cfg)
			if got := c.STS.Options().Region; got != want || c.Partition != partition {
				t.Errorf("got region %s in partition %s, want %s", got, c.Partition, want)
			}
		})
	}
}
