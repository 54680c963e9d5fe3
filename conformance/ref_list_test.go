package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// refQuery is a search, from a URL or a SearchRequest.
type refQuery struct {
	filter, sortBy, sortOrder string
	start, count              int
	cursor                    *string
	shape                     projection
}

func listOf(resources []any, start int) map[string]any {
	if resources == nil {
		resources = []any{}
	}
	out := map[string]any{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": len(resources), "itemsPerPage": len(resources), "Resources": resources}
	if start > 0 {
		out["startIndex"] = start
	}
	return out
}

func (s *reference) list(k *refKind) handler {
	return func(_ http.ResponseWriter, r *http.Request) (int, any, error) {
		q := r.URL.Query()
		ask := refQuery{filter: q.Get("filter"), sortBy: q.Get("sortBy"), sortOrder: q.Get("sortOrder"), shape: queryProjection(r)}
		var err error
		if ask.start, err = atoi(q.Get("startIndex"), 1); err != nil {
			return 0, nil, err
		}
		if ask.count, err = atoi(q.Get("count"), refMaxFilter); err != nil {
			return 0, nil, err
		}
		if q.Has("cursor") {
			c := q.Get("cursor")
			ask.cursor = &c
		}
		return s.answer(k, ask)
	}
}

func (s *reference) search(k *refKind) handler {
	return func(_ http.ResponseWriter, r *http.Request) (int, any, error) {
		body, err := readBody(r)
		if err != nil {
			return 0, nil, err
		}
		ask := refQuery{filter: text(body["filter"]), sortBy: text(body["sortBy"]), sortOrder: text(body["sortOrder"]), start: 1, count: refMaxFilter}
		for name, slot := range map[string]*int{"startIndex": &ask.start, "count": &ask.count} {
			if n, ok := body[name].(json.Number); ok {
				if *slot, err = atoi(n.String(), 0); err != nil {
					return 0, nil, err
				}
			}
		}
		if c, ok := body["cursor"].(string); ok {
			ask.cursor = &c
		}
		for _, a := range list(body["attributes"]) {
			ask.shape.only = append(ask.shape.only, strings.ToLower(text(a)))
		}
		for _, a := range list(body["excludedAttributes"]) {
			ask.shape.without = append(ask.shape.without, strings.ToLower(text(a)))
		}
		return s.answer(k, ask)
	}
}

func (s *reference) searchAll(w http.ResponseWriter, r *http.Request) (int, any, error) {
	return s.search(nil)(w, r)
}

// matching returns the resources that a query finds, in order.
func (s *reference) matching(k *refKind, q refQuery) ([]*doc, error) {
	match := predicate(func(map[string]any) bool { return true })
	if q.filter != "" {
		if !s.ways.has("filter") {
			return nil, fail(400, "invalidFilter", "filters are not supported")
		}
		var err error
		if match, err = s.parseFilter(k, q.filter); err != nil {
			return nil, err
		}
	}
	shown := s.seen(3 * s.ways.lag)
	if s.faults["lists-deleted"] && q.filter == "" {
		shown = append(slices.Clone(shown), s.buried...)
	}
	var found []*doc
	for _, d := range shown {
		if (k == nil || d.kind == k) && match(s.render(d)) {
			found = append(found, d)
		}
	}
	if s.faults["newest-first"] {
		slices.Reverse(found)
	}
	if s.seq++; s.faults["restless-order"] && q.count == 20 && s.seq%2 == 0 {
		slices.Reverse(found)
	}
	if q.sortBy != "" && s.ways.has("sort") {
		s.sort(k, found, q)
	}
	return found, nil
}

// sort puts what has no value last in ascending order (RFC 7644 §3.4.2.3).
func (s *reference) sort(k *refKind, found []*doc, q refQuery) {
	a, where := s.resolve(k, q.sortBy)
	if a == nil {
		return
	}
	if a.typ == "complex" {
		a, where = find(a.sub, "value"), append(where, "value")
	}
	key := func(d *doc) any {
		o := s.render(d)
		for _, e := range list(o[where[0]]) { // the primary value counts
			if x, _ := e.(map[string]any); x["primary"] == true {
				return values(x, where[1:])[0]
			}
		}
		if v := values(o, where); len(v) > 0 {
			return v[0]
		}
		return nil
	}
	slices.SortStableFunc(found, func(x, y *doc) int {
		n := s.compareKeys(a, key(x), key(y))
		if strings.EqualFold(q.sortOrder, "descending") {
			return -n
		}
		return n
	})
}

func (s *reference) compareKeys(a *refAttr, x, y any) int {
	low := 1
	if s.faults["unassigned-low"] {
		low = -1
	}
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return low
	case y == nil:
		return -low
	}
	if s.faults["sort-case-exact"] {
		return strings.Compare(fmt.Sprint(x), fmt.Sprint(y))
	}
	return s.order(a, x, y)
}

func (s *reference) answer(k *refKind, q refQuery) (int, any, error) {
	found, err := s.matching(k, q)
	if err != nil {
		return 0, nil, err
	}
	total := len(found)
	q.count = min(max(q.count, 0), refMaxFilter)
	if s.ways.page > 0 {
		q.count = min(q.count, s.ways.page)
	}
	if s.ways.onlyCursor && q.cursor == nil {
		q.start, q.cursor = 1, new(string)
	}
	from := min(max(q.start, 1)-1, total)
	if q.cursor != nil {
		if from, err = s.position(q); err != nil {
			return 0, nil, err
		}
		if s.faults["cursor-skips"] && from > 0 {
			from++
		}
		from = min(from, total)
	}
	to := min(from+q.count, total)
	page := []any{}
	for _, d := range found[from:to] {
		page = append(page, s.project(d.kind, s.render(d), q.shape))
	}
	out := listOf(page, max(q.start, 1))
	out["totalResults"] = total
	if q.cursor != nil {
		delete(out, "startIndex")
		if s.ways.onlyCursor {
			delete(out, "totalResults")
		}
		if to < total && q.count > 0 {
			out["nextCursor"] = q.seal(to)
		}
		if from > 0 {
			back := max(from-q.count, 0)
			if s.faults["previous-is-next"] {
				back = from
			}
			out["previousCursor"] = q.seal(back)
		}
	}
	if s.ways.terse && len(page) == total {
		delete(out, "startIndex")
		delete(out, "itemsPerPage")
	}
	if s.ways.terse && total == 0 {
		delete(out, "Resources")
	}
	return http.StatusOK, out, nil
}

// seal makes a cursor that is good for the same query only.
func (q refQuery) seal(position int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%08x", position, q.sum(position)))
}

func (q refQuery) sum(position int) uint32 {
	return crc32.ChecksumIEEE(fmt.Appendf(nil, "%d|%s|%s|%s", position, q.filter, q.sortBy, q.sortOrder))
}

func (s *reference) position(q refQuery) (int, error) {
	if *q.cursor == "" {
		return 0, nil
	}
	bad := fail(400, "invalidCursor", "the cursor is not of this query")
	raw, err := base64.RawURLEncoding.DecodeString(*q.cursor)
	if err != nil {
		return 0, bad
	}
	number, sum, _ := strings.Cut(string(raw), ".")
	n, err := strconv.Atoi(number)
	if err != nil || sum != fmt.Sprintf("%08x", q.sum(n)) && !s.faults["cursor-any-query"] {
		return 0, bad
	}
	if s.faults["cursor-once"] && s.used[*q.cursor] {
		return 0, bad
	}
	s.used[*q.cursor] = true
	return n, nil
}
