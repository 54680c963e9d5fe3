// Package awsapi is how the program talks with AWS at all. It knows nothing of
// the store, of plans or of SCIM, and imports none of our packages.
//
// ReadPages reads a list to its true end (page.go).
package awsapi
