package provisioner

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// rereads bounds how often the two mandatory reads are repeated until they
// agree. An account in which users come and go between two calls for so long
// is not one whose state can be told.
const rereads = 3

// readAccount reads GetAccountAuthorizationDetails and ListUsers until they
// name the same users and nothing in them points at something missing. AWS
// promises no isolation between pages, so two reads that agree are the best
// evidence there is.
func (o *observer) readAccount(ctx context.Context) error {
	if err := o.readDetails(ctx); err != nil {
		return err
	}
	if err := o.listUsers(ctx); err != nil {
		return err
	}
	for range rereads {
		problem := o.disagreement()
		if problem == "" {
			break
		}
		o.log.InfoContext(ctx, "reading the account again", "reason", problem)
		if err := o.readDetails(ctx); err != nil {
			return err
		}
		if o.disagreement() == "" {
			break
		}
		if err := o.listUsers(ctx); err != nil {
			return err
		}
	}
	if problem := o.disagreement(); problem != "" {
		return fmt.Errorf("observe: %w: %s", errPage, problem)
	}
	return o.countCheck(ctx)
}

// readDetails reads all pages of GetAccountAuthorizationDetails. It never asks
// for AWSManagedPolicy: every historical version's document would be shipped
// (observed: minutes instead of seconds).
func (o *observer) readDetails(ctx context.Context) error {
	f := o.facts
	f.users, f.groups, f.roles, f.policies = nil, nil, nil, nil
	return pages("GetAccountAuthorizationDetails", func(marker *string) (page, error) {
		out, err := o.iam.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
			Filter: []iamtypes.EntityType{
				iamtypes.EntityTypeUser, iamtypes.EntityTypeGroup, iamtypes.EntityTypeRole, iamtypes.EntityTypeLocalManagedPolicy,
			},
			MaxItems: aws.Int32(pageSize),
			Marker:   marker,
		})
		if err != nil {
			return page{}, err
		}
		f.users = append(f.users, out.UserDetailList...)
		f.groups = append(f.groups, out.GroupDetailList...)
		f.roles = append(f.roles, out.RoleDetailList...)
		f.policies = append(f.policies, out.Policies...)
		o.tell(Progress{Action: "GetAccountAuthorizationDetails", Done: len(f.users) + len(f.groups) + len(f.roles) + len(f.policies)})
		return page{out.IsTruncated, out.Marker}, nil
	})
}

// listUsers reads all pages of ListUsers, which knows what the details do not:
// when the password was last used.
func (o *observer) listUsers(ctx context.Context) error {
	listed := map[string]iamtypes.User{}
	err := pages("ListUsers", func(marker *string) (page, error) {
		out, err := o.iam.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(pageSize), Marker: marker})
		if err != nil {
			return page{}, err
		}
		for _, u := range out.Users {
			listed[aws.ToString(u.UserId)] = u
		}
		o.tell(Progress{Action: "ListUsers", Done: len(listed)})
		return page{out.IsTruncated, out.Marker}, nil
	})
	o.facts.listed = listed
	return err
}

// disagreement says what does not fit together in what was read, or "".
func (o *observer) disagreement() string {
	f := o.facts
	ids := make(map[string]bool, len(f.users))
	for i := range f.users {
		ids[aws.ToString(f.users[i].UserId)] = true
		if _, ok := f.listed[aws.ToString(f.users[i].UserId)]; !ok {
			return fmt.Sprintf("user %s is missing from ListUsers", aws.ToString(f.users[i].UserName))
		}
	}
	for id, u := range f.listed {
		if !ids[id] {
			return fmt.Sprintf("user %s is missing from GetAccountAuthorizationDetails", aws.ToString(u.UserName))
		}
	}
	return f.dangling()
}

// dangling finds references by name whose object is in no page: something was
// renamed or made between two pages, or a page was lost.
func (f *facts) dangling() string {
	groups := make(map[string]bool, len(f.groups))
	for i := range f.groups {
		groups[strings.ToLower(aws.ToString(f.groups[i].GroupName))] = true
	}
	policies := make(map[string]bool, len(f.policies))
	for i := range f.policies {
		policies[aws.ToString(f.policies[i].Arn)] = true
	}
	attached := func(of *string, refs []iamtypes.AttachedPolicy) string {
		for _, p := range refs {
			if arn := aws.ToString(p.PolicyArn); !policies[arn] && !awsManaged(arn) {
				return fmt.Sprintf("policy %s, attached to %s, is in no page", arn, aws.ToString(of))
			}
		}
		return ""
	}
	for i := range f.users {
		u := &f.users[i]
		for _, g := range u.GroupList {
			if !groups[strings.ToLower(g)] {
				return fmt.Sprintf("group %s of user %s is in no page", g, aws.ToString(u.UserName))
			}
		}
		if problem := attached(u.Arn, u.AttachedManagedPolicies); problem != "" {
			return problem
		}
	}
	for i := range f.groups {
		if problem := attached(f.groups[i].Arn, f.groups[i].AttachedManagedPolicies); problem != "" {
			return problem
		}
	}
	for i := range f.roles {
		if problem := attached(f.roles[i].Arn, f.roles[i].AttachedManagedPolicies); problem != "" {
			return problem
		}
	}
	return ""
}

// countCheck reads the details once more if GetAccountSummary counts groups,
// roles or policies that no page held. If the second read is as long as the
// first, the summary is what is wrong, and that difference is known from then.
func (o *observer) countCheck(ctx context.Context) error {
	before := o.deficits()
	if before == nil || o.memo.knows(before) {
		return nil
	}
	o.log.InfoContext(ctx, "reading the account again", "reason", "GetAccountSummary counts more than was listed", "missing", before)
	if err := o.readDetails(ctx); err != nil {
		return err
	}
	if problem := o.disagreement(); problem != "" {
		return fmt.Errorf("observe: %w: %s", errPage, problem)
	}
	o.memo.deficits = o.deficits()
	return nil
}

// deficits is how many of each kind the summary counts beyond what was read;
// nil if none.
func (o *observer) deficits() map[string]int64 {
	f := o.facts
	var missing map[string]int64
	for key, n := range map[string]int{"Groups": len(f.groups), "Roles": len(f.roles), "Policies": len(f.policies)} {
		if d := f.summary[key] - int64(n); d > 0 {
			if missing == nil {
				missing = map[string]int64{}
			}
			missing[key] = d
		}
	}
	return missing
}

func (m *memo) knows(deficits map[string]int64) bool {
	for key, n := range deficits {
		if m.deficits[key] != n {
			return false
		}
	}
	return true
}

// awsManaged reports whether the ARN names a policy that AWS maintains.
func awsManaged(arn string) bool {
	_, rest, _ := strings.Cut(arn, ":iam::")
	return strings.HasPrefix(rest, "aws:policy/")
}
