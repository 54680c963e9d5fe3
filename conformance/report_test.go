package conformance_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"iamscim/conformance"
)

// run collects a report on a handler.
func run(t *testing.T, h http.Handler, o conformance.Options) *conformance.Report {
	t.Helper()
	report := conformance.NewReport(refBase)
	for check, err := range conformance.Run(t.Context(), clientOf(h), o) {
		report.Add(check, err)
	}
	return report
}

// broken answers with markup in its errors and, for some, in a status of its own.
func broken(t testing.TB) http.Handler {
	return m("users/create", "^POST /Users$").only(201).status(202).set("displayName", "<script>alert(1)</script>").set("token", refToken).server(t)
}

func TestReports(t *testing.T) {
	report := run(t, broken(t), conformance.Options{Match: regexp.MustCompile(`^(users/create|users/get|patch/no-content|config/meta)$`)})
	if !report.Failed() || report.Count(conformance.Fail, conformance.Must) != 1 || report.Count(conformance.Skipped, 0) != 1 {
		t.Fatalf("the report is %s", report.Summary())
	}
	var text, js, junit, html bytes.Buffer
	if err := errors.Join(report.WriteText(&text), report.WriteJSON(&js), report.WriteJUnit(&junit), report.WriteHTML(&html)); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"text": text.String(), "JSON": js.String(), "JUnit": junit.String(), "HTML": html.String()} {
		if !strings.Contains(out, "users/create") || !strings.Contains(out, "status 202, want 201") {
			t.Errorf("%s does not say what failed:\n%s", name, out)
		}
		if strings.Contains(out, refToken) {
			t.Errorf("%s holds the token", name)
		}
	}
	if !strings.Contains(text.String(), "    | POST "+refBase+"/Users") {
		t.Errorf("the text does not show the exchange:\n%s", text.String())
	}
	if strings.Contains(html.String(), "<script>") {
		t.Error("the HTML holds markup of the server")
	}
	top, _, found := strings.Cut(html.String(), "<h2>config</h2>")
	if !found || !strings.Contains(top, `<a href="#users%2fcreate">`) || strings.Contains(top, "users/get") || !strings.Contains(html.String(), `id="users/create"`) {
		t.Errorf("the HTML does not begin with what failed:\n%s", top)
	}
	var doc struct {
		Failed  bool
		Results []conformance.Result
	}
	if err := json.Unmarshal(js.Bytes(), &doc); err != nil || !doc.Failed || len(doc.Results) != 4 {
		t.Errorf("the JSON is read as %+v, %v", doc, err)
	}
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil || suite.Tests != 4 || suite.Failures != 1 {
		t.Errorf("the JUnit is read as %+v, %v", suite, err)
	}
}

func TestShouldDoesNotFail(t *testing.T) {
	report := run(t, m("config/meta", "^GET /ServiceProviderConfig$").drop("meta").server(t), conformance.Options{Match: regexp.MustCompile(`^config/`)})
	if report.Failed() || report.Count(conformance.Fail, conformance.Should) != 1 {
		t.Errorf("the report is %s, failed %t", report.Summary(), report.Failed())
	}
}

func TestReadOnly(t *testing.T) {
	ref := newReference()
	if _, err := ref.create(ref.user, map[string]any{"userName": "ann@example.com", "displayName": "Ann"}); err != nil {
		t.Fatal(err)
	}
	guard := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/.search") {
			t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		}
		ref.ServeHTTP(w, r)
	})
	report := run(t, guard, conformance.Options{ReadOnly: true})
	if n := report.Count(conformance.Fail, 0) + report.Count(conformance.Errored, 0); n != 0 {
		t.Errorf("%d checks fail on the reference: %s", n, report.Summary())
	}
	if n := report.Count(conformance.Pass, 0); n < 120 {
		t.Errorf("only %d checks can be run without writing", n)
	}
}

func TestUnreachable(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	report := conformance.NewReport(srv.URL)
	client := &conformance.Client{URL: srv.URL}
	for check, err := range conformance.Run(t.Context(), client, conformance.Options{Match: regexp.MustCompile(`^(config|patch)/`)}) {
		report.Add(check, err)
	}
	if got := report.Count(conformance.Errored, 0); got != len(report.Results) || got == 0 || !report.Failed() {
		t.Errorf("an unreachable server is %s", report.Summary())
	}
}

// TestStopEarly shows that leftovers are deleted when the caller loses interest.
func TestStopEarly(t *testing.T) {
	ref := newReference()
	for check := range conformance.Run(t.Context(), clientOf(ref), conformance.Options{}) {
		if check.Name == "filter/eq" {
			break
		}
	}
	if len(ref.docs) != 0 {
		t.Errorf("%d resources were left behind", len(ref.docs))
	}
}

// TestIndependence runs every check alone.
func TestIndependence(t *testing.T) {
	for _, check := range conformance.Checks() {
		report := run(t, newReference(), conformance.Options{Match: regexp.MustCompile("^" + regexp.QuoteMeta(check.Name) + "$")})
		if report.Count(conformance.Fail, 0)+report.Count(conformance.Errored, 0) > 0 || len(report.Results) != 1 {
			t.Errorf("alone, %s: %s", check.Name, fmt.Sprint(report.Results))
		}
	}
}

// TestCrowded runs the checks on a server that is full of other people's data.
func TestCrowded(t *testing.T) {
	ref := newReference()
	for i := range 230 {
		if _, err := ref.create(ref.user, map[string]any{"userName": fmt.Sprintf("person%d@example.com", i), "displayName": "Person"}); err != nil {
			t.Fatal(err)
		}
	}
	report := run(t, ref, conformance.Options{})
	for _, r := range report.Results {
		if r.Outcome == conformance.Fail || r.Outcome == conformance.Errored {
			t.Errorf("%s: %s", r.Name, r.Reason)
		}
	}
	if len(ref.docs) != 230 {
		t.Errorf("%d users are left of 230", len(ref.docs))
	}
}
