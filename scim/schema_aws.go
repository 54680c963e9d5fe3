package scim

import (
	"slices"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// awsUserSchema declares what IAM knows of a user beyond RFC 7643. An
// attribute that has not been read yet is absent, never guessed.
func awsUserSchema(opt contentOptions) schema.Schema {
	attributes := slices.Concat(
		identityAttributes(opt),
		simple(
			text("identityType", "Whether a person or a program uses it.", canonical("human", "service"), readOnly),
			text("identityTypeRule", "The rule that decided identityType.", readOnly),
			boolean("consoleAccess", "It has a console password.", readOnly),
			moment("passwordLastUsed", "Last console sign-in.", readOnly),
			moment("passwordLastChanged", "Last change of the console password.", readOnly),
			boolean("mfaActive", "An MFA device is assigned.", readOnly)),
		credentialAttributes(),
		simple(
			moment("lastActivity", "The latest use of the password or of any access key.", readOnly),
			text("permissionsBoundary", "The ARN of the policy that bounds its permissions.", exact, readOnlyUnless(opt.BoundaryWritable))),
		[]schema.CoreAttribute{
			inlinePolicies(),
			frozen(policyList("attachedPolicies", "Every managed policy attached directly, also those that deny.", readOnly)),
			frozen(plural("inheritedPolicies", "Policies that it has through groups.",
				text("value", "The ARN of the policy; of an inline one the group's ARN, # and the name.", exact, readOnly),
				text("display", "The name of the policy.", readOnly),
				text("group", "The id of the group.", exact, readOnly))),
			frozen(plural("disabledBy", "What makes it inactive.",
				text("type", "Where the deny is.", canonical("attachedPolicy", "inlinePolicy", "groupPolicy", "record"), readOnly),
				text("value", "The ARN or name of the policy.", exact, readOnly),
				text("group", "The id of the group.", exact, readOnly),
				boolean("ours", "Placed by this server.", readOnly))),
			tagList(),
			frozen(plural("attributeSources", "Attributes that were derived, and from what.",
				text("attribute", "The attribute.", readOnly),
				text("source", "What it was derived from.", readOnly))),
		},
		simple(
			boolean("managed", "Created or adopted by this server.", readOnly),
			moment("observedAt", "When IAM was last asked about this user.", readOnly),
			moment("reportedAt", "When AWS made the credential report used here.", readOnly),
			moment("detailsAt", "When its lists of credentials were read.", readOnly)))
	return schema.Schema{
		ID: awsUserURN, Name: optional.NewString("AWSUser"),
		Description: optional.NewString("What AWS IAM knows of a user."), Attributes: attributes,
	}
}

// identityAttributes are those of a thing with a path.
func identityAttributes(opt contentOptions) []schema.CoreAttribute {
	return simple(
		text("arn", "The Amazon Resource Name; it changes with the name.", exact, readOnly),
		text("accountId", "The AWS account.", exact, readOnly),
		text("path", "The IAM path.", exact, readOnlyUnless(opt.PathWritable)))
}

func credentialAttributes() []schema.CoreAttribute {
	status := func(values ...string) schema.SimpleParams {
		return text("status", "Whether it can be used.", canonical(values...), readOnly)
	}
	id := text("id", "The identifier given by AWS.", exact, readOnly)
	created := moment("created", "When it was created.", readOnly)
	return []schema.CoreAttribute{
		frozen(plural("mfaDevices", "Assigned MFA devices.",
			text("serialNumber", "Serial number, or ARN of a virtual device.", exact, readOnly),
			text("type", "The kind of device.", canonical("virtual", "hardware", "fido"), readOnly),
			moment("enabled", "When it was assigned.", readOnly))),
		frozen(plural("accessKeys", "Access keys; never the secret.",
			id, status("Active", "Inactive", "Expired"), created,
			moment("lastRotated", "When it was created or last changed.", readOnly),
			moment("lastUsed", "Last use.", readOnly),
			text("lastUsedService", "The service last called.", readOnly),
			text("lastUsedRegion", "The region last called.", readOnly))),
		frozen(plural("sshPublicKeys", "SSH keys for CodeCommit.", id, status("Active", "Inactive"), created)),
		frozen(plural("serviceSpecificCredentials", "Credentials for a single service.",
			id,
			text("service", "The service.", readOnly),
			text("user", "The user name there.", readOnly),
			status("Active", "Inactive", "Expired"), created,
			moment("expires", "When it expires.", readOnly))),
	}
}

func policyList(name, description string, write trait) schema.CoreAttribute {
	return plural(name, description,
		text("value", "The ARN of the policy.", exact, write),
		text("display", "The name of the policy.", write))
}

func inlinePolicies() schema.CoreAttribute {
	return frozen(plural("inlinePolicies", "Policies embedded in it.",
		text("name", "The name of the policy.", readOnly),
		text("document", "The policy, JSON.", exact, readOnly)))
}

func tagList() schema.CoreAttribute {
	return frozen(plural("tags", "IAM tags.",
		text("key", "The key.", readOnly),
		text("value", "The value.", readOnly)))
}
