package store_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"iamscim/store"
)

func BenchmarkReplace5000(b *testing.B) {
	obs := observation(5000)
	for b.Loop() {
		replace(b, open(b), obs)
	}
}

func BenchmarkReplaceUnchanged(b *testing.B) {
	s, obs := open(b), observation(5000)
	replace(b, s, obs)
	for b.Loop() {
		replace(b, s, obs)
	}
}

// sizes are those between which growth is promised.
var sizes = []int{1000, 100_000}

func BenchmarkSelectEq(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := open(b)
			replace(b, s, observation(n))
			i := 0
			for b.Loop() { // another value each time, so that no result is cached
				i++
				where := store.Compare{Path: "userName", Op: store.Eq, Value: fmt.Sprintf("user%06d", i*7919%n)}
				if got := selected(b, s, store.KindUser, store.Query{Where: store.And{where, store.Not{X: store.Compare{Path: "title", Op: store.Eq, Value: strconv.Itoa(i)}}}}); len(got) != 1 {
					b.Fatalf("%v: %d", where, len(got))
				}
			}
		})
	}
}

func BenchmarkUser(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := open(b)
			replace(b, s, observation(n))
			i := 0
			for b.Loop() {
				i++
				if oneUser(b, s, fmt.Sprintf("AIDA%016d", i*7919%n)) == nil {
					b.Fatal("no such user")
				}
			}
		})
	}
}

func BenchmarkUsersPage(b *testing.B) {
	for _, n := range sizes {
		s := open(b)
		replace(b, s, observation(n))
		for _, page := range []struct {
			name  string
			start int
		}{{"first", 0}, {"last", n - 100}} {
			b.Run(strconv.Itoa(n)+"/"+page.name, func(b *testing.B) {
				for b.Loop() {
					view(b, s, func(ctx context.Context, tx *store.SnapshotTx) error {
						r, err := tx.Select(ctx, store.KindUser, store.Query{})
						if err != nil {
							return err
						}
						_, err = tx.Users(ctx, r.IDs[page.start:page.start+100]...)
						return err
					})
				}
			})
		}
	}
}
