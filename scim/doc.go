// Package scim speaks SCIM 2.0 over HTTP: RFC 7643, RFC 7644 and the cursors of
// RFC 9865, over the accounts it is given. New returns an http.Handler; nothing here listens, refreshes or starts a goroutine.
//
//	request ─► server.go     every route on one screen
//	           middleware.go  request id, recovery, shape log (shape.go), headers, limits
//	           authorize.go   who is asking, and may they; ratelimit.go: how often
//	           account.go     what is kept about each account served
//	           resources.go   list, get, search; query.go and search.go: what is
//	                          asked for; me.go: /Me
//	           write.go       POST, PUT, PATCH, DELETE; bulk.go, dryrun.go
//	           discovery.go   ServiceProviderConfig (draft.go), ResourceTypes, Schemas
//	           health.go      /livez, /readyz, /health; metrics.go: /metrics
//	           admin.go       /admin/…: refresh, confirm; admin_tokens.go: tokens;
//	                          admin_writes.go: adopt, release the brake;
//	                          admin_changes.go: what changed; export.go: all of it
//	           errors.go      every error, as a SCIM Error, written once
//	           send.go        every answer; negotiate.go: in which form
//
// A handler decodes, makes one call, encodes and returns an error. Only
// errors.go knows how an error looks on the wire.
//
// A write, whoever it comes from, is a change (change.go): its body is read and
// checked (decode.go, scim/tree, scim/patch), becomes a wish (wish.go), and the
// provisioner makes it true.
//
// Time is part of the data. A list by cursor is a walk (walk.go) that stays at
// one generation: its cursors are points in history, sealed (seal.go), and the
// lists of walks under way are kept (stretch.go). past.go reads as of a time,
// delta.go what became of resources since a token.
//
// What a resource looks like is the other half of the package: schema.go
// declares it, render.go writes it (okta.go for Okta), list.go answers queries
// (list_query.go). Filters are translated in scim/filter, credentials are checked
// in scim/auth.
//
// Start reading at server.go, then follow one request: GET /Users/{id}.
package scim
