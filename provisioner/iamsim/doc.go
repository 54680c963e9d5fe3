// Package iamsim is a simulated AWS account: IAM and STS behind the real AWS
// Query protocol, for demos and for tests that drive it through a real SDK.
//
// It is a fake, not a mock: it holds state, enforces AWS's rules and answers
// AWS's errors. The one rule that must not be broken: it must not be kinder
// than AWS. What AWS refuses is refused; what is not supported is InvalidAction;
// a parameter that is not known is an error, never ignored. Every rule names
// the AWS page it follows, or "observed" where only AWS's behaviour tells.
//
//	New(Config) *Account ── ServeHTTP
//	     │
//	     ├ sigv4.go caller.go     who signed the request
//	     ├ operation.go param.go  the table of actions and what they take
//	     ├ need.go authorise.go   whether the caller may (package policy decides)
//	     │ context.go trust.go    what conditions see, whom roles trust
//	     ├ user.go group.go …     one file per noun: its actions and its rules
//	     ├ page.go xml.go         pages, markers and answers
//	     └ fault.go dial.go rate.go   what goes wrong on request
//	       control.go status.go   the same over HTTP, under /_sim/
//
// Objects (state.go) are immutable once stored in a table (table.go); a write
// stores a changed clone. That is how reads can lag behind writes: a table
// shows the earlier version until the delay has passed on the account's clock.
//
// One mutex guards an account. Every id, secret and random choice follows from
// Config.Seed, so a run can be repeated.
//
// Start reading at serve.go: run is the life of a request.
package iamsim
