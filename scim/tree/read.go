package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// MaxDepth bounds the nesting of a body.
const MaxDepth = 64

// Read parses a body, which must be one JSON object. Values are string, bool,
// json.Number, nil, []any and map[string]any; numbers keep their digits.
func Read(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, invalidSyntax("The body is not valid UTF-8.")
	}
	r := reader{json.NewDecoder(bytes.NewReader(body))}
	r.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, invalidSyntax("The body is not a JSON object.")
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, invalidSyntax("Something follows the JSON object.")
	}
	return object, nil
}

type reader struct{ *json.Decoder }

// token reads one token. The text of a syntax error says where, and quotes no
// more than a character.
func (r reader) token() (json.Token, error) {
	t, err := r.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, invalidSyntax("The body is not JSON: it ends too early.")
	case err != nil:
		return nil, invalidSyntax("The body is not JSON: near byte %d.", r.InputOffset())
	}
	return t, nil
}

func (r reader) value(depth int) (any, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	open, composite := t.(json.Delim)
	if !composite {
		return t, nil
	}
	if depth == MaxDepth {
		return nil, invalidSyntax("The body is nested more than %d levels deep.", MaxDepth)
	}
	if open == '[' {
		return r.array(depth + 1)
	}
	return r.object(depth + 1)
}

func (r reader) array(depth int) (any, error) {
	list := []any{}
	for r.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.token()
	return list, err
}

func (r reader) object(depth int) (any, error) {
	object := map[string]any{}
	for r.More() {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		name := t.(string) // the decoder accepts nothing else here
		if _, twice := object[name]; twice {
			return nil, invalidSyntax("The name %q is given twice.", Excerpt(name))
		}
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		object[name] = v
	}
	_, err := r.token()
	return object, err
}

// Excerpt shortens what a client sent for a message to it.
func Excerpt(s string) string {
	const limit = 60
	for i := range s {
		if i >= limit {
			return s[:i] + "…"
		}
	}
	return s
}
