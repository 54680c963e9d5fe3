package observer

import (
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// leaveOut keeps a user who waits for their deletion out of the observation, and
// notes if somebody gave them access again or renamed them.
func (c *Composer) leaveOut(u *store.User, d *iamtypes.UserDetail) {
	if c.leftOut == nil {
		c.leftOut = map[string]bool{}
	}
	c.leftOut[u.ID] = true
	u.Attached, u.Inline = c.Attached(d.AttachedManagedPolicies), c.Inline(store.KindUser, u.ID, u.Name, d.UserPolicyList)
	record, ok := c.Memory.Deactivated[u.ID]
	if !ok || !planner.HasDeny(u, &record) || c.Memory.Kept[u.ID] != u.Name {
		c.Doubtful = append(c.Doubtful, u.ID)
	}
}

// missKept notes kept users whom IAM no longer has.
func (c *Composer) missKept() {
	for id := range c.Memory.Kept {
		if !c.leftOut[id] {
			c.Doubtful = append(c.Doubtful, id)
		}
	}
}
