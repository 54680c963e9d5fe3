package scim

import (
	"hash/fnv"
	"strconv"
	"strings"

	"iamscim/store"
)

// A version is a weak ETag over the counters of what a resource shows, never
// over its bytes: what merely ages is not part of it, and a projection has the
// version of the whole. The epoch makes it differ after a lost snapshot, whose
// generations count anew; the digest after a restart with other settings.

// versions makes the versions of one generation's resources.
type versions struct{ seed uint64 }

func newVersions(epoch, digest string) versions {
	h := fnv.New64a()
	// A hash never fails to write.
	_, _ = h.Write([]byte(epoch))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(digest))
	return versions{seed: h.Sum64()}
}

// mix adds a counter, byte by byte, as FNV-1a does.
func mix(h, counter uint64) uint64 {
	const prime = 1099511628211
	for range 8 {
		h = (h ^ counter&0xff) * prime
		counter >>= 8
	}
	return h
}

// of returns the version of a resource whose only counter is changed. Two
// resources may have the same version; it is compared only with its own.
func (v versions) of(changed int64) string { return format(mix(v.seed, uint64(changed))) }

// ofUser also covers the user's groups, whose names and policies it shows;
// groups is in the order of the user's memberships.
func (v versions) ofUser(u *store.User, groups []*store.Group) string {
	h := mix(v.seed, uint64(u.Changed))
	for _, g := range groups {
		h = mix(h, uint64(g.Shape))
	}
	return format(h)
}

func format(h uint64) string { return `W/"` + strconv.FormatUint(h, 36) + `"` }

// etagMatch reports whether the value of If-None-Match or If-Match names etag.
// The comparison is weak (RFC 9110 §8.8.3.2); an entity tag may come without
// its quotes, as several SCIM clients send meta.version.
func etagMatch(header, etag string) bool {
	if etag == "" {
		return false
	}
	want := opaque(etag)
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag != "" && opaque(tag) == want {
			return true
		}
	}
	return false
}

// opaque strips the weakness mark and the quotes.
func opaque(tag string) string {
	return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
}
