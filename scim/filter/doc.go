// Package filter turns a SCIM filter (RFC 7644 §3.4.2.2) into the condition
// that store understands. Everything a client can get wrong is an *Error;
// nothing here panics, whatever the text.
//
//	emails[type eq "work" and value co "@x"]  ─ parse ─►  store.Match
//	                                             │
//	                                     Attribute (the schema)
//
// The grammar is that of the RFC; clients leave it, and are met halfway:
//
//	externalId eq jyoung                     a value without quotes, but not in single ones
//	active eq "True"                         a Boolean in quotes, any case
//	members eq "AIDA…"                       a complex attribute: its value
//	emails[type eq "work"].value eq "x"      a sub-attribute after a value filter
//	userName EQ "x"                          operators and names in any case
//	… gt "2026-01-01T00:00:00.0000000Z"      seven digits, offsets, no offset
//
// ParseStrict takes no value without quotes that is not JSON's, and no date that
// is only nearly one.
//
// The one rule: an attribute that no schema declares is an error that names
// it; one that is declared but kept nowhere matches nothing.
//
// The parser is our own. The grammar of github.com/scim2/filter-parser/v2 ends
// a value filter after two operands, has neither grouping in it nor a
// sub-attribute behind it, hands strings on with their escapes, refuses
// lower-case \u escapes, knows no depth limit, and needs some 50 µs for
// userName eq "x", as long as the rest of that request. Getting unquoted values
// past it takes a tokenizer that already knows where values are, which is most
// of this parser. Where that library accepts a filter this package agrees with
// it: TestAgainstLibrary and FuzzFilter hold the two against each other.
package filter
