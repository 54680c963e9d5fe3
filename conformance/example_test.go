package conformance_test

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"iamscim/conformance"
)

// A server is tested by pointing a Client at it and collecting what Run yields.
func ExampleRun() {
	client := clientOf(newReference()) // or &conformance.Client{URL: "https://example.com/scim/v2", Token: token}
	options := conformance.Options{Match: regexp.MustCompile(`^delete/(status|get)$`)}

	report := conformance.NewReport(client.URL)
	for check, err := range conformance.Run(context.Background(), client, options) {
		fmt.Println(check.Level, check.Name, conformance.OutcomeOf(err))
		report.Add(check, err)
	}
	if err := report.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MUST delete/status pass
	// MUST delete/get pass
	//
	// http://scim.test/scim/v2: 2 checks: 2 passed, 0 failed (MUST 0, SHOULD 0, MAY 0), 0 skipped, 0 errors
}
