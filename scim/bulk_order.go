package scim

import (
	"context"
	"net/http"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// bulkPrefix begins a reference to what another operation creates (RFC 7644
// §3.7.2).
const bulkPrefix = "bulkId:"

// run makes the operations in the order they are in, except that what another
// one refers to goes first. What refers to each other in a circle is made
// without the references and completed afterwards.
func (b *bulkRequest) run(ctx context.Context) {
	for ctx.Err() == nil && !b.stopped() {
		o := b.next()
		if o == nil {
			break
		}
		if lost := b.lost(o); lost != "" {
			b.refuse(o, lost)
			continue
		}
		if missing := b.missing(o); len(missing) > 0 {
			o.incomplete = true
			whole := o.data
			o.data, _ = stripped(o.data, missing).(map[string]any)
			b.make(ctx, o)
			o.data = whole
			continue
		}
		b.make(ctx, o)
	}
	b.complete(ctx)
}

func (b *bulkRequest) stopped() bool { return b.failOn > 0 && b.failed >= b.failOn }

// next returns the first operation that needs nothing more, or, if all that are
// left wait for each other, the first that can do without.
func (b *bulkRequest) next() *bulkOperation {
	var waiting *bulkOperation
	for _, o := range b.operations {
		switch {
		case o.result != nil:
		case len(b.missing(o)) == 0 || b.lost(o) != "":
			return o
		case waiting == nil && o.method == http.MethodPost:
			waiting = o
		}
	}
	return waiting
}

// missing lists the references of o that some operation may still resolve.
func (b *bulkRequest) missing(o *bulkOperation) []string {
	var missing []string
	for _, id := range o.needs {
		if _, made := b.ids[id]; !made {
			missing = append(missing, id)
		}
	}
	return missing
}

// lost returns a reference of o that nothing can resolve any more.
func (b *bulkRequest) lost(o *bulkOperation) string {
	for _, id := range b.missing(o) {
		coming := slices.ContainsFunc(b.operations, func(other *bulkOperation) bool {
			return other.method == http.MethodPost && other.bulkID == id && other.result == nil
		})
		if !coming {
			return id
		}
	}
	return ""
}

func (b *bulkRequest) refuse(o *bulkOperation, lost string) {
	b.fail(o, badRequest(scimerrors.ScimTypeInvalidValue, "Nothing was created for bulkId:%s.", tree.Excerpt(lost)))
}

// complete gives what was made without its references the rest. One that cannot
// be completed is 409, as RFC 7644 §3.7.1 says of circles that cannot be
// resolved.
func (b *bulkRequest) complete(ctx context.Context) {
	for _, o := range b.operations {
		id := b.ids[o.bulkID]
		if !o.incomplete || id == "" {
			continue
		}
		rest := &bulkOperation{method: http.MethodPut, path: o.path + "/" + id, data: o.data}
		var done *bulkChanged
		err := error(nil)
		if len(b.missing(o)) == 0 {
			done, err = b.change(ctx, rest)
		}
		if done == nil || err != nil {
			o.result.Status = "409"
			o.result.Response = reply(http.StatusConflict, "It was created, but what it refers to was not, so the reference is missing.")
			b.failed++
			continue
		}
		o.result.Version = done.doc.ETag
	}
}

// references collects the bulkIds that a value refers to.
func references(v any, ids []string) []string {
	switch v := v.(type) {
	case string:
		if _, id, ok := cutReference(v); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	case []any:
		for _, e := range v {
			ids = references(e, ids)
		}
	case map[string]any:
		for _, e := range v {
			ids = references(e, ids)
		}
	}
	return ids
}

// cutReference splits "bulkId:x", or a path or URL that ends in it.
func cutReference(s string) (before, id string, ok bool) {
	i := strings.LastIndex(s, bulkPrefix)
	if i < 0 || i > 0 && s[i-1] != '/' && s[i-1] != '"' {
		return s, "", false
	}
	id = strings.TrimSuffix(s[i+len(bulkPrefix):], `"]`) // members[value eq "bulkId:x"]
	return s[:i], id, id != ""
}

// resolved returns v with the references in it resolved, as far as ids go.
func resolved(v any, ids map[string]string) any {
	switch v := v.(type) {
	case string:
		before, id, ok := cutReference(v)
		if real := ids[id]; ok && real != "" {
			return before + real + v[len(before)+len(bulkPrefix)+len(id):]
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = resolved(e, ids)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			out[name] = resolved(e, ids)
		}
		return out
	}
	return v
}

// stripped returns v without what refers to missing; what is left empty goes
// too, and nil is nothing at all.
func stripped(v any, missing []string) any {
	switch v := v.(type) {
	case string:
		if _, id, ok := cutReference(v); ok && slices.Contains(missing, id) {
			return nil
		}
	case []any:
		out := []any{}
		for _, e := range v {
			if e = stripped(e, missing); e != nil {
				out = append(out, e)
			}
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, e := range v {
			if s := stripped(e, missing); s != nil || e == nil {
				out[name] = s
			}
		}
		if len(out) == 0 && len(v) > 0 {
			return nil
		}
		return out
	}
	return v
}
