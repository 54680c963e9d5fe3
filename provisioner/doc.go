// Package provisioner is everything that talks to AWS: it observes an account
// and publishes what it saw as one generation of the store's snapshot.
//
// The one rule that must not be broken: a failed or incomplete observation
// changes nothing. Stale is better than wrong, because whatever is missing
// from a generation reads as revoked access downstream.
//
//	Connect ──► Connection   credentials, identity, two clients
//	                │
//	            New │ Run ──► Refresh, at once, then every Interval
//	                │            │
//	                │            ├─ observe   account-wide calls, every page   (observe*.go)
//	                │            ├─ compose   facts → users, groups, …         (compose*.go)
//	                │            └─ swap      one transaction, no AWS call     (swap.go)
//	                │
//	                └─────► details          user by user, all day             (rotation.go)
//
// GetAccountAuthorizationDetails and ListUsers are mandatory and must agree.
// Every other source may fail: what it would have said keeps its last known
// value and time, or is omitted if it was never known, and Health names the
// source. The credential report is older than everything else and never
// overrides a live read that is newer than it (report.go).
//
// Start reading at refresh.go, then observe.go and compose.go.
package provisioner
