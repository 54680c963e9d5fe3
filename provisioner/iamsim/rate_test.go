package iamsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
)

// TestRate: the bucket refills on the account's clock and on nothing else.
func TestRate(t *testing.T) {
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	s := newServer(t, iamsim.Config{Now: func() time.Time { return start }})
	if err := s.SetRate("ListUsers", 2, 3); err != nil {
		t.Fatal(err)
	}
	listed := func() (n int) {
		for ; n < 50; n++ {
			_, err := s.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
			if code(err) == "Throttling" && httpStatus(err) == 400 {
				return n
			}
			s.wantCode(err, "")
		}
		return n
	}
	for _, tt := range []struct {
		name string
		wait time.Duration
		want int
	}{{"the burst", 0, 3}, {"at once", 0, 0}, {"a second", time.Second, 2}, {"an hour", time.Hour, 3}} {
		s.Advance(tt.wait)
		if got := listed(); got != tt.want {
			t.Errorf("%s: got %d calls, want %d", tt.name, got, tt.want)
		}
	}
	_, err := s.iam.ListGroups(t.Context(), &iam.ListGroupsInput{})
	s.wantCode(err, "") // has a bucket of its own, or none
	if err := s.SetRate("*", 0, 0); err != nil {
		t.Fatal(err)
	}
	if got := listed(); got != 50 {
		t.Errorf("got %d calls without a limit", got)
	}
	if s.SetRate("Nonsense", 1, 1) == nil || s.SetRate("ListUsers", -1, 0) == nil {
		t.Error("a rate that cannot be is accepted")
	}
}

func TestDialsOverHTTP(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	for _, tt := range []struct {
		page, body string
		status     int
		shown      string // by /_sim/dials afterwards
	}{
		{"delay", `{"action":"CreateUser","delay":"10s"}`, 204, `"delays":{"CreateUser":"10s"}`},
		{"rate", `{"action":"ListUsers","perSecond":15,"burst":30}`, 204, `"rates":{"ListUsers":{"perSecond":15,"burst":30}}`},
		{"settling", `{"for":"10s"}`, 204, `"settling":"10s"`},
		{"contention", `{"for":"1ms"}`, 204, `"contention":"1ms"`},
		{"scp", `{"policies":[{"Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}]}`, 204, `"scp":[{"Statement"`},
		{"rate", `{"action":"Nonsense","perSecond":1}`, 400, `"rates":{"ListUsers"`},
		{"scp", `{"policies":[{"Statement":1}]}`, 400, `"scp":[{"Statement":{`},
		{"settling", `{"for":"soon"}`, 400, `"settling":"10s"`},
	} {
		if status, text := s.control("POST", "/_sim/"+tt.page, tt.body); status != tt.status {
			t.Errorf("%s %s: got %d %s", tt.page, tt.body, status, text)
		}
		if _, text := s.control("GET", "/_sim/dials", ""); !strings.Contains(text, tt.shown) {
			t.Errorf("%s %s: got %s", tt.page, tt.body, text)
		}
	}
	_, err := s.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "AccessDenied")
	if status, _ := s.control("POST", "/_sim/scp", `{"policies":[]}`); status != 204 {
		t.Errorf("got %d", status)
	}
	_, err = s.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "")
}
