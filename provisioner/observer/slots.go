package observer

import (
	"time"

	"iamscim/store"
)

// merge joins the slots of a report row with credentials known by id. The
// report does not say which credential a slot is; the date tells, if it is
// unique.
type merge struct {
	slots []reportSlot
	at    time.Time  // of the report
	live  *time.Time // of the live read, nil if there was none
	older bool       // the report is older than the live read
	more  bool       // the user has more credentials than slots

	unsettled bool // a live read is needed to tell what is what
}

// accessKeys returns the keys as they are to be shown, and their uses.
func (m *merge) accessKeys(known []store.AccessKey, uses []store.KeyUse) ([]store.AccessKey, []store.KeyUse) {
	if !identified(known, func(k store.AccessKey) string { return k.ID }) && !(m.older && known != nil) {
		return m.bareKeys()
	}
	created := make([]*time.Time, len(known))
	for i, k := range known {
		created[i] = k.Created
	}
	slot, left := m.match(created)
	keys, keyUses := []store.AccessKey{}, []store.KeyUse{}
	for i, k := range known {
		use := useAt(uses, i)
		if s := slot[i]; s >= 0 {
			use = later(use, &m.slots[s])
			if !m.older {
				k.Status = status(k.Status, m.slots[s].active)
			}
		} else if m.gone(k.Created, left) {
			continue
		}
		keys, keyUses = append(keys, k), append(keyUses, use)
	}
	if !m.older && len(keys)+len(left) == len(m.slots) { // what is left is new
		for _, s := range left {
			m.unsettled = true
			keys, keyUses = append(keys, bareKey(&m.slots[s])), append(keyUses, useOf(&m.slots[s]))
		}
	}
	return keys, keyUses
}

// certificates does the same for signing certificates.
func (m *merge) certificates(known []store.Certificate) []store.Certificate {
	if !identified(known, func(k store.Certificate) string { return k.ID }) && !(m.older && known != nil) {
		bare := []store.Certificate{}
		for i := range m.slots {
			bare = append(bare, store.Certificate{Status: status("", m.slots[i].active), Created: m.slots[i].rotated})
			m.unsettled = true
		}
		return bare
	}
	created := make([]*time.Time, len(known))
	for i, k := range known {
		created[i] = k.Created
	}
	slot, left := m.match(created)
	certs := []store.Certificate{}
	for i, k := range known {
		if s := slot[i]; s >= 0 && !m.older {
			k.Status = status(k.Status, m.slots[s].active)
		} else if s < 0 && m.gone(k.Created, left) {
			continue
		}
		certs = append(certs, k)
	}
	m.unsettled = m.unsettled || !m.older && len(left) > 0
	return certs
}

// gone reports whether a credential without a slot no longer exists: the
// report is newer than the list, and no slot is left that it might be.
func (m *merge) gone(created *time.Time, left []int) bool {
	if m.older || m.more {
		return false
	}
	for _, s := range left {
		if m.mayBe(created, &m.slots[s]) {
			m.unsettled = true
			return false
		}
	}
	return true
}

// match assigns slots to credentials created at the given times: those whose
// dates agree with each other and nobody else's, then the last one on either
// side, if each may be the other. It returns -1 for a credential without one,
// and the slots left over.
func (m *merge) match(created []*time.Time) (slot, left []int) {
	slot = make([]int, len(created))
	taken := make([]bool, len(m.slots))
	for i, t := range created {
		slot[i] = -1
		if s := m.only(t); s >= 0 && alone(created, t) {
			slot[i], taken[s] = s, true
		}
	}
	for s := range taken {
		if !taken[s] {
			left = append(left, s)
		}
	}
	single := -1
	for i := range slot {
		if slot[i] >= 0 {
			continue
		}
		if single >= 0 {
			return slot, left // two candidates: the dates do not decide
		}
		single = i
	}
	if single >= 0 && len(left) == 1 && m.mayBe(created[single], &m.slots[left[0]]) {
		slot[single], left = left[0], nil
	}
	return slot, left
}

// only returns the one slot with this date, or -1.
func (m *merge) only(t *time.Time) int {
	found := -1
	for s := range m.slots {
		if t == nil || m.slots[s].rotated == nil || !sameSecond(*t, *m.slots[s].rotated) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = s
	}
	return found
}

func alone(created []*time.Time, t *time.Time) bool {
	n := 0
	for _, other := range created {
		if other != nil && sameSecond(*other, *t) {
			n++
		}
	}
	return n == 1
}

// mayBe reports whether a credential existed when the report was made, and the
// slot when the credential was listed.
func (m *merge) mayBe(created *time.Time, s *reportSlot) bool {
	if !earlier(created, m.at) || m.live == nil {
		return false
	}
	return s.rotated == nil || !s.rotated.After(*m.live)
}

func (m *merge) bareKeys() ([]store.AccessKey, []store.KeyUse) {
	keys, uses := []store.AccessKey{}, []store.KeyUse{}
	for i := range m.slots {
		keys, uses = append(keys, bareKey(&m.slots[i])), append(uses, useOf(&m.slots[i]))
		m.unsettled = true
	}
	return keys, uses
}

func bareKey(s *reportSlot) store.AccessKey {
	return store.AccessKey{Status: status("", s.active), LastRotated: s.rotated}
}

func useOf(s *reportSlot) store.KeyUse {
	return store.KeyUse{LastUsed: s.lastUsed, Service: s.service, Region: s.region}
}

// later keeps the later of what is known and what the slot says of a key's use.
func later(use store.KeyUse, s *reportSlot) store.KeyUse {
	if s.lastUsed == nil || use.LastUsed != nil && use.LastUsed.After(*s.lastUsed) {
		return use
	}
	return useOf(s)
}

func useAt(uses []store.KeyUse, i int) store.KeyUse {
	if i < len(uses) {
		return uses[i]
	}
	return store.KeyUse{}
}

// status keeps Expired, which the report cannot tell from Inactive.
func status(known string, active bool) string {
	switch {
	case active:
		return "Active"
	case known == "Expired":
		return known
	default:
		return "Inactive"
	}
}

// identified reports whether the list holds ids, as only a live read gives.
// An empty list holds none, and costs nothing to make again from the report.
func identified[T any](list []T, id func(T) string) bool {
	for _, v := range list {
		if id(v) != "" {
			return true
		}
	}
	return false
}
