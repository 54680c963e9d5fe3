package iamsim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"iamscim/provisioner/iamsim"
)

// TestRawRequests signs by hand what the SDK's clients never send.
func TestRawRequests(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	const list = "Action=ListUsers&Version=2010-05-08"
	for _, tt := range []struct {
		name, service, body, path string
		age                       time.Duration
		tamper                    func(*http.Request)
		status                    int
		want                      string
	}{
		{"good", "iam", list, "/", 0, nil, 200, "<ListUsersResponse"},
		{"query and odd path", "iam", list, "/a%20b?x=1&a=b+c", 0, nil, 200, "<ListUsersResponse"},
		{"14 minutes old", "iam", list, "/", 14 * time.Minute, nil, 200, "<ListUsersResponse"},
		{"16 minutes old", "iam", list, "/", 16 * time.Minute, nil, 403, "Signature expired"},
		{"16 minutes ahead", "iam", list, "/", -16 * time.Minute, nil, 403, "Signature not yet current"},
		{"other service", "s3", list, "/", 0, nil, 403, "scoped to correct service"},
		{"STS action under IAM", "iam", "Action=GetCallerIdentity&Version=2011-06-15", "/", 0, nil, 400, "InvalidAction"},
		{"other version", "iam", "Action=ListUsers&Version=2011-06-15", "/", 0, nil, 400, "InvalidAction"},
		{"no action", "iam", "Version=2010-05-08", "/", 0, nil, 400, "MissingAction"},
		{"unknown parameter", "iam", list + "&Nonsense=1", "/", 0, nil, 400, "ValidationError"},
		{"header changed after signing", "iam", list, "/", 0, func(r *http.Request) { r.Header.Set("X-Amz-Meta", "changed") }, 403, "SignatureDoesNotMatch"},
		{"other scheme", "iam", list, "/", 0, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 400, "IncompleteSignature"},
		{"no date", "iam", list, "/", 0, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 400, "IncompleteSignature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Amz-Meta", "  some   value ")
			s.sign(t, r, tt.service, tt.body, time.Now().Add(-tt.age))
			if tt.tamper != nil {
				tt.tamper(r)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || !strings.Contains(string(text), tt.want) {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, text, tt.status, tt.want)
			}
		})
	}
}

func (s *server) sign(tb testing.TB, r *http.Request, service, body string, at time.Time) {
	tb.Helper()
	id, secret := s.Credentials()
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(tb.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r,
		hex.EncodeToString(sum[:]), service, "us-east-1", at)
	if err != nil {
		tb.Fatal(err)
	}
}

// TestGet: the Query protocol may also be spoken with GET.
func TestGet(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/?Action=GetUser&Version=2010-05-08&UserName=bootstrap", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	s.sign(t, r, "iam", "", time.Now())
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<UserName>bootstrap</UserName>") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// FuzzRequest: whatever is sent, the account answers and never says 500.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"Action=ListUsers&Version=2010-05-08&MaxItems=1",
		"Action=TagUser&Version=2010-05-08&UserName=bootstrap&Tags.member.1.Key=a&Tags.member.1.Value=b",
		"Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument={}",
		"Action=SimulateCustomPolicy&Version=2010-05-08&ActionNames.member.1=iam:*&PolicyInputList.member.1={}",
		"Action=ListUsers&Version=2010-05-08&Marker=AAAA",
		"Action=GetPolicy&Version=2010-05-08&PolicyArn=arn:aws:iam::aws:policy",
		"%", "Action=", "Tags.member.99999999999999999999.Key=1",
	} {
		f.Add(seed)
	}
	s := newServer(f, iamsim.Config{})
	f.Fuzz(func(t *testing.T, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		s.sign(t, r, "iam", body, time.Now())
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("got %d for %q", w.Code, body)
		}
	})
}
