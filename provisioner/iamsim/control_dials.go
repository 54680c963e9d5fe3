package iamsim

import (
	"encoding/json"
	"net/http"
	"time"
)

// The dials over HTTP:
//
//	POST /_sim/delay      {"action":"CreateUser","delay":"10s"}
//	POST /_sim/rate       {"action":"ListUsers","perSecond":15,"burst":30}
//	POST /_sim/settling   {"for":"10s"}
//	POST /_sim/contention {"for":"50ms"}
//	POST /_sim/scp        {"policies":[{"Version":"2012-10-17","Statement":[…]}]}
//
// Zero, or an empty list, turns a dial off. The action "*" means every action.

type rateJSON struct {
	PerSecond int `json:"perSecond"`
	Burst     int `json:"burst"`
}

type dialsJSON struct {
	Delays     map[string]seconds  `json:"delays"`
	Rates      map[string]rateJSON `json:"rates"`
	Settling   seconds             `json:"settling"`
	Contention seconds             `json:"contention"`
	SCP        []json.RawMessage   `json:"scp"`
}

func (a *Account) showDials(w http.ResponseWriter, _ *http.Request) {
	encode(w, a.dialled())
}

func (a *Account) dialled() dialsJSON {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := &a.dials
	out := dialsJSON{
		Delays: map[string]seconds{}, Rates: map[string]rateJSON{}, SCP: []json.RawMessage{},
		Settling: seconds(d.settling), Contention: seconds(d.contention),
	}
	for action, delay := range d.delays {
		if delay > 0 {
			out.Delays[action] = seconds(delay)
		}
	}
	for action, r := range d.rates {
		out.Rates[action] = rateJSON{r.perSecond, r.burst}
	}
	for _, text := range d.scpTexts {
		out.SCP = append(out.SCP, json.RawMessage(text))
	}
	return out
}

func (a *Account) turnDelay(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Action string  `json:"action"`
		Delay  seconds `json:"delay"`
	}
	if decode(w, r, &in) {
		answerControl(w, a.SetDelay(in.Action, time.Duration(in.Delay)))
	}
}

func (a *Account) turnRate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Action string `json:"action"`
		rateJSON
	}
	if decode(w, r, &in) {
		answerControl(w, a.SetRate(in.Action, in.PerSecond, in.Burst))
	}
}

func (a *Account) turnSettling(w http.ResponseWriter, r *http.Request) { turnFor(w, r, a.SetSettling) }

func (a *Account) turnContention(w http.ResponseWriter, r *http.Request) {
	turnFor(w, r, a.SetContention)
}

func turnFor(w http.ResponseWriter, r *http.Request, set func(time.Duration)) {
	var in struct {
		For seconds `json:"for"`
	}
	if decode(w, r, &in) {
		set(time.Duration(in.For))
		answerControl(w, nil)
	}
}

func (a *Account) turnSCP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Policies []json.RawMessage `json:"policies"`
	}
	if !decode(w, r, &in) {
		return
	}
	texts := make([]string, 0, len(in.Policies))
	for _, p := range in.Policies {
		texts = append(texts, string(p))
	}
	answerControl(w, a.SetSCP(texts...))
}
