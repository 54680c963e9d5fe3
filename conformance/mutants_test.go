package conformance_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/conformance"
)

var update = flag.Bool("update", false, "rewrite golden files")

// mostRelated is how many other checks may notice the same fault.
const mostRelated = 9

func mutants() []mutant {
	return slices.Concat(discoveryMutants(), schemaMutants(), characterMutants(), userMutants(), replaceMutants(), groupMutants(),
		patchMutants(), patchMessageMutants(), filterMutants(), filterErrorMutants(), listMutants(), cursorMutants(), projectionMutants(),
		etagMutants(), bulkMutants(), errorMutants(), contentMutants(), securityMutants())
}

// TestMutants proves that every check can fail: each mutant breaks one rule of
// a good server, and must be caught by the check named, and by no other than
// those that testdata/mutants.json lists as related.
func TestMutants(t *testing.T) {
	const golden = "testdata/mutants.json"
	related := map[string][]string{}
	if raw, err := os.ReadFile(golden); err == nil {
		if err := json.Unmarshal(raw, &related); err != nil {
			t.Fatal(err)
		}
	}
	requests := recorded(t)
	var mu sync.Mutex
	seen, got := map[string]bool{}, map[string][]string{}
	t.Run("all", func(t *testing.T) {
		for _, m := range mutants() {
			seen[m.check] = true
			t.Run(m.check, func(t *testing.T) {
				t.Parallel()
				others := catch(t, m, touched(m, requests))
				if !*update && !slices.Equal(others, related[m.check]) {
					t.Errorf("also caught by (-listed +found):\n%s", cmp.Diff(related[m.check], others))
				}
				mu.Lock()
				defer mu.Unlock()
				if len(others) > 0 {
					got[m.check] = others
				}
			})
		}
	})
	for _, c := range conformance.Checks() {
		if !seen[c.Name] {
			t.Errorf("%s: no mutant shows that this check can fail", c.Name)
		}
	}
	if *update {
		writeGolden(t, golden, got)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if len(got[name]) > mostRelated {
			t.Errorf("the mutant for %s is caught by %d others: it has more than one fault", name, len(got[name]))
		}
	}
}

// sent is a request as the reference got it.
type sent struct {
	*http.Request
	body []byte
}

// recorded runs every check alone against the reference and returns what it sends.
func recorded(t *testing.T) map[string][]sent {
	out := map[string][]sent{}
	for _, check := range conformance.Checks() {
		ref := newReference()
		record := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			out[check.Name] = append(out[check.Name], sent{r.Clone(t.Context()), body})
			r.Body = io.NopCloser(bytes.NewReader(body))
			ref.ServeHTTP(w, r)
		})
		for range conformance.Run(t.Context(), clientOf(record), conformance.Options{Checks: []conformance.Check{check}}) {
			continue // only the requests matter
		}
	}
	return out
}

// touched returns the checks that can tell a mutant from the reference: those
// that send a request which the fault is about. A fault inside may show anywhere.
func touched(m mutant, requests map[string][]sent) []conformance.Check {
	return slices.DeleteFunc(conformance.Checks(), func(c conformance.Check) bool {
		return c.Name != m.check && len(m.faults) == 0 && !slices.ContainsFunc(requests[c.Name], func(r sent) bool { return m.matches(r.Request, r.body) })
	})
}

// catch runs checks against a mutant and returns the others that fail.
func catch(t *testing.T, m mutant, checks []conformance.Check) []string {
	var others []string
	caught := false
	for check, err := range conformance.Run(t.Context(), clientOf(m.server(t)), conformance.Options{Checks: checks}) {
		switch outcome := conformance.OutcomeOf(err); {
		case outcome == conformance.Errored:
			t.Fatalf("%s: %v", check.Name, err)
		case check.Name == m.check && outcome == conformance.Fail:
			if testing.Verbose() {
				t.Logf("REASON %s: %v", check.Name, err)
			}
			caught = true
		case check.Name == m.check:
			t.Errorf("not caught: %s: %v", outcome, err)
		case outcome == conformance.Fail:
			others = append(others, check.Name)
			if testing.Verbose() {
				t.Logf("%s: %v", check.Name, err)
			}
		}
	}
	if !caught && !t.Failed() {
		t.Errorf("there is no such check")
	}
	slices.Sort(others)
	return others
}

func writeGolden(t *testing.T, path string, v any) {
	raw, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
