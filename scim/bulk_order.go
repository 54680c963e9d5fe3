package scim

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

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
		o.incomplete = len(b.missing(o)) > 0
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
		rest := &bulkOperation{method: http.MethodPut, path: strings.TrimRight(o.path, "/") + "/" + id, data: withoutPassword(o.data)}
		var done *bulkChanged
		err := error(nil)
		if len(b.missing(o)) == 0 {
			done, err = b.change(ctx, rest)
		}
		if done == nil || err != nil {
			o.result.Status, o.result.err = "409", err
			o.result.Response = reply(http.StatusConflict, "It was created, but what it refers to was not, so the reference is missing.")
			b.failed++
			continue
		}
		o.result.Version = done.doc.ETag
	}
}

// withoutPassword: what is set already need not be set again, and IAM may refuse
// to (password reuse).
func withoutPassword(data map[string]any) map[string]any {
	out := maps.Clone(data)
	maps.DeleteFunc(out, func(name string, _ any) bool { return strings.EqualFold(name, "password") })
	return out
}
