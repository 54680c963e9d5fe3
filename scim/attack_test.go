package scim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/scim/auth"
)

const (
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	readOnlyARN   = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	denyAll       = "arn:aws:iam::aws:policy/AWSDenyAll"
)

// TestAttacks: what a token that may write must not be able to do. Each is
// refused by the rule it breaks, and changes nothing.
func TestAttacks(t *testing.T) {
	t.Parallel()
	var boundary string
	d := newWritable(t, func(a *Account, c *provisioner.Config) {
		a.Grantable, c.Grantable = true, []string{"ReadOnlyAccess"}
	}, func(a *iamsim.Account) {
		old := a.Now().AddDate(0, -1, 0)
		boundary = a.AddPolicy(iamsim.Policy{Name: "fence", Path: "/"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`).ARN
		a.AddUser(iamsim.User{Name: "ann", Path: "/", Created: old, Boundary: boundary})
		a.AddUser(iamsim.User{Name: "denied", Path: "/", Created: old, Grants: iamsim.Grants{Attached: []string{denyAll}}})
		a.AddGroup(iamsim.Group{Name: "admins", Path: "/", Grants: iamsim.Grants{Attached: []string{administrator}}})
		a.AddGroup(iamsim.Group{Name: "staff", Path: "/", Grants: iamsim.Grants{Attached: []string{readOnlyARN}}})
		for i := range 11 {
			name := fmt.Sprintf("staff%02d", i)
			a.AddUser(iamsim.User{Name: name, Path: "/", Created: old})
			a.Join(name, "staff")
		}
	})
	user := func(name string) string {
		return "/scim/v2/Users/" + onlyID(t, d, "/scim/v2/Users?attributes=id&filter=userName%20eq%20%22"+name+"%22")
	}
	group := func(name string) string {
		return "/scim/v2/Groups/" + onlyID(t, d, "/scim/v2/Groups?attributes=id&filter=displayName%20eq%20%22"+name+"%22")
	}
	id := func(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
	patchOf := func(op, path, value string) string {
		return fmt.Sprintf(`{"Operations":[{"op":%q,"path":%q,"value":%s}]}`, op, path, value)
	}
	write := auth.Scopes(auth.Read | auth.Write)
	granting := write | auth.Scopes(auth.Entitlements)
	grant := func(arn string) string { return patchOf("add", "entitlements", fmt.Sprintf(`[{"value":%q}]`, arn)) }
	rows := []struct {
		name               string
		scopes             auth.Scopes
		method, path, body string
		rule               string
	}{
		{"attach AdministratorAccess", granting, "PATCH", user("ann"), grant(administrator), planner.RulePolicies},
		{"attach anything without the scope", write, "PATCH", user("ann"), grant(readOnlyARN), planner.RuleScope},
		{"attach to a group", granting, "PATCH", group("staff"), patchOf("add", awsGroupURN+":attachedPolicies", fmt.Sprintf(`[{"value":%q}]`, administrator)), planner.RulePolicies},
		{"join the administrators", granting, "PATCH", group("admins"), patchOf("add", "members", fmt.Sprintf(`[{"value":%q}]`, id(user("ann")))), planner.RuleGroups},
		{"remove the boundary", granting, "PATCH", user("ann"), patchOf("remove", awsUserURN+":permissionsBoundary", "null"), planner.RuleBoundary},
		{"delete the gateway's own user", write, "DELETE", user("bootstrap"), "", planner.RuleProtected},
		{"rename the gateway's own user", write, "PATCH", user("bootstrap"), patchOf("replace", "userName", `"nobody"`), planner.RuleProtected},
		{"lift somebody else's deny", write, "PATCH", user("denied"), patchOf("replace", "active", `true`), planner.RuleForeign},
		{"everybody out, by PUT", write, "PUT", group("staff"), `{"displayName":"staff","members":[]}`, planner.RuleBrake},
		{"everybody out, by DELETE", write, "DELETE", group("staff"), "", planner.RuleBrake},
	}
	before := d.state()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := d.want(t, http.StatusForbidden, row.method, row.path, row.body, jsonType, d.token(t, row.scopes, d.sim.ID()))
			if !strings.Contains(got.member(t, "detail"), "rule "+row.rule+":") {
				t.Errorf("refused, but not by %s: %s", row.rule, got.body)
			}
		})
	}
	echoed := d.want(t, http.StatusOK, "PUT", user("denied"), `{"userName":"denied","entitlements":[],"active":false}`, jsonType, d.token(t, granting, d.sim.ID()))
	if !strings.Contains(string(echoed.body), `"active":false`) {
		t.Errorf("%s", echoed.body)
	}
	if diff := cmp.Diff(before, d.state()); diff != "" {
		t.Errorf("the account changed (-want +got)\n%s", diff)
	}
}
