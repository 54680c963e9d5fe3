package conformance_test

func listMutants() []mutant {
	sort := func(check, on, from, to string) mutant { return m("sort/"+check, `^GET /Users\?.*`+on).query(from, to) }
	page := func(check, on string) mutant { return m("paging/"+check, `^GET /Users\?`+on) }
	search := func(check, body string) mutant { return m("search/"+check, "^POST /Users/.search").body(body) }
	return []mutant{
		sort("ascending", "sortBy=userName&sortOrder=ascending", "^sortOrder=.*", "sortOrder=descending"),
		sort("descending", `sortBy=userName&sortOrder=descending$`, "^sortOrder=.*", "sortOrder=ascending"),
		sort("default", "sortBy=userName$", "^$", "").add("sortOrder", "descending"),
		sort("sub-attribute", "sortBy=name.familyName&sortOrder=ascending", "^sortOrder=.*", "sortOrder=descending"),
		sort("sub-attribute-down", "sortBy=name.familyName&sortOrder=descending", "^sortBy=.*", "x=1"),
		sort("urn", "sortBy=urn:.*:userName", "^sortBy=.*", "x=1"),
		sort("attribute-case", "sortBy=USERNAME", "^sortBy=.*", "x=1"),
		sort("extension", "sortBy=urn:.*department", "^sortBy=.*", "x=1"),
		m("sort/unassigned-last", "^$").fault("unassigned-low"),
		m("sort/unassigned-first", "^$").fault("unassigned-low"),
		sort("date", "sortBy=meta.created", "^sortBy=.*", "x=1"),
		sort("multi-primary", "sortBy=emails", "^sortBy=.*", "x=1"),
		sort("pages", "count=1.*sortBy=userName|sortBy=userName.*count=1", "^sortBy=.*", "x=1"),
		m("sort/case-insensitive", "^$").fault("sort-case-exact"),
		m("sort/unknown", `sortBy=scimconfNothing`).status(500),
		m("sort/with-search", "^POST /Users/.search").body("sortBy").send(`"sortBy"`, `"x"`),
		page("total", `filter=userName sw "[^"]*"$`).set("totalResults", 4),
		page("total-on-page", `.*count=1&.*startIndex=2$|.*startIndex=2&count=1$`).set("totalResults", 1),
		page("count", `.*count=2$`).query("^count=2$", "count=3"),
		page("count-zero", `.*count=0$`).query("^count=0$", "count=1"),
		page("count-zero-total", `.*count=0$`).set("totalResults", 0),
		page("count-negative", `.*count=-1$`).query("^count=-1$", "count=3"),
		page("count-large", `.*count=1000000$`).status(400),
		m("paging/count-max-results", "^GET /ServiceProviderConfig$").set("filter/maxResults", 2),
		page("start-zero", `.*startIndex=0$`).status(400),
		page("start-negative", `.*startIndex=-5$`).status(400),
		page("start", `.*startIndex=3$`).query("^startIndex=3$", "startIndex=1"),
		page("start-beyond", `.*startIndex=1000$`).status(404),
		page("start-echo", `.*startIndex=2`).set("startIndex", 1),
		page("items-per-page", `.*count=2$`).set("itemsPerPage", 3),
		page("integers", `.*startIndex=1&count=2$`).set("startIndex", "1"),
		page("walk", `.*startIndex=3&count=1$`).query("^startIndex=3$", "startIndex=2"),
		page("stable", `count=20$`).fault("restless-order"),
		page("while-changing", `filter.*startIndex=2&count=1$`).only(200).drop("totalResults"),
		page("not-a-number", `count=many`).status(500),
		page("huge-number", `count=99999999`).status(500),
		page("resources", `filter=userName sw "[^"]*"$`).drop("Resources/0/schemas"),
		page("empty", `filter=userName eq "scimconf-[a-z0-9]*-[0-9]+x"$`).set("totalResults", 7),
		page("empty-array", `filter=userName eq "scimconf-[a-z0-9]*-[0-9]+x"$`).drop("Resources"),
		search("available", `"count":1,`).status(404),
		search("list", `^{"filter":"[^}]*"schemas":[^,]*}$`).set("schemas", []any{}),
		search("filter", `^{"filter":"userName eq \\"`).send(`"filter"`, `"x"`),
		search("count", `^{"count":2,"filter"`).send(`"count":2`, `"count":3`),
		search("start-index", `"startIndex":3`).send(`"startIndex":3`, `"startIndex":1`),
		search("attributes", `"attributes":`).send(`"attributes"`, `"x"`),
		search("excluded", `"excludedAttributes":`).send(`"excludedAttributes"`, `"x"`),
		search("bad-filter", `"filter":"userName eq"`).status(200),
		search("bad-filter-type", `"filter":"userName eq"`).drop("scimType"),
		search("malformed", `^{"filter":$`).status(500),
		m("search/root", "^POST /.search").status(404),
		search("changes-nothing", `^{"filter":"[^}]*"schemas":[^,]*}$`).set("id", "user-1"),
	}
}

func cursorMutants() []mutant {
	page := func(check, on string) mutant { return m("cursor/"+check, `^GET /Users\?`+on) }
	const first, later = `.*cursor=&count=1$`, `.*cursor=[^&]+&count=1$`
	return []mutant{
		page("first", first).drop("Resources/0"),
		page("first-no-value", `.*count=1&cursor$`).drop("nextCursor"),
		page("next", first).drop("nextCursor"),
		page("string", first).set("nextCursor", 1),
		page("unreserved", `.*cursor=.*`).text(`"nextCursor":"`, `"nextCursor":"+/`),
		page("count", `.*cursor=&count=2$`).query("^count=2$", "count=3"),
		page("items-per-page", first).set("itemsPerPage", 5),
		page("total", first).set("totalResults", 1),
		page("walk", first).fault("cursor-skips"),
		page("last", `.*cursor=&count=100$`).set("nextCursor", "MQ"),
		page("previous-first", first).set("previousCursor", "MA"),
		page("previous", later).fault("previous-is-next"),
		page("again", later).fault("cursor-once"),
		page("sorted", `.*cursor=.*sortBy`).query("^sortBy=.*", "x=1"),
		page("while-changing", "").fault("newest-first"),
		page("count-zero", `.*cursor=&count=0$`).query("^count=0$", "count=1"),
		page("invalid", `.*cursor=scimconf-no-cursor`).query("^cursor=.*", "cursor="),
		page("invalid-type", `.*cursor=scimconf-no-cursor`).drop("scimType"),
		page("tampered", `.*cursor=[^&]*AAAA&`).status(200),
		page("other-filter", "").fault("cursor-any-query"),
		m("cursor/search", "^POST /Users/.search").body(`"cursor"`).drop("nextCursor"),
	}
}

func projectionMutants() []mutant {
	ask := func(check, on string) mutant { return m("projection/"+check, `^GET /Users/[^?]*\?`+on+`$`) }
	all := func(check, on string) mutant {
		return ask(check, on).query("^(attributes|excludedAttributes)=.*", "x=1")
	}
	return []mutant{
		ask("attributes", "attributes=displayName").drop("displayName"),
		all("attributes-only", "attributes=userName"),
		ask("attributes-several", "attributes=userName,displayName").drop("displayName"),
		ask("attributes-case", "attributes=DISPLAYNAME").drop("displayName"),
		ask("attributes-urn", "attributes=urn:.*:displayName").drop("displayName"),
		ask("sub-attribute", "attributes=name.familyName").drop("name"),
		ask("sub-attribute-only", "attributes=name.familyName").query("^attributes=.*", "attributes=name"),
		ask("complex", "attributes=name").drop("name/givenName"),
		ask("multi-sub-attribute", "attributes=emails.value").query("^attributes=.*", "attributes=emails"),
		ask("extension", "attributes=urn:.*department").drop(enterpriseURN),
		all("meta", "attributes=meta.created"),
		ask("unknown", "attributes=userName,scimconfNothing").status(400),
		all("excluded", "excludedAttributes=displayName"),
		ask("excluded-only", "excludedAttributes=emails").drop("displayName"),
		all("excluded-sub-attribute", "excludedAttributes=name.familyName"),
		all("excluded-case", "excludedAttributes=DISPLAYNAME"),
		all("excluded-extension", "excludedAttributes=urn:.*department"),
		m("projection/list", `^GET /Users\?.*attributes=userName$`).query("^attributes=.*", "x=1"),
		m("projection/list-excluded", `^GET /Users\?.*excludedAttributes=displayName$`).query("^excluded.*", "x=1"),
		m("projection/create", `^POST /Users\?attributes=userName$`).query("^attributes=.*", "x=1"),
		m("projection/replace", `^PUT /Users/.*\?attributes=userName$`).query("^attributes=.*", "x=1"),
		m("projection/patch", `^PATCH /Users/.*\?attributes=userName$`).query("^attributes=.*", "x=1"),
	}
}
