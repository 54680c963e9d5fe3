package scim

import (
	"sync"

	"iamscim/store"
)

// Bounds of the cache of answers.
const (
	answersBytes   = 8 << 20
	answerOverhead = 400 // bytes beside the body, about
)

// answers is a bounded cache of whole answers to queries: pages, filters,
// projections. Any commit empties it, so it is exact; what is good for longer
// is in rendered.
type answers struct {
	lasts func(store.Moment) bool

	mu     sync.RWMutex
	kept   map[answerKey]*document
	oldest []answerKey // in the order in which they came
	size   int
}

// answerKey is a request as far as it tells answers of one account apart.
type answerKey struct {
	base   string
	name   string // of the resource type
	id     string // of the resource; none in a list
	query  string // as it was sent
	strict bool   // the profile of the credential
}

// newAnswers caches what is read from a snapshot; lasts is its method.
func newAnswers(lasts func(store.Moment) bool) *answers {
	return &answers{lasts: lasts, kept: map[answerKey]*document{}}
}

func (a *answers) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.kept)
	a.oldest, a.size = nil, 0
}

func (a *answers) get(key answerKey) (*document, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	doc, ok := a.kept[key]
	return doc, ok
}

func (key answerKey) cost(doc *document) int {
	return answerOverhead + len(key.id) + len(key.query) + len(doc.Body)
}

// put keeps a copy of an answer that was made from what was read since m.
func (a *answers) put(m store.Moment, key answerKey, doc *document) {
	cost := key.cost(doc)
	if cost > answersBytes/32 {
		return
	}
	kept := *doc
	kept.Body, kept.pooled = append([]byte(nil), doc.Body...), nil
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, there := a.kept[key]; there || !a.lasts(m) {
		return
	}
	for a.size+cost > answersBytes {
		oldest := a.oldest[0]
		a.oldest = a.oldest[1:]
		a.size -= oldest.cost(a.kept[oldest])
		delete(a.kept, oldest)
	}
	a.kept[key] = &kept
	a.oldest = append(a.oldest, key)
	a.size += cost
}
