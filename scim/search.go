package scim

import (
	"encoding/json"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// searchRequestURN names the body of POST /.search (RFC 7644 §3.4.3).
const searchRequestURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// message is the members of a request that is no resource, by their names in
// lower case; null is the same as absent.
type message map[string]any

// readMessage reads a body with the limits of every body. What it is of, its
// schemas say.
func readMessage(body []byte, urn string, strict bool) (message, error) {
	object, err := tree.Read(body)
	if err != nil {
		return nil, err
	}
	m, err := tree.Fold(object)
	if err != nil {
		return nil, err
	}
	return m, tree.CheckMessage(m["schemas"], urn, strict)
}

func (m message) text(name string) (string, error) {
	switch v := m[strings.ToLower(name)].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", badRequest(scimerrors.ScimTypeInvalidValue, "%s is a string.", name)
}

// integer takes a number, or one in quotes, as some clients send it.
func (m message) integer(name string, absent int) (int, error) {
	switch v := m[strings.ToLower(name)].(type) {
	case nil:
		return absent, nil
	case json.Number:
		return parseInt(name, v.String(), absent)
	case string:
		return parseInt(name, v, absent)
	}
	return 0, badRequest(scimerrors.ScimTypeInvalidValue, "%s is an integer.", name)
}

// names takes a list of names, or, as some clients send it, one string with
// commas.
func (m message) names(name string) ([]string, error) {
	wrong := badRequest(scimerrors.ScimTypeInvalidValue, "%s is a list of strings.", name)
	switch v := m[strings.ToLower(name)].(type) {
	case nil:
		return nil, nil
	case string:
		return splitNames(v), nil
	case []any:
		var names []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, wrong
			}
			names = append(names, splitNames(s)...)
		}
		return names, nil
	}
	return nil, wrong
}

// parseSearchRequest reads the body of POST /.search.
func parseSearchRequest(body []byte, strict bool) (*listQuery, error) {
	m, err := readMessage(body, searchRequestURN, strict)
	if err != nil {
		return nil, err
	}
	return m.search(strict)
}

// search is the list that a message asks for.
func (m message) search(strict bool) (*listQuery, error) {
	q := &listQuery{Strict: strict, ByCursor: m["cursor"] != nil}
	var order string
	for name, field := range map[string]*string{"filter": &q.Filter, "sortBy": &q.SortBy, "sortOrder": &order, "cursor": &q.Cursor} {
		var err error
		if *field, err = m.text(name); err != nil {
			return nil, err
		}
	}
	for name, field := range map[string]*[]string{"attributes": &q.Attributes, "excludedAttributes": &q.Excluded} {
		var err error
		if *field, err = m.names(name); err != nil {
			return nil, err
		}
	}
	q.SortBy = strings.TrimSpace(q.SortBy)
	var err error
	if q.Descending, err = parseSortOrder(order); err != nil {
		return nil, err
	}
	start, err := m.integer("startIndex", 1)
	if err != nil {
		return nil, err
	}
	count, err := m.integer("count", defaultPageSize)
	if err != nil {
		return nil, q.badCount(err)
	}
	return q, q.page(start, count)
}
