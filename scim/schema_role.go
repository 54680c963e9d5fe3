package scim

import (
	"slices"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// Values of type for the two catalogues.
const (
	typeManagedPolicy = "ManagedPolicy"
	typeRole          = "IAMRole"
)

// catalogueAttributes are what draft-ietf-scim-roles-entitlements gives both
// of its resources; a draft sample makes them all readOnly.
func catalogueAttributes(kind string) []schema.CoreAttribute {
	return slices.Concat(commonAttributes(), simple(
		text("value", "The ARN.", exact, readOnly, required),
		text("display", "The name.", readOnly),
		text("type", "The kind of thing.", canonical(kind), readOnly)))
}

// entitlementSchema declares managed policies. totalAssignmentsUsed merely
// ages and is not part of the version.
func entitlementSchema() schema.Schema {
	attributes := slices.Concat(catalogueAttributes(typeManagedPolicy), simple(
		boolean("supported", "The policy can be attached.", readOnly),
		boolean("limitedAssignmentsPermitted", "The number of assignments is limited.", readOnly),
		whole("totalAssignmentsUsed", "Users, groups and roles it is attached to.", readOnly)))
	return schema.Schema{
		ID: entitlementURN, Name: optional.NewString("Entitlement"),
		Description: optional.NewString("A managed policy."), Attributes: attributes,
	}
}

func awsEntitlementSchema() schema.Schema {
	attributes := append(simple(
		text("path", "The IAM path.", exact, readOnly),
		text("description", "The description.", readOnly),
		text("defaultVersion", "The version in force.", exact, readOnly),
		text("document", "The version in force, JSON.", exact, readOnly),
		boolean("awsManaged", "AWS maintains it.", readOnly),
		boolean("grantable", "This server may attach it to a user or group.", readOnly),
		boolean("attachable", "It can be attached.", readOnly),
		boolean("deny", "It denies every action on every resource.", readOnly),
		moment("updated", "When its default version was last changed.", readOnly)),
		tagList())
	return schema.Schema{
		ID: awsEntitlementURN, Name: optional.NewString("AWSEntitlement"),
		Description: optional.NewString("What AWS IAM knows of a managed policy."), Attributes: attributes,
	}
}

func roleSchema() schema.Schema {
	attributes := slices.Concat(catalogueAttributes(typeRole), simple(
		boolean("supported", "It can be assumed.", readOnly)))
	return schema.Schema{
		ID: roleURN, Name: optional.NewString("Role"), Description: optional.NewString("An IAM role."),
		Attributes: attributes,
	}
}

func awsRoleSchema() schema.Schema {
	attributes := slices.Concat(
		simple(
			text("accountId", "The AWS account.", exact, readOnly),
			text("path", "The IAM path.", exact, readOnly),
			text("description", "The description.", readOnly),
			whole("maxSessionDuration", "The longest session, in seconds.", readOnly),
			text("trustPolicy", "The policy that says who may assume it, JSON.", exact, readOnly)),
		[]schema.CoreAttribute{frozen(plural("trusted", "Who may assume it, in short.",
			text("type", "What value names.", canonical("service", "account", "principal", "federated"), readOnly),
			text("value", "A service, an account, an ARN or a provider; * is everybody.", exact, readOnly)))},
		simple(
			boolean("crossAccount", "Somebody in another account may assume it.", readOnly),
			boolean("conditional", "Conditions apply.", readOnly),
			moment("lastUsed", "Last use.", readOnly),
			text("lastUsedRegion", "The region last used in.", exact, readOnly),
			text("permissionsBoundary", "The ARN of the policy that bounds its permissions.", exact, readOnly)),
		[]schema.CoreAttribute{
			frozen(policyList("attachedPolicies", "Managed policies attached to the role.", readOnly)),
			inlinePolicies(),
			tagList(),
		})
	return schema.Schema{
		ID: awsRoleURN, Name: optional.NewString("AWSRole"),
		Description: optional.NewString("What AWS IAM knows of a role."), Attributes: attributes,
	}
}
