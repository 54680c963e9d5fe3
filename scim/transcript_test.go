package scim

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestClients replays what real clients send, and checks that they get what
// they need. A file of testdata/clients is a txtar archive of "request" and
// "response" sections in turn; what they may hold is described at match.
func TestClients(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/clients/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	d := newDemo(t, 200)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			sections := readTxtar(t, file)
			vars := map[string]string{"base": d.URL + "/scim/v2"}
			if len(sections) == 0 || len(sections)%2 != 0 {
				t.Fatalf("%d sections", len(sections))
			}
			for i := 0; i < len(sections); i += 2 {
				request, response := sections[i], sections[i+1]
				if !strings.HasPrefix(request.name, "request") || !strings.HasPrefix(response.name, "response") {
					t.Fatalf("sections %q, %q are not a request and a response", request.name, response.name)
				}
				if err := exchange(t, d, request.text, response.text, vars); err != nil {
					t.Errorf("%s: %v", request.name, err)
				}
			}
		})
	}
}

type section struct{ name, text string }

var marker = regexp.MustCompile(`^-- (.+) --$`)

// readTxtar reads the sections of an archive; text before the first is comment.
func readTxtar(t *testing.T, file string) []section {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var sections []section
	for line := range strings.Lines(string(b)) {
		if m := marker.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			sections = append(sections, section{name: m[1]})
		} else if n := len(sections); n > 0 {
			sections[n-1].text += line
		}
	}
	return sections
}

// exchange sends one request and compares the answer.
func exchange(t *testing.T, d *demo, request, response string, vars map[string]string) error {
	line, header, body := parseMessage(t, request)
	method, path, _ := strings.Cut(line, " ")
	path = strings.ReplaceAll(fill(path, vars, true), " ", "%20")
	req, err := http.NewRequestWithContext(t.Context(), method, vars["base"]+path, strings.NewReader(fill(body, vars, false)))
	if err != nil {
		return err
	}
	req.Header = header
	got, err := d.send(req)
	if err != nil {
		return err
	}
	status, wantHeader, wantBody := parseMessage(t, response)
	if strconv.Itoa(got.status) != status {
		return fmt.Errorf("status %d, want %s: %.300s", got.status, status, got.body)
	}
	for k := range wantHeader {
		if err := match(wantHeader.Get(k), got.header.Get(k), vars); err != nil {
			return fmt.Errorf("header %s: %w", k, err)
		}
	}
	if strings.TrimSpace(wantBody) == "" {
		return nil
	}
	return matchJSON(wantBody, got.body, vars)
}

// parseMessage splits a section into its first line, header and body.
func parseMessage(t *testing.T, text string) (string, http.Header, string) {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	line, lines, _ := strings.Cut(head, "\n")
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(strings.TrimSpace(lines) + "\n\n")))
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		t.Fatalf("header of %q: %v", line, err)
	}
	return strings.TrimSpace(line), http.Header(header), body
}

// fill puts captured values in the place of {name}.
func fill(s string, vars map[string]string, escape bool) string {
	for name, value := range vars {
		if escape {
			value = strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "#", "%23").Replace(value)
		}
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

func matchJSON(want string, got []byte, vars map[string]string) error {
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		return fmt.Errorf("the transcript's body: %w", err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		return fmt.Errorf("the answer's body: %w", err)
	}
	return match(w, g, vars)
}

// match compares an answer with what a client needs of it. An object may have
// members the client does not know. In lists, "<each>" demands the next pattern
// of every element, of which there must be one; "<more>" ends a list that may
// go on. A string may be a pattern: "<string>", "<number>", "<boolean>",
// "<absent>", "<any>", or "<=name>", which keeps the value as {name} for later
// and demands the same value from then on.
func match(want, got any, vars map[string]string) error {
	switch want := want.(type) {
	case map[string]any:
		return matchObject(want, got, vars)
	case []any:
		return matchList(want, got, vars)
	case string:
		return matchString(want, got, vars)
	}
	if want != got {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func matchObject(want map[string]any, got any, vars map[string]string) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("got %.100v, want an object", got)
	}
	// What is kept comes before what refers to it.
	keys := slices.SortedFunc(maps.Keys(want), func(a, b string) int {
		return cmp.Or(-cmp.Compare(captures(want[a]), captures(want[b])), strings.Compare(a, b))
	})
	for _, key := range keys {
		w := want[key]
		g, found := object[key]
		if found == (w == "<absent>") {
			return fmt.Errorf("%s: present is %t", key, found)
		}
		if !found {
			continue
		}
		if err := match(w, g, vars); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// captures is 1 for a pattern that keeps a value.
func captures(want any) int {
	if s, ok := want.(string); ok && strings.HasPrefix(s, "<=") {
		return 1
	}
	return 0
}

func matchList(want []any, got any, vars map[string]string) error {
	list, ok := got.([]any)
	if !ok {
		return fmt.Errorf("got %.100v, want a list", got)
	}
	if len(want) == 2 && want[0] == "<each>" {
		if len(list) == 0 {
			return fmt.Errorf("the list is empty")
		}
		want = append([]any(nil), want[1])
		for len(want) < len(list) {
			want = append(want, want[0])
		}
	}
	if n := len(want); n > 0 && want[n-1] == "<more>" && len(list) >= n-1 {
		want, list = want[:n-1], list[:n-1]
	}
	if len(want) != len(list) {
		return fmt.Errorf("%d elements, want %d", len(list), len(want))
	}
	for i := range want {
		if err := match(want[i], list[i], vars); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func matchString(want string, got any, vars map[string]string) error {
	var ok bool
	switch want {
	case "<string>":
		s, isString := got.(string)
		ok = isString && s != ""
	case "<number>":
		_, ok = got.(float64)
	case "<boolean>":
		_, ok = got.(bool)
	case "<any>":
		ok = got != nil && got != ""
	default:
		if name, isName := strings.CutPrefix(want, "<="); isName {
			name = strings.TrimSuffix(name, ">")
			if _, known := vars[name]; !known {
				vars[name] = fmt.Sprint(got)
			}
			want = "{" + name + "}"
		}
		want = fill(want, vars, false)
		ok = got != nil && fmt.Sprint(got) == want
	}
	if !ok {
		return fmt.Errorf("got %.200v, want %s", got, want)
	}
	return nil
}
