// Command iamscim serves AWS IAM as SCIM 2.0.
//
// main has no logic: run builds the command tree (root.go), fills every flag
// from flag, environment and configuration file in that order (settings.go),
// and returns the exit status: 0 ok, 1 failure, 2 usage. One file per
// subcommand; serve.go wires everything:
//
//	AWS ◄── provisioner ──► store ──► scim ──► HTTP
//	                          ▲
//	     iamscim token, refresh … ── Unix socket in the data directory
//
// Command-line tools open the files only when no server holds the lock;
// otherwise they ask the server through its socket (socket.go). What only reads
// (history, export) asks the same questions of the files (files.go).
package main
