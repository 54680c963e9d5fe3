package scim

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"iamscim/store"
)

// contentOptions are the settings that change what resources look like.
// Another value of any of them is another ETag.
type contentOptions struct {
	AccountID string
	// Grantable: some policies may be granted, so entitlements and the
	// extension's attachedPolicies are writable (design: --grantable-policies).
	Grantable bool
	// PathWritable and BoundaryWritable declare aws path and
	// permissionsBoundary readWrite.
	PathWritable, BoundaryWritable bool
	// Passwords declares the write-only attribute password.
	Passwords bool
	// GroupsViaUsers declares a user's groups readWrite.
	GroupsViaUsers bool
	// MemberDisplay sends members.display without being asked.
	MemberDisplay bool
	// OktaEntitlements serves policies and roles once more, as Okta reads them.
	OktaEntitlements bool
	// DraftFeatures declares the members of ServiceProviderConfig that only
	// drafts have.
	DraftFeatures bool
	// CacheBytes bounds the cache of rendered resources; 0 is 16 MiB.
	CacheBytes int64
	// CursorKey seals cursors and delta tokens.
	CursorKey [32]byte
}

// renderVersion is part of every ETag: raise it when the same data is
// rendered differently.
const renderVersion = 2

// content answers reads: it turns what the snapshot holds into SCIM resources
// and lists. It knows nothing of HTTP. It is safe for concurrent use.
//
// Its errors: store.ErrNotFound, store.ErrNoGeneration, a
// scimerrors.ScimError for what the client did wrong, or an internal one.
type content struct {
	snapshot *store.Snapshot
	types    []*resourceType // in the order of a combined list
	others   []*resourceType // that are in no combined list
	opt      contentOptions
	cache    *rendered
	answers  *answers
	walks    *walks
	sealer   sealer
	digest   string // of opt, part of every ETag
}

// document is one answer. Body must not be changed; release gives its memory
// back once it was written and may be called or not, but only once.
type document struct {
	Body         []byte
	ETag         string // weak, with quotes: W/"…"; empty for lists
	LastModified time.Time
	Generation   time.Time // commit time of the generation that was asked for; zero: it was the newest
	private      bool      // for this credential only, or of the past: not to be remembered
	filter       string    // the shape of the one that was asked for, for the log
	pooled       *[]byte
}

// newContent serves a snapshot. It registers with the snapshot's commits, so
// it must be called before serving.
func newContent(snapshot *store.Snapshot, opt contentOptions) *content {
	c := &content{
		snapshot: snapshot,
		types:    newResourceTypes(opt),
		opt:      opt,
		cache:    newRendered(opt.CacheBytes, snapshot.Lasts),
		answers:  newAnswers(snapshot.Lasts),
		walks:    newWalks(),
		sealer:   newSealer(opt.CursorKey),
		digest:   opt.digest(),
	}
	if opt.OktaEntitlements {
		c.others = oktaTypes()
	}
	c.cache.gen, c.cache.observed = snapshot.Generation().ID, snapshot.Observed()
	snapshot.OnCommit(func(x store.Commit) { c.cache.commit(x); c.answers.clear() })
	snapshot.OnAged(func(x store.Aged) { c.cache.age(x); c.answers.clear() })
	return c
}

// digest is the same for the same settings, over restarts. Some of them show in
// no resource.
func (opt contentOptions) digest() string {
	opt.CacheBytes, opt.CursorKey, opt.DraftFeatures, opt.OktaEntitlements = 0, [32]byte{}, false, false
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %+v", renderVersion, opt) // a hash never fails to write
	return strconv.FormatUint(h.Sum64(), 36)
}

// all returns the types that discovery lists.
func (c *content) all() []*resourceType { return slices.Concat(c.types, c.others) }

// resourceType returns the type with that name ("User") or nil.
func (c *content) resourceType(name string) *resourceType {
	for _, res := range c.all() {
		if res.Name == name {
			return res
		}
	}
	return nil
}

// get renders one resource under base ("https://host/scim/v2").
func (c *content) get(ctx context.Context, res *resourceType, id string, sel selection, base string) (*document, error) {
	p := res.project(sel, c.opt.MemberDisplay)
	parts := c.parts(p)
	v, cacheable := c.variant(res, base, parts)
	if cacheable {
		if f, ok := c.cache.one(res.kind, id, v); ok {
			return p.document(f), nil
		}
	}
	var fragments []fragment
	err := c.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		fragments, err = c.loader(tx, base, parts).fragments(ctx, res, []string{id})
		if err == nil && cacheable {
			c.cache.put(tx.Moment(), res.kind, v, fragments)
		}
		return err
	})
	if err == nil && len(fragments) == 0 {
		err = c.absent(store.Ref{Kind: res.kind, ID: id})
	}
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", res.Name, id, err)
	}
	return p.document(fragments[0]), nil
}

// absent is why a resource was not found. One that cannot be read is no reason
// to make it anew.
func (c *content) absent(ref store.Ref) error {
	if slices.Contains(c.snapshot.Damaged(), ref) {
		return errDamaged
	}
	return store.ErrNotFound
}

// parts says what of a group a projection needs.
func (c *content) parts(p *projection) groupParts {
	if p == nil {
		return groupParts{members: true, display: c.opt.MemberDisplay}
	}
	return p.parts
}

// variant tells which cached rendering serves, and whether one may: the names
// of members are not part of a group's version, so what shows them is not kept,
// nor is what one client reads once in a while.
func (c *content) variant(res *resourceType, base string, parts groupParts) (v variant, cacheable bool) {
	if res.kind != store.KindGroup {
		return variant{base: base}, !res.okta
	}
	return variant{base: base, members: parts.members}, !parts.members || !parts.display
}

// document is the fragment as the projection leaves it.
func (p *projection) document(f fragment) *document {
	d := &document{Body: f.body, ETag: f.etag, LastModified: f.modified}
	if p != nil {
		d.Body = p.apply(make([]byte, 0, len(f.body)), f.body)
	}
	return d
}
