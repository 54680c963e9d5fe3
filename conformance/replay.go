package conformance

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

//go:embed clients/*.json
var clientFiles embed.FS

// clientFile is what a well-known client sends, and what it needs back.
type clientFile struct {
	Title     string     `json:"title"`
	Source    string     `json:"source"` // where the sequence is documented
	Scenarios []scenario `json:"scenarios"`
}

// scenario is one check: requests in order, on resources of its own.
type scenario struct {
	Name  string            `json:"name"`
	Text  string            `json:"text"`
	Level string            `json:"level"` // MUST if empty
	Agent map[string]string `json:"headers"`
	Steps []step            `json:"steps"`
}

// step is a request and what the client needs of the answer. In path and body
// ${unique} is a name of this scenario, and ${x} what an earlier step saved.
type step struct {
	Why    string            `json:"why"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"headers"`
	Body   json.RawMessage   `json:"body"`
	Status []int             `json:"status"`
	Equal  map[string]any    `json:"equal"` // paths of the answer and their values
	Has    []string          `json:"has"`
	Lacks  []string          `json:"lacks"`
	Number []string          `json:"number"` // paths that must be JSON integers
	Save   map[string]string `json:"save"`   // variable to path
	Skip   []int             `json:"skip"`   // statuses that mean: not offered, and the client copes
}

// Clients names the clients whose sequences can be replayed, in order.
func Clients() []string {
	files, err := fs.Glob(clientFiles, "clients/*.json")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".json"))
	}
	return names
}

// ClientChecks returns the sequences of a client as checks named
// "client/NAME/…". The error names an unknown client or a file that is no
// sequence.
func ClientChecks(name string) ([]Check, error) {
	if !slices.Contains(Clients(), name) {
		return nil, fmt.Errorf("there is no client %q, only %s", name, strings.Join(Clients(), ", "))
	}
	raw, err := clientFiles.ReadFile("clients/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("read client %q: %w", name, err)
	}
	var file clientFile
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("read client %q: %w", name, err)
	}
	var checks []Check
	for _, s := range file.Scenarios {
		level := Must
		if s.Level == "SHOULD" {
			level = Should
		}
		checks = append(checks, Check{"client/" + name + "/" + s.Name, file.Title, level, s.Text, s.run})
	}
	return checks, nil
}

func (s scenario) run(ctx context.Context, c *Client) error {
	vars := map[string]string{"unique": c.unique()}
	for i, step := range s.Steps {
		err := step.run(ctx, c, s.Agent, vars)
		if err == nil {
			continue
		}
		if OutcomeOf(err) != Fail {
			return err
		}
		return fmt.Errorf("step %d (%s %s: %s): %w", i+1, step.Method, step.Path, step.Why, err)
	}
	return nil
}

func (s step) run(ctx context.Context, c *Client, agent, vars map[string]string) error {
	r := request{method: s.Method, path: s.target(vars), header: map[string]string{}}
	maps.Copy(r.header, agent)
	maps.Copy(r.header, s.Header)
	if s.Body != nil {
		r.body = []byte(substitute(string(s.Body), vars, quoted))
	}
	var answer *reply
	err := c.soonIf(ctx, r.reads(), func() error {
		var err error
		if r.method == http.MethodPost && !strings.HasSuffix(r.path, "/.search") {
			answer, err = c.create(ctx, r)
		} else {
			answer, err = c.send(ctx, r)
		}
		if err != nil {
			return err
		}
		if slices.Contains(s.Skip, answer.status) {
			return skip("%s %s answers %d: the client does without", s.Method, s.Path, answer.status)
		}
		return s.holds(answer, vars)
	})
	if err != nil {
		return err
	}
	for name, where := range s.Save {
		vars[name] = fmt.Sprint(field(answer.body, where))
	}
	return nil
}

// soonIf waits for reads to catch up; writes are sent once.
func (c *Client) soonIf(ctx context.Context, reads bool, fn func() error) error {
	if !reads {
		return fn()
	}
	return c.soon(ctx, fn)
}

func (s step) holds(r *reply, vars map[string]string) error {
	want := []expectation{has(s.Has...), lacks(s.Lacks...)}
	if len(s.Status) > 0 {
		want = append([]expectation{status(s.Status...)}, want...)
	}
	for _, where := range s.Number {
		want = append(want, isInteger(where))
	}
	for where, value := range s.Equal {
		if text, ok := value.(string); ok {
			value = substitute(text, vars, plain)
		}
		want = append(want, at(substitute(where, vars, plain), value))
	}
	for _, where := range s.Save {
		want = append(want, has(where))
	}
	return r.meets(want...)
}

// target is the path of a step. The query is written as people read it.
func (s step) target(vars map[string]string) string {
	where, q, found := strings.Cut(s.Path, "?")
	where = substitute(where, vars, url.PathEscape)
	if !found {
		return where
	}
	q = substitute(q, vars, plain)
	return where + "?" + strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D", "#", "%23").Replace(q)
}

func plain(s string) string { return s }

// quoted makes a value fit for the inside of a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(b[1 : len(b)-1])
}

func substitute(text string, vars map[string]string, escape func(string) string) string {
	for name, value := range vars {
		text = strings.ReplaceAll(text, "${"+name+"}", escape(value))
	}
	return text
}
