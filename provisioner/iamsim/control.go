package iamsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// The control pages are for whoever runs the simulator on this machine:
//
//	GET    /_sim/        status page
//	GET    /_sim/faults  pending faults     POST one more, DELETE all
//	GET    /_sim/calls   journal and counts DELETE to forget them
//	GET    /_sim/clock   the clock          POST {"advance":"4h"}
//	GET    /_sim/dials   all dials      POST /_sim/delay, rate, settling, contention, scp
//
// The dials are in control_dials.go.
//
// They have no credentials, so two things keep web pages out: the Host must be
// this machine (against DNS rebinding), and a POST must be application/json,
// which a browser sends to another site only after asking, and nobody answers
// that question.
func (a *Account) control(w http.ResponseWriter, r *http.Request) {
	if !isLoopback(r.Host) {
		http.Error(w, "control pages answer to loopback host names only", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")) {
		http.Error(w, "Content-Type must be application/json", http.StatusUnsupportedMediaType)
		return
	}
	key := r.Method + " " + strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/_sim"), "/")
	handle := map[string]func(http.ResponseWriter, *http.Request){
		"GET ": a.statusPage, "GET /faults": a.listFaults, "POST /faults": a.addFault, "DELETE /faults": a.dropFaults,
		"GET /calls": a.listCalls, "DELETE /calls": a.dropCalls,
		"GET /clock": a.showClock, "POST /clock": a.moveClock,
		"GET /dials": a.showDials, "POST /delay": a.turnDelay, "POST /rate": a.turnRate,
		"POST /settling": a.turnSettling, "POST /contention": a.turnContention, "POST /scp": a.turnSCP,
	}[key]
	if handle == nil {
		http.NotFound(w, r)
		return
	}
	handle(w, r)
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// decode reads a JSON body without unknown members.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func encode(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the client has gone.
	_ = json.NewEncoder(w).Encode(v)
}

// seconds is a duration written as Go writes it: "1m30s".
type seconds time.Duration

func (s *seconds) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("parse duration: %w", err)
	}
	*s = seconds(d)
	return nil
}

func (s seconds) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

type faultJSON struct {
	Action  string    `json:"action"`
	Kind    FaultKind `json:"kind"`
	Nth     int       `json:"nth"`
	Count   int       `json:"count"`
	Percent int       `json:"percent"`
	After   bool      `json:"after"`
	Code    string    `json:"code"`
	Message string    `json:"message,omitempty"`
	Delay   seconds   `json:"delay"`
	Seen    int       `json:"seen"`
}

func (a *Account) listFaults(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	out := make([]faultJSON, 0, len(a.faults))
	for _, f := range a.faults {
		out = append(out, faultJSON{f.Action, f.Kind, f.Nth, f.Count, f.Percent, f.After, f.Code, f.Message, seconds(f.Delay), f.seen})
	}
	a.mu.Unlock()
	encode(w, out)
}

func (a *Account) addFault(w http.ResponseWriter, r *http.Request) {
	var f faultJSON
	if !decode(w, r, &f) {
		return
	}
	err := a.Fault(Fault{
		Action: f.Action, Kind: f.Kind, Nth: f.Nth, Count: f.Count, Percent: f.Percent,
		After: f.After, Code: f.Code, Message: f.Message, Delay: time.Duration(f.Delay),
	})
	answerControl(w, err)
}

func answerControl(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *Account) dropFaults(w http.ResponseWriter, _ *http.Request) {
	a.ClearFaults()
	w.WriteHeader(http.StatusNoContent)
}

type callJSON struct {
	Time   time.Time  `json:"time"`
	Action string     `json:"action"`
	Params url.Values `json:"params"`
	Caller string     `json:"caller,omitempty"`
	Code   string     `json:"code,omitempty"`
	Fault  FaultKind  `json:"fault,omitempty"`
}

func (a *Account) listCalls(w http.ResponseWriter, _ *http.Request) {
	journal := a.Journal()
	out := struct {
		Counts map[string]int `json:"counts"`
		Calls  []callJSON     `json:"calls"`
	}{a.Calls(), make([]callJSON, 0, len(journal))}
	for _, c := range journal {
		out.Calls = append(out.Calls, callJSON(c))
	}
	encode(w, out)
}

func (a *Account) dropCalls(w http.ResponseWriter, _ *http.Request) {
	a.ResetCalls()
	w.WriteHeader(http.StatusNoContent)
}

func (a *Account) showClock(w http.ResponseWriter, _ *http.Request) {
	encode(w, map[string]time.Time{"now": a.Now()})
}

var errBackwards = errors.New("the clock does not go back")

func (a *Account) moveClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance seconds `json:"advance"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.Advance < 0 {
		answerControl(w, errBackwards)
		return
	}
	a.Advance(time.Duration(in.Advance))
	a.showClock(w, r)
}
