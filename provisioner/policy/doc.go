// Package policy reads and evaluates the policy language of AWS IAM.
//
// It is a pure library: no AWS calls, no clock, no state. The simulated
// account authorises every request with it, and the product asks it three
// questions about an account it has observed: is this user frozen
// ([DeniesEverything]), is this policy as good as administrator
// ([AdministratorEquivalent]), and which roles can this user assume
// ([Caller.Assumable], [RoleIndex]).
//
// The one rule that must not be broken: an unconditional explicit Deny beats
// everything, in whatever layer it stands (IAM User Guide, "Policy evaluation
// logic").
//
// Truth has three values here. [Evaluate] knows the whole request, so a
// condition key that is not given is absent and the operator decides what
// that means. Questions about a future request ([Trusts], [Caller.Assumable])
// do not know it: a condition on such a key is "maybe", and the answer is
// Possibly instead of a guess.
//
//	text ──Parse──► Document ──┬─► Evaluate(Input) Result       one request
//	                           ├─► Trusts(doc, TrustInput)      one trust policy, one principal
//	                           ├─► NewCaller + RoleIndex        all users × all roles
//	                           └─► Summarize(trust)             what to show about a role
//
// A parsed Document is immutable and safe for concurrent use; its patterns
// and operators are compiled once, by [Parse].
//
// Start reading at document.go, then evaluate.go.
package policy
