package observer

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"iamscim/provisioner/policy"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
)

// rereads bounds how often the two mandatory reads are repeated until they
// agree. An account in which users come and go between two calls for so long
// is not one whose state can be told.
const rereads = 3

// readAccount reads GetAccountAuthorizationDetails and ListUsers until they
// name the same users and nothing in them points at something missing. AWS
// promises no isolation between pages, so two reads that agree are the best
// evidence there is.
func (o *Observer) readAccount(ctx context.Context) error {
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
		o.Log.InfoContext(ctx, "reading the account again", "reason", problem)
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
		return fmt.Errorf("observe: %w: %s", awsapi.ErrIncomplete, problem)
	}
	return o.countCheck(ctx)
}

// readDetails reads all pages of GetAccountAuthorizationDetails. It never asks
// for AWSManagedPolicy: every historical version's document would be shipped
// (observed: minutes instead of seconds).
func (o *Observer) readDetails(ctx context.Context) error {
	f := o.facts
	f.users, f.groups, f.roles, f.policies = nil, nil, nil, nil
	return awsapi.ReadPages("GetAccountAuthorizationDetails", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
			Filter: []iamtypes.EntityType{
				iamtypes.EntityTypeUser, iamtypes.EntityTypeGroup, iamtypes.EntityTypeRole, iamtypes.EntityTypeLocalManagedPolicy,
			},
			MaxItems: aws.Int32(awsapi.PageSize),
			Marker:   marker,
		})
		if err != nil {
			return awsapi.Page{}, err
		}
		f.users = append(f.users, out.UserDetailList...)
		f.groups = append(f.groups, out.GroupDetailList...)
		f.roles = append(f.roles, out.RoleDetailList...)
		f.policies = append(f.policies, out.Policies...)
		o.Tell(Progress{Action: "GetAccountAuthorizationDetails", Done: len(f.users) + len(f.groups) + len(f.roles) + len(f.policies)})
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
}

// listUsers reads all pages of ListUsers, which knows what the details do not:
// when the password was last used.
func (o *Observer) listUsers(ctx context.Context) error {
	listed := map[string]iamtypes.User{}
	err := awsapi.ReadPages("ListUsers", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(awsapi.PageSize), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, u := range out.Users {
			listed[aws.ToString(u.UserId)] = u
		}
		o.Tell(Progress{Action: "ListUsers", Done: len(listed)})
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	o.facts.listed = listed
	return err
}

// disagreement says what does not fit together in what was read, or "".
func (o *Observer) disagreement() string {
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
func (f *Facts) dangling() string {
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
			if arn := aws.ToString(p.PolicyArn); !policies[arn] && !policy.AWSManaged(arn) {
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

// countCheck compares what was listed with what GetAccountSummary counts. Its
// counts are no contract, so a difference only makes a second reading; but if
// that one, too, misses something of the last generation, the observation
// fails once. The next one that sees the same is believed.
func (o *Observer) countCheck(ctx context.Context) error {
	if before := o.deficits(); before == nil || o.Memo.knows(before) {
		return nil
	}
	o.Log.InfoContext(ctx, "reading the account again", "reason", "GetAccountSummary counts more than was listed")
	if err := o.readDetails(ctx); err != nil {
		return err
	}
	if problem := o.disagreement(); problem != "" {
		return fmt.Errorf("observe: %w: %s", awsapi.ErrIncomplete, problem)
	}
	o.Memo.deficits = o.deficits()
	for kind, n := range o.Memo.deficits {
		if listed, known := o.counts(kind); listed < known {
			return fmt.Errorf("observe: %w: GetAccountSummary counts %d more in %s", awsapi.ErrIncomplete, n, kind)
		}
	}
	return nil
}

// counts returns how many of a kind were listed now, and how many the last
// generation holds.
func (o *Observer) counts(kind string) (listed, known int) {
	switch kind {
	case "Groups":
		return len(o.facts.groups), o.Prior.groups
	case "Roles":
		return len(o.facts.roles), len(o.Prior.roles)
	default:
		return len(o.facts.policies), o.Prior.localPolicies()
	}
}

// deficits is how many of each kind the summary counts beyond what was listed,
// and by more than it did for the last generation; nil if none.
func (o *Observer) deficits() map[string]int64 {
	var missing map[string]int64
	for _, kind := range []string{"Groups", "Roles", "Policies"} {
		listed, known := o.counts(kind)
		usual := max(0, o.Prior.Status.Summary[kind]-int64(known))
		if d := o.facts.summary[kind] - int64(listed); d > usual {
			if missing == nil {
				missing = map[string]int64{}
			}
			missing[kind] = d
		}
	}
	return missing
}

func (m *Memo) knows(deficits map[string]int64) bool { return maps.Equal(m.deficits, deficits) }
