package iamsim

import (
	"fmt"
	"time"
)

// rate is a token bucket that refills on the account's clock, so that a run
// with a clock of its own is throttled alike each time.
type rate struct {
	perSecond, burst int
	tokens           float64
	at               time.Time // of the last refill
}

// SetRate throttles an action: a bucket of burst calls that refills with
// perSecond calls for each second of the account's clock; beyond that it
// answers Throttling. AWS keeps its numbers to itself; 15 a second is what
// others have found for role reads. The action "*" gives every action a bucket
// of its own; zero takes the limit back. A burst of zero is perSecond.
func (a *Account) SetRate(action string, perSecond, burst int) error {
	if action != "*" && operations[action] == nil {
		return fmt.Errorf("set rate: unsupported action %q", action)
	}
	if perSecond < 0 || burst < 0 {
		return fmt.Errorf("set rate: %d a second with a burst of %d is below zero", perSecond, burst)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	burst = orDefault(burst, perSecond)
	for name := range operations {
		switch {
		case name != action && action != "*":
		case perSecond == 0:
			delete(a.dials.rates, name)
		default:
			a.dials.rates[name] = &rate{perSecond: perSecond, burst: burst, tokens: float64(burst), at: a.now()}
		}
	}
	return nil
}

// throttled takes a token, or reports that there is none. AWS counts a call
// before it looks at its parameters and permissions.
func (c *call) throttled() bool {
	r := c.dials.rates[c.op.name]
	if r == nil {
		return false
	}
	refill := c.at.Sub(r.at).Seconds() * float64(r.perSecond)
	r.tokens, r.at = min(float64(r.burst), r.tokens+max(0, refill)), c.at
	if r.tokens < 1 {
		return true
	}
	r.tokens--
	return false
}
