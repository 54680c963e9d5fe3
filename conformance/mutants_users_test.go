package conformance_test

func userMutants() []mutant {
	post := func(check string) mutant { return m("users/"+check, "^POST /Users$").only(201) }
	plain := `^{"schemas":\["` + userURN + `"\],"userName":"[^"]*"}$`
	return []mutant{
		post("create").status(200),
		post("create-id").drop("id"),
		post("create-ids-differ").set("id", "user-000001"),
		post("create-location").header("Location", ""),
		post("create-location-leads").header("Location", refBase+"/Users/nobody"),
		post("create-meta-location").drop("meta/location"),
		post("create-locations-agree").header("Location", "/scim/v2/Users/nobody"),
		post("create-schemas").body(plain).set("schemas", []any{}),
		post("create-echo").drop("userName"),
		post("create-meta-type").set("meta/resourceType", "Person"),
		post("create-meta-created").drop("meta/created"),
		post("create-meta-modified").drop("meta/lastModified"),
		post("create-display-name").send(`"displayName":" +Ada '`, `"displayName":"Ada '`),
		post("create-unicode").send("🦉", "?"),
		post("create-name").body(`"name":{"familyName":"Lovelace","givenName":"Ada"},"schemas"`).send(`"familyName":"Lovelace"`, `"familyName":"L."`),
		post("create-emails").send(`"emails":\[{"type":"work","value":"ada@example.com"}\]`, `"emails":[{"type":"work","value":"bob@example.com"}]`),
		post("create-active").send(`^{"active":false,"schemas"`, `{"active":true,"schemas"`),
		post("create-extension").send(`"`+enterpriseURN+`":{"department":"Engines"},"userName"`, `"userName"`).body(`^{"schemas"`),
		post("create-external-id").send("scimconf-External", "scimconf-external"),
		post("create-null").body(`"displayName":null`).status(400),
		post("create-empty-array").body(`"emails":\[\]`).status(400),
		post("create-name-case").send(`"DISPLAYNAME"`, `"unknown"`),
		m("users/create-malformed", "^POST /Users$").body(`^{"schemas":\[$`).status(500),
		m("users/create-malformed-type", "^POST /Users$").body(`^{"schemas":\[$`).drop("scimType"),
		m("users/create-no-body", "^POST /Users$").body(`^$`).status(500),
		m("users/create-array", "^POST /Users$").body(`^\[\]$`).status(200),
		m("users/get", "^GET /Users/user-[0-9]*$").only(200).status(203),
		m("users/get-body", "^GET /Users/user-[0-9]*$").drop("schemas"),
		m("users/get-same", "^GET /Users/user-[0-9]*$").only(200).set("userName", "somebody@example.com"),
		m("users/get-unknown", "^GET /Users/.*beef").status(400),
		m("users/list", `^GET /Users$`).set("schemas", []any{}),
		m("users/list-holds-new", `^GET /Users\?.*startIndex=1&?.*$`).query("^count=100$", "count=0"),
	}
}

func replaceMutants() []mutant {
	put := func(check string) mutant { return m("replace/"+check, "^PUT /Users/") }
	gone := func(check, on string) mutant { return m("delete/"+check, on) }
	return []mutant{
		put("status").only(200).status(202),
		put("body").only(200).drop("schemas"),
		put("value").send(`"displayName":"Bob"`, `"displayName":"Bobby"`),
		put("adds").send(`"displayName":"Bob"`, `"x":1`),
		put("multi").send(`("emails":\[)({"type":"work","value":"b@example.com"})`, `$1{"type":"work","value":"a@example.com"},$2`),
		put("complex").send(`"familyName":"Babbage"`, `"familyName":"Lovelace"`),
		put("omitted").body(`^{"schemas":\["`+userURN+`"\],"userName":"[^"]*"}$`).send(`^{`, `{"displayName":"Ada",`),
		put("null").send(`"displayName":null`, `"displayName":"Ada"`),
		put("empty-array").send(`"emails":\[\]`, `"emails":[{"value":"x@example.com"}]`),
		put("extension").send("Looms", "Engines"),
		put("active").send(`"active":false`, `"active":true`),
		put("rename").send(`^({"schemas":\["`+userURN+`"\],)"userName":"[^"]*-([0-9]+)x@example.com"}$`, `$1"userName":"frozen-$2@example.com"}`),
		put("keeps-created").only(200).set("meta/created", "2033-01-01T00:00:00Z"),
		put("modified").only(200).set("meta/lastModified", "1999-12-31T00:00:00Z"),
		m("replace/unknown", "^PUT /Users/.*beef").status(200),
		put("malformed").body(`^{"userName":$`).status(500),
		gone("status", "^DELETE /Users/").only(204).status(200),
		gone("no-length", "^DELETE /Users/user").only(204).header("Content-Length", "2"),
		gone("unknown", "^DELETE /Users/.*beef").status(204),
		gone("get", "^GET /Users/user-[0-9]*$").only(404).status(410),
		gone("twice", "^DELETE /Users/user").only(404).status(204),
		gone("put", "^PUT /Users/user").only(404).status(200),
		gone("patch", "^PATCH /Users/user").only(404).status(200),
		gone("list", "^$").fault("lists-deleted"),
		gone("name-free", "^POST /Users$").fault("names-kept"),
	}
}

func groupMutants() []mutant {
	post := func(check string) mutant { return m("groups/"+check, "^POST /Groups$").only(201) }
	get := func(check string) mutant { return m("groups/"+check, "^GET /Groups/group-[0-9]*$") }
	return []mutant{
		post("create").status(200),
		post("create-id").drop("id"),
		get("create-name").drop("displayName"),
		post("create-empty-members").body(`"members":\[\]`).status(400),
		m("groups/create-no-name", "^POST /Groups$").only(400).body(`^{"schemas":[^,]*}$`).status(201),
		get("create-members").drop("members/1"),
		get("member-ref").set("members/0/$ref", "/scim/v2/Users/nobody"),
		get("member-type").set("members/0/type", "Person"),
		get("get").set("schemas", []any{}),
		m("groups/get-unknown", "^GET /Groups/.*beef").status(400),
		m("groups/list", "^GET /Groups$").set("totalResults", "many"),
		m("groups/user-groups", "^GET /Users/user").drop("groups"),
		m("groups/replace-members", "^PUT /Groups").send(`"members":\[{[^\]]*\]`, `"members":[]`),
		m("groups/replace-no-members", "^PUT /Groups").body(`"members":\[\]`).ignore(),
		m("groups/rename", "^PUT /Groups").body(`^{"displayName":"[^"]*","schemas":[^,]*}$`).ignore().set("displayName", "x"),
		m("groups/delete", "^DELETE /Groups/group").only(204).status(202),
		m("groups/delete-keeps-users", "^DELETE /Groups/group").fault("deletes-members"),
		m("groups/delete-user", "^$").fault("ghost-members"),
		m("groups/exclude-members", `^GET /Groups/.*excludedAttributes`).query("^excludedAttributes=.*", "x=1"),
		m("groups/delete-unknown", "^DELETE /Groups/.*beef").status(204),
	}
}
