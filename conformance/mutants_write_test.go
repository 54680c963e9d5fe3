package conformance_test

func etagMutants() []mutant {
	user := func(check string) mutant { return m("etag/"+check, "^GET /Users/user-[0-9]*$").only(200) }
	stale := func(check, method string) mutant {
		return m("etag/"+check, "^"+method+" /Users/user").asked("If-Match", "stale").ask("If-Match", "")
	}
	good := func(check, method string) mutant {
		return m("etag/"+check, "^"+method+" /Users/user").asked("If-Match", `W/"[0-9]`).status(428)
	}
	none := func(check, tag string) mutant {
		return m("etag/"+check, "^GET /Users/user").asked("If-None-Match", tag)
	}
	return []mutant{
		user("header").header("ETag", ""),
		user("form").header("ETag", "1").set("meta/version", "1"),
		user("version").set("meta/version", `W/"0"`),
		m("etag/create", "^POST /Users$").only(201).header("ETag", ""),
		m("etag/list", `^GET /Users\?count=1$`).drop("Resources/0/meta/version"),
		none("none-match", `^W/"1"$`).ask("If-None-Match", ""),
		none("none-match-other", `^W/"scimconf-stale"$`).only(200).status(304),
		none("none-match-list", `, `).ask("If-None-Match", ""),
		m("etag/stable", "^$").fault("restless-tag"),
		stale("match-put-stale", "PUT"),
		stale("match-patch-stale", "PATCH"),
		stale("match-delete-stale", "DELETE"),
		good("match-put", "PUT"),
		good("match-patch", "PATCH"),
		good("match-delete", "DELETE"),
		m("etag/stale-changes-nothing", "^$").fault("writes-before-412"),
		m("etag/changes-put", "^$").fault("put-keeps-version"),
		m("etag/changes-patch", "^$").fault("patch-keeps-version"),
	}
}

func bulkMutants() []mutant {
	bulk := func(check string) mutant { return m("bulk/"+check, "^POST /Bulk").only(200) }
	const two = `"bulkId":"one1".*"bulkId":"one2"`
	op := func(check, method string) mutant {
		return m("bulk/"+check, "^POST /Bulk").body(`"method":"`+method+`","path":"/Users/user`).send(`"method":"`+method+`"`, `"method":"GET"`)
	}
	return []mutant{
		bulk("status").body(two).status(207),
		bulk("schemas").body(two).set("schemas", []any{}),
		bulk("operations").body(two).text(`^(.*),{"bulkId":"one2"[^}]*}`, `$1`),
		bulk("created").body(two).set("Operations/1/status", "200"),
		bulk("status-string").body(two).set("Operations/0/status", 201),
		bulk("location").body(two).drop("Operations/0/location"),
		bulk("method").body(two).drop("Operations/0/method"),
		bulk("bulk-id").body(two).drop("Operations/1/bulkId"),
		m("bulk/makes", "^POST /Bulk").body(`^{"Operations":\[{"bulkId":"one1"[^\]]*\][^\]]*\],"schemas"`).send(`"userName":"[^"]*"`, `"userName":"other"`),
		op("put", "PUT"),
		op("patch", "PATCH"),
		op("delete", "DELETE"),
		bulk("reference").body(`one1.*"group"`).drop("Operations/1/location"),
		bulk("reference-first").body(`"group".*one1`).drop("Operations/0/location"),
		bulk("reference-unknown").body("bulkId:nobody").set("Operations/0/status", "201"),
		bulk("error").body(`beef"}\],"schemas"`).set("Operations/0/status", "200"),
		bulk("error-response").body(`beef"}\],"schemas"`).drop("Operations/0/response"),
		m("bulk/reference-text", "^POST /Bulk").body(`"displayName":"bulkId:`).send(`"displayName":"bulkId:one2"`, `"displayName":"u2"`),
		m("bulk/continues", "^POST /Bulk").body(`beef"},{"bulkId"`).send(`"schemas":\["urn:ietf:params:scim:api:messages:2.0:BulkRequest"\]`, `"failOnErrors":1`),
		m("bulk/fail-on-errors", "^POST /Bulk").body("failOnErrors").send(`"failOnErrors":1`, `"failOnErrors":9`),
		m("bulk/too-many", "^POST /Bulk").body(`(beef.*){11}`).status(400),
		m("bulk/too-large", "^POST /Bulk").body("filler").status(200),
		m("bulk/malformed", "^POST /Bulk").body(`^{"Operations":$`).status(500),
		bulk("bad-method").body("SCIMCONF").set("Operations/0/status", "200"),
		m("bulk/get", "^GET /Bulk").status(200),
	}
}

func errorMutants() []mutant {
	e := func(check, on, body string) mutant { return m("error/"+check, on).body(body) }
	const (
		lost, unknown = "^GET /Users/.*beef$", "^GET /ScimconfNothing"
		bad           = `^{"schemas":\[$`
	)
	clash := func(check string) mutant { return m("error/"+check, "^POST /Users$").only(409) }
	return []mutant{
		e("400-schema", "^POST /Users$", bad).drop("schemas"),
		e("400-status", "^POST /Users$", bad).set("status", "500"),
		e("400-status-string", "^POST /Users$", bad).set("status", 400),
		e("400-detail", "^POST /Users$", bad).drop("detail"),
		e("400-media-type", "^POST /Users$", bad).header("Content-Type", "application/problem+json"),
		m("error/404-schema", lost).drop("schemas"),
		m("error/404-status", lost).set("status", "500"),
		m("error/404-status-string", lost).set("status", 404),
		m("error/404-detail", lost).drop("detail"),
		m("error/404-media-type", lost).header("Content-Type", "text/html"),
		clash("409-schema").drop("schemas"),
		clash("409-status").set("status", "500"),
		clash("409-status-string").set("status", 409),
		clash("409-detail").drop("detail"),
		clash("409-media-type").header("Content-Type", "text/plain"),
		e("scim-type-known", "^POST /Users$", bad).set("scimType", "badRequest"),
		e("no-internals", "^POST /Users$", bad).set("detail", "goroutine 1 [running]: main.main()"),
		m("error/unknown-path", unknown).status(200),
		m("error/unknown-path-schema", unknown).drop("schemas"),
		m("error/unknown-path-media-type", unknown).header("Content-Type", "text/html"),
		m("error/sensitive", `^GET /Users\?filter=password`).status(403),
		m("error/invalid-version", "^GET /scim/v9").status(400),
	}
}

func contentMutants() []mutant {
	list := func(check, header, value string) mutant {
		return m("content/"+check, "^GET /Users$").asked(header, value)
	}
	post := func(check, value string) mutant {
		return m("content/"+check, "^POST /Users$").asked("Content-Type", value).status(415)
	}
	html := func(check, on string) mutant { return m("content/"+check, on).header("Content-Type", "text/plain") }
	return []mutant{
		html("get", "^GET /Users/user-[0-9]*$"),
		html("list", "^GET /Users$"),
		html("create", "^POST /Users$").only(201),
		html("config", "^GET /ServiceProviderConfig$"),
		html("types", "^GET /ResourceTypes$"),
		html("schemas", "^GET /Schemas$"),
		m("content/utf-8", "^GET /Users$").text(`"schemas"`, "\"x\xff\":1,\"schemas\""),
		list("accept-scim", "Accept", `^application/scim\+json$`).status(406),
		list("accept-json", "Accept", `^application/json$`).status(406),
		list("accept-any", "Accept", `^\*/\*$`).status(406),
		list("accept-none", "Accept", `^$`).status(406),
		list("accept-list", "Accept", `q=0.5`).status(406),
		list("accept-html", "Accept", `^text/html$`).status(500),
		post("type-json", "^application/json$"),
		post("type-scim", `^application/scim\+json$`).body(`^{"schemas":[^,]*,"userName":"[^"]*"}$`),
		post("type-charset", "charset"),
		post("type-case", "Application"),
		m("content/type-text", "^POST /Users$").asked("Content-Type", "text/html").status(201),
		m("content/question-mark", `^GET /Users\?$`).status(400),
		list("no-user-agent", "User-Agent", "^$").status(400),
		m("content/unknown-parameter", `^GET /Users\?scimconf=1$`).status(400),
		list("gzip", "Accept-Encoding", "identity").header("Content-Encoding", "gzip"),
		m("method/head", "^HEAD /Users/user").status(405),
		m("method/head-unknown", "^HEAD /Users/.*beef").status(200),
		m("method/put-list", "^PUT /Users$").status(404),
		m("method/patch-list", "^PATCH /Users$").status(404),
		m("method/delete-list", "^DELETE /Users").status(204),
		m("method/post-user", "^POST /Users/.*beef").status(200),
		m("method/unknown", "^SCIMCONF /Users").status(200),
		m("method/allow", "^PUT /Users$").header("Allow", ""),
		m("method/allow-true", "^PUT /Users$").header("Allow", "PATCH"),
		m("method/error", "^PUT /Users$").drop("schemas"),
		m("method/me", "^GET /Me").status(500),
		m("method/me-location", "^GET /Me").instead(200),
	}
}

func securityMutants() []mutant {
	auth := func(check, value string) mutant {
		return m("auth/"+check, "^GET /Users$").asked("Authorization", value)
	}
	in := func(check, value string) mutant { return auth(check, value).ask("Authorization", "Bearer "+refToken) }
	post := func(check, body string) mutant { return m("hostile/"+check, "^POST /Users$").body(body).status(500) }
	filter := func(check, on string) mutant { return m("hostile/"+check, `^GET /Users\?filter=`+on).status(500) }
	strict := func(check, on, body string) mutant { return m("profile/"+check, on).fault("interop").body(body) }
	return []mutant{
		in("none", "^$"),
		auth("challenge", "^$").header("WWW-Authenticate", ""),
		auth("error", "^$").drop("schemas"),
		auth("media-type", "^$").header("Content-Type", "text/html"),
		in("wrong", "scimconf-wrong"),
		auth("wrong-status", "scimconf-wrong").only(401).status(403),
		in("empty", `^Bearer ?$`),
		in("scheme", "^Scimconf"),
		auth("basic", "^Basic").only(401).status(200),
		in("long", "xxxxxx"),
		in("prefix", "^Bearer "+refToken[:len(refToken)-1]+"$"),
		auth("scheme-case", "^bearer ").status(401),
		m("auth/write", "^POST /Users$").asked("Authorization", "wrong").ask("Authorization", "Bearer "+refToken),
		m("auth/no-oracle", "^GET /Users/.*beef").asked("Authorization", "^$").status(404),
		post("large", "xxxxxxxxxxxxxxxxxxxx"),
		post("deep", `\[\[\[\[\[\[\[\[`),
		m("hostile/utf-8", "^POST /Users$").body("a\\x{fffd}+b|a[^\\x00-\\x7f]+b\"}$").text(`"userName"`, "\"x\xff\":1,\"userName\""),
		post("duplicate-keys", `"userName".*"userName"`),
		post("nul", `a\\u0000b`),
		post("surrogate", `a\\ud800b`),
		post("number", "1e999999"),
		m("hostile/trailing", "^POST /Users$").body(` {}x$`).status(201),
		filter("long-filter", `userName eq "x{100}`),
		filter("deep-filter", `\(\(\(\(`),
		filter("many-conditions", `userName eq "x" or userName eq "x"`),
		filter("regular-expression", `userName co "\(a`),
		m("hostile/id-path", `^GET /Users/\.\.`).status(200),
		m("hostile/id-quote", `^GET /Users/x' OR`).status(200),
		m("hostile/id-nul", "^GET /Users/x\\x00").status(500),
		m("hostile/id-line-break", "^GET /Users/x\r\n").header("Scimconf", "yes"),
		m("hostile/id-long", "^GET /Users/x{100}").status(500),
		m("hostile/password-echo", "^POST /Users$").body("t1me").only(409).echo(),
		strict("unknown-attribute", "^POST /Users$", "scimconfNothing").drop("scimType"),
		strict("unknown-schema", "^POST /Users$", `2.0:Nothing`).status(201),
		strict("path-required", "^PATCH", `"op":"replace","value"`).drop("scimType"),
		strict("op-case", "^PATCH", `"op":"Replace"`).drop("scimType"),
		strict("path-schema", "^PATCH", `"path":"urn:ietf:params:scim:schemas:core:2.0:User"`).drop("scimType"),
		m("profile/type-is-id", "^GET /ResourceTypes$").fault("interop").set("Resources/0/id", "users"),
		m("profile/canonical-types", "^GET /Schemas$").fault("interop").drop("Resources/0/attributes/7/subAttributes/1/canonicalValues"),
		m("profile/count-100", `^GET /Users\?filter=userName sw.*count=100$`).fault("interop").status(400),
		m("profile/filter-unknown", `^GET /Users\?filter=scimconfNothing`).fault("interop").status(200),
		m("profile/name-not-case-exact", "^GET /Schemas$").fault("interop").set("Resources/0/attributes/0/caseExact", true),
	}
}
