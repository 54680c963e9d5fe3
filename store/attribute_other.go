package store

func groupCatalogue() *catalogue {
	c := newCatalogue(KindGroup)
	c.column("displayName", String, !exact, `x.display_name`).always = true
	c.column("externalId", String, exact, `x.external_id`)
	c.multi("members", &list{
		from:  `membership e join user g on g.id = e.user_id and $valid(g)`,
		where: `e.group_id = x.id and $member(e)`,
		tie:   `e.group_id`,
		order: `e.user_id`,
	}, []part{
		{name: "value", typ: String, exact: true, source: `e.user_id`},
		{name: "display", typ: String, source: `g.user_name`},
		{name: "type", typ: String, source: `'user'`},
	})
	c.document(Boolean, exact, "aws.managed")
	c.documentList("aws.attachedPolicies", indexedBy(elementGroupAttached, exactText("value")), text("display"))
	c.documentList("aws.inlinePolicies", text("name"), exactText("document"))
	return c
}

// unknownTime is the created column of a policy whose date nobody told.
const unknownTime = `0001-01-01T00:00:00.000000000Z`

// policyCatalogue: a policy is an Entitlement of draft-ietf-scim-roles-entitlements.
func policyCatalogue() *catalogue {
	c := newCatalogue(KindPolicy)
	created := c.attributes["meta.created"]
	created.source, created.indexed = `nullif(x.created, '`+unknownTime+`')`, false
	c.column("value", String, exact, `x.arn`)
	c.column("display", String, !exact, `x.name`).always = true
	c.ageing("totalAssignmentsUsed", Integer, `(select a.number from ageing a where a.kind = 'Policy' and a.id = x.id)`)
	c.document(String, !exact, "aws.description")
	c.document(String, exact, "aws.defaultVersion")
	c.document(DateTime, exact, "aws.updated")
	c.add(&attribute{Attribute: Attribute{Path: "aws.document", Type: String, CaseExact: true},
		source: bodySource("policy", "x.row", documentPath("document"))})
	c.document(Boolean, exact, "aws.awsManaged", "aws.attachable", "aws.grantable", "aws.deny")
	c.documentList("aws.tags", text("key", "value"))
	return c
}

// roleCatalogue: a role is a Role of the same draft.
func roleCatalogue() *catalogue {
	c := newCatalogue(KindRole)
	c.column("value", String, exact, `x.arn`)
	c.column("display", String, !exact, `x.name`).always = true
	c.ageing("aws.lastUsed", DateTime, `(select a.last from ageing a where a.kind = 'Role' and a.id = x.id)`)
	c.ageing("aws.lastUsedRegion", String, `(select a.region from ageing a where a.kind = 'Role' and a.id = x.id)`)
	c.document(String, !exact, "aws.description")
	c.document(String, exact, "aws.permissionsBoundary")
	c.document(Integer, exact, "aws.maxSessionDuration")
	c.document(Boolean, exact, "aws.crossAccount", "aws.conditional")
	c.add(&attribute{Attribute: Attribute{Path: "aws.trustPolicy", Type: String, CaseExact: true},
		source: bodySource("role", "x.row", documentPath("trust"))})
	c.documentList("aws.trusted", text("type"), exactText("value"))
	c.documentList("aws.attachedPolicies", indexedBy(elementRoleAttached, exactText("value")), text("display"))
	c.documentList("aws.inlinePolicies", text("name"), exactText("document"))
	c.documentList("aws.tags", text("key", "value"))
	return c
}
