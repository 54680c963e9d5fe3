package iamsim

import (
	"slices"
	"strings"
	"time"

	"iamscim/provisioner/policy"
)

// use is an authenticated attempt to use something; the zero value means never.
type use struct {
	at             time.Time
	region, entity string // the ARN of the user or role
}

// noteAttempt remembers what a user or role tried, allowed or not, as AWS
// counts it ("Refine permissions in AWS using last accessed information").
func (c *call) noteAttempt() {
	id := c.who.userID + c.who.roleID // one of them is empty
	if id == "" {
		return
	}
	if c.attempts[id] == nil {
		c.attempts[id] = map[string]use{}
	}
	c.attempts[id][c.action()] = use{at: c.at, region: c.region}
}

// advisee is whom a report is about: a user or role, the members of a group, or
// whoever has a policy.
type advisee struct {
	documents  []*policy.Document
	principals []map[string]use // uses by action, "service:Action" or "service:"
}

// advised finds what the ARN names.
func (c *call) advised(arn string) (advisee, error) {
	if p := c.policyByARN(arn); p != nil {
		return c.advisedHolders(p), nil
	}
	for _, u := range c.users.all(c.at) {
		if c.userARN(u) == arn {
			return advisee{c.userDocuments(u), []map[string]use{c.usesOfUser(u)}}, nil
		}
	}
	for _, g := range c.groups.all(c.at) {
		if c.groupARN(g) == arn {
			return c.advisedGroup(g), nil
		}
	}
	for _, r := range c.roles.all(c.at) {
		if c.roleARN(r) == arn {
			return advisee{c.grantDocuments(r.Grants), []map[string]use{c.usesOfRole(r)}}, nil
		}
	}
	return advisee{}, refuse("NoSuchEntity", "ARN %s cannot be found.", arn)
}

func (c *call) advisedGroup(g *Group) advisee {
	w := advisee{documents: c.grantDocuments(g.Grants)}
	for _, u := range c.members(g) {
		w.principals = append(w.principals, c.usesOfUser(u))
	}
	return w
}

func (c *call) advisedHolders(p *Policy) advisee {
	w := advisee{documents: []*policy.Document{c.parse(p.document())}}
	for _, u := range c.users.all(c.at) {
		if slices.Contains(u.Attached, p.ARN) {
			w.principals = append(w.principals, c.usesOfUser(u))
		}
	}
	for _, r := range c.roles.all(c.at) {
		if slices.Contains(r.Attached, p.ARN) {
			w.principals = append(w.principals, c.usesOfRole(r))
		}
	}
	return w
}

// usesOfUser also has the services that the user's keys were last used for,
// with an empty action.
func (c *call) usesOfUser(u *User) map[string]use {
	out := c.usesOf(u.ID, c.userARN(u))
	for _, k := range u.Keys {
		if key := k.LastService + ":"; k.LastUsed.After(out[key].at) {
			out[key] = use{k.LastUsed, k.LastRegion, c.userARN(u)}
		}
	}
	return out
}

func (c *call) usesOfRole(r *Role) map[string]use { return c.usesOf(r.ID, c.roleARN(r)) }

func (c *call) usesOf(id, arn string) map[string]use {
	out := map[string]use{}
	for action, last := range c.attempts[id] {
		last.entity = arn
		out[action] = last
	}
	return out
}

// uses returns the latest use of an action that fits, and how many principals
// have used one. Of two at the same second the first principal's counts.
func (w advisee) uses(fits func(action string) bool) (last use, entities int) {
	for _, actions := range w.principals {
		var own use
		for action, u := range actions {
			if fits(action) && u.at.After(own.at) {
				own = u
			}
		}
		if own.at.IsZero() {
			continue
		}
		entities++
		if own.at.After(last.at) {
			last = own
		}
	}
	return last, entities
}

// literalActions are the actions of a service that the documents allow by full
// name and that are not this account's own.
func (c *call) literalActions(w advisee, namespace string) []string {
	var out []string
	for _, d := range w.documents {
		for i := range d.Statements {
			if d.Statements[i].Effect == policy.Allow {
				out = append(out, c.foreign(d.Statements[i].Actions, namespace)...)
			}
		}
	}
	return out
}

func (c *call) foreign(actions []string, namespace string) []string {
	var out []string
	for _, action := range actions {
		service, name, _ := strings.Cut(action, ":")
		if strings.EqualFold(service, namespace) && c.known[name] == nil && !strings.ContainsAny(name, "*?") {
			out = append(out, name)
		}
	}
	return out
}
