// Package provisioner keeps one account: it observes what AWS says of it and
// publishes that as one generation of the store's snapshot, and it changes IAM.
// How to talk with AWS at all is awsapi.
//
// The one rule that must not be broken: a failed or incomplete observation
// changes nothing. Stale is better than wrong, because whatever is missing
// from a generation reads as revoked access downstream.
//
//	awsapi.Connection   who we are, and the clients
//	                │
//	            New │ Run ──► Refresh, at once, then every Interval
//	                │            │
//	                │            ├─ observe   account-wide calls, every page   (package observer)
//	                │            ├─ compose   facts → users, groups, …         (package observer)
//	                │            └─ swap      one transaction, no AWS call     (swap.go)
//	                │
//	                └─────► details          user by user, all day             (rotation.go)
//
// An optional source may fail; Health names it then.
//
// Every write takes one path, whoever asks and whatever for:
//
//	CreateUser, UpdateUser, …   its turn on the object                  (change.go, queue.go)
//	   │  live read             what the plan touches, read again       (live*.go)
//	   │  catch up              … written to the snapshot as observed   (catchup*.go)
//	   │  edit                  If-Match and PATCH on that → a wish     (scim)
//	   │  plan                  now + wish → steps; pure                (package planner)
//	   │  guard                 may be refused here, and only here      (guard*.go)
//	   │  journal               intent before each call, outcome after  (journal.go)
//	   │  execute               one call after the other                (apply.go)
//	   │    undo, or roll on    by the plan's direction                 (undo.go, proof.go, forward.go, failed.go)
//	   ▼  publish               into the snapshot, and protected        (writethrough.go)
//
// A dry run stops after guard. After a crash Resume takes up what the journal
// holds (resume.go): what takes access away is finished, the rest undone. What
// should not go on by itself waits for an operator (operator.go, alive.go).
//
// With WriteConfig.DeleteAfter a deletion is first a deactivation and the user is
// left out of the snapshot (grace.go); DeleteDue does the rest (grace_end.go).
//
// Start reading at refresh.go, then package observer; for writes at
// change.go, then planner/user.go and carryout.go.
package provisioner
