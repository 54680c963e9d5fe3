package iamsim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxBody = 4 << 20

// reply is a finished response.
type reply struct {
	status    int
	body      []byte
	requestID string
}

// ServeHTTP answers IAM and STS requests of the AWS Query protocol, and the
// control pages under /_sim/.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim") {
		a.control(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request body cannot be read", http.StatusRequestEntityTooLarge)
		return
	}
	params, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost {
		params = url.Values{}
	}
	fault := a.arrive(params.Get("Action"))
	if fault.stops() {
		a.answerFault(w, r, params, fault)
		return
	}
	fault.wait(r.Context(), false)
	out := a.exchange(r.Context(), r, body, params, fault)
	fault.wait(r.Context(), true)
	send(w, out, fault)
}

// exchange serves one request while holding the account, and journals it.
func (a *Account) exchange(ctx context.Context, r *http.Request, body []byte, params url.Values, fault *Fault) reply {
	release, contended := a.hold(ctx, params)
	defer release()
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{
		Account: a, params: params, at: a.now(), requestID: a.newUUID(),
		fault: fault.kind(), contended: contended, region: "us-east-1",
	}
	service, result, err := a.run(c, r, body)
	out := reply{http.StatusOK, nil, c.requestID}
	var refused *apiError
	switch {
	case err == nil && fault.fails():
		refused = fault.refusal()
	case errors.As(err, &refused):
	case err != nil:
		refused = refuse("InternalFailure", "%v", err)
	default:
		out.body = answer(service, c.op.name, c.requestID, result)
	}
	if refused != nil {
		out.status, out.body = refused.status, refusal(service, c.requestID, refused)
	}
	a.record(c, refused, fault)
	return out
}

// run authenticates, finds the action, validates, authorises and only then
// looks whether things exist: an unauthorised caller learns nothing about them.
func (a *Account) run(c *call, r *http.Request, body []byte) (service string, result fields, err error) {
	service = "iam"
	sig, refused := parseSignature(r)
	if refused != nil {
		return service, nil, refused
	}
	service, c.region = sig.service, sig.region
	if namespaces[service] == "" {
		return "iam", nil, refuse("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'iam'.")
	}
	if c.who, refused = a.authenticate(c.at, sig, r, body); refused != nil {
		return service, nil, refused
	}
	if c.op, refused = findOperation(service, c.params); refused != nil {
		return service, nil, refused
	}
	if refused = c.op.validate(c.params); refused != nil {
		return service, nil, refused
	}
	if refused = c.allowed(); refused != nil {
		return service, nil, refused
	}
	if c.contended {
		return service, nil, refuse("ConcurrentModification", "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.")
	}
	if d := a.dials.delays[c.op.name]; d > 0 {
		c.until = c.at.Add(d)
	}
	result, err = c.op.handle(c)
	return service, result, err
}

var versions = map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}

// findOperation answers InvalidAction for whatever is not supported, with the
// words AWS uses for actions it does not know.
func findOperation(service string, params url.Values) (*operation, *apiError) {
	action := params.Get("Action")
	if action == "" {
		return nil, refuse("MissingAction", "The request must contain the parameter Action.")
	}
	op := operations[action]
	if op == nil || op.service != service || params.Get("Version") != versions[service] {
		return nil, refuse("InvalidAction", "Could not find operation %s for version %s", action, params.Get("Version"))
	}
	return op, nil
}

func send(w http.ResponseWriter, out reply, fault *Fault) {
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("X-Amzn-Requestid", out.requestID)
	h.Set("Content-Length", strconv.Itoa(len(out.body)))
	body := out.body
	if fault.kind() == FaultCut {
		body = body[:len(body)/2]
	}
	w.WriteHeader(out.status)
	// An error here means that the client has gone.
	_, _ = w.Write(body)
	if fault.kind() != FaultCut {
		return
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
