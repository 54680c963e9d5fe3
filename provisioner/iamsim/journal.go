package iamsim

import (
	"maps"
	"net/url"
	"slices"
	"time"
)

// journalSize bounds the journal; the oldest calls go first.
const journalSize = 20_000

// Call is one request as it arrived.
type Call struct {
	Time   time.Time
	Action string
	Params url.Values // without Action and Version; secrets are blanked
	Caller string     // ARN; empty when the signature was not accepted
	Code   string     // the error the client was sent, or empty
	Fault  FaultKind  // the fault it met, or empty
}

type journal struct {
	calls  []Call
	counts map[string]int
}

// secretParams never reach the journal.
var secretParams = []string{"Password", "OldPassword", "NewPassword", "AuthenticationCode1", "AuthenticationCode2", "TokenCode"}

func (a *Account) record(c *call, refused *apiError, fault *Fault) {
	entry := Call{Time: c.at, Action: c.get("Action"), Params: maps.Clone(c.params), Fault: fault.kind()}
	delete(entry.Params, "Action")
	delete(entry.Params, "Version")
	for _, key := range secretParams {
		if entry.Params.Has(key) {
			entry.Params.Set(key, "***")
		}
	}
	if c.who != nil {
		entry.Caller = c.who.arn
	}
	if refused != nil {
		entry.Code = refused.code
	}
	if len(a.journal.calls) >= journalSize {
		a.journal.calls = slices.Delete(a.journal.calls, 0, journalSize/10)
	}
	a.journal.calls = append(a.journal.calls, entry)
	a.log.Debug("call", "action", entry.Action, "status", entry.Code, "request_id", c.requestID)
}

// Calls counts the calls by action since New or ResetCalls, whatever became of them.
func (a *Account) Calls() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.journal.counts)
}

// Journal returns the calls in the order in which they were served. A call that
// still hangs is in Calls but may not be here yet.
func (a *Account) Journal() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.journal.calls)
}

// ResetCalls forgets counts and journal.
func (a *Account) ResetCalls() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.journal = journal{counts: map[string]int{}}
}
