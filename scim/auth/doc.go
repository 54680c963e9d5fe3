// Package auth decides who is asking: it mints the tokens SCIM clients carry,
// recognises them, and says what each may do.
//
// The one rule that must not be broken: a token is shown once, when it is
// minted, and after that exists only as a SHA-256. It is 256 random bits, so
// the hash needs neither salt nor stretching.
//
//	iamscim_4kQ0bT7xWm2Z_<43 characters of secret><6 characters of checksum>
//	└prefix └id           base62, 256 bits           CRC-32 of all before it
//
// The prefix and the checksum let secret scanners find a leaked token, and tell
// it from look-alikes, without asking us. The id is no secret: it is what lists,
// logs and the audit name.
//
// What a credential may do is its Scopes, none of which implies another. Whose
// data it may see is its account. Both are for the handlers to check; that the
// token is good is checked here, from memory, without a query.
//
// Start reading at token.go, then authenticator.go.
package auth
