package iamsim

import (
	"slices"
	"time"
)

func groupOperations() []operation {
	return []operation{
		{name: "ListGroups", takes: "Marker MaxItems PathPrefix", authorise: under("group"), handle: listGroups},
		{name: "GetGroup", needs: "GroupName", takes: "Marker MaxItems", authorise: onGroup, handle: getGroup},
		{name: "ListGroupsForUser", needs: "UserName", takes: "Marker MaxItems", authorise: onUser, handle: listGroupsForUser},
		{name: "CreateGroup", needs: "GroupName", takes: "Path", authorise: onNewGroup, handle: createGroup},
		{name: "UpdateGroup", needs: "GroupName", takes: "NewGroupName NewPath", authorise: onBothGroups, handle: updateGroup},
		{name: "DeleteGroup", needs: "GroupName", authorise: onGroup, handle: deleteGroup},
		// Memberships are authorised on the group
		// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
		{name: "AddUserToGroup", needs: "GroupName UserName", authorise: onGroup, handle: addUserToGroup},
		{name: "RemoveUserFromGroup", needs: "GroupName UserName", authorise: onGroup, handle: removeUserFromGroup},
	}
}

// groupsPerUser is fixed (IAM User Guide, "IAM and AWS STS quotas").
const groupsPerUser = 10

func (a *Account) groupFields(g *Group) fields {
	return fields{
		{"Path", g.Path}, {"GroupName", g.Name}, {"GroupId", g.ID}, {"Arn", a.groupARN(g)}, {"CreateDate", g.Created},
	}
}

func groupName(g *Group) string { return g.Name }

func listGroups(c *call) (fields, error) {
	groups := withPrefix(c, c.groups.all(c.at), func(g *Group) string { return g.Path })
	return c.listPage("Groups", itemsOf(groups, groupName, c.groupFields))
}

func getGroup(c *call) (fields, error) {
	g, _, err := c.group()
	if err != nil {
		return nil, err
	}
	members := c.members(g)
	page, err := c.listPage("Users", itemsOf(members, func(u *User) string { return u.Name }, c.userFields))
	if err != nil {
		return nil, err
	}
	return append(fields{{"Group", c.groupFields(g)}}, page...), nil
}

func (c *call) members(g *Group) []*User {
	var out []*User
	for _, u := range c.users.all(c.at) {
		if slices.Contains(u.Groups, g.ID) {
			out = append(out, u)
		}
	}
	return out
}

func listGroupsForUser(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.listPage("Groups", itemsOf(c.groupsOf(u), groupName, c.groupFields))
}

func (c *call) groupsOf(u *User) []*Group {
	var out []*Group
	for _, id := range u.Groups {
		if g := c.groups.get(id, c.at); g != nil {
			out = append(out, g)
		}
	}
	return out
}

func onNewGroup(c *call) []need {
	return []need{{action: c.action(), resource: c.arn("group" + c.pathOr("Path", "/") + c.get("GroupName"))}}
}

func createGroup(c *call) (fields, error) {
	name := c.get("GroupName")
	if c.groups.taken(name) != nil {
		return nil, refuse("EntityAlreadyExists", "Group with name %s already exists.", name)
	}
	if c.groups.size() >= c.cfg.GroupLimit {
		return nil, overLimit("GroupsPerAccount", c.cfg.GroupLimit)
	}
	g := &Group{ID: c.newID("AGPA", 17), Name: name, Path: c.pathOr("Path", "/"), Created: c.at}
	c.groups.put(g, c.until)
	return fields{{"Group", c.groupFields(g)}}, nil
}

// onBothGroups asks on the old and on the new ARN, as for users.
func onBothGroups(c *call) []need {
	old := c.groupNeed(c.get("GroupName"))
	path, name := "/", c.get("GroupName")
	if g := c.groups.find(name, c.at); g != nil {
		path, name = g.Path, g.Name
	}
	if c.has("NewGroupName") {
		name = c.get("NewGroupName")
	}
	next := old
	next.resource = c.arn("group" + c.pathOr("NewPath", path) + name)
	return []need{old, next}
}

func updateGroup(c *call) (fields, error) {
	return nil, c.changeGroup(func(g *Group) error {
		name := c.get("NewGroupName")
		if name != "" && name != g.Name {
			if c.groups.taken(name) != nil {
				return refuse("EntityAlreadyExists", "Group with name %s already exists.", name)
			}
			g.Name = name
		}
		g.Path = c.pathOr("NewPath", g.Path)
		return nil
	})
}

func deleteGroup(c *call) (fields, error) {
	_, g, err := c.group()
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, noSuchGroup(c.get("GroupName"))
	}
	if slices.ContainsFunc(c.users.collect(func(x *cell[User]) *User { return x.now }), func(u *User) bool {
		return slices.Contains(u.Groups, g.ID)
	}) {
		return nil, refuse("DeleteConflict", "Cannot delete entity, must remove users from group first.")
	}
	if what := g.Grants.dependency(); what != "" {
		return nil, refuse("DeleteConflict", "Cannot delete entity, must %s first.", what)
	}
	c.groups.remove(g.ID, c.until)
	return nil, nil
}

func addUserToGroup(c *call) (fields, error) {
	g, _, err := c.group()
	if err != nil {
		return nil, err
	}
	return nil, c.changeUser(func(u *User) error {
		if slices.Contains(u.Groups, g.ID) {
			return nil
		}
		if len(u.Groups) >= groupsPerUser {
			return overLimit("GroupsPerUser", groupsPerUser)
		}
		u.Groups = append(u.Groups, g.ID)
		return nil
	})
}

// removeUserFromGroup succeeds for somebody who is no member (observed).
func removeUserFromGroup(c *call) (fields, error) {
	g, _, err := c.group()
	if err != nil {
		return nil, err
	}
	return nil, c.changeUser(func(u *User) error {
		u.Groups = slices.DeleteFunc(u.Groups, func(id string) bool { return id == g.ID })
		return nil
	})
}

// AddGroup stores g, filling ID, Path and Created when empty.
func (a *Account) AddGroup(g Group) Group {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := g.clone()
	if next.ID == "" {
		next.ID = a.newID("AGPA", 17)
	}
	a.fillNew(&next.Path, &next.Created)
	a.groups.put(next, time.Time{})
	return *next.clone()
}

// Join makes a user a member of a group, without any limit. It reports whether
// both exist.
func (a *Account) Join(user, group string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, g := a.users.taken(user), a.groups.taken(group)
	if u == nil || g == nil {
		return false
	}
	if !slices.Contains(u.Groups, g.ID) {
		next := u.clone()
		next.Groups = append(next.Groups, g.ID)
		a.putUser(next, time.Time{})
	}
	return true
}

// Group returns the group of that name, in any case, as it really is.
func (a *Account) Group(name string) (Group, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.groups.taken(name)
	if g == nil {
		return Group{}, false
	}
	return *g.clone(), true
}
