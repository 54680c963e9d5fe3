package iamsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
)

func TestLastAccessed(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	ctx := t.Context()
	u := s.AddUser(iamsim.User{
		Name: "u", Grants: iamsim.Grants{Attached: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, Inline: []iamsim.InlinePolicy{{Name: "p", Document: allowS3}}},
		Keys: []iamsim.AccessKey{{LastUsed: s.Now().Add(-time.Hour), LastService: "s3", LastRegion: "eu-west-1"}},
	})
	s.AddGroup(iamsim.Group{Name: "g"})
	for _, arn := range []string{"arn:aws:iam::123456789012:group/g", s.RoleARN(), boundaryARN} {
		must[*iam.GenerateServiceLastAccessedDetailsOutput](t)(s.iam.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: &arn}))
	}
	job := must[*iam.GenerateServiceLastAccessedDetailsOutput](t)(s.iam.GenerateServiceLastAccessedDetails(ctx,
		&iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::123456789012:user/" + u.Name)}))
	get := func() *iam.GetServiceLastAccessedDetailsOutput {
		return must[*iam.GetServiceLastAccessedDetailsOutput](t)(s.iam.GetServiceLastAccessedDetails(ctx, &iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId}))
	}
	if got := get().JobStatus; got != iamtypes.JobStatusTypeInProgress {
		t.Errorf("got %s, want IN_PROGRESS", got)
	}
	done := get()
	if done.JobStatus != iamtypes.JobStatusTypeCompleted || len(done.ServicesLastAccessed) != 2 {
		t.Fatalf("got %+v", done)
	}
	if last := done.ServicesLastAccessed[0]; *last.ServiceNamespace != "s3" || last.LastAuthenticated == nil {
		t.Errorf("got %+v", last)
	}
	_, err := s.iam.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::123456789012:user/absent")})
	s.wantCode(err, "NoSuchEntity")
	_, err = s.iam.GetServiceLastAccessedDetails(ctx, &iam.GetServiceLastAccessedDetailsInput{JobId: aws.String(strings.Repeat("0", 36))})
	s.wantCode(err, "NoSuchEntity")
}

// TestActionsLastAccessed: with ACTION_LEVEL each service lists its actions;
// attempts count also where they were refused.
func TestActionsLastAccessed(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	client := s.as("u", allow(`"Action":["iam:List*Aliases","iam:GetGroup","s3:GetObject","s3:List*"],"Resource":"*"`))
	_, err := client.ListAccountAliases(t.Context(), &iam.ListAccountAliasesInput{})
	s.wantCode(err, "")
	_, err = client.ListUsers(t.Context(), &iam.ListUsersInput{})
	s.wantCode(err, "AccessDenied")

	job := must[*iam.GenerateServiceLastAccessedDetailsOutput](t)(s.iam.GenerateServiceLastAccessedDetails(t.Context(),
		&iam.GenerateServiceLastAccessedDetailsInput{
			Arn: aws.String("arn:aws:iam::123456789012:user/u"), Granularity: iamtypes.AccessAdvisorUsageGranularityTypeActionLevel,
		}))
	var out *iam.GetServiceLastAccessedDetailsOutput
	for range 2 { // the first look finds it in progress
		out = must[*iam.GetServiceLastAccessedDetailsOutput](t)(s.iam.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId}))
	}
	got := map[string]bool{}
	for _, service := range out.ServicesLastAccessed {
		for _, a := range service.TrackedActionsLastAccessed {
			got[*service.ServiceNamespace+":"+*a.ActionName] = a.LastAccessedTime != nil
		}
	}
	want := map[string]bool{"iam:ListAccountAliases": true, "iam:GetGroup": false, "s3:GetObject": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if last := out.ServicesLastAccessed[0]; *last.ServiceNamespace != "iam" || *last.TotalAuthenticatedEntities != 1 ||
		last.LastAuthenticatedEntity == nil || *last.LastAuthenticatedEntity != "arn:aws:iam::123456789012:user/u" {
		t.Errorf("got %+v", last)
	}
}
