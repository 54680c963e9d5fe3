package provisioner_test

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// clock adds up the time in which at least one call to AWS was under way.
type clock struct {
	mu     sync.Mutex
	inside int
	since  time.Time
	total  time.Duration
}

func (c *clock) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside++; c.inside == 1 {
		c.since = time.Now()
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.inside--; c.inside == 0 {
			c.total += time.Since(c.since)
		}
	}
}

func (c *clock) take() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.total
	c.total = 0
	return d
}

// BenchmarkManyMembers: fifty members join a group of 5,000, and leave it; the
// time in which no call to AWS is under way.
func BenchmarkManyMembers(b *testing.B) {
	const members, newcomers = 5000, 50
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as serve does
	l := newWriteLab(b, iamsim.Config{UserLimit: 6000}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		a.AddGroup(iamsim.Group{Name: "all"})
		for i := range members + newcomers {
			name := fmt.Sprintf("user%04d", i)
			a.AddUser(iamsim.User{Name: name})
			if i >= newcomers {
				a.Join(name, "all")
			}
		}
	})
	var ids []string
	for i := range newcomers {
		ids = append(ids, l.id(fmt.Sprintf("user%04d", i)))
	}
	group := l.groupID("all")
	var c clock
	l.p.OnCall(c.enter)
	l.p.OnStep(c.enter)
	wishes := []planner.GroupWish{{AddMembers: ids}, {RemoveMembers: ids}}
	outside := make([][]time.Duration, len(wishes))
	for b.Loop() {
		for i, w := range wishes {
			c.take()
			begin := time.Now()
			l.must(l.updateGroup(group, w))
			outside[i] = append(outside[i], time.Since(begin)-c.take())
		}
	}
	for i, unit := range []string{"ms-add", "ms-remove"} {
		slices.Sort(outside[i])
		b.ReportMetric(float64(outside[i][len(outside[i])/2].Microseconds())/1000, unit)
	}
	b.ReportMetric(0, "ns/op")
}
