package main

import (
	"slices"
	"sync"
	"time"
)

// register is what several clients wrote to one attribute, so that it can be
// said which values it may have in the end: those of writes that no
// acknowledged write followed.
type register struct {
	mu     sync.Mutex
	writes []*attempt
}

// attempt is one write. Its end is zero until it is acknowledged: until then,
// and if that never comes, it may take effect at any time.
type attempt struct {
	value      string
	begin, end time.Time
	refused    bool
}

func (h *register) begin(value string) *attempt {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &attempt{value: value, begin: time.Now()}
	h.writes = append(h.writes, a)
	return a
}

func (h *register) acknowledged(a *attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.end = time.Now()
}

func (h *register) refused(a *attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.refused = true
}

// possible lists the values that are right in the end, given the first one.
func (h *register) possible(first string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	followed := func(end time.Time) bool {
		return slices.ContainsFunc(h.writes, func(w *attempt) bool { return !w.end.IsZero() && w.begin.After(end) })
	}
	var out []string
	if !followed(time.Time{}) {
		out = append(out, first)
	}
	for _, w := range h.writes {
		if !w.refused && (w.end.IsZero() || !followed(w.end)) {
			out = append(out, w.value)
		}
	}
	return out
}

// registers are one for each attribute, by a name for it.
type registers struct {
	mu  sync.Mutex
	all map[string]*register
}

func (h *registers) of(attribute string) *register {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[string]*register{}
	}
	if h.all[attribute] == nil {
		h.all[attribute] = &register{}
	}
	return h.all[attribute]
}
