package provisioner

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// Virtual devices are deleted after they were taken from their user. Nothing that
// is read of a user names them any more; only the plan does.

// unended reports whether step i is the deletion of a device that did not happen.
func (e *execution) unended(i int) bool {
	return e.plan.Steps[i].Action == "DeleteVirtualMFADevice" && e.states[i] != store.StepDone && e.states[i] != store.StepSkipped
}

// addDevices adds the virtual devices to a follow-up that were taken from the
// user and not deleted yet.
func (e *execution) addDevices(next *planner.Plan) {
	for i := range e.plan.Steps {
		s := e.plan.Steps[i]
		again := func(n planner.Step) bool { return n.Action == s.Action && n.Param("device") == s.Param("device") }
		if e.unended(i) && !slices.ContainsFunc(next.Steps, again) {
			next.Steps = slices.Insert(next.Steps, len(next.Steps)-1, s) // before DeleteUser
		}
	}
}

// orphans plans the deletion of the devices that the plan took from a user whom
// somebody else deleted since; nil: there are none.
func (e *execution) orphans() *planner.Plan {
	plan := &planner.Plan{Kind: e.plan.Kind, Direction: e.plan.Direction, Object: e.plan.Object, Name: e.plan.Name}
	taken := func(device string) bool {
		for i := range e.plan.Steps {
			if s := &e.plan.Steps[i]; s.Action == "DeactivateMFADevice" && s.Param("device") == device && attempted(e.states[i]) {
				return true
			}
		}
		return false
	}
	for i := range e.plan.Steps {
		if s := e.plan.Steps[i]; e.unended(i) && taken(s.Param("device")) {
			plan.Add(s)
		}
	}
	if len(plan.Steps) == 0 {
		return nil
	}
	return plan
}

// reassigned reports whether a device that is in use and so cannot be deleted is
// somebody else's by now: it was taken from its user, and given to another.
//
// IAM actions: iam:ListVirtualMFADevices.
func (e *execution) reassigned(ctx context.Context, s *planner.Step, refusal error) bool {
	if s.Action != "DeleteVirtualMFADevice" || awsapi.ErrorCode(refusal) != "DeleteConflict" {
		return false
	}
	holder, err := e.p.holderOf(ctx, s.Param("device"))
	if err != nil || holder == nil || aws.ToString(holder.UserId) == s.UserID {
		return false // trying again will tell
	}
	e.plan.Note("device %s was left to %s, who has it by now", s.Param("device"), aws.ToString(holder.Arn))
	return true
}

// holderOf is the user that a virtual device is assigned to, or nil.
func (p *Provisioner) holderOf(ctx context.Context, device string) (holder *iamtypes.User, err error) {
	err = awsapi.ReadPages("ListVirtualMFADevices", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{
			AssignmentStatus: iamtypes.AssignmentStatusTypeAssigned, MaxItems: aws.Int32(awsapi.PageSize), Marker: marker,
		})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, d := range out.VirtualMFADevices {
			if aws.ToString(d.SerialNumber) == device {
				holder = d.User
			}
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("who has device %s: %w", device, err)
	}
	return holder, nil
}
