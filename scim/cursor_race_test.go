package scim

import (
	"slices"
	"testing"

	"iamscim/store"
)

// TestCursorsAtOnce: several clients walk, and each sees as many users as its
// first page told, none twice, while users come, change and go.
func TestCursorsAtOnce(t *testing.T) {
	d := newTimed(t, 60)
	t.Run("at once", func(t *testing.T) { // returns when all of its parts have
		t.Run("writer", func(t *testing.T) {
			t.Parallel()
			for i := range 90 {
				switch i % 3 {
				case 0:
					d.put(t, 61+i%7, func(*store.User) {})
				case 1:
					d.put(t, 1+i%30, func(u *store.User) { u.UserName, u.Person.Title = u.UserName+"x", "Engineer" })
				default:
					d.drop(t, 31+i%37)
				}
			}
		})
		for _, query := range []string{"count=9", "count=7&sortBy=userName", `count=5&filter=title+pr+or+active+eq+true`} {
			t.Run(query, func(t *testing.T) {
				t.Parallel()
				for range 3 {
					pages := d.follow(t, "/Users", query, "", nothing)
					ids := allIDs(pages)
					n := len(ids)
					slices.Sort(ids)
					if different := len(slices.Compact(ids)); n != pages[0].TotalResults || different != n {
						t.Errorf("%d users, %d different, of %d", n, different, pages[0].TotalResults)
					}
				}
			})
		}
	})
}
