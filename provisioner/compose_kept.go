package provisioner

import (
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// leaveOut keeps a user who waits for their deletion out of the observation, and
// notes if somebody gave them access again or renamed them.
func (c *composer) leaveOut(u *store.User, d *iamtypes.UserDetail) {
	if c.leftOut == nil {
		c.leftOut = map[string]bool{}
	}
	c.leftOut[u.ID] = true
	u.Attached, u.Inline = c.attached(d.AttachedManagedPolicies), c.inline(store.KindUser, u.ID, u.Name, d.UserPolicyList)
	record, ok := c.memory.deactivated[u.ID]
	if !ok || !planner.HasDeny(u, &record) || c.memory.kept[u.ID] != u.Name {
		c.doubtful = append(c.doubtful, u.ID)
	}
}

// missKept notes kept users whom IAM no longer has.
func (c *composer) missKept() {
	for id := range c.memory.kept {
		if !c.leftOut[id] {
			c.doubtful = append(c.doubtful, id)
		}
	}
}
