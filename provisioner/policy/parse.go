package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrMalformed is wrapped by every error of Parse and Validate.
var ErrMalformed = errors.New("malformed policy document")

// Parse reads a policy document. It accepts what IAM has ever stored: a single
// statement instead of a list, a string instead of a list of strings, numbers
// and booleans as condition values. It refuses what it could only guess at:
// text that is not a JSON object, a statement without an effect. Whether IAM
// would accept the document today is another question, see Validate.
func Parse(text string) (*Document, error) {
	root, err := object([]byte(text))
	if err != nil {
		return nil, err
	}
	doc := &Document{}
	if doc.Version, err = text1(root["Version"]); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	if doc.ID, err = text1(root["Id"]); err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	raws, err := elements(root["Statement"])
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	doc.Statements = make([]Statement, len(raws))
	for i, raw := range raws {
		if err := parseStatement(raw, &doc.Statements[i], doc.Version); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return doc, nil
}

func parseStatement(raw json.RawMessage, s *Statement, version string) error {
	fields, err := object(raw)
	if err != nil {
		return err
	}
	lists := map[string]*[]string{
		"Action": &s.Actions, "NotAction": &s.NotActions,
		"Resource": &s.Resources, "NotResource": &s.NotResources,
	}
	for name, value := range fields {
		if err := s.element(name, value, lists); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	slices.Sort(s.unknown)
	if s.Effect != Allow && s.Effect != Deny {
		return fmt.Errorf("effect %q: %w", s.Effect, ErrMalformed)
	}
	s.compile(version)
	return nil
}

func (s *Statement) element(name string, raw json.RawMessage, lists map[string]*[]string) (err error) {
	if list, ok := lists[name]; ok {
		*list, err = texts(raw)
		return err
	}
	switch name {
	case "Sid":
		s.Sid, err = text1(raw)
	case "Effect":
		var effect string
		effect, err = text1(raw)
		s.Effect = Effect(effect)
	case "Principal":
		s.Principals, err = parsePrincipals(raw)
	case "NotPrincipal":
		s.NotPrincipals, err = parsePrincipals(raw)
	case "Condition":
		s.Conditions, err = parseConditions(raw)
	default:
		s.unknown = append(s.unknown, name)
	}
	return err
}

func parsePrincipals(raw json.RawMessage) (*Principals, error) {
	p := &Principals{}
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '"' {
		value, err := text1(raw)
		if err == nil && value != "*" {
			err = fmt.Errorf("principal %q: %w", value, ErrMalformed)
		}
		p.Any = true
		return p, err
	}
	fields, err := object(raw)
	if err != nil {
		return nil, err
	}
	for kind, value := range fields {
		list, err := texts(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		p.add(kind, list)
	}
	slices.Sort(p.unknown)
	return p, nil
}

func (ps *Principals) add(kind string, list []string) {
	switch kind {
	case "AWS":
		ps.AWS = list
		for _, name := range list {
			ps.accounts = append(ps.accounts, accountOf(name))
		}
	case "Service":
		ps.Service = list
	case "Federated":
		ps.Federated = list
	case "CanonicalUser":
		ps.CanonicalUser = list
	default:
		ps.unknown = append(ps.unknown, kind)
	}
}

func parseConditions(raw json.RawMessage) ([]Condition, error) {
	blocks, err := object(raw)
	if err != nil {
		return nil, err
	}
	var list []Condition
	for operator, block := range blocks {
		keys, err := object(block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operator, err)
		}
		for key, value := range keys {
			values, err := texts(value)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", operator, key, err)
			}
			list = append(list, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	// JSON objects have no order; a stable one makes results reproducible.
	slices.SortFunc(list, func(a, b Condition) int {
		return strings.Compare(a.Operator+"\x00"+a.Key, b.Operator+"\x00"+b.Key)
	})
	return list, nil
}

func object(raw []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m == nil {
		return nil, fmt.Errorf("not an object: %w", ErrMalformed)
	}
	return m, nil
}

// elements reads a value or a list of values.
func elements(raw json.RawMessage) ([]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, nil
	}
	if raw[0] != '[' {
		return []json.RawMessage{raw}, nil
	}
	list := []json.RawMessage{}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return list, nil
}

// texts reads a scalar or a list of scalars; the result is never nil.
func texts(raw json.RawMessage) ([]string, error) {
	items, err := elements(raw)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(items))
	for i, item := range items {
		if list[i], err = text1(item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// text1 reads one scalar; a number or a boolean is its own spelling, as IAM
// accepts {"Bool": {"aws:SecureTransport": true}}.
func text1(raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return "", nil
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return s, nil
	case raw[0] == '{' || raw[0] == '[' || raw[0] == 'n':
		return "", fmt.Errorf("not a scalar: %w", ErrMalformed)
	}
	return string(raw), nil
}

func (s *Statement) compile(version string) {
	s.actions = actionSet{negated: s.NotActions != nil}
	for _, text := range slices.Concat(s.Actions, s.NotActions) {
		s.actions.patterns = append(s.actions.patterns, newPattern(strings.ToLower(text)))
	}
	s.targets = resourceSet{
		implied: s.Resources == nil && s.NotResources == nil,
		negated: s.NotResources != nil,
	}
	for _, text := range slices.Concat(s.Resources, s.NotResources) {
		s.targets.templates = append(s.targets.templates, newTemplate(text, version))
	}
	for i := range s.Conditions {
		s.Conditions[i].compile(version)
	}
}
