package scim

import (
	"slices"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// userSchema is the core User of RFC 7643 §4.1, less what is kept nowhere.
func userSchema(opt contentOptions) schema.Schema {
	attributes := slices.Concat(commonAttributes(), externalID(), userSingular())
	if opt.Passwords {
		attributes = append(attributes, passwordAttribute())
	}
	attributes = append(attributes, contactAttributes()...)
	attributes = append(attributes, accessAttributes(opt)...)
	return schema.Schema{
		ID: userURN, Name: optional.NewString("User"), Description: optional.NewString("An IAM user."),
		Attributes: attributes,
	}
}

func userSingular() []schema.CoreAttribute {
	name := singular("name", "The components of the user's name.",
		text("formatted", "The full name, ready for display."),
		text("familyName", "The family name."),
		text("givenName", "The given name."),
		text("middleName", "The middle name."),
		text("honorificPrefix", "Titles before the name."),
		text("honorificSuffix", "Titles after the name."))
	return slices.Concat(
		simple(text("userName", "The IAM user name, unique regardless of case.", required, unique)),
		[]schema.CoreAttribute{name},
		simple(
			text("displayName", "The name shown to people."),
			text("nickName", "The casual name."),
			schema.SimpleReferenceParams(schema.ReferenceParams{
				Name: "profileUrl", Description: optional.NewString("A page about the user."), ReferenceTypes: to("external"),
			}),
			text("title", "The job title."),
			text("userType", "The relation to the organisation."),
			text("preferredLanguage", "Preferred languages, as in Accept-Language."),
			text("locale", "Locale for currency, dates and numbers."),
			text("timezone", "Time zone, as in the IANA database."),
			boolean("active", "False: an unconditional deny cuts all access.", required)))
}

func passwordAttribute() schema.CoreAttribute {
	p := stringParams("password", "Sets the console password; never stored or returned.", []trait{exact})
	p.Mutability, p.Returned = schema.AttributeMutabilityWriteOnly(), schema.AttributeReturnedNever()
	return schema.SimpleCoreAttribute(schema.SimpleStringParams(p))
}

func contactAttributes() []schema.CoreAttribute {
	return []schema.CoreAttribute{
		plural("emails", "E-mail addresses, the primary one first.",
			text("value", "The address."),
			text("display", "A label."),
			text("type", "What the address is for.", canonical("work", "home", "other")),
			boolean("primary", "The preferred one; at most one is.")),
		plural("phoneNumbers", "Telephone numbers.",
			text("value", "The number."),
			text("display", "A label."),
			text("type", "What the number is for.", canonical("work", "home", "mobile", "fax", "pager", "other")),
			boolean("primary", "The preferred one; at most one is.")),
		plural("addresses", "Postal addresses.",
			text("formatted", "The whole address, ready for display."),
			text("streetAddress", "Street, house number, post box."),
			text("locality", "City."),
			text("region", "State or region."),
			text("postalCode", "Postal code."),
			text("country", "Country, as in ISO 3166-1 alpha-2."),
			text("type", "What the address is for.", canonical("work", "home", "other")),
			boolean("primary", "The preferred one; at most one is.")),
	}
}

// accessAttributes say what a user can do.
func accessAttributes(opt contentOptions) []schema.CoreAttribute {
	write := readOnlyUnless(opt.Grantable)
	join := readOnlyUnless(opt.GroupsViaUsers)
	return []schema.CoreAttribute{
		frozenUnless(opt.GroupsViaUsers, plural("groups", "Groups the user is a member of; written through /Groups.",
			text("value", "The id of the group.", exact, join),
			reference("$ref", "The URI of the group.", to("Group"), readOnly),
			text("display", "The displayName of the group.", readOnly),
			text("type", "Membership in IAM is always direct.", canonical("direct"), readOnly))),
		frozenUnless(opt.Grantable, plural("entitlements", "Managed policies attached to the user directly.",
			text("value", "The ARN of the policy.", exact, write),
			text("display", "The name of the policy.", write),
			text("type", "The kind of entitlement.", canonical("ManagedPolicy"), write))),
		frozen(plural("roles", "Roles that the user can assume, as their trust policies say.",
			text("value", "The ARN of the role.", exact, readOnly),
			text("display", "The name of the role.", readOnly),
			text("type", "PossiblyAssumable where conditions leave it open.",
				canonical("AssumableRole", "PossiblyAssumable"), readOnly))),
		frozen(plural("x509Certificates", "Signing certificates.",
			blob("value", "The certificate, DER.", readOnly),
			text("display", "The id of the certificate.", readOnly),
			text("type", "Whether it can be used.", canonical("Active", "Inactive"), readOnly))),
	}
}

// enterpriseSchema is RFC 7643 §4.3.
func enterpriseSchema() schema.Schema {
	attributes := simple(
		text("employeeNumber", "The number given by the organisation."),
		text("costCenter", "The cost centre."),
		text("organization", "The organisation."),
		text("division", "The division."),
		text("department", "The department."))
	attributes = append(attributes, singular("manager", "The user's manager.",
		text("value", "The id of the manager."),
		reference("$ref", "The URI of the manager.", to("User")),
		text("displayName", "The displayName of the manager.", readOnly)))
	return schema.Schema{
		ID: enterpriseURN, Name: optional.NewString("EnterpriseUser"),
		Description: optional.NewString("What an organisation knows of a user."), Attributes: attributes,
	}
}
