package iamsim

import "slices"

// user of a policy: a user, group or role that has it attached or as boundary.
type policyHolder struct {
	key      string // orders groups, roles, users; then names
	grants   Grants
	boundary string
	path     string
	render   fields
}

func (c *call) policyHolders() []policyHolder {
	var out []policyHolder
	for _, g := range c.groups.all(c.at) {
		out = append(out, policyHolder{"g" + g.Name, g.Grants, "", g.Path, fields{{"GroupName", g.Name}, {"GroupId", g.ID}}})
	}
	for _, r := range c.roles.all(c.at) {
		out = append(out, policyHolder{"r" + r.Name, r.Grants, r.Boundary, r.Path, fields{{"RoleName", r.Name}, {"RoleId", r.ID}}})
	}
	for _, u := range c.users.all(c.at) {
		out = append(out, policyHolder{"u" + u.Name, u.Grants, u.Boundary, u.Path, fields{{"UserName", u.Name}, {"UserId", u.ID}}})
	}
	return out
}

var entityLetters = map[string]byte{"Group": 'g', "Role": 'r', "User": 'u'}

func (c *call) holds(h policyHolder, arn string) bool {
	if f := c.get("EntityFilter"); f != "" && h.key[0] != entityLetters[f] {
		return false
	}
	attached, boundary := slices.Contains(h.grants.Attached, arn), h.boundary == arn
	switch c.get("PolicyUsageFilter") {
	case "PermissionsPolicy":
		return attached
	case "PermissionsBoundary":
		return boundary
	}
	return attached || boundary
}

// listEntitiesForPolicy runs one page through groups, roles and users.
func listEntitiesForPolicy(c *call) (fields, error) {
	if f := c.get("EntityFilter"); f != "" && entityLetters[f] == 0 {
		return nil, constraint("entityFilter", "satisfy enum value set: [User, Role, Group]")
	}
	p, _, err := c.policy()
	if err != nil {
		return nil, err
	}
	var found []policyHolder
	for _, h := range withPrefix(c, c.policyHolders(), func(h policyHolder) string { return h.path }) {
		if c.holds(h, p.ARN) {
			found = append(found, h)
		}
	}
	items := itemsOf(found, func(h policyHolder) string { return h.key }, func(h policyHolder) fields { return h.render })
	served, tail, err := c.page(items)
	if err != nil {
		return nil, err
	}
	lists := split(served)
	return append(fields{{"PolicyGroups", lists['g']}, {"PolicyRoles", lists['r']}, {"PolicyUsers", lists['u']}}, tail...), nil
}

// split sorts entries of a page into lists by the first byte of their keys.
func split(served []rendered) map[byte]list {
	lists := map[byte]list{}
	for _, r := range served {
		lists[r.key[0]] = append(lists[r.key[0]], r.xml)
	}
	return lists
}
