package iamsim

import (
	"fmt"
	"time"
)

// addPolicies makes the customer's managed policies. The last one is attached
// to nothing, as there always is one.
func (g *generator) addPolicies(users int) {
	g.boundary = g.addPolicy("developer-boundary", "/boundaries/", boundaryText)
	g.addPolicy("require-mfa", "/", requireMFA)
	g.addPolicy("self-service", "/", selfService, iamPowers)
	g.local = append(g.local, g.addPolicy("assume-operations", "/", fmt.Sprintf(mayAssume, "operations/")))
	for i := range scale(12, users, 60, 80) {
		thing, stage := serviceThings[i%len(serviceThings)], stages[i/len(serviceThings)%len(stages)]
		name := thing + "-" + stage + "-data"
		versions := make([]string, 1+g.rng.IntN(5))
		for v := range versions {
			versions[v] = fmt.Sprintf(onlyBucket, fmt.Sprintf("%s-%s-v%d", thing, stage, v+1))
		}
		g.local = append(g.local, g.addPolicy(name, "/applications/", versions...))
	}
	g.addPolicy("unused-since-migration", "/", fmt.Sprintf(onlyBucket, "old-datacentre"))
}

// addPolicy stores a policy whose versions are given oldest first; the newest
// is the default but for one in seven, where somebody rolled back.
func (g *generator) addPolicy(name, path string, documents ...string) string {
	created := g.ago(200, 1500)
	p := &Policy{
		ID: g.newID("ANPA", 17), Name: name, Path: path, Created: created, Updated: created,
		ARN: g.arn("policy" + path + name), Description: "Managed by the platform team",
	}
	for i, text := range documents {
		at := created.Add(time.Duration(i) * 30 * 24 * time.Hour)
		p.Issued++
		v := PolicyVersion{ID: fmt.Sprintf("v%d", p.Issued), Document: text, Created: at}
		p.Versions = append([]PolicyVersion{v}, p.Versions...)
		p.Default, p.Updated = v.ID, at
	}
	if len(documents) > 1 && g.chance(14) {
		p.Default = p.Versions[1].ID
	}
	g.policies.put(p, time.Time{})
	return p.ARN
}
