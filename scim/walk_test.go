package scim

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestWalk lists as clients do: authentik goes on from the number it has seen
// until that is totalResults, and never ends if a page before is empty;
// baton-scim trusts itemsPerPage; Okta adds 100. Each must see everybody once.
func TestWalk(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 250)
	type page struct {
		TotalResults, StartIndex, ItemsPerPage int
		Resources                              []struct{ ID string }
	}
	for _, endpoint := range []string{"Users", "Groups", "Entitlements", "Roles"} {
		for name, query := range map[string]string{"authentik": "?startIndex=%d", "baton-scim": "?startIndex=%d&count=100", "small": "?startIndex=%d&count=7"} {
			seen := map[string]bool{}
			total := 1
			for len(seen) < total {
				got := d.do(t, "GET", "/scim/v2/"+endpoint+fmt.Sprintf(query, len(seen)+1), "")
				var p page
				if err := json.Unmarshal(got.body, &p); err != nil || got.status != 200 {
					t.Fatalf("%s: %d %s", endpoint, got.status, got.body)
				}
				if len(p.Resources) == 0 || p.ItemsPerPage != len(p.Resources) || p.StartIndex != len(seen)+1 {
					t.Fatalf("%s for %s: after %d of %d: startIndex %d, itemsPerPage %d, %d resources",
						endpoint, name, len(seen), total, p.StartIndex, p.ItemsPerPage, len(p.Resources))
				}
				for _, r := range p.Resources {
					if seen[r.ID] {
						t.Fatalf("%s for %s: %s twice", endpoint, name, r.ID)
					}
					seen[r.ID] = true
				}
				total = p.TotalResults
			}
			if len(seen) != total {
				t.Errorf("%s for %s: %d of %d", endpoint, name, len(seen), total)
			}
		}
	}
}
