package store

import "sync"

// damage remembers resources whose stored form could not be read. They are left
// out, because one bad record must not fail a list, and reported; the next
// observation writes them anew.
type damage struct {
	mu   sync.RWMutex
	refs map[Ref]struct{}
}

// maxDamage bounds memory; of a file with more than that, the rest is left out
// all the same.
const maxDamage = 1000

func (d *damage) note(ref Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refs == nil {
		d.refs = map[Ref]struct{}{}
	}
	if len(d.refs) < maxDamage {
		d.refs[ref] = struct{}{}
	}
}

func (d *damage) has(ref Ref) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, ok := d.refs[ref]
	return ok
}

// forget takes out what was written anew.
func (d *damage) forget(touched map[Ref]touch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for ref := range d.refs {
		if touched[ref]&^touchMember != 0 {
			delete(d.refs, ref)
		}
	}
}

// Damaged returns the resources that were found to be unreadable. Reads leave
// them out until an observation has written them anew.
func (s *Snapshot) Damaged() []Ref {
	s.damage.mu.RLock()
	defer s.damage.mu.RUnlock()
	return refs(s.damage.refs)
}
