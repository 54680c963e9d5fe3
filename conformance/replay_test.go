package conformance_test

import (
	"slices"
	"testing"

	"iamscim/conformance"
)

func clientChecks(t *testing.T) []conformance.Check {
	t.Helper()
	var all []conformance.Check
	for _, name := range conformance.Clients() {
		checks, err := conformance.ClientChecks(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, checks...)
	}
	return all
}

func TestClients(t *testing.T) {
	want := []string{"authentik", "conductorone", "entra", "jumpcloud", "keycloak-scim", "okta", "sailpoint", "ssosync"}
	if got := conformance.Clients(); !slices.Equal(got, want) {
		t.Errorf("clients are %v, want %v", got, want)
	}
	ref := newReference()
	for check, err := range conformance.Run(t.Context(), clientOf(ref), conformance.Options{Checks: clientChecks(t)}) {
		if err != nil {
			t.Errorf("%s: %v", check.Name, err)
		}
	}
	if len(ref.docs) != 0 {
		t.Errorf("%d resources were left behind", len(ref.docs))
	}
	if _, err := conformance.ClientChecks("nobody"); err == nil {
		t.Error("an unknown client is no error")
	}
}

// clientMutants are servers with which a sequence goes wrong.
func clientMutants() []mutant {
	return []mutant{
		m("client/okta/user-lifecycle", "^PATCH /Users").body(`"value":{"active":false}|"value": {"active": false}`).ignore(),
		m("client/okta/custom-app", "^PUT /Users").body(`"groups": \[\], "active": false`).ignore(),
		m("client/okta/conflict", "^POST /Users$").only(409).status(400),
		m("client/okta/import", `^GET /Users\?startIndex=1&count=2$`).set("totalResults", "3"),
		m("client/okta/group-push", "^PATCH /Groups").body(`"display"`).ignore(),
		m("client/entra/connection", `^GET /Users\?filter=userName eq "scimconf-[a-z0-9]*-[0-9]*x"$`).status(404),
		m("client/entra/user-lifecycle", "^PATCH /Users").body(`"False"`).status(400),
		m("client/entra/missing-value", "^PATCH /Users").body(`"Add", "path": "emails`).ignore(),
		m("client/entra/no-path", "^PATCH /Users").body(`name.givenName`).ignore(),
		m("client/entra/group", "^PATCH /Groups").body(`"Remove"`).send(`, "value": \[[^\]]*\]`, ""),
		m("client/authentik/users", "^PUT /Users").only(404).status(400),
		m("client/authentik/groups", "^PATCH /Groups").body(`"schemas": \["[^"]*Group"\], "id"`).status(400),
		m("client/authentik/discover", `^GET /Users\?startIndex=1$`).drop("totalResults"),
		m("client/ssosync/users", "^POST /Users").body(`addresses": \[`).status(400),
		m("client/ssosync/groups", "^PATCH /Groups").body(`"externalId", "value": "[^"]*-x"`).ignore(),
		m("client/keycloak-scim/users", "^PATCH /Users").body(`"false"`).status(400),
		m("client/keycloak-scim/groups", "^PATCH /Groups").body(`"remove", "path": "members"},`).ignore(),
		m("client/sailpoint/discovery", "^GET /ResourceTypes/Group").status(404),
		m("client/sailpoint/aggregation", `^GET /Users.*meta.lastModified`).status(400),
		m("client/conductorone/sync", `^GET /Users\?filter`).set("itemsPerPage", 100),
		m("client/jumpcloud/activation", "^POST /Groups").body(`^{"schemas": \["[^"]*Group"\], "displayName": "[^"]*"}$`).status(400),
	}
}

func TestClientMutants(t *testing.T) {
	checks := clientChecks(t)
	seen := map[string]bool{}
	for _, m := range clientMutants() {
		seen[m.check] = true
		t.Run(m.check, func(t *testing.T) {
			for check, err := range conformance.Run(t.Context(), clientOf(m.server(t)), conformance.Options{Checks: checks}) {
				if failed := conformance.OutcomeOf(err) == conformance.Fail; failed != (check.Name == m.check) {
					t.Errorf("%s: %v", check.Name, err)
				}
			}
		})
	}
	for _, c := range checks {
		if !seen[c.Name] {
			t.Errorf("%s: no mutant shows that this sequence can fail", c.Name)
		}
	}
}
