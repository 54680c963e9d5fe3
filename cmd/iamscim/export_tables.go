package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// tables are the CSV files of a folder.
type tables struct {
	users        *table[exportUser]
	credentials  *table[credential]
	groups       *table[exportGroup]
	memberships  *table[membership]
	entitlements *table[entitlement]
	policies     *table[exportPolicy]
	roles        *table[exportRole]
}

func newTables() *tables {
	return &tables{
		users:        newTable("users.csv", userColumns),
		credentials:  newTable("credentials.csv", credentialColumns),
		groups:       newTable("groups.csv", groupColumns),
		memberships:  newTable("memberships.csv", membershipColumns),
		entitlements: newTable("entitlements.csv", entitlementColumns),
		policies:     newTable("policies.csv", policyColumns),
		roles:        newTable("roles.csv", roleColumns),
	}
}

func (t *tables) sheets() []*sheet {
	return []*sheet{
		&t.users.sheet, &t.credentials.sheet, &t.groups.sheet, &t.memberships.sheet,
		&t.entitlements.sheet, &t.policies.sheet, &t.roles.sheet,
	}
}

func (t *tables) names() []string {
	var names []string
	for _, s := range t.sheets() {
		names = append(names, s.name)
	}
	return names
}

// take makes rows of a resource. What another list has is for a newer program.
func (t *tables) take(sum *exportSummary, list string, resource json.RawMessage) error {
	switch list {
	case "users":
		return row(resource, func(u *exportUser) error { return t.user(sum.AccountID, u) })
	case "groups":
		return row(resource, func(g *exportGroup) error { return t.groups.write(sum.AccountID, g) })
	case "policies":
		return row(resource, func(p *exportPolicy) error { return t.policies.write(sum.AccountID, p) })
	case "roles":
		return row(resource, func(r *exportRole) error { return t.roles.write(sum.AccountID, r) })
	}
	return nil
}

func row[T any](resource json.RawMessage, write func(*T) error) error {
	x := new(T)
	if err := json.Unmarshal(resource, x); err != nil {
		return fmt.Errorf("read a resource: %w", err)
	}
	return write(x)
}

// user writes a user and what they have.
func (t *tables) user(account string, u *exportUser) error {
	if err := t.users.write(account, u); err != nil {
		return err
	}
	for _, c := range u.credentials() {
		if err := t.credentials.write(account, &c); err != nil {
			return err
		}
	}
	for _, g := range u.Groups {
		if err := t.memberships.write(account, &membership{u, g}); err != nil {
			return err
		}
	}
	for _, e := range u.entitled() {
		if err := t.entitlements.write(account, &e); err != nil {
			return err
		}
	}
	return nil
}

// membership is a user in a group.
type membership struct {
	user  *exportUser
	group named
}

// entitlement is one way in which a user has a policy or can assume a role.
type entitlement struct {
	user  *exportUser
	how   string // "direct", "group" or "role"
	what  named
	group named // through which
}

// inlinePolicy is the type of a policy that is embedded in a user or group.
const inlinePolicy = "InlinePolicy"

// entitled lists what a user was given. What denies them everything is not
// among it; it is in disabledBy.
func (u *exportUser) entitled() []entitlement {
	var all []entitlement
	for _, p := range u.Entitlements { // denies are none of them
		all = append(all, entitlement{user: u, how: "direct", what: p})
	}
	for _, p := range u.AWS.InlinePolicies {
		if !u.denied("inlinePolicy", p.Name, "") {
			all = append(all, entitlement{user: u, how: "direct", what: named{u.AWS.ARN + "#" + p.Name, p.Name, inlinePolicy, ""}})
		}
	}
	for _, p := range u.AWS.InheritedPolicies {
		p.Type = "ManagedPolicy"
		value := p.Value
		if strings.Contains(p.Value, "#") { // the ARN of a group and the name of the policy
			p.Type, value = inlinePolicy, p.Display
		}
		if !u.denied("groupPolicy", value, p.Group) {
			all = append(all, entitlement{user: u, how: "group", what: p, group: u.group(p.Group)})
		}
	}
	for _, r := range u.Roles {
		all = append(all, entitlement{user: u, how: "role", what: r})
	}
	return all
}

// denied reports whether a policy is what disables the user.
func (u *exportUser) denied(kind, value, group string) bool {
	return slices.Contains(u.AWS.DisabledBy, exportDeny{kind, value, group})
}

func (u *exportUser) group(id string) named {
	for _, g := range u.Groups {
		if g.Value == id {
			return g
		}
	}
	return named{Value: id}
}

// credential is something that a user can prove to be themselves with, other
// than a password.
type credential struct {
	user   *exportUser
	kind   string
	detail string // the kind of device, or the service
	exportCredential
}

func (u *exportUser) credentials() []credential {
	var all []credential
	for _, k := range u.AWS.AccessKeys {
		all = append(all, credential{u, "AccessKey", "", k})
	}
	for _, d := range u.AWS.MFADevices {
		all = append(all, credential{u, "MFADevice", d.Type, exportCredential{ID: d.SerialNumber, Created: d.Enabled}})
	}
	for _, k := range u.AWS.SSHPublicKeys {
		all = append(all, credential{u, "SSHPublicKey", "", k})
	}
	for _, c := range u.Certificates {
		all = append(all, credential{u, "SigningCertificate", "", exportCredential{ID: c.Display, Status: c.Type}})
	}
	for _, c := range u.AWS.ServiceCredentials {
		all = append(all, credential{u, "ServiceSpecificCredential", c.Service, c})
	}
	return all
}
