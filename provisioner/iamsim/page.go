package iamsim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Pagination: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
// ("IAM might return fewer than the MaxItems number of results, even when there
// are more results available"). A marker holds the key of the last item served,
// and belongs to the action and the filters it was issued for.

const defaultMaxItems = 100

// item is one entry of a page: its position in the order, and how to render it.
type item struct {
	key    string
	render func() fields
}

// filterSum identifies the request a marker is good for.
func (c *call) filterSum() string {
	keys := make([]string, 0, len(c.params))
	for k := range c.params {
		if k != "Marker" && k != "MaxItems" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		fmt.Fprintf(h, "%q=%q\n", k, c.params[k])
	}
	return string(h.Sum(nil)[:9])
}

func (c *call) newMarker(key string) string {
	return base64.URLEncoding.EncodeToString([]byte(c.filterSum() + key))
}

// after decodes the request's marker; the empty key is the beginning.
func (c *call) after() (string, error) {
	if !c.has("Marker") {
		return "", nil
	}
	plain, err := base64.URLEncoding.DecodeString(c.get("Marker"))
	if err != nil || len(plain) < 10 {
		return "", invalid("Invalid Marker.")
	}
	sum, key := string(plain[:9]), string(plain[9:])
	if sum == c.filterSum() {
		return key, nil
	}
	if c.op.name == "GetAccountAuthorizationDetails" {
		return "", invalid("Marker and Filter do not match")
	}
	return "", invalid("Invalid Marker.")
}

// page cuts one page from items, which are sorted by key. It returns the
// rendered entries with their keys, and the IsTruncated and Marker fields.
func (c *call) page(items []item) (served []rendered, tail fields, err error) {
	from, err := c.after()
	if err != nil {
		return nil, nil, err
	}
	start := 0
	if from != "" {
		start, _ = slices.BinarySearchFunc(items, from, func(it item, k string) int { return strings.Compare(it.key, k) })
		if start < len(items) && items[start].key == from {
			start++
		}
	}
	rest := items[start:]
	served = c.fill(rest)
	if len(served) == len(rest) {
		return c.falsify(served, fields{{"IsTruncated", false}})
	}
	last := served[len(served)-1].key
	return c.falsify(served, fields{{"IsTruncated", true}, {"Marker", c.newMarker(last)}})
}

type rendered struct {
	key string
	xml raw
}

// fill renders items until the count or the bytes are used up; at least one.
func (c *call) fill(items []item) []rendered {
	limit := min(c.number("MaxItems", defaultMaxItems), len(items))
	if limit > 1 && len(items) > 0 {
		limit = c.shorten(limit, items[0].key)
	}
	out := make([]rendered, 0, limit)
	size := 0
	for _, it := range items[:limit] {
		x := render(it.render())
		if size += len(x); size > c.cfg.PageBytes && len(out) > 0 {
			break
		}
		out = append(out, rendered{it.key, x})
	}
	return out
}

// shorten makes some pages shorter than asked, always the same ones for a seed.
func (c *call) shorten(limit int, first string) int {
	if c.cfg.ShortPages < 0 {
		return limit
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", c.cfg.Seed, c.op.name, first))
	draw := float64(binary.BigEndian.Uint32(h[:])) / (1 << 32)
	if draw >= c.cfg.ShortPages {
		return limit
	}
	cut := 1 + int(binary.BigEndian.Uint32(h[4:]))%max(1, limit/3)
	return limit - cut
}

// falsify applies the page faults: a page that ends early but claims to be the
// last, or one that misses an item.
func (c *call) falsify(served []rendered, tail fields) ([]rendered, fields, error) {
	switch {
	case c.fault == FaultTruncate && len(served) > 0:
		return served[:len(served)/2], fields{{"IsTruncated", false}}, nil
	case c.fault == FaultOmit && len(served) > 0:
		i := len(served) / 2
		return slices.Delete(served, i, i+1), tail, nil
	}
	return served, tail, nil
}

// listPage answers one list called name.
func (c *call) listPage(name string, items []item) (fields, error) {
	served, tail, err := c.page(items)
	if err != nil {
		return nil, err
	}
	members := make(list, 0, len(served))
	for _, r := range served {
		members = append(members, r.xml)
	}
	return append(fields{{name, members}}, tail...), nil
}

// itemsOf makes the items of a slice that is sorted by key, which is kept in
// order of lower-case names.
func itemsOf[T any](values []T, key func(T) string, render func(T) fields) []item {
	out := make([]item, 0, len(values))
	for _, v := range values {
		out = append(out, item{strings.ToLower(key(v)), func() fields { return render(v) }})
	}
	slices.SortStableFunc(out, func(a, b item) int { return strings.Compare(a.key, b.key) })
	return out
}

// inOrder makes the items of a short list that keeps its own order.
func inOrder[T any](values []T, render func(T) fields) []item {
	out := make([]item, 0, len(values))
	for i, v := range values {
		out = append(out, item{fmt.Sprintf("%06d", i+1), func() fields { return render(v) }})
	}
	return out
}
