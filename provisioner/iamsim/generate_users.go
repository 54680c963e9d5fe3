package iamsim

import (
	"fmt"
	"strings"
	"time"
)

// addUsers makes the cast first, the users every review has to find, and then
// the crowd: one in seven is a service.
func (g *generator) addUsers(users int) {
	for i, role := range cast {
		if i >= users {
			return
		}
		g.store(role(g))
	}
	for range users - len(cast) {
		if g.chance(14) {
			g.store(g.serviceUser())
		} else {
			g.store(g.personUser())
		}
	}
}

func (g *generator) store(u *User) {
	g.taken[strings.ToLower(u.Name)] = true
	g.putUser(u, time.Time{})
	if strings.HasPrefix(u.Path, "/service/") {
		g.services = append(g.services, u)
		return
	}
	g.people = append(g.people, u)
}

// newUser is a user without anything.
func (g *generator) newUser(name, path string, created time.Time) *User {
	return &User{ID: g.newID("AIDA", 17), Name: name, Path: path, Created: created}
}

func (g *generator) personUser() *User {
	p := g.person()
	name, number := g.userName(p)
	u := g.newUser(name, g.personPath(), g.ago(3, 2000))
	g.personTags(u, p, number)
	if !strings.HasPrefix(u.Path, "/people/contractors/") || g.chance(60) {
		g.join(u, everyoneGroup)
	}
	g.join(u, strings.ToLower(one(g, departments)))
	for range g.rng.IntN(4) {
		g.join(u, one(g, g.projects))
	}
	g.elevate(u)
	g.personCredentials(u)
	g.personGrants(u)
	return u
}

func (g *generator) personPath() string {
	switch n := g.rng.IntN(100); {
	case n < 62:
		return "/people/"
	case n < 76:
		return "/people/contractors/"
	}
	return "/"
}

// elevate makes some people more than users, as the groups name them.
func (g *generator) elevate(u *User) {
	switch n := g.rng.IntN(100); {
	case n < 3:
		g.join(u, adminGroup)
	case n < 5:
		g.join(u, iamAdminGroup)
	case n < 10:
		g.join(u, powerGroup)
	case n < 14:
		g.join(u, auditGroup)
	case n < 26:
		g.join(u, opsGroup)
	}
}

// personTags follows no standard, like the tags of real accounts: keys are
// spelt as each team liked, and a third of the people have none.
func (g *generator) personTags(u *User, p person, number int) {
	if g.chance(33) {
		return
	}
	mail := one(g, []string{"email", "email", "email", "Email", "mail"})
	u.Tags = append(u.Tags, Tag{mail, p.mail(number)})
	if g.chance(70) {
		u.Tags = append(u.Tags, Tag{one(g, []string{"displayName", "displayName", "Name"}), p.display()})
	}
	if g.chance(55) {
		u.Tags = append(u.Tags, Tag{"department", one(g, departments)})
	}
	if g.chance(30) {
		u.Tags = append(u.Tags, Tag{"costCenter", fmt.Sprintf("CC-%04d", 1000+g.rng.IntN(80))})
	}
	if g.chance(20) && len(g.people) > 0 {
		u.Tags = append(u.Tags, Tag{"manager", one(g, g.people).Name})
	}
}

// personGrants are the exceptions that reviews exist for.
func (g *generator) personGrants(u *User) {
	if g.chance(12) {
		u.Attached = append(u.Attached, one(g, g.local))
	}
	if g.chance(4) {
		u.Attached = append(u.Attached, g.managed("ReadOnlyAccess"))
	}
	if g.chance(6) {
		u.Inline = append(u.Inline, InlinePolicy{"temporary-access", fmt.Sprintf(onlyBucket, "incident-"+one(g, stages))})
	}
	if g.chance(8) || strings.HasPrefix(u.Path, "/people/contractors/") && g.chance(50) {
		u.Boundary = g.boundary
	}
}

func (g *generator) serviceUser() *User {
	thing, stage := one(g, serviceThings), one(g, stages)
	name := "svc-" + thing + "-" + stage
	for n := 2; g.taken[name]; n++ {
		name = fmt.Sprintf("svc-%s-%s-%d", thing, stage, n)
	}
	path := "/service/"
	if g.chance(30) {
		path += stage + "/"
	}
	u := g.newUser(name, path, g.ago(30, 2000))
	if g.chance(50) {
		u.Tags = append(u.Tags, Tag{"owner", one(g, departments)}, Tag{"environment", stage})
	}
	u.Attached = append(u.Attached, one(g, g.local))
	if g.chance(25) {
		u.Inline = append(u.Inline, InlinePolicy{thing, fmt.Sprintf(onlyBucket, thing+"-"+stage)})
	}
	if g.chance(15) {
		u.Boundary = g.boundary
	}
	g.serviceCredentials(u)
	return u
}
