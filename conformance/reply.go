package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// reply is an answer; body is nil unless it is JSON. Numbers are json.Number.
type reply struct {
	status int
	header http.Header
	raw    []byte
	body   any
}

func newReply(resp *http.Response, raw []byte) *reply {
	r := &reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	r.body = decode(raw)
	return r
}

// decode returns nil for what is not exactly one JSON value.
func decode(raw []byte) any {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil
	}
	return v
}

func (r *reply) object() object {
	o, _ := r.body.(object) // nil is an object without members
	return o
}

func (r *reply) ok() bool { return r.status >= 200 && r.status < 300 }

// resources returns the members of a ListResponse that are objects.
func (r *reply) resources() []object {
	var out []object
	list, _ := field(r.body, "Resources").([]any)
	for _, v := range list {
		if o, ok := v.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

func (r *reply) mediaType() string {
	t, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// field returns what a slash-separated path leads to, or nil. A step is a
// member in any letter case (RFC 7643 §2.1), an index, "#" for the length of an
// array, or "[member=value]" for its first element with that.
func field(v any, path string) any {
	for path != "" {
		var step string
		step, path = firstStep(path)
		v = one(v, step)
	}
	return v
}

// firstStep leaves slashes within brackets alone: ids may have them.
func firstStep(path string) (step, rest string) {
	end := 0
	if strings.HasPrefix(path, "[") {
		end = max(strings.LastIndexByte(path, ']'), 0)
	}
	if i := strings.IndexByte(path[end:], '/'); i >= 0 {
		return path[:end+i], path[end+i+1:]
	}
	return path, ""
}

func one(v any, step string) any {
	switch v := v.(type) {
	case object:
		if got, ok := v[step]; ok {
			return got
		}
		for name, got := range v {
			if strings.EqualFold(name, step) {
				return got
			}
		}
	case []any:
		return element(v, step)
	}
	if step == "#" {
		return 0 // what is absent has no elements
	}
	return nil
}

func element(list []any, step string) any {
	if step == "#" {
		return len(list)
	}
	if name, want, ok := strings.Cut(strings.Trim(step, "[]"), "="); ok {
		for _, e := range list {
			if strings.EqualFold(fmt.Sprint(one(e, name)), want) {
				return e
			}
		}
		return nil
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return list[i]
	}
	return nil
}

// text returns a string at a path, or "".
func text(v any, path string) string {
	s, _ := field(v, path).(string)
	return s
}

// unassigned reports whether a value says that there is none (RFC 7643 §2.5).
func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case object:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(x any) bool { return !unassigned(x) })
	}
	return false
}

// equal compares JSON values, whatever Go types they have.
func equal(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// show is a value for a message.
func show(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(b) > 200 {
		return string(b[:200]) + "…"
	}
	return string(b)
}

// integer returns a JSON number without fraction or exponent.
func integer(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}
