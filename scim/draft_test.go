package scim

import (
	"net/http"
	"strings"
	"testing"

	"iamscim/scim/auth"
)

// TestDraftFeatures: the members that only drafts have are there if asked for,
// and true.
func TestDraftFeatures(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	members := []string{"interopProfileConformant", "RolesAndEntitlements", "DeltaQuery"}
	get := func() answer { return d.want(t, http.StatusOK, "GET", "/scim/v2/ServiceProviderConfig", "") }
	plain := get()
	for _, name := range members {
		if strings.Contains(string(plain.body), name) {
			t.Errorf("%s is there unasked", name)
		}
	}
	d.withSettings(t, func(c *Config) {
		c.DraftFeatures, c.Profile, c.Writable = true, auth.Strict, true
		c.Accounts[""].DeletesLater = true
	})
	get().has(t, `"interopProfileConformant":false`) // the profile has what was deleted be gone
	d.server.cfg.Accounts[""].DeletesLater = false
	for profile, conformant := range map[string]string{auth.Lenient: "false", auth.Strict: "true"} {
		d.withSettings(t, func(c *Config) { c.DraftFeatures, c.Profile, c.Writable = true, profile, false })
		get().has(t, `"interopProfileConformant":false`)
		d.withSettings(t, func(c *Config) { c.DraftFeatures, c.Profile, c.Writable = true, profile, true })
		want := `{
			"schemas": "<any>", "patch": "<any>", "bulk": "<any>", "filter": "<any>", "changePassword": "<any>", "sort": "<any>", "etag": "<any>",
			"authenticationSchemes": "<any>", "pagination": "<any>", "meta": "<any>",
			"interopProfileConformant": ` + conformant + `,
			"RolesAndEntitlements": {
				"roles": {"supported": true, "multipleRolesSupported": true, "primarySupported": false, "typeSupported": true, "types": ["IAMRole"]},
				"entitlements": {"supported": true, "multipleEntitlementsSupported": true, "primarySupported": false, "typeSupported": true, "types": ["ManagedPolicy"]}
			},
			"DeltaQuery": {"supported": true, "deltaTokenExpiry": "<number>", "supportedResources": "<any>"}
		}`
		if err := matchJSON(want, get().body, map[string]string{}); err != nil {
			t.Errorf("%s: %v", profile, err)
		}
		declared := d.want(t, http.StatusOK, "GET", "/scim/v2/Schemas/"+providerConfigURN, "").body
		for _, name := range []string{"interopProfileConformant", "DeltaQuery"} {
			if !strings.Contains(string(declared), `"`+name+`"`) {
				t.Errorf("%s is not declared", name)
			}
		}
		d.want(t, http.StatusOK, "GET", "/scim/v2/Users/.deltaToken", "")
	}
}
