package conformance

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Result is a check and how it ended.
type Result struct {
	Name      string        `json:"name"`
	Section   string        `json:"section"`
	Level     string        `json:"level"`
	Text      string        `json:"text"`
	Outcome   Outcome       `json:"outcome"`
	Reason    string        `json:"reason,omitempty"` // of a failure, skip or error
	Took      time.Duration `json:"tookNanoseconds"`
	Exchanges []Exchange    `json:"exchanges,omitempty"` // of a failure

	level Level
}

// Report collects the results of a run. It is not safe for concurrent use.
type Report struct {
	URL     string    `json:"url"`
	Started time.Time `json:"started"`
	Results []Result  `json:"results"`

	last time.Time
}

// NewReport begins a report on the server at url.
func NewReport(url string) *Report {
	now := time.Now()
	return &Report{URL: url, Started: now.UTC().Truncate(time.Second), Results: []Result{}, last: now}
}

// Add takes what Run yields. The time since the last Add is the check's.
func (r *Report) Add(check Check, err error) {
	now := time.Now()
	res := Result{Name: check.Name, Section: check.Section, Level: check.Level.String(), Text: check.Text,
		Outcome: OutcomeOf(err), Took: now.Sub(r.last), level: check.Level}
	r.last = now
	if err != nil {
		res.Reason = strings.TrimPrefix(err.Error(), ErrSkip.Error()+": ")
	}
	var f *Failure
	if errors.As(err, &f) {
		res.Exchanges = f.Exchanges
	}
	r.Results = append(r.Results, res)
}

// Failed reports whether a requirement of level Must was not met, or could not
// be tested because the server did not answer.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Results, func(x Result) bool { return x.Outcome == Errored || x.Outcome == Fail && x.level == Must })
}

// Count returns how many results have an outcome and, unless it is zero, a level.
func (r *Report) Count(o Outcome, level Level) int {
	n := 0
	for _, x := range r.Results {
		if x.Outcome == o && (level == 0 || x.level == level) {
			n++
		}
	}
	return n
}

// Summary is the report in one line.
func (r *Report) Summary() string {
	return fmt.Sprintf("%d checks: %d passed, %d failed (MUST %d, SHOULD %d, MAY %d), %d skipped, %d errors", len(r.Results), r.Count(Pass, 0),
		r.Count(Fail, 0), r.Count(Fail, Must), r.Count(Fail, Should), r.Count(Fail, May), r.Count(Skipped, 0), r.Count(Errored, 0))
}

// WriteText writes the report for people: every failure with the exchange that
// shows it, the skips, and the summary.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, x := range r.Results {
		if x.Outcome == Fail || x.Outcome == Errored {
			writeFailureText(&b, x)
		}
	}
	for _, x := range r.Results {
		if x.Outcome == Skipped {
			fmt.Fprintf(&b, "skip  %-34s %s\n", x.Name, x.Reason)
		}
	}
	fmt.Fprintf(&b, "\n%s: %s\n", r.URL, r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

func writeFailureText(b *strings.Builder, x Result) {
	fmt.Fprintf(b, "%s  %s  (%s, %s)\n", x.Outcome, x.Name, x.Level, x.Section)
	fmt.Fprintf(b, "    requirement: %s\n    found:       %s\n", x.Text, x.Reason)
	if n := len(x.Exchanges); n > 0 {
		for line := range strings.Lines(x.Exchanges[n-1].String()) {
			fmt.Fprintf(b, "    | %s", line)
		}
	}
	b.WriteString("\n")
}

// WriteJSON writes everything there is.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		*Report
		Summary string `json:"summary"`
		Failed  bool   `json:"failed"`
	}{r, r.Summary(), r.Failed()})
}

// The elements of JUnit's XML that CI systems read.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure"`
		Error   *junitText `xml:"error"`
		Skipped *junitText `xml:"skipped"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report for CI systems. Only what Failed counts is a
// failure there; other failures are skips that begin with their level.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "SCIM conformance of " + r.URL, Tests: len(r.Results), Failures: r.Count(Fail, Must),
		Errors: r.Count(Errored, 0), Skipped: r.Count(Skipped, 0) + r.Count(Fail, Should) + r.Count(Fail, May), Time: r.Started.Format(time.RFC3339)}
	for _, x := range r.Results {
		suite.Cases = append(suite.Cases, x.junit())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (x Result) junit() junitCase {
	group, _, _ := strings.Cut(x.Name, "/")
	out := junitCase{Class: "scim." + group, Name: x.Name, Time: fmt.Sprintf("%.3f", x.Took.Seconds())}
	switch {
	case x.Outcome == Errored:
		out.Error = &junitText{Message: x.Reason}
	case x.Outcome == Skipped:
		out.Skipped = &junitText{Message: x.Reason}
	case x.Outcome == Fail && x.level != Must:
		out.Skipped = &junitText{Message: x.Level + ": " + x.Reason}
	case x.Outcome == Fail:
		var b strings.Builder
		writeFailureText(&b, x)
		out.Failure = &junitText{Message: x.Reason, Text: printable(b.String())}
	}
	return out
}

// printable drops what XML 1.0 cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
