package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// Page sizes; ServiceProviderConfig tells them to clients.
const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// searchRequestURN names the body of POST /.search (RFC 7644 §3.4.3).
const searchRequestURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// listQuery is what a list is asked for, by query parameters or by a
// SearchRequest (RFC 7644 §3.4.2, §3.4.3). StartIndex is at least 1.
type listQuery struct {
	Filter     string
	SortBy     string
	Descending bool
	StartIndex int
	Count      int  // 0: totals only; at most maxPageSize
	ByCursor   bool // pages go by cursor (RFC 9865), of which an empty one asks for the first
	Cursor     string
	selection
}

// selection is what the client wants to see of a resource (RFC 7644 §3.9); it
// becomes a projection once the resource type is known.
type selection struct {
	Attributes []string
	Excluded   []string
}

// badRequest is a 400 with a SCIM error keyword and a sentence for the client.
func badRequest(keyword scimerrors.ScimType, format string, args ...any) error {
	return scimerrors.ScimError{
		Status:   http.StatusBadRequest,
		ScimType: keyword,
		Detail:   fmt.Sprintf(format, args...),
	}
}

// parseListQuery reads the parameters of a list. Their names are taken in any
// letter case, and of a parameter sent twice the first value counts; unknown
// ones are ignored.
func parseListQuery(v url.Values) (*listQuery, error) {
	q := &listQuery{selection: parseSelection(v)}
	q.Filter = parameter(v, "filter")
	q.SortBy = strings.TrimSpace(parameter(v, "sortBy"))
	var err error
	if q.Descending, err = parseSortOrder(parameter(v, "sortOrder")); err != nil {
		return nil, err
	}
	start, err := parseInt("startIndex", parameter(v, "startIndex"), 1)
	if err != nil {
		return nil, err
	}
	count, err := parseInt("count", parameter(v, "count"), defaultPageSize)
	if err != nil {
		return nil, err
	}
	q.Cursor, q.ByCursor = parameterSent(v, "cursor")
	return q, q.page(start, count)
}

// parseSelection reads attributes and excludedAttributes, the only parameters
// that a single resource takes.
func parseSelection(v url.Values) selection {
	if len(v) == 0 {
		return selection{}
	}
	return selection{
		Attributes: splitNames(parameter(v, "attributes")),
		Excluded:   splitNames(parameter(v, "excludedAttributes")),
	}
}

// parameter returns the first value of a parameter, whose name is taken in any case.
func parameter(v url.Values, name string) string {
	value, _ := parameterSent(v, name)
	return value
}

// parameterSent also tells whether it was sent at all.
func parameterSent(v url.Values, name string) (string, bool) {
	if values, ok := v[name]; ok && len(values) > 0 {
		return values[0], true
	}
	for key, values := range v {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0], true
		}
	}
	return "", false
}

func splitNames(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func parseSortOrder(order string) (descending bool, err error) {
	switch strings.ToLower(strings.TrimSpace(order)) {
	case "", "ascending":
		return false, nil
	case "descending":
		return true, nil
	}
	return false, badRequest(scimerrors.ScimTypeInvalidValue, `sortOrder is "ascending" or "descending", not %q`, order)
}

// parseInt reads an integer of any size, because clients ask for "everything"
// with numbers beyond 64 bits; such a number is as good as the largest one.
func parseInt(name, text string, absent int) (int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err == nil {
		return int(n), nil
	}
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, badRequest(scimerrors.ScimTypeInvalidValue, "%s is an integer, not %q", name, text)
	}
	if text[0] == '-' {
		return math.MinInt32, nil
	}
	return math.MaxInt32, nil
}

// page takes startIndex and count. They ask for pages by index; together with a
// cursor, a startIndex other than the first contradicts it (RFC 9865 §2.3), and
// a count is not clamped from above (§2.1).
func (q *listQuery) page(start, count int) error {
	if q.ByCursor && start > 1 {
		return badRequest(scimerrors.ScimTypeInvalidValue, "startIndex asks for pages by index and cursor for pages by cursor: send one of them.")
	}
	if q.ByCursor && count > maxPageSize {
		return errInvalidCount
	}
	q.clamp(start, count)
	return nil
}

// clamp applies RFC 7644 §3.4.2.4: a startIndex below 1 is 1, a negative count
// is 0, and the server may return fewer than asked.
func (q *listQuery) clamp(start, count int) {
	q.StartIndex = max(start, 1)
	q.Count = min(max(count, 0), maxPageSize)
}

// parseSearchRequest reads the body of POST /.search. Names are taken in any
// case, null is the same as absent.
func parseSearchRequest(body []byte) (*listQuery, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is not a JSON object")
	}
	q := &listQuery{}
	start, count := 1, defaultPageSize
	for name, raw := range members {
		if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
			continue
		}
		if err := q.member(name, raw, &start, &count); err != nil {
			return nil, err
		}
	}
	return q, q.page(start, count)
}

// member takes one member of a SearchRequest.
func (q *listQuery) member(name string, raw json.RawMessage, start, count *int) (err error) {
	switch strings.ToLower(name) {
	case "schemas":
		return checkSchemas(raw, searchRequestURN)
	case "filter":
		q.Filter, err = stringMember(name, raw)
	case "sortby":
		q.SortBy, err = stringMember(name, raw)
	case "sortorder":
		var order string
		if order, err = stringMember(name, raw); err == nil {
			q.Descending, err = parseSortOrder(order)
		}
	case "startindex":
		*start, err = parseInt(name, strings.Trim(string(raw), `"`), 1)
	case "count":
		*count, err = parseInt(name, strings.Trim(string(raw), `"`), defaultPageSize)
	case "cursor":
		q.ByCursor = true
		q.Cursor, err = stringMember(name, raw)
	case "attributes":
		q.Attributes, err = namesMember(name, raw)
	case "excludedattributes":
		q.Excluded, err = namesMember(name, raw)
	}
	return err
}

func checkSchemas(raw json.RawMessage, want string) error {
	var urns []string
	if err := json.Unmarshal(raw, &urns); err != nil {
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "schemas is a list of strings")
	}
	for _, urn := range urns {
		if strings.EqualFold(urn, want) {
			return nil
		}
	}
	return badRequest(scimerrors.ScimTypeInvalidSyntax, "schemas does not name %s", want)
}

func stringMember(name string, raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", badRequest(scimerrors.ScimTypeInvalidValue, "%s is a string", name)
	}
	return s, nil
}

// namesMember takes a list of names, or, as some clients send it, one string
// with commas.
func namesMember(name string, raw json.RawMessage) ([]string, error) {
	var names []string
	if err := json.Unmarshal(raw, &names); err == nil {
		return splitNames(strings.Join(names, ",")), nil
	}
	list, err := stringMember(name, raw)
	if err != nil {
		return nil, badRequest(scimerrors.ScimTypeInvalidValue, "%s is a list of strings", name)
	}
	return splitNames(list), nil
}
