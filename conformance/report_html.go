package conformance

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed report.html
var reportHTML string

// page is the HTML report. html/template escapes what servers sent.
var page = template.Must(template.New("report").Parse(reportHTML))

// section is the checks whose names begin alike.
type section struct {
	Name    string
	Results []Result
}

// WriteHTML writes the report as one page without scripts or outside resources:
// what failed first, MUST before SHOULD, and then every check.
func (r *Report) WriteHTML(w io.Writer) error {
	var sections []section
	for _, x := range r.Results {
		name, _, _ := strings.Cut(x.Name, "/")
		if n := len(sections); n == 0 || sections[n-1].Name != name {
			sections = append(sections, section{Name: name})
		}
		last := &sections[len(sections)-1]
		last.Results = append(last.Results, x)
	}
	return page.Execute(w, map[string]any{"Report": r, "Failures": r.failures(), "Sections": sections})
}

// failures are the results that a reader looks for.
func (r *Report) failures() []Result {
	failed := slices.DeleteFunc(slices.Clone(r.Results), func(x Result) bool { return x.Outcome != Fail && x.Outcome != Errored })
	slices.SortStableFunc(failed, func(a, b Result) int { return int(a.level - b.level) })
	return failed
}
