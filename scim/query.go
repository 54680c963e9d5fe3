package scim

import (
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
	Strict     bool // the client keeps to the grammar: see filter.ParseStrict
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
func parseListQuery(v url.Values, strict bool) (*listQuery, error) {
	q := &listQuery{Strict: strict, selection: parseSelection(v)}
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
	q.Cursor, q.ByCursor = parameterSent(v, "cursor")
	count, err := parseInt("count", parameter(v, "count"), defaultPageSize)
	if err != nil {
		return nil, q.badCount(err)
	}
	return q, q.page(start, count)
}

// badCount: with a cursor, what is no number is invalidCount, too (RFC 9865
// §2.1).
func (q *listQuery) badCount(err error) error {
	if q.ByCursor {
		return errInvalidCount
	}
	return err
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
