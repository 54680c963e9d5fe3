// Package awsapi is how the program talks with AWS at all: as whom, through
// which clients, and what an answer means. It knows nothing of the store, of
// plans or of SCIM, and imports none of our packages.
//
//	Config ──Connect──► Connection                            (connect.go)
//	                        │
//	                        ├─ Identity, Expires, Forget      who we are, and whether still     (identity.go)
//	                        ├─ IAM                            reads nobody waits for: patient   (retry.go)
//	                        ├─ WriteClient                    changes, and reads before them    (retry.go)
//	                        └─ Calls                          every attempt, counted by action  (middleware.go)
//
//	ReadPages          a list to its true end                       (page.go)
//	ErrorCode, Is…     what AWS said, and what kind of answer it is (errors.go)
//	ConnectError       what is wrong with the way into AWS, and the remedy (diagnose.go)
//
// Credentials come from a chain: keys or the SDK's own search, then the role, if
// there is one (credentials.go). They may be rotated under us, so whoever sees
// them rejected calls Forget, and they are read again.
//
// The one rule that must not be broken: half an answer is an error, never the
// answer. Whoever asks for a list gets all of it or none.
//
// Start reading at connect.go.
package awsapi
