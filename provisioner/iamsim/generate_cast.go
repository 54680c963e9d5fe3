package iamsim

import (
	"fmt"
	"strings"
	"time"
)

// cast makes the users that every generated account has, in order of
// importance: a small account has the first ones.
var cast = []func(*generator) *User{
	(*generator).castEmployee,
	(*generator).castFrozen,
	(*generator).castQuarantined,
	(*generator).castStaleKeys,
	(*generator).castApostrophe,
	(*generator).castNonLatin,
	(*generator).castFrozenInline,
	(*generator).castFrozenByGroup,
	(*generator).castBreakGlass,
	(*generator).castTenGroups,
	(*generator).castBounded,
	(*generator).castKeyOnly,
	(*generator).castEverything,
	(*generator).castNeverUsed,
	(*generator).castEscaped,
	(*generator).castUndecodable,
	(*generator).castMixedCase,
	(*generator).castContractor,
}

// castEmployee is what everybody should look like.
func (g *generator) castEmployee() *User {
	u := g.newUser("alice.martin", "/people/", g.ago(400, 400))
	u.Tags = []Tag{{"email", "alice.martin@example.com"}, {"displayName", "Alice Martin"}, {"department", "Engineering"}, {"costCenter", "CC-1001"}}
	g.join(u, everyoneGroup, "engineering", opsGroup)
	g.password(u, g.ago(1, 3))
	g.virtualMFA(u)
	g.key(u, active, g.ago(20, 60), g.ago(1, 2))
	return u
}

// castFrozen was deactivated as AWS advises.
func (g *generator) castFrozen() *User {
	u := g.newUser("bob.keller", "/people/", g.ago(900, 900))
	u.Tags = []Tag{{"email", "bob.keller@example.com"}, {"department", "Sales"}}
	u.Attached = []string{g.managed("AWSDenyAll")}
	g.join(u, everyoneGroup, "sales")
	g.password(u, g.ago(120, 130))
	g.key(u, inactive, g.ago(500, 600), g.ago(130, 140))
	return u
}

func (g *generator) castFrozenInline() *User {
	u := g.newUser("carla.conti", "/people/", g.ago(700, 700))
	u.Inline = []InlinePolicy{{"offboarded-2025", denyEverything}}
	g.join(u, everyoneGroup, "finance")
	g.password(u, g.ago(90, 95))
	return u
}

func (g *generator) castFrozenByGroup() *User {
	u := g.newUser("dan.greene", "/people/", g.ago(800, 800))
	g.join(u, everyoneGroup, frozenGroup)
	g.key(u, active, g.ago(300, 400), g.ago(60, 80))
	return u
}

// castQuarantined had a key published; AWS attached the policy.
func (g *generator) castQuarantined() *User {
	u := g.newUser("svc-website-deploy", "/service/", g.ago(600, 600))
	u.Tags = []Tag{{"owner", "Marketing"}}
	u.Attached = []string{g.local[0], g.managed("AWSCompromisedKeyQuarantineV3")}
	g.key(u, active, g.ago(590, 600), g.ago(1, 5))
	return u
}

// castStaleKeys has two old keys, no MFA, and administrator rights.
func (g *generator) castStaleKeys() *User {
	u := g.newUser("erik.lindqvist@example.com", "/people/", g.ago(1800, 1800))
	g.join(u, everyoneGroup, adminGroup)
	g.password(u, g.ago(200, 220))
	g.key(u, active, g.ago(1500, 1700), g.ago(400, 500))
	g.key(u, active, g.ago(1000, 1200), time.Time{})
	return u
}

func (g *generator) castApostrophe() *User {
	u := g.newUser("sean.obrien", "/people/", g.ago(300, 300))
	u.Tags = []Tag{{"email", "sean.o+brien@example.com"}, {"displayName", person{given: "Seán", family: "O'Brien"}.display()}}
	g.join(u, everyoneGroup, "legal")
	g.password(u, g.ago(2, 9))
	g.virtualMFA(u)
	return u
}

func (g *generator) castNonLatin() *User {
	u := g.newUser("hanako.tanaka", "/people/", g.ago(250, 250))
	u.Tags = []Tag{{"email", "hanako.tanaka@example.com"}, {"Name", "田中 花子"}, {"department", "Research"}}
	g.join(u, everyoneGroup, "research")
	g.password(u, g.ago(1, 4))
	g.passkey(u)
	return u
}

func (g *generator) castBreakGlass() *User {
	u := g.newUser("break-glass", "/", g.ago(1500, 1500))
	u.Attached = []string{g.managed("AdministratorAccess")}
	g.password(u, time.Time{})
	u.MFA = append(u.MFA, MFADevice{Serial: fmt.Sprintf("GAHT%08d", g.rng.IntN(1e8)), Enabled: u.Created.Add(time.Hour)})
	return u
}

// castTenGroups is at the quota of groups.
func (g *generator) castTenGroups() *User {
	u := g.newUser("grace.kim", "/people/", g.ago(1200, 1200))
	g.join(u, everyoneGroup, powerGroup, opsGroup, "engineering", "platform", "data", "security", "support", "operations", "research")
	g.password(u, g.ago(1, 2))
	g.virtualMFA(u)
	return u
}

func (g *generator) castBounded() *User {
	u := g.newUser("Ivan.Petrov", "/people/contractors/", g.ago(100, 100))
	u.Boundary = g.boundary
	u.Tags = []Tag{{"mail", "ivan.petrov@partner.example"}, {"displayName", "Иван Петров"}, {"manager", "alice.martin"}}
	g.join(u, powerGroup)
	g.password(u, g.ago(1, 2))
	return u
}

func (g *generator) castKeyOnly() *User {
	u := g.newUser("svc-terraform", "/service/", g.ago(900, 900))
	u.Attached = []string{g.managed("AdministratorAccess")}
	g.key(u, active, g.ago(30, 60), g.ago(1, 1))
	g.key(u, inactive, g.ago(400, 500), g.ago(61, 70))
	return u
}

// castEverything has one of each kind of credential.
func (g *generator) castEverything() *User {
	u := g.newUser("mina.park", "/people/", g.ago(1000, 1000))
	u.Tags = []Tag{{"email", "mina.park@example.com"}}
	g.join(u, everyoneGroup, "platform")
	g.password(u, g.ago(1, 2))
	g.virtualMFA(u)
	g.key(u, active, g.ago(50, 80), g.ago(1, 2))
	g.sshKey(u, active)
	g.certificate(u, active)
	g.serviceCredential(u, codeCommit)
	g.serviceCredential(u, bedrock)
	return u
}

// castNeverUsed was made for somebody who never came.
func (g *generator) castNeverUsed() *User {
	u := g.newUser("new.starter", "/people/", g.ago(45, 45))
	g.join(u, everyoneGroup)
	g.password(u, time.Time{})
	u.Login.ResetRequired = true
	return u
}

func (g *generator) castEscaped() *User {
	u := g.newUser(escapeName("Zoë O'Neill"), "/people/", g.ago(80, 80))
	g.join(u, everyoneGroup)
	g.password(u, g.ago(3, 6))
	return u
}

// castUndecodable has an = that is no escape.
func (g *generator) castUndecodable() *User {
	u := g.newUser("import=2019", "/service/", g.ago(2000, 2000))
	g.key(u, inactive, g.ago(1900, 1999), time.Time{})
	return u
}

func (g *generator) castMixedCase() *User {
	u := g.newUser("McKenzie", "/", g.ago(1700, 1700))
	u.Tags = []Tag{{"Email", strings.ToLower(u.Name) + "@example.com"}}
	g.join(u, everyoneGroup, auditGroup)
	g.password(u, g.ago(30, 40))
	return u
}

func (g *generator) castContractor() *User {
	u := g.newUser("ext.fatima.haddad@partner.example", "/people/contractors/", g.ago(60, 60))
	u.Boundary = g.boundary
	g.join(u, "data")
	g.password(u, g.ago(1, 5))
	return u
}
