package scim

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
	"iamscim/scim/auth"
)

// TestRateLimit: each credential has its own reads and writes; the clock stands
// still but where the test moves it.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var passed atomic.Int64
	d.server.now = func() time.Time { return start.Add(time.Duration(passed.Load())) }
	d.server.limits = newLimits(Rate{Reads: 2, Writes: 0.5})
	one, two := d.token(t, auth.AllScopes, d.sim.ID()), d.token(t, auth.AllScopes, d.sim.ID())
	path := "/scim/v2/Users/" + d.anyUser(t)

	for left := 3; left >= 0; left-- {
		got := d.want(t, http.StatusOK, "GET", path, "", one)
		checkRate(t, got, "4", strconv.Itoa(left), start.Add(time.Duration(4-left)*time.Second/2+time.Second-1))
	}
	got := d.want(t, http.StatusTooManyRequests, "POST", "/scim/v2/.search", "", one)
	checkErrorBody(t, got.status, got.header, got.body)
	checkRate(t, got, "4", "0", start.Add(2*time.Second))
	if wait := got.header.Get("Retry-After"); wait != "1" {
		t.Errorf("Retry-After %q", wait)
	}
	d.want(t, http.StatusOK, "GET", path, "", two)

	patch := `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`
	d.want(t, http.StatusOK, "PATCH", path, patch, jsonType, one)
	got = d.want(t, http.StatusTooManyRequests, "PATCH", path, patch, jsonType, one)
	if wait := got.header.Get("Retry-After"); wait != "2" {
		t.Errorf("Retry-After %q", wait)
	}
	if calls := d.changes(); len(calls) != 0 {
		t.Errorf("AWS was asked: %q", calls)
	}
	passed.Store(int64(2 * time.Second))
	d.want(t, http.StatusOK, "PATCH", path, patch, jsonType, one)
	d.want(t, http.StatusOK, "GET", path, "", one)

	// What is public, the operator's, or nobody's business is not counted.
	for range 10 {
		d.want(t, http.StatusOK, "GET", "/scim/v2/ServiceProviderConfig", "", "Authorization: ")
		d.want(t, http.StatusOK, "GET", "/health", "", two)
		d.want(t, http.StatusUnauthorized, "GET", path, "", "Authorization: Bearer nonsense")
	}
}

func checkRate(t *testing.T, got answer, limit, remaining string, reset time.Time) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Rate-Limit-Limit": limit, "X-Rate-Limit-Remaining": remaining, "X-Rate-Limit-Reset": strconv.FormatInt(reset.Unix(), 10),
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNoRateLimit(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	got := d.want(t, http.StatusOK, "GET", "/scim/v2/Users", "")
	if limit, ok := got.header["X-Rate-Limit-Limit"]; ok {
		t.Errorf("X-Rate-Limit-Limit %v", limit)
	}
}

// TestRateLimitBounds: credentials come and go, the memory stays.
func TestRateLimitBounds(t *testing.T) {
	t.Parallel()
	l := newLimits(Rate{Reads: 1})
	now := time.Now()
	for i := range 3 * maxLimited {
		key := bucketKey{credential: strconv.Itoa(i)}
		if i%2 == 0 {
			l.bucket(key, now).AllowN(now, 1)
		} else {
			l.bucket(key, now)
		}
		if len(l.kept) > maxLimited {
			t.Fatalf("%d buckets after %d credentials", len(l.kept), i)
		}
	}
	if l.bucket(bucketKey{"x", true}, now) != nil {
		t.Error("writes have a limit")
	}
}
