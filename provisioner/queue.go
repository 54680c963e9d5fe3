package provisioner

import (
	"sync"
	"sync/atomic"
)

// queue lets one job at a time have an object. Jobs on different objects run in
// parallel.
type queue struct {
	mu   sync.Mutex
	held map[string]*job // by key
}

func newQueue() *queue { return &queue{held: map[string]*job{}} }

// job is one write on its way, from the request to the answer.
type job struct {
	keys   []string
	digest string // of who asks for what; an equal request joins

	done       chan struct{} // closed when change and err are set
	change     *Change
	err        error
	background chan struct{} // closed when the request no longer waits
	detach     func() bool   // from here on the request's end is not the job's
	planID     atomic.Value  // string; of the journal, once there is one
	joined     atomic.Int64  // equal requests that wait for the result, too

	secret bool    // the request has a password: its digest is not written down
	result *result // kept of this job, or the earlier one that it gives again
	// Guarded by the lock of unclaimed.
	over, abandoned, claimed bool
}

func newJob(digest string, keys ...string) *job {
	return &job{keys: keys, digest: digest, done: make(chan struct{}), background: make(chan struct{})}
}

func (j *job) plan() string {
	id, _ := j.planID.Load().(string)
	return id
}

// enter takes all keys of the job, or none and returns who is in the way.
func (q *queue) enter(j *job) (other *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range j.keys {
		if other := q.held[k]; other != nil {
			return other
		}
	}
	for _, k := range j.keys {
		q.held[k] = j
	}
	return nil
}

// extend takes one more key for a job that holds others; it never waits, so two
// jobs cannot wait for each other.
func (q *queue) extend(j *job, key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if other := q.held[key]; other != nil {
		return other == j
	}
	q.held[key] = j
	j.keys = append(j.keys, key)
	return true
}

// leave gives the keys back and publishes the result.
func (q *queue) leave(j *job) {
	q.mu.Lock()
	for _, k := range j.keys {
		delete(q.held, k)
	}
	q.mu.Unlock()
	close(j.done)
}
