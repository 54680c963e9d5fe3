package scim

import (
	"github.com/elimity-com/scim/schema"

	"iamscim/scim/tree"
	"iamscim/store"
)

// resourceType is one entry of /ResourceTypes.
type resourceType struct {
	Name        string // "User", also the id
	Endpoint    string // "/Users"
	Description string
	Schema      string   // URN
	Extensions  []string // URNs, none required

	kind      store.Kind
	okta      bool                  // see oktaTypes
	constants map[string][]string   // attributes that have the same value everywhere
	aliases   map[string]store.Path // attributes that the snapshot knows by another name
	schemas   []schema.Schema       // core first, then as in Extensions
	index     *schemaIndex
	writes    *tree.Schema // what a client may write
	strict    *tree.Schema // the same in the strict profile
}

// newResourceTypes returns the types in the order of a combined list.
func newResourceTypes(opt contentOptions) []*resourceType {
	types := []*resourceType{
		{
			Name: "User", Endpoint: "/Users", Description: "IAM users", kind: store.KindUser,
			schemas: []schema.Schema{userSchema(opt), enterpriseSchema(), awsUserSchema(opt)},
		},
		{
			Name: "Group", Endpoint: "/Groups", Description: "IAM groups", kind: store.KindGroup,
			schemas: []schema.Schema{groupSchema(opt), awsGroupSchema(opt)},
		},
		{
			Name: "Entitlement", Endpoint: "/Entitlements", Description: "Managed policies", kind: store.KindPolicy,
			schemas: []schema.Schema{entitlementSchema(), awsEntitlementSchema()},
			constants: map[string][]string{
				"type": {typeManagedPolicy}, "limitedAssignmentsPermitted": {"false"},
			},
			aliases: map[string]store.Path{"supported": "aws.attachable"},
		},
		{
			Name: "Role", Endpoint: "/Roles", Description: "IAM roles", kind: store.KindRole,
			schemas:   []schema.Schema{roleSchema(), awsRoleSchema()},
			constants: map[string][]string{"type": {typeRole}, "supported": {"true"}},
		},
	}
	for _, res := range types {
		res.complete()
	}
	return types
}

// complete fills in what follows from the schemas.
func (res *resourceType) complete() {
	res.Schema = res.schemas[0].ID
	for _, s := range res.schemas[1:] {
		res.Extensions = append(res.Extensions, s.ID)
	}
	res.index = newIndex(res, res.schemas)
	written := res.schemas
	if res.kind == store.KindGroup {
		written = append([]schema.Schema{groupWrites()}, res.schemas[1:]...)
	}
	res.writes, res.strict = tree.NewSchema(written), tree.NewStrict(written)
}
