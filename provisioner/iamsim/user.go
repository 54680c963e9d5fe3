package iamsim

import (
	"strings"
	"time"
)

func userOperations() []operation {
	return []operation{
		{name: "ListUsers", takes: "Marker MaxItems PathPrefix", authorise: under("user"), handle: listUsers},
		{name: "GetUser", takes: "UserName", authorise: onUser, handle: getUser},
		{name: "CreateUser", needs: "UserName", takes: "Path PermissionsBoundary Tags", authorise: onNewUser, handle: createUser},
		{name: "UpdateUser", needs: "UserName", takes: "NewPath NewUserName", authorise: onBothUsers, handle: updateUser},
		{name: "DeleteUser", needs: "UserName", authorise: onUser, handle: deleteUser},
	}
}

// userFields is what ListUsers and GetGroup show of a user: neither tags nor the
// boundary (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html).
func (a *Account) userFields(u *User) fields {
	return fields{
		{"Path", u.Path}, {"UserName", u.Name}, {"UserId", u.ID}, {"Arn", a.userARN(u)},
		{"CreateDate", u.Created}, {"PasswordLastUsed", u.PasswordLastUsed},
	}
}

func (a *Account) fullUserFields(u *User) fields {
	return append(a.userFields(u), field{"PermissionsBoundary", boundaryFields(u.Boundary)}, field{"Tags", some(tagList(u.Tags))})
}

func listUsers(c *call) (fields, error) {
	users := withPrefix(c, c.users.all(c.at), func(u *User) string { return u.Path })
	return c.listPage("Users", itemsOf(users, func(u *User) string { return u.Name }, c.userFields))
}

// withPrefix filters by the PathPrefix parameter.
func withPrefix[T any](c *call, all []T, path func(T) string) []T {
	prefix := c.pathOr("PathPrefix", "/")
	if prefix == "/" {
		return all
	}
	var out []T
	for _, v := range all {
		if strings.HasPrefix(path(v), prefix) {
			out = append(out, v)
		}
	}
	return out
}

func getUser(c *call) (fields, error) {
	if !c.has("UserName") && c.who.root {
		return fields{{"User", fields{
			{"Path", "/"}, {"UserName", "root"}, {"UserId", c.cfg.AccountID}, {"Arn", c.rootARN()}, {"CreateDate", c.root.created},
		}}}, nil
	}
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return fields{{"User", c.fullUserFields(u)}}, nil
}

// onNewUser asks for iam:CreateUser and, with tags, iam:TagUser
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html).
func onNewUser(c *call) []need {
	return c.creating(c.arn("user"+c.pathOr("Path", "/")+c.get("UserName")), "iam:TagUser")
}

func createUser(c *call) (fields, error) {
	name := c.get("UserName")
	if other := c.users.taken(name); other != nil {
		// Names are unique without regard to case
		// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html).
		return nil, refuse("EntityAlreadyExists", "User with name %s already exists.", name)
	}
	if err := c.settled(c.freed[strings.ToLower(name)], "The user with name "+name); err != nil {
		return nil, err
	}
	if c.users.size() >= c.cfg.UserLimit {
		return nil, overLimit("UsersPerAccount", c.cfg.UserLimit)
	}
	tags, err := c.newTags()
	if err != nil {
		return nil, err
	}
	if err := c.boundaryExists(); err != nil {
		return nil, err
	}
	u := &User{
		ID: c.newID("AIDA", 17), Name: name, Path: c.pathOr("Path", "/"), Created: c.at,
		Tags: tags, Boundary: c.get("PermissionsBoundary"),
	}
	c.putUser(u, c.until)
	return fields{{"User", c.fullUserFields(u)}}, nil
}

// onBothUsers: "You must have the correct permissions for both the current and
// the new name or path" (IAM User Guide, "Rename an IAM user").
func onBothUsers(c *call) []need {
	old := c.userNeed(c.get("UserName"))
	path, name := "/", c.get("UserName")
	if u := c.users.find(name, c.at); u != nil {
		path, name = u.Path, u.Name
	}
	path = c.pathOr("NewPath", path)
	if c.has("NewUserName") {
		name = c.get("NewUserName")
	}
	next := old
	next.resource = c.arn("user" + path + name)
	return []need{old, next}
}

// updateUser keeps everything but name and path; trust policies follow. A new name that is taken, also
// by the user itself in another case, is refused (observed); the same spelling
// is accepted.
func updateUser(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		if err := c.settled(c.freed[strings.ToLower(u.Name)], "The user with name "+u.Name); err != nil {
			return err
		}
		name, before := c.get("NewUserName"), c.userARN(u)
		if name != "" && name != u.Name {
			if c.users.taken(name) != nil {
				return refuse("EntityAlreadyExists", "User with name %s already exists.", name)
			}
			u.Name = name
		}
		u.Path = c.pathOr("NewPath", u.Path)
		c.retrust(before, c.userARN(u))
		return nil
	})
}

// deleteUser refuses while anything belongs to the user
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html).
func deleteUser(c *call) (fields, error) {
	_, u, err := c.user()
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, noSuchUser(c.get("UserName"))
	}
	if what := u.dependency(); what != "" {
		return nil, refuse("DeleteConflict", "Cannot delete entity, must %s first.", what)
	}
	if err := c.settled(c.freed[strings.ToLower(u.Name)], "The user with name "+u.Name); err != nil {
		return nil, err
	}
	c.users.remove(u.ID, c.until)
	c.retrust(c.userARN(u), u.ID)
	c.freed[strings.ToLower(u.Name)] = c.at
	return nil, nil
}

// dependency words what stands in the way of deleting the user (observed).
func (u *User) dependency() string {
	switch {
	case u.Login != nil:
		return "delete login profile"
	case len(u.Keys) > 0:
		return "delete access keys"
	case len(u.MFA) > 0:
		return "delete MFA device"
	case len(u.Certificates)+len(u.SSHKeys)+len(u.Credentials) > 0:
		return "remove referenced objects"
	case len(u.Groups) > 0:
		return "remove users from group"
	}
	return u.Grants.dependency()
}

func (g Grants) dependency() string {
	switch {
	case len(g.Attached) > 0:
		return "detach all policies"
	case len(g.Inline) > 0:
		return "delete policies"
	}
	return ""
}

// AddUser stores u as it is, for set-ups that the API cannot reach; ID and
// Created are filled in when empty, Path is "/" then. Keys without an id or a
// secret get one. It returns what was stored.
func (a *Account) AddUser(u User) User {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := u.clone()
	if next.ID == "" {
		next.ID = a.newID("AIDA", 17)
	}
	a.fillNew(&next.Path, &next.Created)
	for i := range next.Keys {
		a.fillKey(&next.Keys[i])
	}
	a.putUser(next, time.Time{})
	return *next.clone()
}

func (a *Account) fillNew(path *string, created *time.Time) {
	if *path == "" {
		*path = "/"
	}
	if created.IsZero() {
		*created = a.now()
	}
}

// User returns the user of that name, in any case, as it really is.
func (a *Account) User(name string) (User, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users.taken(name)
	if u == nil {
		return User{}, false
	}
	return *u.clone(), true
}

// EditUser changes a user beyond what the API can, at once. It reports whether
// there is a user of that name.
func (a *Account) EditUser(name string, edit func(*User)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users.taken(name)
	if u == nil {
		return false
	}
	next := u.clone()
	edit(next)
	for i := range next.Keys {
		a.fillKey(&next.Keys[i])
	}
	a.putUser(next, time.Time{})
	return true
}
