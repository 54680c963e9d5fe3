package scim

import (
	"testing"

	"iamscim/store"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	user := &store.User{Changed: 5}
	group := &store.Group{Shape: 3, Changed: 9}
	base := newVersions("epoch", "digest").ofUser(user, []*store.Group{group})
	for name, other := range map[string]string{
		"the user changed":  newVersions("epoch", "digest").ofUser(&store.User{Changed: 6}, []*store.Group{group}),
		"the group changed": newVersions("epoch", "digest").ofUser(user, []*store.Group{{Shape: 4}}),
		"another epoch":     newVersions("epoch2", "digest").ofUser(user, []*store.Group{group}),
		"another setting":   newVersions("epoch", "digest2").ofUser(user, []*store.Group{group}),
		"no group":          newVersions("epoch", "digest").ofUser(user, nil),
	} {
		if other == base {
			t.Errorf("%s: still %s", name, base)
		}
	}
	if same := newVersions("epoch", "digest").ofUser(user, []*store.Group{{Shape: 3, Changed: 10}}); same != base {
		t.Error("a change of the group's other members changes the user's version")
	}
	if a, b := (contentOptions{}).digest(), (contentOptions{CacheBytes: 5}).digest(); a != b {
		t.Error("the size of the cache changes versions")
	}
	if a, b := (contentOptions{}).digest(), (contentOptions{Grantable: true}).digest(); a == b {
		t.Error("a setting that shows does not change versions")
	}
}

func TestETagMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, etag string
		want         bool
	}{
		{`W/"a"`, `W/"a"`, true},
		{`"a"`, `W/"a"`, true},
		{`a`, `W/"a"`, true},
		{`W/"b", W/"a"`, `W/"a"`, true},
		{`*`, `W/"a"`, true},
		{`W/"b"`, `W/"a"`, false},
		{``, `W/"a"`, false},
		{`,`, `W/"a"`, false},
		{`*`, ``, false},
	} {
		if got := etagMatch(tt.header, tt.etag); got != tt.want {
			t.Errorf("%s names %s: %t, want %t", tt.header, tt.etag, got, tt.want)
		}
	}
}
