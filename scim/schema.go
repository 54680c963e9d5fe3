package scim

import (
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// Schema URNs. Those of RFC 7643, of draft-ietf-scim-roles-entitlements, and
// our own extensions; to a client they never change.
const (
	userURN        = schema.UserSchema
	groupURN       = schema.GroupSchema
	enterpriseURN  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	entitlementURN = "urn:ietf:params:scim:schemas:core:2.0:Entitlement"
	roleURN        = "urn:ietf:params:scim:schemas:core:2.0:Role"

	awsUserURN        = "urn:iamscim:params:scim:schemas:extension:aws:2.0:User"
	awsGroupURN       = "urn:iamscim:params:scim:schemas:extension:aws:2.0:Group"
	awsEntitlementURN = "urn:iamscim:params:scim:schemas:extension:aws:2.0:Entitlement"
	awsRoleURN        = "urn:iamscim:params:scim:schemas:extension:aws:2.0:Role"

	schemaURN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// The functions below shorten declarations: an attribute is a line, and what
// is not said is RFC 7643 §2.2's default (readWrite, returned by default, not
// case-exact, not unique).

type trait func(*schema.StringParams)

func exact(p *schema.StringParams)    { p.CaseExact = true }
func required(p *schema.StringParams) { p.Required = true }
func many(p *schema.StringParams)     { p.MultiValued = true }

func readOnly(p *schema.StringParams) { p.Mutability = schema.AttributeMutabilityReadOnly() }

func immutable(p *schema.StringParams) { p.Mutability = schema.AttributeMutabilityImmutable() }

func onRequest(p *schema.StringParams) { p.Returned = schema.AttributeReturnedRequest() }

func unique(p *schema.StringParams) { p.Uniqueness = schema.AttributeUniquenessServer() }

// readOnlyUnless is readOnly, except where a setting lets clients write.
func readOnlyUnless(writable bool) trait {
	if writable {
		return func(*schema.StringParams) {}
	}
	return readOnly
}

func canonical(values ...string) trait {
	return func(p *schema.StringParams) { p.CanonicalValues = values }
}

func text(name, description string, traits ...trait) schema.SimpleParams {
	return schema.SimpleStringParams(stringParams(name, description, traits))
}

func stringParams(name, description string, traits []trait) schema.StringParams {
	p := schema.StringParams{Name: name, Description: optional.NewString(description)}
	for _, t := range traits {
		t(&p)
	}
	return p
}

func boolean(name, description string, traits ...trait) schema.SimpleParams {
	p := stringParams(name, description, traits)
	return schema.SimpleBooleanParams(schema.BooleanParams{
		Name: p.Name, Description: p.Description, Mutability: p.Mutability, Required: p.Required,
	})
}

func moment(name, description string, traits ...trait) schema.SimpleParams {
	p := stringParams(name, description, traits)
	return schema.SimpleDateTimeParams(schema.DateTimeParams{
		Name: p.Name, Description: p.Description, Mutability: p.Mutability,
	})
}

func whole(name, description string, traits ...trait) schema.SimpleParams {
	p := stringParams(name, description, traits)
	return schema.SimpleNumberParams(schema.NumberParams{
		Name: p.Name, Description: p.Description, Mutability: p.Mutability, Type: schema.AttributeTypeInteger(),
	})
}

func blob(name, description string, traits ...trait) schema.SimpleParams {
	p := stringParams(name, description, traits)
	return schema.SimpleBinaryParams(schema.BinaryParams{
		Name: p.Name, Description: p.Description, Mutability: p.Mutability,
	})
}

// reference declares a URI; kinds are resource types, "external" or "uri".
func reference(name, description string, kinds []schema.AttributeReferenceType, traits ...trait) schema.SimpleParams {
	p := stringParams(name, description, traits)
	return schema.SimpleReferenceParams(schema.ReferenceParams{
		Name: p.Name, Description: p.Description, Mutability: p.Mutability, ReferenceTypes: kinds,
	})
}

func to(kinds ...schema.AttributeReferenceType) []schema.AttributeReferenceType { return kinds }

// simple lifts simple attributes to the top level of a schema.
func simple(params ...schema.SimpleParams) []schema.CoreAttribute {
	attributes := make([]schema.CoreAttribute, len(params))
	for i, p := range params {
		attributes[i] = schema.SimpleCoreAttribute(p)
	}
	return attributes
}

func singular(name, description string, sub ...schema.SimpleParams) schema.CoreAttribute {
	return schema.ComplexCoreAttribute(schema.ComplexParams{
		Name: name, Description: optional.NewString(description), SubAttributes: sub,
	})
}

func plural(name, description string, sub ...schema.SimpleParams) schema.CoreAttribute {
	return schema.ComplexCoreAttribute(schema.ComplexParams{
		Name: name, Description: optional.NewString(description), MultiValued: true, SubAttributes: sub,
	})
}

// frozen makes an attribute readOnly; its sub-attributes say so themselves.
func frozen(a schema.CoreAttribute) schema.CoreAttribute {
	return a.WithMutability(schema.AttributeMutabilityReadOnly())
}

// frozenUnless is frozen, except where a setting lets clients write.
func frozenUnless(writable bool, a schema.CoreAttribute) schema.CoreAttribute {
	if writable {
		return a
	}
	return frozen(a)
}

// commonAttributes are on every resource (RFC 7643 §3.1). They are declared
// so that a client that builds its model from /Schemas finds them.
func commonAttributes() []schema.CoreAttribute {
	id := stringParams("id", "Identifier given by AWS; it survives a rename.", []trait{exact, readOnly, unique, required})
	id.Returned = schema.AttributeReturnedAlways()
	return simple(schema.SimpleStringParams(id))
}

func externalID() []schema.CoreAttribute {
	return simple(text("externalId", "Identifier given by the provisioning client.", exact))
}
