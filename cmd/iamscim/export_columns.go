package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The columns of the tables. Scripts depend on their names and order: new ones
// go to the end.

var userColumns = []column[exportUser]{
	{"id", func(u *exportUser) string { return u.ID }},
	{"userName", func(u *exportUser) string { return u.UserName }},
	{"arn", func(u *exportUser) string { return u.AWS.ARN }},
	{"path", func(u *exportUser) string { return u.AWS.Path }},
	{"active", func(u *exportUser) string { return truth(&u.Active) }},
	{"disabledBy", func(u *exportUser) string { return denies(u.AWS.DisabledBy) }},
	{"identityType", func(u *exportUser) string { return u.AWS.IdentityType }},
	{"identityTypeRule", func(u *exportUser) string { return u.AWS.IdentityTypeRule }},
	{"displayName", func(u *exportUser) string { return u.DisplayName }},
	{"givenName", func(u *exportUser) string { return u.Name.GivenName }},
	{"familyName", func(u *exportUser) string { return u.Name.FamilyName }},
	{"email", func(u *exportUser) string { return firstValue(u.Emails) }},
	{"externalId", func(u *exportUser) string { return u.ExternalID }},
	{"title", func(u *exportUser) string { return u.Title }},
	{"userType", func(u *exportUser) string { return u.UserType }},
	{"employeeNumber", func(u *exportUser) string { return u.Enterprise.EmployeeNumber }},
	{"department", func(u *exportUser) string { return u.Enterprise.Department }},
	{"costCenter", func(u *exportUser) string { return u.Enterprise.CostCenter }},
	{"organization", func(u *exportUser) string { return u.Enterprise.Organization }},
	{"division", func(u *exportUser) string { return u.Enterprise.Division }},
	{"manager", func(u *exportUser) string { return u.Enterprise.Manager.Value }},
	{"managerName", func(u *exportUser) string { return u.Enterprise.Manager.DisplayName }},
	{"created", func(u *exportUser) string { return u.Meta.Created }},
	{"lastModified", func(u *exportUser) string { return u.Meta.LastModified }},
	{"consoleAccess", func(u *exportUser) string { return truth(u.AWS.ConsoleAccess) }},
	{"mfaActive", func(u *exportUser) string { return truth(u.AWS.MFAActive) }},
	{"passwordLastUsed", func(u *exportUser) string { return u.AWS.PasswordLastUsed }},
	{"passwordLastChanged", func(u *exportUser) string { return u.AWS.PasswordLastChanged }},
	{"activeAccessKeys", func(u *exportUser) string { return u.activeKeys() }},
	{"lastActivity", func(u *exportUser) string { return u.AWS.LastActivity }},
	{"permissionsBoundary", func(u *exportUser) string { return u.AWS.PermissionsBoundary }},
	{"managed", func(u *exportUser) string { return truth(&u.AWS.Managed) }},
	{"tags", func(u *exportUser) string { return tagText(u.AWS.Tags) }},
	{"observedAt", func(u *exportUser) string { return u.AWS.ObservedAt }},
	{"notKnown", func(u *exportUser) string { return strings.Join(u.AWS.NotKnown, " ") }},
}

var credentialColumns = []column[credential]{
	{"userId", func(c *credential) string { return c.user.ID }},
	{"userName", func(c *credential) string { return c.user.UserName }},
	{"type", func(c *credential) string { return c.kind }},
	{"id", func(c *credential) string { return c.ID }},
	{"status", func(c *credential) string { return c.Status }},
	{"detail", func(c *credential) string { return c.detail }},
	{"created", func(c *credential) string { return c.Created }},
	{"lastRotated", func(c *credential) string { return c.LastRotated }},
	{"lastUsed", func(c *credential) string { return c.LastUsed }},
	{"lastUsedService", func(c *credential) string { return c.LastUsedService }},
	{"lastUsedRegion", func(c *credential) string { return c.LastUsedRegion }},
	{"expires", func(c *credential) string { return c.Expires }},
}

var groupColumns = []column[exportGroup]{
	{"id", func(g *exportGroup) string { return g.ID }},
	{"displayName", func(g *exportGroup) string { return g.DisplayName }},
	{"arn", func(g *exportGroup) string { return g.AWS.ARN }},
	{"path", func(g *exportGroup) string { return g.AWS.Path }},
	{"externalId", func(g *exportGroup) string { return g.ExternalID }},
	{"created", func(g *exportGroup) string { return g.Meta.Created }},
	{"lastModified", func(g *exportGroup) string { return g.Meta.LastModified }},
	{"members", func(g *exportGroup) string { return strconv.Itoa(len(g.Members)) }},
	{"attachedPolicies", func(g *exportGroup) string { return listed(g.AWS.AttachedPolicies, "") }},
	{"inlinePolicies", func(g *exportGroup) string { return embedded(g.AWS.InlinePolicies) }},
	{"managed", func(g *exportGroup) string { return truth(&g.AWS.Managed) }},
}

var membershipColumns = []column[membership]{
	{"userId", func(m *membership) string { return m.user.ID }},
	{"userName", func(m *membership) string { return m.user.UserName }},
	{"groupId", func(m *membership) string { return m.group.Value }},
	{"groupName", func(m *membership) string { return m.group.Display }},
}

var entitlementColumns = []column[entitlement]{
	{"userId", func(e *entitlement) string { return e.user.ID }},
	{"userName", func(e *entitlement) string { return e.user.UserName }},
	{"how", func(e *entitlement) string { return e.how }},
	{"type", func(e *entitlement) string { return e.what.Type }},
	{"value", func(e *entitlement) string { return e.what.Value }},
	{"display", func(e *entitlement) string { return e.what.Display }},
	{"groupId", func(e *entitlement) string { return e.group.Value }},
	{"groupName", func(e *entitlement) string { return e.group.Display }},
}

var policyColumns = []column[exportPolicy]{
	{"id", func(p *exportPolicy) string { return p.ID }},
	{"arn", func(p *exportPolicy) string { return p.ARN }},
	{"name", func(p *exportPolicy) string { return p.Name }},
	{"path", func(p *exportPolicy) string { return p.AWS.Path }},
	{"description", func(p *exportPolicy) string { return p.AWS.Description }},
	{"awsManaged", func(p *exportPolicy) string { return truth(&p.AWS.AWSManaged) }},
	{"deny", func(p *exportPolicy) string { return truth(&p.AWS.Deny) }},
	{"attachments", func(p *exportPolicy) string { return strconv.FormatInt(p.Attachments, 10) }},
	{"created", func(p *exportPolicy) string { return p.Meta.Created }},
	{"updated", func(p *exportPolicy) string { return p.AWS.Updated }},
	{"lastModified", func(p *exportPolicy) string { return p.Meta.LastModified }},
	{"tags", func(p *exportPolicy) string { return tagText(p.AWS.Tags) }},
}

var roleColumns = []column[exportRole]{
	{"id", func(r *exportRole) string { return r.ID }},
	{"arn", func(r *exportRole) string { return r.ARN }},
	{"name", func(r *exportRole) string { return r.Name }},
	{"path", func(r *exportRole) string { return r.AWS.Path }},
	{"description", func(r *exportRole) string { return r.AWS.Description }},
	{"trustedServices", func(r *exportRole) string { return listed(r.AWS.Trusted, "service") }},
	{"trustedAccounts", func(r *exportRole) string { return listed(r.AWS.Trusted, "account") }},
	{"trustedPrincipals", func(r *exportRole) string { return listed(r.AWS.Trusted, "principal") }},
	{"trustedFederated", func(r *exportRole) string { return listed(r.AWS.Trusted, "federated") }},
	{"crossAccount", func(r *exportRole) string { return truth(&r.AWS.CrossAccount) }},
	{"conditional", func(r *exportRole) string { return truth(&r.AWS.Conditional) }},
	{"created", func(r *exportRole) string { return r.Meta.Created }},
	{"lastModified", func(r *exportRole) string { return r.Meta.LastModified }},
	{"lastUsed", func(r *exportRole) string { return r.AWS.LastUsed }},
	{"lastUsedRegion", func(r *exportRole) string { return r.AWS.LastUsedRegion }},
	{"maxSessionDuration", func(r *exportRole) string { return number(r.AWS.MaxSession) }},
	{"permissionsBoundary", func(r *exportRole) string { return r.AWS.PermissionsBoundary }},
	{"attachedPolicies", func(r *exportRole) string { return listed(r.AWS.AttachedPolicies, "") }},
	{"inlinePolicies", func(r *exportRole) string { return embedded(r.AWS.InlinePolicies) }},
	{"tags", func(r *exportRole) string { return tagText(r.AWS.Tags) }},
}

// truth is empty for what is not known.
func truth(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// activeKeys counts access keys that can be used.
func (u *exportUser) activeKeys() string {
	if slices.Contains(u.AWS.NotKnown, "accessKeys") {
		return ""
	}
	n := 0
	for _, k := range u.AWS.AccessKeys {
		if k.Status == "Active" {
			n++
		}
	}
	return strconv.Itoa(n)
}

func firstValue(list []named) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Value
}

// listed joins the values of a type with blanks, which none of them has.
func listed(list []named, kind string) string {
	var all []string
	for _, x := range list {
		if kind == "" || x.Type == kind {
			all = append(all, x.Value)
		}
	}
	return strings.Join(all, " ")
}

func embedded(list []exportInline) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return strings.Join(names, " ")
}

// denies lists what disables a user: "attachedPolicy arn:…; record".
func denies(list []exportDeny) string {
	all := make([]string, len(list))
	for i, d := range list {
		all[i] = strings.Join(slices.DeleteFunc([]string{d.Type, d.Value, d.Group}, func(s string) bool { return s == "" }), " ")
	}
	return strings.Join(all, "; ")
}

// tagText is a JSON object, because tags may hold anything.
func tagText(tags []exportTag) string {
	if len(tags) == 0 {
		return ""
	}
	object := make(map[string]string, len(tags))
	for _, t := range tags {
		object[t.Key] = t.Value
	}
	text, _ := json.Marshal(object) // strings always encode
	return string(text)
}
