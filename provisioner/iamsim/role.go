package iamsim

import (
	"strings"
	"time"
)

func roleOperations() []operation {
	return []operation{
		{name: "ListRoles", takes: "Marker MaxItems PathPrefix", authorise: under("role"), handle: listRoles},
		{name: "GetRole", needs: "RoleName", authorise: onRole, handle: getRole},
		{name: "CreateRole", needs: "RoleName AssumeRolePolicyDocument",
			takes:     "Description MaxSessionDuration Path PermissionsBoundary Tags",
			authorise: onNewRole, handle: createRole},
		{name: "UpdateRole", needs: "RoleName", takes: "Description MaxSessionDuration", authorise: onRole, handle: updateRole},
		{name: "UpdateRoleDescription", needs: "RoleName Description", authorise: onRole, handle: updateRoleDescription},
		{name: "UpdateAssumeRolePolicy", needs: "RoleName PolicyDocument", authorise: onRole, handle: updateAssumeRolePolicy},
		{name: "DeleteRole", needs: "RoleName", authorise: onRole, handle: deleteRole},
		{name: "ListInstanceProfilesForRole", needs: "RoleName", takes: "Marker MaxItems", authorise: onRole, handle: listInstanceProfiles},
	}
}

const (
	rolesQuota         = 1000
	trustPolicyQuota   = 2048
	defaultSessionTime = time.Hour
)

// roleFields is what ListRoles shows: no tags, no boundary, no last use
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html).
func (a *Account) roleFields(r *Role) fields {
	return fields{
		{"Path", r.Path}, {"RoleName", r.Name}, {"RoleId", r.ID}, {"Arn", a.roleARN(r)}, {"CreateDate", r.Created},
		{"AssumeRolePolicyDocument", encodeDocument(r.Trust)}, {"Description", opt(r.Description)},
		{"MaxSessionDuration", int(r.MaxSession / time.Second)},
	}
}

func (a *Account) fullRoleFields(r *Role) fields {
	return append(a.roleFields(r), field{"PermissionsBoundary", boundaryFields(r.Boundary)},
		field{"Tags", some(tagList(r.Tags))}, field{"RoleLastUsed", lastUsedFields(r)})
}

func lastUsedFields(r *Role) fields {
	return fields{{"LastUsedDate", r.LastUsed}, {"Region", opt(r.LastRegion)}}
}

func listRoles(c *call) (fields, error) {
	roles := withPrefix(c, c.roles.all(c.at), func(r *Role) string { return r.Path })
	return c.listPage("Roles", itemsOf(roles, func(r *Role) string { return r.Name }, c.roleFields))
}

func getRole(c *call) (fields, error) {
	r, _, err := c.role()
	if err != nil {
		return nil, err
	}
	return fields{{"Role", c.fullRoleFields(r)}}, nil
}

// listInstanceProfiles answers an empty list: the account has no EC2.
func listInstanceProfiles(c *call) (fields, error) {
	if _, _, err := c.role(); err != nil {
		return nil, err
	}
	return c.listPage("InstanceProfiles", nil)
}

func onNewRole(c *call) []need {
	return c.creating(c.arn("role"+c.pathOr("Path", "/")+c.get("RoleName")), "iam:TagRole")
}

func createRole(c *call) (fields, error) {
	name := c.get("RoleName")
	if c.roles.taken(name) != nil {
		return nil, refuse("EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	if c.roles.size() >= rolesQuota {
		return nil, overLimit("RolesPerAccount", rolesQuota)
	}
	if err := c.checkTrust(c.get("AssumeRolePolicyDocument")); err != nil {
		return nil, err
	}
	if err := c.boundaryExists(); err != nil {
		return nil, err
	}
	tags, err := c.newTags()
	if err != nil {
		return nil, err
	}
	r := &Role{
		ID: c.newID("AROA", 17), Name: name, Path: c.pathOr("Path", "/"), Created: c.at,
		Description: c.get("Description"), Trust: c.get("AssumeRolePolicyDocument"),
		MaxSession: time.Duration(c.number("MaxSessionDuration", int(defaultSessionTime/time.Second))) * time.Second,
		Tags:       tags, Boundary: c.get("PermissionsBoundary"),
	}
	c.roles.put(r, c.until)
	return fields{{"Role", c.fullRoleFields(r)}}, nil
}

func updateRole(c *call) (fields, error) {
	return fields{}, c.changeRole(func(r *Role) error {
		if c.has("Description") {
			r.Description = c.get("Description")
		}
		r.MaxSession = time.Duration(c.number("MaxSessionDuration", int(r.MaxSession/time.Second))) * time.Second
		return nil
	})
}

func updateRoleDescription(c *call) (fields, error) {
	var out *Role
	err := c.changeRole(func(r *Role) error {
		r.Description = c.get("Description")
		out = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	return fields{{"Role", c.fullRoleFields(out)}}, nil
}

func updateAssumeRolePolicy(c *call) (fields, error) {
	return nil, c.changeRole(func(r *Role) error {
		if err := c.checkTrust(c.get("PolicyDocument")); err != nil {
			return err
		}
		r.Trust = c.get("PolicyDocument")
		return nil
	})
}

func deleteRole(c *call) (fields, error) {
	_, r, err := c.role()
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, noSuchRole(c.get("RoleName"))
	}
	if err := r.protected(); err != nil {
		return nil, err
	}
	if what := r.Grants.dependency(); what != "" {
		return nil, refuse("DeleteConflict", "Cannot delete entity, must %s first.", what)
	}
	c.roles.remove(r.ID, c.until)
	c.retrust(c.roleARN(r), r.ID)
	return nil, nil
}

// protected refuses changes to roles that only AWS makes and changes: those
// linked to services and those of IAM Identity Center
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html, UnmodifiableEntity).
func (r *Role) protected() error {
	if strings.HasPrefix(r.Path, "/aws-service-role/") || strings.HasPrefix(r.Path, "/aws-reserved/") {
		return refuse("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)
	}
	return nil
}

// AddRole stores r, filling ID, Path, Created and MaxSession when empty.
func (a *Account) AddRole(r Role) Role {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := r.clone()
	if next.ID == "" {
		next.ID = a.newID("AROA", 17)
	}
	if next.MaxSession == 0 {
		next.MaxSession = defaultSessionTime
	}
	a.fillNew(&next.Path, &next.Created)
	a.roles.put(next, time.Time{})
	return *next.clone()
}
