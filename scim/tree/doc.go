// Package tree holds a resource as its writer sees it: a JSON object whose
// names, types and values follow the schema, and nothing that a client cannot
// write.
//
//	body ─ Read ─► map[string]any ─ Schema.Resource ─► the tree
//	                                                     │
//	                            scim/patch changes it ◄──┴──► scim makes a wish of it
//
// Read is strict about JSON (RFC 8259): a name given twice, nesting without
// end, or text that is not UTF-8 is refused, because two readers of such a body
// could disagree about what it says. Schema.Resource is lenient about SCIM,
// because clients are: names in any case, "True" for true, a scalar for a
// complex value that has a "value", one element for a list. A strict schema
// refuses what it does not declare, a body without schemas, and other types but
// the "True"; names are in any case there, too, as RFC 7643 §2.1 says.
//
// The one rule: absent and null stay apart. A name that is not in the tree was
// not sent; a nil is a value taken away.
package tree
