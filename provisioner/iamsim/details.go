package iamsim

import (
	"slices"
	"strings"
)

// GetAccountAuthorizationDetails:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html

func authorizationDetailsOperations() []operation {
	return []operation{{
		name: "GetAccountAuthorizationDetails", takes: "Filter Marker MaxItems",
		authorise: onAny, handle: getAccountAuthorizationDetails,
	}}
}

// getAccountAuthorizationDetails spends one page budget on users, then roles,
// then groups, then policies (observed).
func getAccountAuthorizationDetails(c *call) (fields, error) {
	wanted := c.values("Filter")
	wants := func(kind string) bool { return len(wanted) == 0 || slices.Contains(wanted, kind) }
	var items []item
	if wants("User") {
		items = append(items, detailItems("0", c.users.all(c.at), func(u *User) string { return u.Name }, c.userDetail)...)
	}
	if wants("Role") {
		items = append(items, detailItems("1", c.roles.all(c.at), func(r *Role) string { return r.Name }, c.roleDetail)...)
	}
	if wants("Group") {
		items = append(items, detailItems("2", c.groups.all(c.at), groupName, c.groupDetail)...)
	}
	items = append(items, c.policyItems(wants)...)
	served, tail, err := c.page(items)
	if err != nil {
		return nil, err
	}
	lists := split(served)
	return append(tail, fields{
		{"UserDetailList", lists['0']}, {"RoleDetailList", lists['1']}, {"GroupDetailList", lists['2']}, {"Policies", lists['3']},
	}...), nil
}

// detailItems relies on the tables being sorted by lower-case name.
func detailItems[T any](prefix string, all []*T, name func(*T) string, render func(*T) fields) []item {
	out := make([]item, 0, len(all))
	for _, v := range all {
		out = append(out, item{prefix + strings.ToLower(name(v)), func() fields { return render(v) }})
	}
	return out
}

// policyItems holds AWS's own policies only where they are in use (observed).
func (c *call) policyItems(wants func(string) bool) []item {
	local, aws := wants("LocalManagedPolicy"), wants("AWSManagedPolicy")
	if !local && !aws {
		return nil
	}
	used := c.usage()
	var out []*Policy
	for _, p := range c.policies.all(c.at) {
		if p.AWSManaged && aws && used.attached[p.ARN]+used.boundary[p.ARN] > 0 || !p.AWSManaged && local {
			out = append(out, p)
		}
	}
	return detailItems("3", out, func(p *Policy) string { return p.ARN }, func(p *Policy) fields { return policyDetail(p, used) })
}

// userDetail omits an empty list of inline policies, but not other empty lists
// (observed). It has no password date: that is only in ListUsers.
func (c *call) userDetail(u *User) fields {
	names := each(c.groupsOf(u), func(g *Group) any { return g.Name })
	return fields{
		{"Path", u.Path}, {"UserName", u.Name}, {"UserId", u.ID}, {"Arn", c.userARN(u)}, {"CreateDate", u.Created},
		{"UserPolicyList", some(inlineList(u.Inline))}, {"GroupList", names},
		{"AttachedManagedPolicies", attachedList(u.Attached)},
		{"PermissionsBoundary", boundaryFields(u.Boundary)}, {"Tags", tagList(u.Tags)},
	}
}

func inlineList(ps []InlinePolicy) list {
	return each(ps, func(p InlinePolicy) any {
		return fields{{"PolicyName", p.Name}, {"PolicyDocument", encodeDocument(p.Document)}}
	})
}

func attachedList(arns []string) list {
	return each(arns, func(arn string) any { return attachedFields(arn) })
}

func (c *call) groupDetail(g *Group) fields {
	return append(c.groupFields(g), fields{
		{"GroupPolicyList", inlineList(g.Inline)}, {"AttachedManagedPolicies", attachedList(g.Attached)},
	}...)
}

func (c *call) roleDetail(r *Role) fields {
	return fields{
		{"Path", r.Path}, {"RoleName", r.Name}, {"RoleId", r.ID}, {"Arn", c.roleARN(r)}, {"CreateDate", r.Created},
		{"AssumeRolePolicyDocument", encodeDocument(r.Trust)}, {"InstanceProfileList", list{}},
		{"RolePolicyList", inlineList(r.Inline)}, {"AttachedManagedPolicies", attachedList(r.Attached)},
		{"PermissionsBoundary", boundaryFields(r.Boundary)}, {"Tags", tagList(r.Tags)},
		{"RoleLastUsed", lastUsedFields(r)},
	}
}

// policyDetail has every version with its document; the description of the
// model is not on the wire (observed).
func policyDetail(p *Policy, used usage) fields {
	versions := each(p.Versions, func(v PolicyVersion) any {
		return append(fields{{"Document", encodeDocument(v.Document)}}, versionFields(p, v)...)
	})
	return append(policyFields(p, used), field{"PolicyVersionList", versions})
}
