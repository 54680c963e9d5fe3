package iamsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"iamscim/provisioner/policy"
)

// status gathers what the page shows. It sees what readers see.
func (a *Account) status() statusData {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{Account: a, at: a.now()}
	d := statusData{Account: a.cfg.AccountID, Alias: a.alias, Now: stamp(c.at), More: map[string]int{}, Dials: a.dials.texts()}
	d.Users = shorten(&d, "users", c.users.all(c.at), c.statusUser)
	d.Groups = shorten(&d, "groups", c.groups.all(c.at), c.statusGroup)
	d.Roles = shorten(&d, "roles", c.roles.all(c.at), c.statusRole)
	used := c.usage()
	local := slices.DeleteFunc(slices.Clone(c.policies.all(c.at)), func(p *Policy) bool { return p.AWSManaged })
	d.Policies = shorten(&d, "policies", local, func(p *Policy) statusPolicy {
		return statusPolicy{statusThing{p.Name, p.Path, p.ID}, p.Default, len(p.Versions), used.attached[p.ARN]}
	})
	for _, f := range a.faults {
		d.Faults = append(d.Faults, statusFault{*f, f.seen})
	}
	a.statusCalls(&d)
	return d
}

func (a *Account) statusCalls(d *statusData) {
	calls := a.journal.calls
	d.Counts = append(d.Counts, statusCount{"calls", len(calls)})
	older := max(0, len(calls)-statusCalls)
	d.More["calls"] = older
	d.Calls = slices.Clone(calls[older:])
	slices.Reverse(d.Calls)
	for _, name := range slices.Sorted(maps.Keys(a.journal.counts)) {
		d.Actions = append(d.Actions, statusCount{name, a.journal.counts[name]})
	}
}

// shorten renders the first of a kind and counts all.
func shorten[T, S any](d *statusData, kind string, all []*T, render func(*T) S) []S {
	d.Counts = append(d.Counts, statusCount{kind, len(all)})
	d.More[kind] = max(0, len(all)-statusRows)
	out := make([]S, 0, statusRows)
	for _, v := range all[:min(len(all), statusRows)] {
		out = append(out, render(v))
	}
	return out
}

func (c *call) statusUser(u *User) statusUser {
	out := statusUser{
		statusThing: statusThing{u.Name, u.Path, u.ID}, Password: u.Login != nil,
		Keys: len(u.Keys), MFA: len(u.MFA), Policies: c.statusGrants(u.Grants),
	}
	for _, g := range c.groupsOf(u) {
		out.Groups = append(out.Groups, g.Name)
	}
	if u.Boundary != "" {
		out.Boundary = &statusGrant{Name: policyName(u.Boundary), ARN: u.Boundary}
	}
	return out
}

func (c *call) statusGroup(g *Group) statusGroup {
	return statusGroup{statusThing{g.Name, g.Path, g.ID}, len(c.members(g)), c.statusGrants(g.Grants)}
}

func (c *call) statusRole(r *Role) statusRole {
	out := statusRole{statusThing: statusThing{r.Name, r.Path, r.ID}, Policies: c.statusGrants(r.Grants)}
	if doc := c.parse(r.Trust); doc != nil {
		t := policy.Summarize(doc, c.cfg.AccountID)
		out.Trusts = slices.Concat(t.Services, t.Accounts, t.Principals, t.Federated)
		if t.Anyone {
			out.Trusts = append(out.Trusts, "anyone")
		}
	}
	return out
}

func (c *call) statusGrants(g Grants) []statusGrant {
	var out []statusGrant
	for _, arn := range g.Attached {
		p := c.policyByARN(arn)
		out = append(out, statusGrant{policyName(arn), arn, p != nil && c.denies(p.document())})
	}
	for _, in := range g.Inline {
		out = append(out, statusGrant{in.Name + " (inline)", "", c.denies(in.Document)})
	}
	return out
}

func (c *call) denies(text string) bool {
	doc := c.parse(text)
	return doc != nil && doc.DeniesEverything()
}

// texts says which dials are turned.
func (d *dials) texts() []string {
	delays := map[string]string{}
	for action, delay := range d.delays {
		if delay > 0 {
			delays[action] = "is seen after " + delay.String()
		}
	}
	rates := map[string]string{}
	for action, r := range d.rates {
		rates[action] = fmt.Sprintf("%d a second", r.perSecond)
	}
	out := slices.Concat(gather(delays), gather(rates))
	if d.settling > 0 {
		out = append(out, "settling lasts "+d.settling.String())
	}
	if d.contention > 0 {
		out = append(out, "contention lasts "+d.contention.String())
	}
	if n := len(d.scpTexts); n > 0 {
		out = append(out, fmt.Sprintf("service control policies: %d", n))
	}
	return out
}

// gather joins actions for which the same is said; of many it says how many.
func gather(said map[string]string) []string {
	actions := map[string][]string{}
	for _, action := range slices.Sorted(maps.Keys(said)) {
		actions[said[action]] = append(actions[said[action]], action)
	}
	var out []string
	for _, what := range slices.Sorted(maps.Keys(actions)) {
		who := strings.Join(actions[what], ", ")
		if n := len(actions[what]); n > 5 {
			who = fmt.Sprintf("each of %d actions", n)
		}
		out = append(out, who+": "+what)
	}
	return out
}
