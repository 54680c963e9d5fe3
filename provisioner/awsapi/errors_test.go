package awsapi_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
)

// once makes a call without retries, so that its first answer is the error.
func once(o *iam.Options) { o.Retryer = aws.NopRetryer{} }

// kinds are what an error is, as callers ask for it.
func kinds(err error) []string {
	var is []string
	for name, test := range map[string]func(error) bool{
		"throttled": awsapi.IsThrottled, "conflict": awsapi.IsConflict, "invalid": awsapi.IsInvalidInput,
		"unauthenticated": awsapi.IsUnauthenticated, "forbidden": awsapi.IsForbidden, "unavailable": awsapi.IsUnavailable,
	} {
		if test(err) {
			is = append(is, name)
		}
	}
	slices.Sort(is)
	return is
}

// TestErrors: what the SDK makes of an answer is of the kinds that callers
// branch on, and of no other.
func TestErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		"Throttling":                    {"throttled"},
		"DeleteConflict":                {"conflict"},
		"EntityTemporarilyUnmodifiable": {"conflict"},
		"ValidationError":               {"invalid"},
		"MalformedPolicyDocument":       {"invalid"},
		"AccessDenied":                  {"forbidden"},
		"InvalidClientTokenId":          {"unauthenticated", "unavailable"},
		"ExpiredToken":                  {"unauthenticated", "unavailable"},
		"ServiceFailure":                {"unavailable"},
		"NoSuchEntity":                  nil,
		"LimitExceeded":                 nil,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			err := failing(t, iamsim.Fault{Action: "ListUsers", Code: code, Message: "for this test"})
			if got := awsapi.ErrorCode(err); got != code {
				t.Errorf("got code %q", got)
			}
			if got := awsapi.ErrorMessage(err); got != "for this test" {
				t.Errorf("got message %q", got)
			}
			if got := awsapi.DeniedAction(err); got != "iam:ListUsers" {
				t.Errorf("got action %q", got)
			}
			if got := kinds(err); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		err := failing(t, iamsim.Fault{Action: "ListUsers", Kind: iamsim.FaultDrop})
		if got := kinds(err); !slices.Equal(got, []string{"unavailable"}) || awsapi.ErrorCode(err) != "" {
			t.Errorf("got %v and code %q", got, awsapi.ErrorCode(err))
		}
	})
	t.Run("none of AWS", func(t *testing.T) {
		t.Parallel()
		err := errors.New("disk full")
		if got := kinds(err); len(got) > 0 || awsapi.ErrorCode(err) != "" || awsapi.DeniedAction(err) != "" || awsapi.ErrorMessage(err) != "disk full" {
			t.Errorf("got %v", got)
		}
	})
}

// failing makes a call that meets the fault.
func failing(t *testing.T, f iamsim.Fault) error {
	t.Helper()
	a, url := serveElsewhere(t, iamsim.Config{})
	cfg := keysOf(a)
	cfg.Endpoint = url
	c := connect(t, cfg)
	if err := a.Fault(f); err != nil {
		t.Fatal(err)
	}
	_, err := c.IAM.ListUsers(t.Context(), &iam.ListUsersInput{}, once)
	if err == nil {
		t.Fatal("the call succeeded")
	}
	return err
}

// TestDeniedRole: the action that was refused is that of the innermost call.
func TestDeniedRole(t *testing.T) {
	t.Parallel()
	a, url := serveElsewhere(t, iamsim.Config{})
	cfg := keysOf(a)
	cfg.Endpoint, cfg.RoleARN = url, a.ReadOnlyRoleARN()
	c := connect(t, cfg)
	if err := a.Fault(iamsim.Fault{Action: "AssumeRole", Code: "AccessDenied", Count: -1}); err != nil {
		t.Fatal(err)
	}
	c.Forget()
	_, err := c.IAM.ListUsers(t.Context(), &iam.ListUsersInput{}, once)
	if got := awsapi.DeniedAction(err); got != "iam:AssumeRole" {
		t.Errorf("got %q for %v", got, err)
	}
	if ce := c.Diagnose(err); ce == nil || ce.Remedy == "" {
		t.Errorf("no diagnosis for %v", err)
	}
	if ce := new(awsapi.ConnectError); errors.As(awsapi.DiagnoseRead(err), &ce) {
		t.Errorf("taken for a read that is not allowed: %v", err)
	}
}

// TestWriteClient: credentials that AWS rejects are read again, and the call is
// made anew; every attempt is counted.
func TestWriteClient(t *testing.T) {
	t.Parallel()
	a, url := serveElsewhere(t, iamsim.Config{})
	key := a.AddUser(iamsim.User{Name: "writer", Keys: []iamsim.AccessKey{{}}, Grants: iamsim.Grants{
		Attached: []string{"arn:aws:iam::aws:policy/IAMFullAccess"},
	}}).Keys[0]
	c := connect(t, awsapi.Config{
		Endpoint:        url,
		AccessKeyID:     func() (string, error) { return key.ID, nil },
		SecretAccessKey: func() (string, error) { return key.Secret, nil },
	})
	forgotten := 0
	c.OnForget(func() { forgotten++ })
	a.EditUser("writer", func(u *iamsim.User) { u.Keys = []iamsim.AccessKey{{}} })
	rotated, _ := a.User("writer")
	key = rotated.Keys[0]
	before := c.Calls()
	if _, err := c.WriteClient(0).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("new")}); err != nil {
		t.Fatal(err)
	}
	if forgotten != 1 {
		t.Errorf("forgotten %d times", forgotten)
	}
	if got := c.CallsSince(before); !maps.Equal(got, map[string]int64{"CreateUser": 2}) {
		t.Errorf("counted %v, want both attempts", got)
	}
}
