package scim

import (
	"context"
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
	// MemberDisplay sends members.display without being asked.
	MemberDisplay bool
	// CacheBytes bounds the cache of rendered resources; 0 is 32 MiB.
	CacheBytes int64
}

// content answers reads: it turns what the snapshot holds into SCIM resources
// and lists. It knows nothing of HTTP. It is safe for concurrent use.
//
// Its errors: store.ErrNotFound, store.ErrNoGeneration, a
// scimerrors.ScimError for what the client did wrong, or an internal one.
type content struct {
	snapshot *store.Snapshot
	types    []*resourceType // in the order of a combined list
	opt      contentOptions
	cache    *rendered
	digest   string // of opt, part of every ETag
}

// document is one answer. Body must not be changed; release gives its memory
// back once it was written and may be called or not, but only once.
type document struct {
	Body         []byte
	ETag         string // weak, with quotes: W/"…"; empty for lists
	LastModified time.Time
	pooled       *[]byte
}

// newContent serves a snapshot. It registers with the snapshot's commits, so
// it must be called before serving.
func newContent(snapshot *store.Snapshot, opt contentOptions) *content { panic("later") }

// resourceType returns the type with that name ("User") or nil.
func (c *content) resourceType(name string) *resourceType { panic("later") }

// get renders one resource under base ("https://host/scim/v2").
func (c *content) get(ctx context.Context, res *resourceType, id string, sel selection, base string) (*document, error) {
	panic("later")
}

// list renders one page of a ListResponse.
func (c *content) list(ctx context.Context, res *resourceType, q *listQuery, base string) (*document, error) {
	panic("later")
}

// listAll renders one page of a ListResponse over all types (RFC 7644 §3.4.3).
func (c *content) listAll(ctx context.Context, q *listQuery, base string) (*document, error) {
	panic("later")
}

// forget drops every rendered resource. An observation that made no
// generation may have moved what merely ages; whoever ran it calls forget.
func (c *content) forget() { panic("later") }

func (d *document) release() { panic("later") }

// etagMatch reports whether an If-None-Match or If-Match header value names
// etag, by weak comparison (RFC 9110 §8.8.3.2).
func etagMatch(header, etag string) bool { panic("later") }

// resourceType is one entry of /ResourceTypes.
type resourceType struct {
	Name        string // "User", also the id
	Endpoint    string // "/Users"
	Description string
	Schema      string   // URN
	Extensions  []string // URNs, none required

	kind store.Kind
}

// schemaDocuments returns what /Schemas lists, rendered, by URN in list order.
func (c *content) schemaDocuments(base string) []schemaDocument { panic("later") }

// schemaDocument is one rendered schema.
type schemaDocument struct {
	URN  string
	Body []byte
}
