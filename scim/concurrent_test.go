package scim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// Readers go on while the account is observed again and changes under them.
func TestReadWhileRefreshing(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 30)
	group := firstOf(t, d, "Groups")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() {
			paths := []string{"/scim/v2/Users?count=10", "/scim/v2/Groups/" + group, "/scim/v2/Users?filter=active+eq+true", "/health", "/metrics"}
			for n := i; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				req, err := http.NewRequestWithContext(t.Context(), "GET", d.URL+paths[n%len(paths)], nil)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := d.send(req); err != nil || got.status != http.StatusOK {
					t.Errorf("status %d: %s %v", got.status, got.body, err)
					return
				}
			}
		})
	}
	for i := range 5 {
		d.sim.AddUser(iamsim.User{Name: fmt.Sprintf("newcomer-%d", i)})
		if _, err := d.provisioner.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
			t.Error(err)
		}
		if got := d.do(t, "GET", fmt.Sprintf("/scim/v2/Users?filter=userName+eq+%%22newcomer-%d%%22&count=0", i), ""); got.status != 200 || !strings.Contains(string(got.body), `"totalResults":1,`) {
			t.Errorf("a newcomer is not seen: %d %s", got.status, got.body)
		}
	}
	close(stop)
	readers.Wait()
}
