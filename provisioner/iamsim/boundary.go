package iamsim

// Permissions boundaries:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

func boundaryOperations() []operation {
	return []operation{
		{name: "PutUserPermissionsBoundary", needs: "UserName PermissionsBoundary", authorise: onUserBoundary, handle: putUserBoundary},
		{name: "DeleteUserPermissionsBoundary", needs: "UserName", authorise: onUser, handle: deleteUserBoundary},
		{name: "PutRolePermissionsBoundary", needs: "RoleName PermissionsBoundary", authorise: onRoleBoundary, handle: putRoleBoundary},
		{name: "DeleteRolePermissionsBoundary", needs: "RoleName", authorise: onRole, handle: deleteRoleBoundary},
	}
}

// boundaryFields is nil without a boundary, so that the element is left out.
func boundaryFields(arn string) any {
	if arn == "" {
		return nil
	}
	return fields{{"PermissionsBoundaryType", "Policy"}, {"PermissionsBoundaryArn", arn}}
}

// boundaryExists checks the PermissionsBoundary parameter, if given.
func (c *call) boundaryExists() error {
	arn := c.get("PermissionsBoundary")
	if arn == "" {
		return nil
	}
	if err := c.checkPolicyARN(arn); err != nil {
		return err
	}
	if c.policyByARN(arn) == nil {
		return refuse("NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

// withNewBoundary judges iam:PermissionsBoundary by the boundary asked for.
func withNewBoundary(c *call, needs []need) []need {
	for i := range needs {
		needs[i].context = c.boundaryContext(c.get("PermissionsBoundary"))
	}
	return needs
}

func onUserBoundary(c *call) []need { return withNewBoundary(c, onUser(c)) }
func onRoleBoundary(c *call) []need { return withNewBoundary(c, onRole(c)) }

func putUserBoundary(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error { return c.setBoundary(&u.Boundary) })
}

func putRoleBoundary(c *call) (fields, error) {
	return nil, c.changeRole(func(r *Role) error { return c.setBoundary(&r.Boundary) })
}

func (c *call) setBoundary(arn *string) error {
	if err := c.boundaryExists(); err != nil {
		return err
	}
	*arn = c.get("PermissionsBoundary")
	return nil
}

func deleteUserBoundary(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error { return clearBoundary(&u.Boundary, "user", u.Name) })
}

func deleteRoleBoundary(c *call) (fields, error) {
	return nil, c.changeRole(func(r *Role) error { return clearBoundary(&r.Boundary, "role", r.Name) })
}

func clearBoundary(arn *string, kind, name string) error {
	if *arn == "" {
		return refuse("NoSuchEntity", "The %s with name %s does not have a permissions boundary.", kind, name)
	}
	*arn = ""
	return nil
}
