package provisioner

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: calls that cut somebody off go before those that wait already.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1)
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		call := func(name string, urgent bool) {
			wg.Go(func() {
				if err := p.wait(t.Context(), urgent); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
			})
			synctest.Wait()
		}
		call("first", false)
		call("reserved", false) // it has its time slot
		call("patient", false)
		call("deny", true)
		began := time.Now()
		wg.Wait()
		if len(order) != 4 || order[2] != "deny" {
			t.Errorf("order %v", order)
		}
		if took := time.Since(began); took < 3*time.Second {
			t.Errorf("four calls at one a second took %v", took)
		}
	})
}
