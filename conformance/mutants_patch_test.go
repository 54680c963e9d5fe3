package conformance_test

import "regexp"

// patchMutants are servers that ignore one kind of operation, or do another.
func patchMutants() []mutant {
	ops := func(check, body string) mutant {
		return m("patch/"+check, "^PATCH /Users/user").body(`^{"Operations":\[` + regexp.QuoteMeta(body) + `\],`)
	}
	ignores := func(check, body string) mutant { return ops(check, body).ignore() }
	becomes := func(check, body, to string) mutant { return ops(check, body).send(regexp.QuoteMeta(body), to) }
	const home = `{"type":"home","value":"home@example.com"}`
	return []mutant{
		ignores("add-value", `{"op":"add","path":"displayName","value":"Bob"}`),
		becomes("add-existing", `{"op":"add","path":"displayName","value":"Bob"}`, `{"op":"replace","path":"displayName","value":"AdaBob"}`),
		ops("add-same", `{"op":"add","path":"displayName","value":"Ada"}`).status(400),
		ignores("add-no-path", `{"op":"add","value":{"displayName":"Bob"}}`),
		becomes("add-no-path-several", `{"op":"add","value":{"displayName":"Bob","name":{"familyName":"Babbage"}}}`, `{"op":"add","value":{"displayName":"Bob"}}`),
		becomes("add-no-path-appends", `{"op":"add","value":{"emails":[`+home+`]}}`, `{"op":"replace","value":{"emails":[`+home+`]}}`),
		becomes("add-complex-merges", `{"op":"add","path":"name","value":{"givenName":"Augusta"}}`, `{"op":"remove","path":"name"},{"op":"add","path":"name","value":{"givenName":"Augusta"}}`),
		becomes("add-sub-attribute", `{"op":"add","path":"name.givenName","value":"Augusta"}`, `{"op":"remove","path":"name"},{"op":"add","path":"name.givenName","value":"Augusta"}`),
		ignores("add-sub-attribute-absent", `{"op":"add","path":"name.givenName","value":"Augusta"}`),
		becomes("add-multi", `{"op":"add","path":"emails","value":[`+home+`]}`, `{"op":"replace","path":"emails","value":[`+home+`]}`),
		ignores("add-multi-first", `{"op":"add","path":"emails","value":[`+home+`]}`),
		ops("add-multi-object", `{"op":"add","path":"emails","value":`+home+`}`).status(400),
		becomes("add-multi-same", `{"op":"add","path":"emails","value":[{"type":"work","value":"work@example.com"}]}`,
			`{"op":"add","path":"emails","value":[{"type":"work","value":"work@example.com","display":"twice"}]}`),
		m("patch/add-primary", "^GET /Users/user").text(`"primary":false,"type":"work","value":"work@example.com"`, `"primary":true,"type":"work","value":"work@example.com"`),
		ignores("add-value-path", `{"op":"add","path":"emails[type eq \"work\"].display","value":"Office"}`),
		ignores("add-extension", `{"op":"add","path":"`+enterpriseURN+`:department","value":"Looms"}`),
		ignores("add-extension-no-path", `{"op":"add","value":{"`+enterpriseURN+`":{"department":"Looms"}}}`),
		m("patch/add-extension-schemas", "^GET /Users/user").text(`"department":"Looms"(.*),"`+enterpriseURN+`"\]`, `"department":"Looms"$1]`).
			text(`("schemas":\["[^"]*User"),"`+enterpriseURN+`"\],"urn:[^"]*":{"department":"Looms"}`, `$1],"`+enterpriseURN+`":{"department":"Looms"}`),
		ops("add-no-value", `{"op":"add","path":"displayName"}`).status(200),
		m("patch/add-read-only", "^PATCH /Users").fault("created-writable"),

		ignores("remove-value", `{"op":"remove","path":"displayName"}`),
		becomes("remove-sub-attribute", `{"op":"remove","path":"name.givenName"}`, `{"op":"remove","path":"name"}`),
		becomes("remove-complex", `{"op":"remove","path":"name"}`, `{"op":"remove","path":"name.givenName"}`),
		ignores("remove-multi", `{"op":"remove","path":"emails"}`),
		becomes("remove-filtered", `{"op":"remove","path":"emails[type eq \"work\"]"}`, `{"op":"remove","path":"emails"}`),
		ignores("remove-last", `{"op":"remove","path":"emails[type eq \"work\"]"}`),
		ops("remove-filtered-and", `{"op":"remove","path":"emails[type eq \"work\" and value eq \"home@example.com\"]"}`).send(" and ", " or "),
		ops("remove-filtered-or", `{"op":"remove","path":"emails[type eq \"work\" or value eq \"home@example.com\"]"}`).send(" or ", " and "),
		ops("remove-filtered-operator", `{"op":"remove","path":"emails[value sw \"work@\"]"}`).status(400),
		ops("remove-filtered-boolean", `{"op":"remove","path":"emails[primary eq true]"}`).send("eq true", `eq \"true\"`),
		ops("remove-value-path-sub", `{"op":"remove","path":"emails[type eq \"work\"].display"}`).send(`\]\.display`, "]"),
		ignores("remove-extension", `{"op":"remove","path":"`+enterpriseURN+`:department"}`),
		ops("remove-no-path", `{"op":"remove"}`).drop("scimType"),
		ops("remove-required", `{"op":"remove","path":"userName"}`).drop("scimType"),
		ops("remove-read-only", `{"op":"remove","path":"id"}`).status(200),

		ignores("replace-value", `{"op":"replace","path":"displayName","value":"Bob"}`),
		ops("replace-absent", `{"op":"replace","path":"displayName","value":"Bob"}`).fault("replace-needs-value"),
		becomes("replace-no-path", `{"op":"replace","value":{"displayName":"Bob"}}`, `{"op":"remove","path":"name"},{"op":"replace","value":{"displayName":"Bob"}}`),
		ignores("replace-no-path-active", `{"op":"replace","value":{"active":false}}`),
		ignores("replace-active", `{"op":"replace","path":"active","value":false}`),
		becomes("replace-sub-attribute", `{"op":"replace","path":"name.familyName","value":"King"}`, `{"op":"remove","path":"name"},{"op":"add","path":"name.familyName","value":"King"}`),
		ignores("replace-complex", `{"op":"replace","path":"name","value":{"familyName":"King","givenName":"Augusta"}}`),
		becomes("replace-complex-merges", `{"op":"replace","path":"name","value":{"familyName":"King"}}`, `{"op":"remove","path":"name"},{"op":"add","path":"name","value":{"familyName":"King"}}`),
		ops("replace-multi", `{"op":"replace","path":"emails","value":[{"type":"work","value":"new@example.com"}]}`).send(`"replace"`, `"add"`),
		ops("replace-filtered", `{"op":"replace","path":"emails[type eq \"work\"]","value":{"type":"work","value":"new@example.com"}}`).send(`\[type eq [^\]]*\]`, ""),
		ops("replace-value-path", `{"op":"replace","path":"emails[type eq \"home\"].value","value":"new@example.com"}`).send(`type eq \\"home\\"`, "value pr"),
		m("patch/replace-primary", "^GET /Users/user").text(`"primary":false,"type":"work","value":"work@example.com"},{"primary":true`, `"primary":true,"type":"work","value":"work@example.com"},{"primary":true`),
		ops("replace-no-match", `{"op":"replace","path":"emails[type eq \"home\"].value","value":"new@example.com"}`).only(400).drop("scimType"),
		ignores("replace-empty-array", `{"op":"replace","path":"emails","value":[]}`),
		ops("replace-null", `{"op":"replace","path":"displayName","value":null}`).status(400),
		ignores("replace-extension", `{"op":"replace","path":"`+enterpriseURN+`:department","value":"Looms"}`),
		ignores("replace-urn-path", `{"op":"replace","path":"`+userURN+`:displayName","value":"Bob"}`),
		ops("replace-path-case", `{"op":"replace","path":"DISPLAYNAME","value":"Bob"}`).status(400),
		ops("replace-read-only", `{"op":"replace","path":"meta.created","value":"1999-12-31T00:00:00Z"}`).status(200),
		ops("replace-type", `{"op":"replace","path":"active","value":12345}`).status(200),
		ops("op-case", `{"op":"Replace","path":"displayName","value":"Bob"}`).status(400),
		ops("string-boolean", `{"op":"replace","path":"active","value":"False"}`).status(400),
		ignores("creates-value", `{"op":"add","path":"emails[type eq \"work\"].value","value":"new@example.com"}`),
	}
}

func patchMessageMutants() []mutant {
	user := func(check, body string) mutant { return m("patch/"+check, "^PATCH /Users/user").body(body) }
	group := func(check, body string) mutant { return m("patch/"+check, "^PATCH /Groups/group").body(body) }
	return []mutant{
		user("status", `.`).only(200).status(202),
		user("sequential", `"value":"Eve"`).send(`,{"op":"remove","path":"displayName"},{"op":"add","path":"displayName","value":"Eve"}`, ""),
		user("atomic", ".").fault("not-atomic"),
		user("unknown-op", "scimconf").status(200),
		user("unknown-op-type", "scimconf").drop("scimType"),
		user("no-op", `\[{"path"`).status(200),
		user("bad-path", `"emails\[type eq"`).status(500),
		user("bad-path-type", `"emails\[type eq"`).drop("scimType"),
		user("unknown-attribute", "scimconfNothing").status(200),
		user("many-operations", `"49"`).status(413),
		m("patch/modified", "^GET /Users/user").text(`("displayName":"Bob".*"lastModified":)"[^"]*"`, `$1"1999-12-31T00:00:00Z"`),
		user("body", ".").only(200).drop("displayName"),
		m("patch/attributes", `^PATCH /Users/.*\?attributes=displayName`).only(200).status(204),
		m("patch/no-content", `^PATCH /Users/`).fault("no-content").only(204).header("Content-Length", "2"),
		user("no-operations", `^{"schemas":[^,]*}$`).status(200),
		user("operations-object", `"Operations":"add"`).status(200),
		user("schemas", `^{"Operations":\[[^\]]*\]}$`).status(200),
		user("malformed", `^{"Operations":\[$`).status(500),
		m("patch/unknown-id", "^PATCH /Users/.*beef").status(400),
		user("replace-user-name", `"path":"userName"`).ignore(),
		group("member-add", `"op":"add","path":"members","value":\[{"value":"user-[0-9]*"}\]`).send(`"add"`, `"replace"`),
		group("member-add-several", `"op":"add","path":"members","value":\[{"value":"user-[0-9]*"},`).send(`,{"value":"user-[0-9]*"}\]`, "]"),
		group("member-add-no-path", `"op":"add","value"`).ignore(),
		group("member-add-again", ".").fault("members-twice"),
		group("member-remove", `"op":"remove","path":"members\[`).send(`members\[[^\]]*\]`, "members"),
		group("member-remove-all", `"op":"remove","path":"members"}`).ignore(),
		group("member-replace", `"op":"replace","path":"members","value":\[{`).send(`"replace"`, `"add"`),
		group("member-replace-none", `"op":"replace","path":"members","value":\[\]`).ignore(),
		group("member-remove-list", `"op":"remove","path":"members","value"`).send(`,"value":\[[^\]]*\]`, ""),
		group("group-rename", `"path":"displayName"`).ignore(),
	}
}
