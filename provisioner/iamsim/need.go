package iamsim

import "strings"

// What actions ask permission for. Resources are ARNs with paths and the stored
// spelling of the name where the object exists; otherwise the ARN that the
// request itself names.

func (c *call) action() string { return c.op.service + ":" + c.op.name }

func (c *call) onAny() []need { return []need{{action: c.action(), resource: "*"}} }

func onAny(c *call) []need { return c.onAny() }

// under is a list action: its resource is the path prefix.
func under(kind string) func(*call) []need {
	return func(c *call) []need {
		return []need{{action: c.action(), resource: c.arn(kind + c.pathOr("PathPrefix", "/"))}}
	}
}

func (c *call) userNeed(name string) need {
	n := need{action: c.action(), resource: c.arn("user/" + name)}
	if u := c.users.find(name, c.at); u != nil {
		n.resource, n.tags = c.userARN(u), u.Tags
		n.context = c.boundaryContext(u.Boundary)
	}
	return n
}

// onUser asks on the named user, or on the caller.
func onUser(c *call) []need {
	if !c.has("UserName") && c.who.userID != "" {
		u := c.users.get(c.who.userID, c.at)
		return []need{{action: c.action(), resource: c.userARN(u), tags: u.Tags, context: c.boundaryContext(u.Boundary)}}
	}
	return []need{c.userNeed(c.get("UserName"))}
}

func (c *call) groupNeed(name string) need {
	n := need{action: c.action(), resource: c.arn("group/" + name)}
	if g := c.groups.find(name, c.at); g != nil {
		n.resource = c.groupARN(g)
	}
	return n
}

func onGroup(c *call) []need { return []need{c.groupNeed(c.get("GroupName"))} }

func onRole(c *call) []need {
	n := need{action: c.action(), resource: c.arn("role/" + c.get("RoleName"))}
	if r := c.roles.find(c.get("RoleName"), c.at); r != nil {
		n.resource, n.tags, n.context = c.roleARN(r), r.Tags, c.boundaryContext(r.Boundary)
	}
	return []need{n}
}

func onPolicy(c *call) []need {
	n := need{action: c.action(), resource: c.get("PolicyArn")}
	if p := c.policyByARN(c.get("PolicyArn")); p != nil {
		n.tags = p.Tags
	}
	return []need{n}
}

// onDevice asks on a virtual device's own ARN.
func onDevice(c *call) []need {
	serial := c.get("SerialNumber")
	if d := c.devices.find(serial, c.at); d != nil {
		return []need{{action: c.action(), resource: d.Serial, tags: d.Tags}}
	}
	if !strings.HasPrefix(serial, "arn:") {
		serial = c.arn("mfa/" + serial)
	}
	return []need{{action: c.action(), resource: serial}}
}

// creating asks for the new object and, with tags in the request, for tagging
// it, as the API pages of the Create actions say.
func (c *call) creating(resource, tagAction string) []need {
	n := need{action: c.action(), resource: resource, context: c.boundaryContext(c.get("PermissionsBoundary"))}
	if len(c.tags()) == 0 {
		return []need{n}
	}
	return []need{n, {action: tagAction, resource: resource}}
}
