package iamsim_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/iamsim"
)

func (s *server) fault(f iamsim.Fault) {
	s.t.Helper()
	if err := s.Fault(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) create(name string) error {
	_, err := s.iam.CreateUser(s.ctx(), &iam.CreateUserInput{UserName: &name})
	return err
}

func (s *server) exists(name string) bool {
	_, ok := s.User(name)
	return ok
}

func TestFaultOnTheNthCall(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fault(iamsim.Fault{Action: "CreateUser", Nth: 2, Count: 2, Code: "Throttling"})
	for i, want := range []string{"", "Throttling", "Throttling", ""} {
		err := s.create(string(rune('a' + i)))
		s.wantCode(err, want)
		if s.exists(string(rune('a'+i))) != (want == "") {
			t.Errorf("call %d: the fault and the effect disagree", i)
		}
	}
}

func TestFaultAfterTakingEffect(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	for _, kind := range []iamsim.FaultKind{iamsim.FaultError, iamsim.FaultDrop, iamsim.FaultCut} {
		t.Run(string(kind), func(t *testing.T) {
			s.fault(iamsim.Fault{Action: "CreateUser", Kind: kind, After: true})
			name := "after-" + string(kind)
			if err := s.create(name); err == nil {
				t.Error("got no error")
			}
			if !s.exists(name) {
				t.Error("the call had no effect")
			}
		})
	}
}

// TestLostAnswer: the SDK repeats a call whose answer was lost, and meets its
// own success.
func TestLostAnswer(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fault(iamsim.Fault{Action: "CreateUser", Kind: iamsim.FaultDrop, After: true})
	_, err := s.retrying().CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("u")})
	s.wantCode(err, "EntityAlreadyExists")
	if got := s.Calls()["CreateUser"]; got != 2 {
		t.Errorf("got %d calls, want 2", got)
	}
}

func TestFaultsBeforeTakingEffect(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fault(iamsim.Fault{Action: "CreateUser", Kind: iamsim.FaultDrop})
	if err := s.create("u"); err == nil || s.exists("u") {
		t.Errorf("dropped: got %v", err)
	}
	s.fault(iamsim.Fault{Action: "CreateUser", Kind: iamsim.FaultHang, Nth: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("u")})
		done <- err
	}()
	for s.Calls()["CreateUser"] < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || s.exists("u") {
		t.Errorf("hanging: got %v", err)
	}
	for _, c := range s.Journal()[:2] {
		if c.Fault == "" || c.Code != "" {
			t.Errorf("the journal says that %s was answered with %q", c.Action, c.Code)
		}
	}
}

func TestSlowAnswer(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fault(iamsim.Fault{Action: "CreateUser", Kind: iamsim.FaultSlow, Delay: 20 * time.Millisecond})
	begin := time.Now()
	if err := s.create("u"); err != nil || time.Since(begin) < 20*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(begin))
	}
}

func TestFalsePages(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fill(19)
	s.fault(iamsim.Fault{Action: "ListUsers", Kind: iamsim.FaultTruncate, Nth: 2})
	names, _ := s.listAll(10)
	if got := len(names); got != 15 {
		t.Errorf("truncated: got %d users, want 15", got)
	}
	s.fault(iamsim.Fault{Action: "ListUsers", Kind: iamsim.FaultOmit})
	names, _ = s.listAll(10)
	if got := len(names); got != 19 {
		t.Errorf("omitted: got %d users, want 19", got)
	}
}

func TestFaultsRepeatFromTheSeed(t *testing.T) {
	run := func(seed uint64) string {
		s := newServer(t, iamsim.Config{Seed: seed})
		s.fault(iamsim.Fault{Action: "ListUsers", Count: -1, Percent: 50})
		var b strings.Builder
		for range 30 {
			_, err := s.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
			b.WriteString(code(err) + " ")
		}
		return b.String()
	}
	if one, two := run(1), run(1); one != two {
		t.Errorf("got %s and %s", one, two)
	}
	if run(1) == run(2) {
		t.Error("the seed makes no difference")
	}
}

func TestDelay(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	if err := s.SetDelay("CreateUser", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	s.wantCode(s.create("u"), "")
	tag := func() error {
		_, err := s.iam.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("u"), Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
		return err
	}
	s.Advance(9 * time.Second)
	if names, _ := s.listAll(10); len(names) != 1 {
		t.Errorf("got %v before the delay is over", names)
	}
	s.wantCode(tag(), "NoSuchEntity")
	s.wantCode(s.create("u"), "EntityAlreadyExists")
	s.Advance(time.Second)
	if names, _ := s.listAll(10); len(names) != 2 {
		t.Errorf("got %v after the delay", names)
	}
	s.wantCode(tag(), "")
}

func TestDelayedRenameAndDelete(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("old")
	if err := s.SetDelay("*", time.Minute); err != nil {
		t.Fatal(err)
	}
	get := func(name string) string {
		_, err := s.iam.GetUser(t.Context(), &iam.GetUserInput{UserName: &name})
		return code(err)
	}
	must[*iam.UpdateUserOutput](t)(s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("old"), NewUserName: aws.String("new")}))
	if get("old") != "" || get("new") != "NoSuchEntity" {
		t.Errorf("before the delay: old %q, new %q", get("old"), get("new"))
	}
	s.Advance(time.Minute)
	if get("old") != "NoSuchEntity" || get("new") != "" {
		t.Errorf("after the delay: old %q, new %q", get("old"), get("new"))
	}
	must[*iam.DeleteUserOutput](t)(s.iam.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("new")}))
	if got := get("new"); got != "" {
		t.Errorf("got %q right after the deletion", got)
	}
	s.Advance(time.Minute)
	if got := get("new"); got != "NoSuchEntity" {
		t.Errorf("got %q after the delay", got)
	}
}

func TestSettling(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.SetSettling(10 * time.Second)
	s.user("u")
	must[*iam.CreateLoginProfileOutput](t)(s.iam.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("Str0ng-enough")}))
	remove := func() error {
		_, err := s.iam.DeleteLoginProfile(t.Context(), &iam.DeleteLoginProfileInput{UserName: aws.String("u")})
		return err
	}
	s.wantCode(remove(), "EntityTemporarilyUnmodifiable")
	s.Advance(10 * time.Second)
	s.wantCode(remove(), "")
	must[*iam.DeleteUserOutput](t)(s.iam.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("u")}))
	s.wantCode(s.create("u"), "EntityTemporarilyUnmodifiable")
	s.Advance(10 * time.Second)
	s.wantCode(s.create("u"), "")
}

// TestContention: of two overlapping writes to one user the second is refused.
// The first lasts until its client gives up.
func TestContention(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	s.SetContention(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	tag := func(user string) error {
		_, err := s.iam.TagUser(ctx, &iam.TagUserInput{UserName: &user, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
		return err
	}
	results := make(chan error, 2)
	for _, name := range []string{"u", "U"} {
		go func() { results <- tag(name) }()
	}
	s.wantCode(<-results, "ConcurrentModification")
	cancel()
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestJournal(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.user("u")
	s.ResetCalls()
	must[*iam.CreateLoginProfileOutput](t)(s.iam.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("Str0ng-enough")}))
	s.wantCode(s.create("u"), "EntityAlreadyExists")
	j := s.Journal()
	if len(j) != 2 || j[0].Action != "CreateLoginProfile" || j[1].Code != "EntityAlreadyExists" {
		t.Fatalf("got %+v", j)
	}
	if got := j[0].Params.Get("Password"); got != "***" {
		t.Errorf("got password %q in the journal", got)
	}
	if got, want := j[0].Caller, "arn:aws:iam::123456789012:user/bootstrap"; got != want {
		t.Errorf("got caller %s, want %s", got, want)
	}
}
