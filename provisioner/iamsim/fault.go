package iamsim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"crypto/sha256"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults.
const (
	FaultError    FaultKind = "error"    // an error answer with Code
	FaultHang     FaultKind = "hang"     // no answer until the client gives up
	FaultSlow     FaultKind = "slow"     // the answer comes after Delay of real time
	FaultCut      FaultKind = "cut"      // the call takes effect, the answer ends half-way
	FaultDrop     FaultKind = "drop"     // the connection is closed without an answer
	FaultTruncate FaultKind = "truncate" // a page ends half-way and says it is the last
	FaultOmit     FaultKind = "omit"     // a page misses one item
)

// Fault makes calls of one action fail. Calls are counted from the moment the
// fault is set, so the same calls always meet the same faults.
type Fault struct {
	Action  string        // the action; "*" or "" means every action
	Kind    FaultKind     // FaultError when empty
	Nth     int           // the first call that fails, from 1; 0 means 1
	Count   int           // how many calls fail; 0 means one, negative all from Nth on
	Percent int           // when set, each of those calls fails with this chance, drawn from the seed
	After   bool          // the call takes effect first, and only its answer is lost
	Code    string        // of FaultError; "ServiceFailure" when empty
	Message string        // of FaultError; AWS's usual words when empty
	Delay   time.Duration // of FaultSlow

	seen int
}

// Fault adds a fault.
func (a *Account) Fault(f Fault) error {
	if err := f.complete(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
	return nil
}

// ClearFaults removes every fault.
func (a *Account) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

var errFault = errors.New("fault cannot be used")

func (f *Fault) complete() error {
	if f.Kind == "" {
		f.Kind = FaultError
	}
	if f.Code == "" {
		f.Code = "ServiceFailure"
	}
	f.Nth = max(f.Nth, 1)
	if f.Count == 0 {
		f.Count = 1
	}
	switch f.Kind {
	case FaultError, FaultHang, FaultSlow, FaultCut, FaultDrop, FaultTruncate, FaultOmit:
	default:
		return fmt.Errorf("%w: unknown kind %q", errFault, f.Kind)
	}
	if f.Action != "" && f.Action != "*" && operations[f.Action] == nil {
		return fmt.Errorf("%w: unsupported action %q", errFault, f.Action)
	}
	return nil
}

// arrive counts the call and returns the fault it meets, or nil.
func (a *Account) arrive(action string) *Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.journal.counts[action]++
	var hit *Fault
	for _, f := range a.faults {
		if f.Action != "" && f.Action != "*" && f.Action != action {
			continue
		}
		f.seen++
		if hit == nil && f.strikes(a.cfg.Seed) {
			copied := *f
			hit = &copied
		}
	}
	return hit
}

func (f *Fault) strikes(seed uint64) bool {
	if f.seen < f.Nth || f.Count > 0 && f.seen >= f.Nth+f.Count {
		return false
	}
	if f.Percent <= 0 {
		return true
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s %s %s %t %d", seed, f.Action, f.Kind, f.Code, f.After, f.seen))
	return int(binary.BigEndian.Uint32(h[:])%100) < f.Percent
}

func (f *Fault) kind() FaultKind {
	if f == nil {
		return ""
	}
	return f.Kind
}

// stops reports whether the call never takes effect.
func (f *Fault) stops() bool {
	return f != nil && !f.After && (f.Kind == FaultError || f.Kind == FaultHang || f.Kind == FaultDrop)
}

// fails reports whether the answer of a call that took effect is an error.
func (f *Fault) fails() bool { return f != nil && f.After && f.Kind == FaultError }

func (f *Fault) refusal() *apiError {
	message := f.Message
	switch {
	case message != "":
	case f.Code == "Throttling":
		message = "Rate exceeded"
	default:
		message = "The request processing has failed because of an unknown error, exception or failure."
	}
	return &apiError{statusOf(f.Code), f.Code, message}
}

// wait is where a slow call spends its time, and where a call that took effect
// hangs or loses its connection.
func (f *Fault) wait(ctx context.Context, done bool) {
	switch {
	case f == nil || f.After != done:
	case f.Kind == FaultSlow:
		pause(ctx, f.Delay)
	case f.Kind == FaultHang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case f.Kind == FaultDrop:
		panic(http.ErrAbortHandler)
	}
}

// answerFault serves a call that meets a fault before taking effect.
func (a *Account) answerFault(w http.ResponseWriter, r *http.Request, params url.Values, f *Fault) {
	service := "iam"
	if sig, refused := parseSignature(r); refused == nil && namespaces[sig.service] != "" {
		service = sig.service
	}
	e := f.refusal()
	a.mu.Lock()
	c := &call{Account: a, params: params, at: a.now(), requestID: a.newUUID()}
	sent := e
	if f.Kind != FaultError {
		sent = nil
	}
	a.record(c, sent, f)
	a.mu.Unlock()
	f.wait(r.Context(), false)
	send(w, reply{e.status, refusal(service, c.requestID, e), c.requestID}, f)
}
