package scim

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"iamscim/scim/auth"
)

// Rate bounds what one credential may ask for, in requests per second; twice
// that may come at once. Zero is no limit.
type Rate struct{ Reads, Writes float64 }

// maxLimited bounds the memory, should there be very many credentials.
const maxLimited = 10_000

// limits holds a bucket of requests for every credential that was seen lately.
type limits struct {
	rate Rate

	mu   sync.Mutex
	kept map[bucketKey]*rate.Limiter
}

type bucketKey struct {
	credential string
	writes     bool
}

func newLimits(r Rate) *limits { return &limits{rate: r, kept: map[bucketKey]*rate.Limiter{}} }

// bucket returns the bucket of a credential, or nil if it has no limit.
func (l *limits) bucket(key bucketKey, now time.Time) *rate.Limiter {
	perSecond := l.rate.Reads
	if key.writes {
		perSecond = l.rate.Writes
	}
	if perSecond <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.kept[key]
	if b == nil {
		if len(l.kept) >= maxLimited {
			l.forget(now)
		}
		b = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(2*perSecond)))
		l.kept[key] = b
	}
	return b
}

// forget drops full buckets: a new one is the same. If none is full, all go;
// their owners may come with one more burst.
func (l *limits) forget(now time.Time) {
	for key, b := range l.kept {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.kept, key)
		}
	}
	if len(l.kept) >= maxLimited {
		clear(l.kept)
	}
}

// ration takes a request from what its credential has left, and tells it in the
// headers that Okta made customary: how many requests fit into the bucket, how
// many are left, and the second at which it will be full again. A Bulk is one
// request. What needs no credential is not counted.
func (s *Server) ration(h http.Header, r *request, scope auth.Scope) error {
	if !r.route.scim || scope == 0 {
		return nil
	}
	now := s.now()
	b := s.limits.bucket(bucketKey{r.credential.ID, scope == auth.Write}, now)
	if b == nil {
		return nil
	}
	allowed := b.AllowN(now, 1)
	left, perSecond := max(0, b.TokensAt(now)), float64(b.Limit())
	wait := func(tokens float64) time.Duration { return time.Duration(tokens / perSecond * float64(time.Second)) }
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(b.Burst()))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(int(left)))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(now.Add(wait(float64(b.Burst())-left)+time.Second-1).Unix(), 10))
	if allowed {
		return nil
	}
	h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait(1-left).Seconds())))))
	return errTooMany
}
