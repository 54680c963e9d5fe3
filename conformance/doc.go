// Package conformance holds black-box checks of SCIM 2.0 servers: RFC 7643,
// RFC 7644, RFC 9865 and what well-known clients need. It can be pointed at
// any server, and imports nothing of this module.
//
//	client := &conformance.Client{URL: "https://example.com/scim/v2", Token: token}
//	report := conformance.NewReport(client.URL)
//	for check, err := range conformance.Run(ctx, client, conformance.Options{}) {
//		report.Add(check, err)
//	}
//	err := report.WriteText(os.Stdout)
//
// # What a check promises
//
// There are no false positives. A check of level [Must] fails only if the server
// breaks a sentence of the cited section that has no second reading. Where
// readers of good will differ, or the text says SHOULD or MAY, the level is
// [Should] or [May], and neither makes a run fail.
//
// A check ends in one of four ways ([OutcomeOf]). It passes (nil); it fails (a
// [Failure], with the requests and answers that show it); it is skipped (an
// error that wraps [ErrSkip] and says why); or the server could not be reached
// (a [TransportError]), which says nothing about conformance.
//
// Only the property under test can make a check fail. When what it needs first
// cannot be had, for example because users cannot be created at all, it is
// skipped as blocked, and the check of that other property is the one to fail.
//
// # What a check does to the server
//
// A check creates what it needs, under names that start with "scimconf-" and
// are unique to the run, and deletes it afterwards. It may be run alone and in
// any order, against a server with data of its own, and never touches a
// resource that it did not create. With [Options.ReadOnly] nothing is sent but
// GET, HEAD and POST to .search, and what needs more is skipped. Reads may
// lag behind writes by [Options.Settle].
//
// What the server does not advertise in ServiceProviderConfig is not tested,
// and no attribute is written that its /Schemas does not declare. What schemas
// call required is sent with every user, and [Options.User] for what they do not
// tell.
//
// # Clients
//
// [Clients] are recorded sequences of well-known clients, kept as data in
// clients/*.json and run by the same engine: would Okta work with this server?
//
// # Why it can be trusted
//
// TestMutants holds at least one broken server for every check, and demands
// that this check notices, and no unrelated one. TestVariants holds servers that
// conform and chose otherwise than most, and demands that no check fails. The
// reports of runs against other people's servers are kept, reviewed failure by
// failure, in testdata/reviewed.
//
// The error types tooMany, sensitive and invalidVers cannot be provoked from
// outside; their checks demand only that a server which uses them uses them
// rightly.
package conformance
