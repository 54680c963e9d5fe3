package iamsim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxBody = 4 << 20

// The SDK closes the body of a request as soon as it has an answer. If Go's
// transport has not yet looked for the end of that body, it gives up the
// connection, and with it whatever of the answer is not in its buffer. No
// network is so fast, but loopback is; so a long answer waits a little.
const (
	clientBuffer = 4 << 10
	answerPause  = 2 * time.Millisecond
)

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
	params := parameters(r, body)
	fault := a.arrive(params.Get("Action"))
	if fault.stops() {
		a.answerFault(w, r, params, fault)
		return
	}
	fault.wait(r.Context(), false)
	out := a.exchange(r.Context(), r, body, params, fault)
	fault.wait(r.Context(), true)
	if len(out.body) > clientBuffer {
		pause(r.Context(), answerPause)
	}
	send(w, out, fault)
}

// parameters of the Query protocol are in the body of a POST or in the query of
// a GET (https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html).
func parameters(r *http.Request, body []byte) url.Values {
	text := string(body)
	switch r.Method {
	case http.MethodGet:
		text = r.URL.RawQuery
	case http.MethodPost:
	default:
		return url.Values{}
	}
	params, err := url.ParseQuery(text)
	if err != nil {
		return url.Values{}
	}
	return params
}

// hostOf is the address part of host:port.
func hostOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return ""
	}
	return host
}

// exchange serves one request while holding the account, and journals it.
func (a *Account) exchange(ctx context.Context, r *http.Request, body []byte, params url.Values, fault *Fault) reply {
	release, contended := a.hold(ctx, params)
	defer release()
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{
		Account: a, params: params, at: a.now(), requestID: a.newUUID(),
		fault: fault.kind(), contended: contended, service: "iam", region: "us-east-1", sourceIP: hostOf(r.RemoteAddr),
	}
	result, refused := a.run(c, r, body)
	if refused == nil && fault.fails() {
		refused = fault.refusal()
	}
	out := reply{requestID: c.requestID}
	if refused != nil {
		out.status, out.body = refused.status, refusal(c.service, c.requestID, refused)
	} else {
		out.status, out.body = http.StatusOK, answer(c.service, c.op.name, c.requestID, result)
	}
	a.record(c, refused, fault)
	return out
}

// run authenticates, finds the action, validates, authorises and only then
// looks whether things exist: an unauthorised caller learns nothing about them.
func (a *Account) run(c *call, r *http.Request, body []byte) (fields, *apiError) {
	sig, refused := parseSignature(r)
	if refused != nil {
		return nil, refused
	}
	if namespaces[sig.service] == "" {
		return nil, refuse("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'iam'.")
	}
	c.service, c.region = sig.service, sig.region
	if c.who, refused = a.authenticate(c.at, sig, r, body); refused != nil {
		return nil, refused
	}
	return c.perform()
}

// perform is a call whose caller is known.
func (c *call) perform() (fields, *apiError) {
	var refused *apiError
	if c.op, refused = findOperation(c.service, c.params); refused != nil {
		return nil, refused
	}
	c.noteAttempt()
	if c.throttled() {
		return nil, refuse("Throttling", "Rate exceeded")
	}
	if refused = c.op.validate(c.params); refused != nil {
		return nil, refused
	}
	if refused = c.allowed(); refused != nil {
		return nil, refused
	}
	if c.contended {
		return nil, refuse("ConcurrentModification", "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.")
	}
	if d := c.dials.delays[c.op.name]; d > 0 {
		c.until = c.at.Add(d)
	}
	result, err := c.op.handle(c)
	if err == nil {
		return result, nil
	}
	if errors.As(err, &refused) {
		return nil, refused
	}
	return nil, refuse("InternalFailure", "%v", err)
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
