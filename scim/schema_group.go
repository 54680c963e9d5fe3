package scim

import (
	"slices"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// groupSchema is RFC 7643 §4.2. Groups of IAM do not nest, so members are
// users; display costs a look at every member and is sent when asked for. It is
// the user's name, so nobody can write it.
func groupSchema(opt contentOptions) schema.Schema {
	if opt.MemberDisplay {
		return groupSchemaWith(readOnly)
	}
	return groupSchemaWith(readOnly, onRequest)
}

// groupWrites is the same as a writer sees it: what a client calls a member is
// not dropped at once, because the answer to the write repeats it.
func groupWrites() schema.Schema { return groupSchemaWith(immutable) }

func groupSchemaWith(display ...trait) schema.Schema {
	attributes := slices.Concat(commonAttributes(), externalID(),
		simple(text("displayName", "The IAM group name, unique regardless of case.", required, unique)),
		[]schema.CoreAttribute{plural("members", "The users in the group.",
			text("value", "The id of the user.", exact, immutable),
			reference("$ref", "The URI of the user.", to("User"), immutable),
			text("type", "Members are users.", canonical("User"), immutable),
			text("display", "The userName of the user.", display...))})
	return schema.Schema{
		ID: groupURN, Name: optional.NewString("Group"), Description: optional.NewString("An IAM group."),
		Attributes: attributes,
	}
}

func awsGroupSchema(opt contentOptions) schema.Schema {
	attributes := append(identityAttributes(opt),
		frozenUnless(opt.Grantable, policyList("attachedPolicies", "Managed policies attached to the group.",
			readOnlyUnless(opt.Grantable))),
		inlinePolicies(),
		simple(boolean("managed", "Created or adopted by this server.", readOnly))[0])
	return schema.Schema{
		ID: awsGroupURN, Name: optional.NewString("AWSGroup"),
		Description: optional.NewString("What AWS IAM knows of a group."), Attributes: attributes,
	}
}
