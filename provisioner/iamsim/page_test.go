package iamsim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/iamsim"
)

func (s *server) fill(n int) {
	for i := range n {
		s.AddUser(iamsim.User{Name: fmt.Sprintf("user%04d", i)})
	}
}

func (s *server) listAll(maxItems int32) (names []string, pages []int) {
	s.t.Helper()
	p := iam.NewListUsersPaginator(s.iam, &iam.ListUsersInput{MaxItems: &maxItems}, func(o *iam.ListUsersPaginatorOptions) { o.StopOnDuplicateToken = true })
	for p.HasMorePages() {
		page, err := p.NextPage(s.ctx())
		if err != nil {
			s.t.Fatal(err)
		}
		pages = append(pages, len(page.Users))
		for _, u := range page.Users {
			names = append(names, *u.UserName)
		}
	}
	return names, pages
}

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cfg   iamsim.Config
		exact bool
	}{
		{"full pages", iamsim.Config{ShortPages: -1}, true},
		{"short pages", iamsim.Config{ShortPages: 0.5}, false},
		{"pages limited by bytes", iamsim.Config{ShortPages: -1, PageBytes: 1000}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.cfg)
			s.fill(99)
			names, pages := s.listAll(10)
			if len(names) != 100 || !slices.IsSorted(names[1:]) {
				t.Errorf("got %d users", len(names))
			}
			if exact := len(pages) == 10; exact != tt.exact {
				t.Errorf("got pages %v", pages)
			}
			if slices.Max(pages) > 10 {
				t.Errorf("a page has more than MaxItems: %v", pages)
			}
		})
	}
}

func TestMarkers(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fill(20)
	for i := range 5 {
		s.AddGroup(iamsim.Group{Name: fmt.Sprint("g", i)})
	}
	page := must[*iam.ListUsersOutput](t)(s.iam.ListUsers(t.Context(), &iam.ListUsersInput{MaxItems: aws.Int32(5)}))
	if !page.IsTruncated || page.Marker == nil {
		t.Fatal("the page is not truncated")
	}
	_, err := s.iam.ListGroups(t.Context(), &iam.ListGroupsInput{Marker: page.Marker})
	s.wantCode(err, "ValidationError")
	_, err = s.iam.ListUsers(t.Context(), &iam.ListUsersInput{Marker: page.Marker, PathPrefix: aws.String("/x/")})
	s.wantCode(err, "ValidationError")
	_, err = s.iam.ListUsers(t.Context(), &iam.ListUsersInput{Marker: aws.String("nonsense")})
	s.wantCode(err, "ValidationError")
	for _, n := range []int32{0, 1001} {
		_, err = s.iam.ListUsers(t.Context(), &iam.ListUsersInput{MaxItems: &n})
		s.wantCode(err, "ValidationError")
	}
	details := must[*iam.GetAccountAuthorizationDetailsOutput](t)(s.iam.GetAccountAuthorizationDetails(t.Context(),
		&iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(5), Filter: []iamtypes.EntityType{"User"}}))
	_, err = s.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{Marker: details.Marker, Filter: []iamtypes.EntityType{"Role"}})
	s.wantCode(err, "ValidationError")
	_, err = s.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{"user"}})
	s.wantCode(err, "ValidationError")
}

// TestDetailsShareOneBudget pages through everything by two.
func TestDetailsShareOneBudget(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.fill(4)
	s.AddGroup(iamsim.Group{Name: "g"})
	s.AddPolicy(iamsim.Policy{Name: "mine", Description: "d"}, allowS3, allowS3)
	var kinds []string
	p := iam.NewGetAccountAuthorizationDetailsPaginator(s.iam, &iam.GetAccountAuthorizationDetailsInput{
		MaxItems: aws.Int32(2), Filter: []iamtypes.EntityType{"User", "Group", "Role", "LocalManagedPolicy"}})
	for p.HasMorePages() {
		page := must[*iam.GetAccountAuthorizationDetailsOutput](t)(p.NextPage(t.Context()))
		kinds = append(kinds, strings.Repeat("u", len(page.UserDetailList))+strings.Repeat("r", len(page.RoleDetailList))+
			strings.Repeat("g", len(page.GroupDetailList))+strings.Repeat("p", len(page.Policies)))
		for _, d := range page.Policies {
			if len(d.PolicyVersionList) != 2 || d.Description != nil {
				t.Errorf("got %d versions and description %v", len(d.PolicyVersionList), d.Description)
			}
		}
	}
	if got, want := strings.Join(kinds, " "), "uu uu ur rg p"; got != want {
		t.Errorf("got pages %q, want %q", got, want)
	}
}

func TestDocumentsAreEncoded(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	text := `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/a+b é*"}]}`
	must[*iam.PutUserPolicyOutput](t)(s.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: aws.String("bootstrap"), PolicyName: aws.String("p"), PolicyDocument: &text}))
	got := must[*iam.GetUserPolicyOutput](t)(s.iam.GetUserPolicy(t.Context(), &iam.GetUserPolicyInput{UserName: aws.String("bootstrap"), PolicyName: aws.String("p")}))
	if strings.ContainsAny(*got.PolicyDocument, `+ {"`) || !strings.Contains(*got.PolicyDocument, "%2B") {
		t.Errorf("got %s", *got.PolicyDocument)
	}
	if plain := must[string](t)(url.PathUnescape(*got.PolicyDocument)); plain != text {
		t.Errorf("got %s, want %s", plain, text)
	}
}

func TestCredentialReport(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "Zoe", Login: &iamsim.LoginProfile{Created: s.Now(), Changed: s.Now()}})
	s.AddUser(iamsim.User{Name: "adam", Keys: []iamsim.AccessKey{{Status: "Inactive"}}})
	ctx := t.Context()
	get := func() (*iam.GetCredentialReportOutput, error) {
		return s.iam.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	}
	generate := func() iamtypes.ReportStateType {
		return must[*iam.GenerateCredentialReportOutput](t)(s.iam.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})).State
	}
	_, err := get()
	s.wantCode(err, "ReportNotPresent")
	if got := httpStatus(err); got != 410 {
		t.Errorf("got status %d, want 410", got)
	}
	if got := generate(); got != "STARTED" {
		t.Errorf("got %s, want STARTED", got)
	}
	_, err = get()
	s.wantCode(err, "ReportInProgress")
	if got := generate(); got != "COMPLETE" {
		t.Errorf("got %s, want COMPLETE", got)
	}
	first := must[*iam.GetCredentialReportOutput](t)(get())
	checkReport(t, string(first.Content))
	s.user("late")
	s.Advance(4*time.Hour - time.Minute)
	if got := generate(); got != "COMPLETE" {
		t.Errorf("got %s, want COMPLETE", got)
	}
	if again := must[*iam.GetCredentialReportOutput](t)(get()); string(again.Content) != string(first.Content) {
		t.Error("the cached report has changed")
	}
	s.Advance(time.Minute)
	_, err = get()
	s.wantCode(err, "ReportExpired")
	if got := []iamtypes.ReportStateType{generate(), generate(), generate()}; !slices.Equal(got, []iamtypes.ReportStateType{"STARTED", "INPROGRESS", "COMPLETE"}) {
		t.Errorf("got %v", got)
	}
}

func checkReport(t *testing.T, report string) {
	t.Helper()
	lines := strings.Split(report, "\n")
	if len(lines) != 5 || strings.Count(lines[0], ",") != 21 {
		t.Fatalf("got %s", report)
	}
	for i, prefix := range []string{"user,arn,", "<root_account>,", "adam,", "bootstrap,", "Zoe,"} {
		if !strings.HasPrefix(lines[i], prefix) {
			t.Errorf("line %d: got %s, want %s…", i, lines[i], prefix)
		}
	}
	adam := strings.Split(lines[2], ",")
	if adam[3] != "false" || adam[8] != "false" || adam[9] == "N/A" || adam[14] != "N/A" {
		t.Errorf("got %v", adam)
	}
}
