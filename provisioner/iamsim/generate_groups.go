package iamsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Groups every generated account has.
const (
	everyoneGroup = "everyone"
	adminGroup    = "Administrators"
	iamAdminGroup = "iam-admins"
	powerGroup    = "power-users"
	auditGroup    = "auditors"
	frozenGroup   = "offboarding"
	opsGroup      = "operators"
)

// addGroups makes the fixed groups, one per department, and projects, some of
// which never get a member.
func (g *generator) addGroups(users int) {
	g.groupIDs = map[string]string{}
	g.addGroup(everyoneGroup, "/", Grants{Attached: []string{g.arn("policy/require-mfa"), g.arn("policy/self-service")}})
	g.addGroup(adminGroup, "/", Grants{Attached: []string{g.managed("AdministratorAccess")}})
	g.addGroup(iamAdminGroup, "/", Grants{Inline: []InlinePolicy{{"iam-administration", iamPowers}}})
	g.addGroup(powerGroup, "/", Grants{Attached: []string{g.managed("PowerUserAccess")}})
	g.addGroup(auditGroup, "/", Grants{Attached: []string{g.managed("SecurityAudit"), g.managed("IAMReadOnlyAccess")}})
	g.addGroup(frozenGroup, "/", Grants{Attached: []string{g.managed("AWSDenyAll")}})
	g.addGroup(opsGroup, "/", Grants{Attached: []string{g.arn("policy/assume-operations")}})
	for _, name := range departments {
		g.addGroup(strings.ToLower(name), "/departments/", Grants{Attached: []string{one(g, g.local)}})
	}
	g.addGroup("empty-since-reorganisation", "/", Grants{})
	g.addGroup("Former_Contractors", "/", Grants{})
	for i := range scale(6, users, 20, 260) {
		name := fmt.Sprintf("project-%s-%02d", serviceThings[i%len(serviceThings)], i+1)
		g.addGroup(name, "/projects/", g.projectGrants())
		g.projects = append(g.projects, name)
	}
}

func (g *generator) projectGrants() Grants {
	grants := Grants{Attached: []string{one(g, g.local)}}
	if g.chance(30) {
		grants.Inline = []InlinePolicy{{"shared-bucket", fmt.Sprintf(onlyBucket, "shared-"+one(g, serviceThings))}}
	}
	return grants
}

// addGroup leaves the group out when the account's quota is reached.
func (g *generator) addGroup(name, path string, grants Grants) {
	if g.groups.size() >= g.cfg.GroupLimit {
		return
	}
	group := &Group{ID: g.newID("AGPA", 17), Name: name, Path: path, Created: g.ago(300, 2200), Grants: grants}
	g.groups.put(group, time.Time{})
	g.groupIDs[name] = group.ID
}

// join adds the user to groups that exist, up to the quota.
func (g *generator) join(u *User, names ...string) {
	for _, name := range names {
		id := g.groupIDs[name]
		if id == "" || len(u.Groups) >= groupsPerUser || slices.Contains(u.Groups, id) {
			continue
		}
		u.Groups = append(u.Groups, id)
	}
}
