package store

// userCatalogue: RFC 7643 §4.1 and §4.3, and the AWS extension. Attributes that
// RFC 7643 §8.7.1 does not call case-exact are not; IAM's ids and ARNs are.
func userCatalogue() *catalogue {
	c := newCatalogue(KindUser)
	c.column("userName", String, !exact, `x.user_name`).always = true
	c.column("externalId", String, exact, `x.external_id`)
	c.column("displayName", String, !exact, `x.display_name`)
	name := []*attribute{
		c.column("name.familyName", String, !exact, `x.family_name`),
		c.column("name.givenName", String, !exact, `x.given_name`),
	}
	c.complexOf("name", append(name, c.document(String, !exact,
		"name.formatted", "name.middleName", "name.honorificPrefix", "name.honorificSuffix")...)...)
	c.column("title", String, !exact, `x.title`)
	c.column("userType", String, !exact, `x.user_type`)
	c.column("active", Boolean, exact, `x.active`).always = true
	c.document(String, !exact, "nickName", "profileUrl", "preferredLanguage", "locale", "timezone")

	c.documentList("emails", indexedBy(elementUserEmail, text("value")), text("display", "type"), ofType(Boolean, "primary"))
	c.documentList("phoneNumbers", indexedBy(elementUserPhoneNumber, text("value")), text("display", "type"), ofType(Boolean, "primary"))
	c.documentList("addresses", text("formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"),
		ofType(Boolean, "primary"))
	c.multi("groups", groupsOfUser(), []part{
		{name: "value", typ: String, exact: true, source: `e.group_id`},
		{name: "display", typ: String, source: `g.display_name`},
		{name: "type", typ: String, source: `'direct'`},
	})
	// An entitlement is an attached policy, but not every one is an entitlement.
	c.documentList("entitlements", []part{{name: "value", typ: String, exact: true, number: elementUserAttached, among: true}},
		text("display"), []part{{name: "type", typ: String, source: `'managedpolicy'`}})
	c.documentList("roles", exactText("value"), text("display", "type"))
	c.documentList("x509Certificates", exactText("value"), text("display"),
		[]part{{name: "type", typ: String, source: `lower(` + bodySource("user", "x.row", `('$."certificates"[' || e.key || ']."status"')`) + `)`}})
	enterpriseAttributes(c)
	userExtension(c)
	return c
}

func enterpriseAttributes(c *catalogue) {
	all := []*attribute{
		c.column("enterprise.employeeNumber", String, !exact, `x.employee_number`),
		c.column("enterprise.department", String, !exact, `x.department`),
	}
	all = append(all, c.document(String, !exact, "enterprise.costCenter", "enterprise.organization", "enterprise.division")...)
	manager := c.document(String, !exact, "enterprise.manager.value", "enterprise.manager.$ref", "enterprise.manager.displayName")
	c.complexOf("enterprise.manager", manager...)
	c.complexOf("enterprise", append(all, manager...)...)
}

// groupsOfUser are the memberships of x, in the order in which they are shown.
func groupsOfUser() *list {
	return &list{
		from:  `membership e join grp g on g.id = e.group_id and $valid(g)`,
		where: `e.user_id = x.id and $member(e)`,
		tie:   `e.user_id`,
		order: `e.group_id`,
	}
}

func userExtension(c *catalogue) {
	c.document(String, !exact, "aws.identityType", "aws.identityTypeRule")
	c.document(Boolean, exact, "aws.consoleAccess", "aws.mfaActive", "aws.managed")
	c.document(DateTime, exact, "aws.passwordLastChanged")
	c.document(String, exact, "aws.permissionsBoundary")
	c.ageing("aws.passwordLastUsed", DateTime, `(select a.password_last_used from activity a where a.user_id = x.id)`)
	c.ageing("aws.lastActivity", DateTime, `(select a.last_activity from activity a where a.user_id = x.id)`)
	c.ageing("aws.observedAt", DateTime, `nullif(max(coalesce((select a.observed_at from activity a where a.user_id = x.id), ''),
		coalesce((select t.observed from status t), '')), '')`)
	c.ageing("aws.reportedAt", DateTime, activityTime("reportedAt"))
	c.ageing("aws.detailsAt", DateTime, activityTime("detailsAt"))

	c.documentList("aws.mfaDevices", exactText("serialNumber"), text("type"), ofType(DateTime, "enabled"))
	c.documentList("aws.accessKeys", indexedBy(elementUserAccessKey, exactText("id")), text("status"),
		ofType(DateTime, "created", "lastRotated"), []part{
			{name: "lastUsed", typ: DateTime, exact: true, source: keyUseSource("lastUsed"), ages: true},
			{name: "lastUsedService", typ: String, source: keyUseSource("lastUsedService"), ages: true},
			{name: "lastUsedRegion", typ: String, source: keyUseSource("lastUsedRegion"), ages: true},
		})
	c.documentList("aws.sshPublicKeys", exactText("id"), text("status"), ofType(DateTime, "created"))
	c.documentList("aws.serviceSpecificCredentials", exactText("id"), text("service", "user", "status"), ofType(DateTime, "created", "expires"))
	c.documentList("aws.inlinePolicies", text("name"), exactText("document"))
	c.documentList("aws.attachedPolicies", indexedBy(elementUserAttached, exactText("value")), text("display"))
	inheritedPolicies(c)
	c.documentList("aws.disabledBy", text("type"), exactText("value", "group"), ofType(Boolean, "ours"))
	c.documentList("aws.tags", text("key", "value"))
	c.documentList("aws.attributeSources", text("attribute", "source"))
}

// keyUseSource reads the use of a key, which stands at the key's position.
func keyUseSource(name string) string {
	return `(select a.keys ->> ('$[' || e.key || ']."` + name + `"') from activity a where a.user_id = x.id)`
}

// inheritedPolicies are what the groups of x have attached, and then what is
// embedded in them, which is named after the group.
func inheritedPolicies(c *catalogue) {
	inherited := groupsOfUser()
	inherited.from += `, jsonb_each(jsonb_array(g.search -> ` + documentPath("aws.attachedPolicies") +
		`, g.search -> ` + documentPath("aws.inlinePolicies") + `)) k, jsonb_each(k.value) j`
	inherited.order += `, k.key, j.key`
	embedded := `coalesce(g.arn, '') || '#' || ` + bodySource("grp", "g.row", `('$."inline"[' || j.key || ']."name"')`)
	c.multi("aws.inheritedPolicies", inherited, []part{
		{name: "value", typ: String, exact: true, source: `iif(k.key = 0, j.value ->> '$."value"', ` + embedded + `)`},
		{name: "display", typ: String, source: `iif(k.key = 0, j.value ->> '$."display"', j.value ->> '$."name"')`},
		{name: "group", typ: String, exact: true, source: `e.group_id`},
	})
}

// activityTime reads a time of the activity document, which has as many digits
// as it needs, in the stored form.
func activityTime(name string) string {
	return `(select substr(b.t, 1, 19) || '.' || substr(rtrim(substr(b.t, 21), 'Z') || '000000000', 1, 9) || 'Z'
		from (select a.body ->> ` + documentPath(Path(name)) + ` t from activity a where a.user_id = x.id) b)`
}
