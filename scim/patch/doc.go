// Package patch reads the body of a SCIM PATCH (RFC 7644 §3.5.2) and applies
// it to a resource. It is pure: no HTTP, no store, and the resource it is given
// is never changed, so a PATCH is applied wholly or not at all.
//
//	body ─ Parse ─► Request ─┬─ Apply(tree) ─► the tree afterwards
//	                         └─ Members     ─► what to do to a group's members
//
// Everything that can be known without the resource is checked by Parse: paths,
// filters, types, mutability. Apply only adds noTarget and the loss of a
// required value.
//
// Members of a group are never loaded: an operation on them becomes a delta, so
// that adding one member costs the same in a group of ten as in one of 5,000.
//
// What clients do beyond the RFC, and what becomes of it:
//
//	"op": "Add"                                op names in any case, unless strict
//	no path, {"name.givenName": …, "urn:…": …} every name is read as a path
//	no path, {"id": …, "schemas": …}           ignored, as is all that is readOnly
//	replace emails[type eq "work"].value       creates the element if there is none
//	remove members [{"value": …}]              removes only those
//	"active": "False", "primary": "true"       Booleans in quotes
//	manager: "id", manager: [{"value": …}]     a scalar or a list for one complex value
//	ims, photos, password, urn:unknown:…       accepted and dropped, as in POST
//
// A strict schema (tree.Schema.Strict) follows the SCIM interoperability profile
// instead: every operation needs a path that is declared, a value filter must
// select one element and be followed by a sub-attribute, and replace replaces
// the whole of a complex value.
package patch
