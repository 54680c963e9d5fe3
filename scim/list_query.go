package scim

import (
	"errors"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/filter"
	"iamscim/store"
)

// query translates the filter and the order for a resource type.
func (res *resourceType) query(q *listQuery) (store.Query, error) {
	return res.queryBy(q, res.index.find)
}

// queryBy is query with attributes found by find.
func (res *resourceType) queryBy(q *listQuery, find func(string) *attribute) (store.Query, error) {
	parse := filter.Parse
	if q.Strict {
		parse, find = filter.ParseStrict, qualified(find)
	}
	var query store.Query
	if q.Filter != "" {
		where, err := parse(q.Filter, func(path string) *filter.Attribute {
			if a := find(path); a != nil {
				return &a.Attribute
			}
			return nil
		})
		if reason := (*filter.Error)(nil); errors.As(err, &reason) {
			return query, filterError(reason)
		}
		if err != nil {
			return query, err
		}
		query.Where = where
	}
	if q.SortBy == "" {
		return query, nil
	}
	a := find(q.SortBy)
	if a == nil {
		return query, badRequest(scimerrors.ScimTypeInvalidValue, "sortBy names an unknown attribute, %q.", q.SortBy)
	}
	by := a.Value()
	switch {
	case a.Computed:
		return query, badRequest(scimerrors.ScimTypeInvalidValue, "%q is computed for the answer; sort by something else.", q.SortBy)
	case by == nil:
		return query, badRequest(scimerrors.ScimTypeInvalidValue, "%q is complex; sort by one of its sub-attributes.", q.SortBy)
	}
	if !by.Absent && by.Constant == nil { // else all are equal: the default order
		query.OrderBy, query.Desc = by.Path, q.Descending
	}
	return query, nil
}

// queries translates for every type; see listAll.
func (c *content) queries(q *listQuery) ([]store.Query, error) {
	queries := make([]store.Query, len(c.types))
	for i, res := range c.types {
		var err error
		queries[i], err = res.queryBy(q, func(path string) *attribute { return c.findAnywhere(res, path) })
		if err != nil {
			return nil, err
		}
	}
	return queries, nil
}

// findAnywhere finds an attribute of res, or else one that only other types
// have, as one that no resource of res has a value of.
func (c *content) findAnywhere(res *resourceType, path string) *attribute {
	if a := res.index.find(path); a != nil {
		return a
	}
	for _, other := range c.types {
		if a := other.index.find(path); a != nil {
			return a.without()
		}
	}
	return nil
}

// qualified finds attributes of an extension only with its URN (RFC 7644 §3.10).
func qualified(find func(string) *attribute) func(string) *attribute {
	return func(path string) *attribute {
		a := find(path)
		if a != nil && strings.HasPrefix(a.keys[0], "urn:") && !strings.Contains(path, ":") {
			return nil
		}
		return a
	}
}
