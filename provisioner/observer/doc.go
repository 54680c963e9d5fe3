// Package observer reads an account and makes of what it said the resources that
// are served. It writes nowhere: what it read is handed over as one
// store.Observation, or not at all.
//
//	Observer.Observe ──► Facts      account-wide calls, every page          (observe.go, account.go, optional.go, policies.go)
//	                       │
//	    Prior ─────────────┤        the last generation: what a silent source said before   (prior.go)
//	    Memory ────────────┤        what only the state file knows           (prior.go)
//	                       ▼
//	                    Composer    facts → users, groups, policies, roles; asks nobody  (compose*.go, person.go, …)
//	                       ▲
//	    World.Compose ─────┘        the same for one user or group, read live            (world.go, compose_single.go)
//
//	    DetailsReader               what only calls for each user tell       (details.go)
//
// The one rule that must not be broken: half an observation is none.
// GetAccountAuthorizationDetails and ListUsers are mandatory and must agree. Every
// other source may fail: what it would have said keeps its last known value and
// time, or is omitted if it was never known. The credential report is older than
// everything else and never overrides a live read that is newer than it
// (report.go, slots.go).
//
// Start reading at observe.go, then compose.go.
package observer
