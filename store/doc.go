// Package store holds what iamscim knows: the vocabulary (User, Group, Policy,
// Role, Person), the snapshot of an AWS account, and the state IAM has no
// place for. It speaks neither AWS nor SCIM; everybody imports it, it imports
// none of our packages.
//
// Three SQLite files, each with its own promise:
//
//	<account>.snapshot.db  Snapshot  what IAM said, with its history; a cache
//	<account>.state.db     State     what IAM cannot say; durable, backed up
//	control.db             Control   token hashes; durable
//
// The one rule that must not be broken: no AWS call is made inside an Update.
// The writer is a single connection, and everybody would wait for the network.
//
// Time is part of the data. Every snapshot row is valid from one generation to
// another; a current row has no end. A refresh that found a difference, and
// every write, is one generation. No difference, no generation.
//
//	             Replace (refresh)            PutUser, PutDetail … (writes)
//	                   │                                │
//	                   ▼                                ▼
//	generation 41 ── 42 ── 43 ── …   rows: [from, to), current: to is null
//	                   │
//	                   └─► Commit ─► caches keyed by resource id
//
// Start reading at user.go and expr.go (the vocabulary), then snapshot.go.
package store
