package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"iamscim/conformance"
)

// direct sends requests to a handler without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	if resp.StatusCode == http.StatusNotModified || r.Method == http.MethodHead {
		resp.Body = http.NoBody
	}
	return resp, nil
}

func clientOf(h http.Handler) *conformance.Client {
	return &conformance.Client{URL: refBase, Token: refToken, HTTP: &http.Client{Transport: direct{h}}}
}

// notOnReference are checks that a good server cannot pass for a good reason;
// mutants that have what they need run them.
var notOnReference = map[string]string{
	"patch/no-content": "the reference answers 200 to PATCH",
}

func TestReference(t *testing.T) {
	ref := newReference()
	for check, err := range conformance.Run(t.Context(), clientOf(ref), conformance.Options{}) {
		switch outcome := conformance.OutcomeOf(err); {
		case outcome == conformance.Skipped && (notOnReference[check.Name] != "" || onlyInterop(check.Name)):
		case outcome != conformance.Pass:
			t.Errorf("%s (%s): %s: %v", check.Name, check.Section, outcome, err)
		}
	}
	if len(ref.docs) != 0 {
		t.Errorf("%d resources were left behind", len(ref.docs))
	}
}

// TestInteropReference: who says that it follows the interoperability profile is
// not asked for what the profile forbids, and for everything else.
func TestInteropReference(t *testing.T) {
	ref := newReference("interop")
	skipped := map[string]bool{}
	for check, err := range conformance.Run(t.Context(), clientOf(ref), conformance.Options{}) {
		switch outcome := conformance.OutcomeOf(err); outcome {
		case conformance.Skipped:
			skipped[check.Name] = true
		case conformance.Pass:
		default:
			t.Errorf("%s (%s): %s: %v", check.Name, check.Section, outcome, err)
		}
	}
	for name, want := range map[string]bool{
		"patch/add-no-path": true, "patch/member-add-no-path": true, "patch/remove-filtered": true, "patch/replace-filtered": true, "patch/replace-complex-merges": true, "patch/op-case": true,
		"patch/remove-no-path": false, "patch/member-remove": false, "patch/replace-value-path": false, "patch/replace-complex": false, "profile/path-required": false,
	} {
		if skipped[name] != want {
			t.Errorf("%s: skipped %t", name, skipped[name])
		}
	}
}

func onlyInterop(name string) bool {
	return slices.ContainsFunc(conformance.Checks(), func(c conformance.Check) bool {
		return c.Name == name && strings.HasPrefix(c.Name, "profile/")
	})
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range conformance.Checks() {
		if seen[c.Name] {
			t.Errorf("two checks are called %s", c.Name)
		}
		seen[c.Name] = true
		if c.Section == "" || c.Text == "" || c.Level < conformance.Must || c.Level > conformance.May || c.Run == nil {
			t.Errorf("%s is incomplete", c.Name)
		}
	}
	if len(seen) < 200 {
		t.Errorf("there are only %d checks", len(seen))
	}
}

// TestBusy: a server that has no time says nothing about its conformance.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ref := newReference()
		ref.ways.busy = func(w http.ResponseWriter) bool {
			writeFailure(w, fail(http.StatusTooManyRequests, "", "not now"))
			return true
		}
		options := conformance.Options{Match: regexp.MustCompile("^users/(get|create|list)$")}
		for check, err := range conformance.Run(t.Context(), clientOf(ref), options) {
			if outcome := conformance.OutcomeOf(err); outcome != conformance.Errored {
				t.Errorf("%s: %s: %v", check.Name, outcome, err)
			}
		}
	})
}
