// Package planner decides which IAM calls make a wish true. It is pure: it asks
// nobody, reads no clock and changes nothing; what it knows is handed to it.
//
//	UserNow, GroupNow    what IAM shows now, and what we wrote a moment ago   (user.go, group.go, seen.go)
//	UserWish, GroupWish  what is wanted                                       (user.go, group.go)
//	        │
//	     Planner ──► Plan   steps in their order, and what is to be remembered (user.go, group.go, end.go, tags.go)
//	                   │
//	                   └─ Step   one IAM call, as data                         (step.go)
//
// All that is known of an API action stands in the step table, a row an action:
// how the call is made, what it makes true, when it is so already, what it needs
// (step_table.go; the rows are in step_user.go, step_group.go, step_credential.go).
// So a step can be printed, journaled, carried out, applied to a Subject and taken
// back, and nothing else in the program knows what an action does.
//
// The one rule that must not be broken: where IAM shows something else than what
// we wrote a moment ago, either may be true. What takes access away is planned as
// if the worse one were (seen.go).
//
// Samples are plans for objects that do not exist: what they need is what the
// program asks AWS whether it may, so the question never differs from the deed.
//
// Start reading at plan.go, then user.go.
package planner
