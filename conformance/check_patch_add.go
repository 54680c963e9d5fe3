package conformance

import "fmt"

func patchAddChecks() []Check {
	const add, level = "RFC 7644 §3.5.2.1", Must
	home := object{"value": "home@example.com", "type": "home"}
	return cases(
		patchCase{name: "patch/add-value", section: add, level: level, text: "add sets an attribute that has no value.",
			uses: "displayName", ops: ops(op("add", "displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/add-existing", section: add, level: level, text: "add of a single-valued attribute replaces its value.",
			before: ada, ops: ops(op("add", "displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/add-same", section: add, level: level, text: "add of the value that is there succeeds and changes nothing.",
			before: ada, ops: ops(op("add", "displayName", "Ada")), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/add-no-path", section: add, level: level, text: "add without path takes attributes from value.",
			before: ada, ops: ops(op("add", "", object{"displayName": "Bob"})), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/add-no-path-several", section: add, level: level, text: "add without path sets several attributes.",
			before: ada, uses: "name.familyName", ops: ops(op("add", "", object{"displayName": "Bob", "name": object{"familyName": "Babbage"}})),
			want: want(at("displayName", "Bob"), at("name/familyName", "Babbage"))},
		patchCase{name: "patch/add-no-path-appends", section: add, level: level, text: "add without path appends to a multi-valued attribute.",
			before: oneMail, ops: ops(op("add", "", object{"emails": []any{home}})), want: want(at("emails/#", 2), has("emails/[type=home]"))},
		patchCase{name: "patch/add-complex-merges", section: add, level: level, text: "add of a complex value keeps sub-attributes it does not name.",
			before: lovelace, ops: ops(op("add", "name", object{"givenName": "Augusta"})),
			want: want(at("name/givenName", "Augusta"), at("name/familyName", "Lovelace"))},
		patchCase{name: "patch/add-sub-attribute", section: add, level: level, text: "add sets a sub-attribute by path.",
			before: lovelace, ops: ops(op("add", "name.givenName", "Augusta")), want: want(at("name/givenName", "Augusta"), at("name/familyName", "Lovelace"))},
		patchCase{name: "patch/add-sub-attribute-absent", section: add, level: level, text: "add sets a sub-attribute of a complex attribute that has no value.",
			uses: "name.givenName", ops: ops(op("add", "name.givenName", "Augusta")), want: want(at("name/givenName", "Augusta"))},
		patchCase{name: "patch/add-multi", section: add, level: level, text: "add appends to a multi-valued attribute.",
			before: oneMail, ops: ops(op("add", "emails", []any{home})), want: want(at("emails/#", 2), has("emails/[type=work]", "emails/[type=home]"))},
		patchCase{name: "patch/add-multi-first", section: add, level: level, text: "add to a multi-valued attribute without values sets it.",
			uses: "emails.type", ops: ops(op("add", "emails", []any{home})), clears: "emails", want: want(at("emails/#", 1), at("emails/0/value", "home@example.com"))},
		patchCase{name: "patch/add-multi-object", section: add, level: Should, text: "add accepts one value of a multi-valued attribute without an array around it.",
			before: oneMail, ops: ops(op("add", "emails", home)), want: want(at("emails/#", 2), has("emails/[type=home]"))},
		patchCase{name: "patch/add-multi-same", section: add, level: Should, text: "add of a value that is already among the values adds no second one.",
			before: oneMail, ops: ops(op("add", "emails", []any{object{"value": "work@example.com", "type": "work"}})), want: want(at("emails/#", 1))},
		patchCase{name: "patch/add-primary", section: "RFC 7644 §3.5.2", level: level, text: "A new primary value makes the others not primary.",
			before: mainMail, uses: "emails.primary", ops: ops(op("add", "emails", []any{object{"value": "new@example.com", "type": "home", "primary": true}})),
			want: want(at("emails/[value=new@example.com]/primary", true), notPrimary("emails/[value=work@example.com]"))},
		patchCase{name: "patch/add-value-path", section: add, level: level, text: "add sets a sub-attribute of the values that a filter selects.",
			before: oneMail, uses: "emails.display", ops: ops(op("add", `emails[type eq "work"].display`, "Office")),
			want: want(at("emails/0/display", "Office"), at("emails/0/value", "work@example.com"))},
		patchCase{name: "patch/add-extension", section: add, level: level, text: "add sets an attribute of an extension by its URN.",
			uses: department, ops: ops(op("add", department, "Looms")), want: want(at(enterpriseURN+"/department", "Looms"))},
		patchCase{name: "patch/add-extension-no-path", section: add, level: level, text: "add without path takes an extension as an object.",
			uses: department, ops: ops(op("add", "", object{enterpriseURN: object{"department": "Looms"}})), want: want(at(enterpriseURN+"/department", "Looms"))},
		patchCase{name: "patch/add-extension-schemas", section: "RFC 7643 §3.3", level: level, text: "An extension that a PATCH adds is named in schemas.",
			uses: department, ops: ops(op("add", department, "Looms")), want: want(ifThere(enterpriseURN, declaresSchema(enterpriseURN)))},
		patchCase{name: "patch/add-no-value", section: add, level: level, text: "add without value is 400.",
			before: ada, ops: ops(op("add", "displayName", nil)), answer: answers(status(400)), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/add-read-only", section: "RFC 7644 §3.5.2", level: level, text: "add does not change a readOnly attribute.",
			before: ada, ops: ops(op("add", "meta.created", "1999-12-31T00:00:00Z")), answer: answers(survived), want: want(createdStays)},
	)
}

func createdStays(r *reply) error {
	if text(r.body, "meta/created") == "1999-12-31T00:00:00Z" {
		return fmt.Errorf("meta.created was changed to %s", show(field(r.body, "meta/created")))
	}
	return nil
}

// notPrimary accepts an absent primary, which counts as false (RFC 7643 §2.4).
func notPrimary(path string) expectation {
	return func(r *reply) error {
		if field(r.body, path+"/primary") == true {
			return at(path+"/primary", false)(r)
		}
		return has(path)(r)
	}
}

func patchRemoveChecks() []Check {
	const remove = "RFC 7644 §3.5.2.2"
	onlyHome := want(at("emails/#", 1), at("emails/0/type", "home"))
	return cases(
		patchCase{name: "patch/remove-value", section: remove, level: Must, text: "remove of a single-valued attribute leaves it unassigned.",
			before: ada, ops: ops(op("remove", "displayName", nil)), clears: "displayName", want: want(at("displayName", nil))},
		patchCase{name: "patch/remove-sub-attribute", section: remove, level: Must, text: "remove of a sub-attribute keeps the others.",
			before: lovelace, ops: ops(op("remove", "name.givenName", nil)), clears: "name.givenName", want: want(at("name/givenName", nil), at("name/familyName", "Lovelace"))},
		patchCase{name: "patch/remove-complex", section: remove, level: Must, text: "remove of a complex attribute leaves it unassigned.",
			before: lovelace, ops: ops(op("remove", "name", nil)), clears: "name", want: want(at("name/givenName", nil), at("name/familyName", nil))},
		patchCase{name: "patch/remove-multi", section: remove, level: Must, text: "remove of a multi-valued attribute without filter removes all values.",
			before: twoMails, ops: ops(op("remove", "emails", nil)), clears: "emails", want: want(at("emails", nil))},
		patchCase{name: "patch/remove-filtered", section: remove, level: Must, text: "remove with a filter removes the values that match, and only those.",
			before: twoMails, ops: ops(op("remove", `emails[type eq "work"]`, nil)), want: onlyHome},
		patchCase{name: "patch/remove-last", section: remove, level: Must, text: "When the last value is removed, the attribute is unassigned.",
			before: oneMail, ops: ops(op("remove", `emails[type eq "work"]`, nil)), clears: "emails", want: want(at("emails", nil))},
		patchCase{name: "patch/remove-filtered-and", section: remove, level: Must, text: "A filter with and selects by both conditions.",
			before: twoMails, ops: ops(op("remove", `emails[type eq "work" and value eq "home@example.com"]`, nil)),
			answer: answers(survived), want: want(at("emails/#", 2))},
		patchCase{name: "patch/remove-filtered-or", section: remove, level: Must, text: "A filter with or selects by either condition.",
			before: twoMails, ops: ops(op("remove", `emails[type eq "work" or value eq "home@example.com"]`, nil)), clears: "emails", want: want(at("emails", nil))},
		patchCase{name: "patch/remove-filtered-operator", section: remove, level: Must, text: "A filter in a path may use other operators than eq.",
			before: twoMails, ops: ops(op("remove", `emails[value sw "work@"]`, nil)), want: onlyHome},
		patchCase{name: "patch/remove-filtered-boolean", section: remove, level: Must, text: "A filter in a path compares booleans.",
			before: mainMail, uses: "emails.primary", ops: ops(op("remove", `emails[primary eq true]`, nil)), want: onlyHome},
		patchCase{name: "patch/remove-value-path-sub", section: remove, level: Must, text: "remove of a sub-attribute of selected values keeps the rest of them.",
			before: object{"emails": []any{object{"value": "work@example.com", "type": "work", "display": "Office"}}}, uses: "emails.display",
			ops: ops(op("remove", `emails[type eq "work"].display`, nil)), clears: "emails.display", want: want(at("emails/0/display", nil), at("emails/0/value", "work@example.com"))},
		patchCase{name: "patch/remove-extension", section: remove, level: Must, text: "remove of an attribute of an extension leaves it unassigned.",
			before: engines, ops: ops(op("remove", department, nil)), clears: department, want: want(at(enterpriseURN+"/department", nil))},
		patchCase{name: "patch/remove-no-path", section: remove, level: Must, text: "remove without path is 400 noTarget.",
			before: ada, ops: ops(op("remove", "", nil)), answer: answers(status(400), scimType("noTarget")), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/remove-required", section: remove, level: Must, text: "remove of a required attribute is 400 mutability.",
			ops: ops(op("remove", "userName", nil)), answer: answers(status(400), scimType("mutability")), want: want(has("userName"))},
		patchCase{name: "patch/remove-read-only", section: remove, level: Must, text: "remove of a readOnly attribute is 400 mutability.",
			ops: ops(op("remove", "id", nil)), answer: answers(status(400), scimType("mutability")), want: want(has("id"))},
	)
}

func patchReplaceChecks() []Check {
	const replace = "RFC 7644 §3.5.2.3"
	return cases(
		patchCase{name: "patch/replace-value", section: replace, level: Must, text: "replace sets a single-valued attribute.",
			before: ada, ops: ops(op("replace", "displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/replace-absent", section: replace, level: Must, text: "replace of an attribute without value adds it.",
			uses: "displayName", ops: ops(op("replace", "displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/replace-no-path", section: replace, level: Must, text: "replace without path takes attributes from value and keeps the others.",
			before: object{"displayName": "Ada", "name": lovelace["name"]}, ops: ops(op("replace", "", object{"displayName": "Bob"})),
			want: want(at("displayName", "Bob"), at("name/familyName", "Lovelace"))},
		patchCase{name: "patch/replace-no-path-active", section: replace, level: Must, text: "replace without path deactivates a user.",
			before: object{"active": true}, ops: ops(op("replace", "", object{"active": false})), want: want(at("active", false))},
		patchCase{name: "patch/replace-active", section: replace, level: Must, text: "replace sets a boolean.",
			before: object{"active": true}, ops: ops(op("replace", "active", false)), want: want(at("active", false))},
		patchCase{name: "patch/replace-sub-attribute", section: replace, level: Must, text: "replace of a sub-attribute keeps the others.",
			before: lovelace, ops: ops(op("replace", "name.familyName", "King")), want: want(at("name/familyName", "King"), at("name/givenName", "Ada"))},
		patchCase{name: "patch/replace-complex", section: replace, level: Must, text: "replace of a complex attribute sets the sub-attributes it names.",
			before: lovelace, ops: ops(op("replace", "name", object{"familyName": "King", "givenName": "Augusta"})),
			want: want(at("name/familyName", "King"), at("name/givenName", "Augusta"))},
		// The interoperability profile wants the whole value replaced, hence Should.
		patchCase{name: "patch/replace-complex-merges", section: replace, level: Should, text: "replace of a complex attribute keeps sub-attributes it does not name.",
			before: lovelace, ops: ops(op("replace", "name", object{"familyName": "King"})), want: want(at("name/familyName", "King"), at("name/givenName", "Ada")),
			profile: "wants the whole value replaced"},
		patchCase{name: "patch/replace-multi", section: replace, level: Must, text: "replace of a multi-valued attribute replaces all values.",
			before: twoMails, ops: ops(op("replace", "emails", []any{object{"value": "new@example.com", "type": "work"}})),
			want: want(at("emails/#", 1), at("emails/0/value", "new@example.com"))},
		patchCase{name: "patch/replace-filtered", section: replace, level: Must, text: "replace with a filter changes the values that match, and only those.",
			before: twoMails, ops: ops(op("replace", `emails[type eq "work"]`, object{"value": "new@example.com", "type": "work"})),
			want: want(at("emails/[type=work]/value", "new@example.com"), at("emails/[type=home]/value", "home@example.com"))},
		patchCase{name: "patch/replace-value-path", section: replace, level: Must, text: "replace of a sub-attribute of selected values keeps the rest of them.",
			before: twoMails, ops: ops(op("replace", `emails[type eq "home"].value`, "new@example.com")),
			want: want(at("emails/[type=home]/value", "new@example.com"), at("emails/[type=work]/value", "work@example.com"))},
		patchCase{name: "patch/replace-primary", section: "RFC 7644 §3.5.2", level: Must, text: "Making one value primary makes the others not primary.",
			before: mainMail, uses: "emails.primary", ops: ops(op("replace", `emails[type eq "home"].primary`, true)),
			want: want(at("emails/[type=home]/primary", true), notPrimary("emails/[type=work]"))},
		patchCase{name: "patch/replace-no-match", section: replace, level: Must, text: "replace with a filter that matches nothing is 400 noTarget.",
			before: oneMail, ops: ops(op("replace", `emails[type eq "home"].value`, "new@example.com")),
			answer: answers(status(400), scimType("noTarget")), want: want(at("emails/#", 1))},
		patchCase{name: "patch/replace-empty-array", section: "RFC 7643 §2.5", level: Must, text: "replace with an empty array leaves the attribute unassigned.",
			before: twoMails, ops: ops(op("replace", "emails", []any{})), clears: "emails", want: want(at("emails", nil))},
		patchCase{name: "patch/replace-null", section: "RFC 7643 §2.5", level: Should, text: "replace with null leaves the attribute unassigned.",
			before: ada, ops: ops(op("replace", "displayName", jsonNull)), clears: "displayName", want: want(at("displayName", nil))},
		patchCase{name: "patch/replace-extension", section: replace, level: Must, text: "replace sets an attribute of an extension by its URN.",
			before: engines, ops: ops(op("replace", department, "Looms")), want: want(at(enterpriseURN+"/department", "Looms"))},
		patchCase{name: "patch/replace-urn-path", section: "RFC 7644 §3.10", level: Must, text: "A path may have the URN of the core schema before the attribute.",
			before: ada, ops: ops(op("replace", userURN+":displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/replace-path-case", section: "RFC 7643 §2.1", level: Must, text: "A path is not case-sensitive.",
			before: ada, ops: ops(op("replace", "DISPLAYNAME", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/replace-read-only", section: "RFC 7644 §3.5.2", level: Should, text: "replace of a readOnly attribute is 400 mutability.",
			before: ada, ops: ops(op("replace", "meta.created", "1999-12-31T00:00:00Z")), answer: answers(status(400), scimType("mutability")), want: want(at("displayName", "Ada"))},
		patchCase{name: "patch/replace-type", section: "RFC 7643 §2.3.2", level: Should, text: "replace of a boolean with a number is refused.",
			before: object{"active": true}, ops: ops(op("replace", "active", 12345)), answer: answers(refused), want: want(at("active", true))},
		patchCase{name: "patch/op-case", section: "Microsoft Entra ID", level: Should, text: "op is understood in any letter case, as Entra ID sends it.",
			profile: "goes by the letter of RFC 7644 §3.5.2, where op is in lower case", before: ada, ops: ops(op("Replace", "displayName", "Bob")), want: want(at("displayName", "Bob"))},
		patchCase{name: "patch/string-boolean", section: "Microsoft Entra ID", level: May, text: `"False" is understood as a boolean, as Entra ID sends it.`,
			before: object{"active": true}, ops: ops(op("replace", "active", "False")), want: want(at("active", false))},
		patchCase{name: "patch/creates-value", section: "Microsoft Entra ID", level: May, text: "add with a filter that matches nothing makes the value, as Entra ID expects.",
			uses: "emails.type", ops: ops(op("add", `emails[type eq "work"].value`, "new@example.com")), want: want(at("emails/[type=work]/value", "new@example.com"))},
	)
}
